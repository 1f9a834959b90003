"""optimize - build every candidate, check its answers, measure each alone, accept or reject"""

from labkit.analysis import decisions_of
from labkit.audit.flow import open_version, run_optimize
from labkit.outcome import Exit
from labkit.verbs import add_audit_arguments as add_arguments


def run(args) -> Exit:
    folder = open_version(args.workload, args.budget, run_optimize)
    for one in decisions_of(folder):
        print(f"{one.verdict:<9}  {one.id:<20} {one.reason}")
    print(f"optimize: {folder}/evidence/candidates/; next: make rebench W={args.workload}")
    return Exit.PASSED
