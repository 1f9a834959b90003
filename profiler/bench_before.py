"""bench_before.py - what the instruments of this build cost, beside those of another checkout.

A change that must not slow an instrument down is shown here to have not done so: each program runs under `clinic record` of the other
checkout and of this one, in turns (before, now, now, before), on one CPU. A figure is the ratio of the CPU time, user and system, of the
program and its recorder.

    PYTHONPATH=profiler:profiler/preload/alloc:profiler/collect /usr/bin/python3 profiler/bench_before.py CHECKOUT [--rounds 6]

CHECKOUT is built already (make build). The exit code is 0 if no instrument has become slower by more than 3 %, 1 if one has, and 3
if only more rounds could decide.
"""

import argparse
import sys
from pathlib import Path

from bench_alloc import VICTIMS, Program, Variant, measure
from bench_cpu import LUA, SCRIPT
from bench_rows import Row, exit_code, print_rows

HERE = Path("build/bin/clinic").resolve()
MOST = 1.03
ALLOCATES = Program((str(VICTIMS / "alloc_churn"), "1", "8000000"))
LOCKS = Program((str(VICTIMS / "lock_pairs"), "20000000"))
COMPUTES = Program((LUA, str(SCRIPT), "150", "/dev/null"))
# {what a row says: (the options of `clinic record`, the program that it observes)}
OBSERVED = {"allocations, by call stack": (("-e", "alloc"), ALLOCATES),
            "uncontended locks": (("-e", "lock"), LOCKS),
            "samples by perf, 999 Hz": (("-e", "cpu", "-F", "999"), COMPUTES),
            "samples by timers, 999 Hz": (("-e", "cpu", "-F", "999", "--backend", "timer"), COMPUTES)}


def recorded_by(clinic: Path, options: tuple[str, ...]) -> Variant:
    return Variant(str(clinic), (str(clinic), "record", *options, "-o", "{dir}/session.json.gz", "--"))


def row_of(title: str, before: Path, rounds: int) -> Row:
    options, program = OBSERVED[title]
    halves = measure({title: program}, [recorded_by(before, options), recorded_by(HERE, options)], rounds)
    return Row(title, "times the cost before", [half[title, str(HERE)].cpu_s / half[title, str(before)].cpu_s for half in halves], MOST)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path, help="another checkout of this repository, which is built")
    parser.add_argument("--rounds", type=int, default=6, help="each once forward and once backward")
    arguments = parser.parse_args()
    before = (arguments.checkout / "build/bin/clinic").resolve()
    if not before.exists():
        parser.error(f"{before} does not exist; run make build in that checkout")
    rows = [row_of(title, before, arguments.rounds) for title in OBSERVED]
    print_rows(f"CPU time of a program under this build, against {arguments.checkout}", rows)
    return exit_code(rows)


if __name__ == "__main__":
    sys.exit(main())
