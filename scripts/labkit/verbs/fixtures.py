"""fixtures - make the frozen inputs of a workload and check them against SHA256SUMS"""

import sys

from labkit.outcome import Exit
from labkit.workload import fixture, manifest
from labkit.workload.manifest import Unfinished


def add_arguments(parser) -> None:
    parser.add_argument("workload", nargs="?", help="a folder of workloads/; the default is all of them")
    parser.add_argument("--bless", action="store_true", help="rewrite fixtures/SHA256SUMS from the current output of the generators")


def run(args) -> Exit:
    for name in [args.workload] if args.workload else manifest.finished_names():
        try:
            show(name, is_blessed=args.bless)
        except Unfinished as error:
            if args.workload:
                raise
            print(f"lab: the fixture of {name} is left out: {error}", file=sys.stderr)
    return Exit.PASSED


def show(name: str, *, is_blessed: bool) -> None:
    wanted = manifest.load(name)
    if is_blessed:
        fixture.bless(wanted)
    for size, checksum in fixture.ensure(wanted).items():
        print(f"{checksum}  {fixture.path_of(wanted, size)}")
