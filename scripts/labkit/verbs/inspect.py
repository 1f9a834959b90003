"""inspect - find out whether functions that read the clock time any work, and show their machine code

It finds three faults of a timing: the compiler removed the work, the compiler did the work itself, or input and output are timed together
with the work. The exit code is 1 if it finds one of them.
"""

from pathlib import Path

from labkit.outcome import Exit, UsageError


def add_arguments(parser) -> None:
    parser.add_argument("program", type=Path, help="a program or an object file, as it was compiled for the measurement")
    parser.add_argument("function", nargs="+", help="a function that reads the clock before and after the work")
    parser.add_argument("--clock", action="append", default=[], metavar="FUNCTION", help="a function of the program that reads the clock; repeat it for more")


def run(args) -> Exit:
    from labkit.workload.timed_region import CLOCKS, inspect_regions

    if not args.program.is_file():
        raise UsageError(f"{args.program} is not a file; inspect reads a compiled program or an object file")
    regions = inspect_regions(args.program, args.function, (*CLOCKS, *args.clock))
    for one in regions:
        for text in one.pitfalls:
            print(f"pitfall: {one.function}: {text}")
        if not one.pitfalls:
            print(f"{one.function}: it times work, and no input or output beside it")
    for one in regions:
        print(f"\n== {one.function}\n{one.machine_code}")
    return Exit.FAILED if any(one.pitfalls for one in regions) else Exit.PASSED
