"""fixtures - make the frozen inputs of a workload and check them against SHA256SUMS"""

import os
import sys

from labkit.outcome import Exit
from labkit.phases import COMMAND
from labkit.workload import command_fixture, fixture, manifest
from labkit.workload.manifest import Unfinished


def add_arguments(parser) -> None:
    parser.add_argument("workload", nargs="?", help="a folder of workloads/; the default is all of them")
    parser.add_argument("--bless", action="store_true", help="rewrite fixtures/SHA256SUMS, or the one beside the manifest, from the current output of the generators")


def run(args) -> Exit:
    for name in [args.workload] if args.workload else [name for name, _ in manifest.finished()]:
        try:
            show(name, is_blessed=args.bless)
        except Unfinished as error:
            if args.workload:
                raise
            print(f"lab: the fixture of {name} is left out: {error}", file=sys.stderr)
    return Exit.PASSED


def show(name: str, *, is_blessed: bool) -> None:
    wanted = manifest.load(name)
    if is_blessed and wanted.fixture.generator:
        fixture.bless(wanted)
    of_kind = command_fixture if wanted.kind == COMMAND else fixture
    for size, checksum in of_kind.ensure(wanted).items():
        path = of_kind.path_of(wanted, size)
        print(f"{checksum}  {os.path.relpath(path) if path else f'{name}/{size} has no input'}")
