"""build - compile the baseline and every candidate of a workload"""

import sys

from labkit.audit.patient import patient_of
from labkit.outcome import Exit
from labkit.workload import build, manifest, variant


def add_arguments(parser) -> None:
    parser.add_argument("workload", nargs="?", help="a folder of workloads/; the default is all of them")


def run(args) -> Exit:
    failed = 0
    for name in [args.workload] if args.workload else manifest.finished_names():
        patient = patient_of(manifest.load(name))
        variants = [patient.baseline(), *map(patient.candidate, patient.manifest.candidates)]
        for variant_name, result in patient.build_all(variants).items():
            if isinstance(result, build.BuildFailed):
                # A candidate may fail to build: the audit rejects it and quotes the compiler. A baseline may not fail.
                failed += variant_name == variant.BASELINE
                print(f"{name}/{variant_name}: {result}", file=sys.stderr)
            else:
                print(f"{result.path}  {result.build_id}")
    return Exit.FAILED if failed else Exit.PASSED
