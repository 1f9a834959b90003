"""bench_alloc.py - what the allocation counter costs, beside heaptrack and valgrind.

One program that does little but allocate (bench_alloc.lua, some 8 million allocations), plain and
under each instrument, pinned to one CPU, in ABBA order: within a round the variants run forwards,
then backwards, so that a drift of the machine falls on all alike. The cost is the ratio of medians, given
for wall time and for CPU time, which a crowded machine disturbs less.

    /usr/bin/python3 profiler/preload/bench_alloc.py [--rounds 5] [--with heaptrack --with dhat]
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
LIBRARY = Path("build/lib/libclinic-preload.so").resolve()
PROGRAM = ["lua5.4", str(HERE / "bench_alloc.lua")]


@dataclass(frozen=True)
class Variant:
    """A way to run the program; environment values may use {dir}."""

    name: str
    prefix: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    once: bool = False  # too slow to repeat: one run, no claim beyond its size


def preload(**environment: str) -> dict[str, str]:
    return {"LD_PRELOAD": str(LIBRARY)} | environment


PLAIN = Variant("plain")
VARIANTS = [
    PLAIN,
    Variant("clinic counts", environment=preload(CLINIC_ALLOC_OUT="{dir}/counts.json")),
]
RIVALS = {
    "heaptrack": Variant("heaptrack", ("heaptrack", "-r", "-o", "{dir}/heaptrack")),
    "dhat": Variant("valgrind dhat", ("valgrind", "-q", "--tool=dhat", "--dhat-out-file={dir}/dhat"),
                    once=True),
}


def pin_to_one_cpu() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


@dataclass(frozen=True)
class Run:
    wall_s: float
    cpu_s: float  # user and system, children included


def run_once(variant: Variant, program: list[str], directory: str) -> Run:
    """One run, which must succeed."""
    def fill(text: str) -> str:
        return text.replace("{dir}", directory)
    environment = os.environ | {key: fill(value) for key, value in variant.environment.items()}
    command = [fill(word) for word in variant.prefix] + program
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(command, env=environment, check=True, capture_output=True,
                   preexec_fn=pin_to_one_cpu)
    wall_s = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Run(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure(variants: list[Variant], program: list[str], rounds: int, directory: str) -> dict[str, list[Run]]:
    """Every run of every variant, in the order they ran."""
    runs: dict[str, list[Run]] = {variant.name: [] for variant in variants}
    repeated = [variant for variant in variants if not variant.once]
    single = [variant for variant in variants if variant.once]
    for variant in (repeated + repeated[::-1]) * rounds + single:
        runs[variant.name].append(run_once(variant, program, directory))
    return runs


def print_table(runs: dict[str, list[Run]]) -> None:
    def medians(name: str) -> tuple[float, float]:
        return (statistics.median(run.wall_s for run in runs[name]),
                statistics.median(run.cpu_s for run in runs[name]))
    plain_wall_s, plain_cpu_s = medians(PLAIN.name)
    print(f"{'instrument':<28}{'runs':>5}{'wall s':>9}{'cpu s':>9}{'wall ratio':>12}{'cpu ratio':>11}")
    for name in runs:
        wall_s, cpu_s = medians(name)
        print(f"{name:<28}{len(runs[name]):>5}{wall_s:>9.3f}{cpu_s:>9.3f}"
              f"{wall_s / plain_wall_s:>12.3f}{cpu_s / plain_cpu_s:>11.3f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--with", dest="rivals", action="append", choices=sorted(RIVALS), default=[])
    arguments = parser.parse_args()
    variants = VARIANTS + [RIVALS[name] for name in arguments.rivals if shutil.which(RIVALS[name].prefix[0])]
    with tempfile.TemporaryDirectory() as directory:
        runs = measure(variants, PROGRAM, arguments.rounds, directory)
        totals = json.loads(Path(directory, "counts.json").read_text())["totals"]
    print(f"{' '.join(PROGRAM)}: {totals['allocations_count']:,} allocations, {totals['frees_count']:,} frees")
    print_table(runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
