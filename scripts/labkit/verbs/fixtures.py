"""fixtures - make the frozen inputs of a workload and check them against SHA256SUMS"""

from labkit.outcome import Exit
from labkit.workload import fixture, manifest


def add_arguments(parser) -> None:
    parser.add_argument("workload", nargs="?", help="a folder of workloads/; the default is all of them")
    parser.add_argument("--bless", action="store_true", help="rewrite fixtures/SHA256SUMS from what the generators make now")


def run(args) -> Exit:
    for name in [args.workload] if args.workload else manifest.names():
        wanted = manifest.load(name)
        if args.bless:
            fixture.bless(wanted)
        for size, checksum in fixture.ensure(wanted).items():
            print(f"{checksum}  {fixture.path_of(wanted, size)}")
    return Exit.PASSED
