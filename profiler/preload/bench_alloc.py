"""bench_alloc.py - what the allocation counter and the lock timer cost, beside their rivals.

Programs that do little but allocate, or lock: plain and under each instrument, in ABBA order (within a
round the variants run forwards, then backwards, so that a drift of the machine falls on all alike). The
cost is the ratio of medians, given for wall time and for CPU time, which a crowded machine disturbs less.

    /usr/bin/python3 profiler/preload/bench_alloc.py [--rounds 5] [--with heaptrack --with dhat]
"""

import argparse
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
VICTIMS = Path("build/victims").resolve()


@dataclass(frozen=True)
class Variant:
    """A way to run the program; environment values may use {dir}."""

    name: str
    prefix: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    once: bool = False  # too slow to repeat: one run, no claim beyond its size


def preload(**environment: str) -> dict[str, str]:
    return {"LD_PRELOAD": str(LIBRARY)} | environment


@dataclass(frozen=True)
class Bench:
    """One program; operations is what one run does so often, for a cost per operation."""

    title: str
    program: tuple[str, ...]
    variants: tuple[Variant, ...]
    operations: int
    one_cpu: bool = True


PLAIN = Variant("plain")
COUNTS = Variant("counts per stage", environment=preload(CLINIC_ALLOC_OUT="{dir}/counts.json"))
STACKS = Variant("exact call stacks", environment=preload(CLINIC_ALLOC_STACKS="1", CLINIC_ALLOC_RAW="{dir}"))
LIVE = Variant("stacks, peak, leaks, lifetimes",
               environment=preload(CLINIC_ALLOC_STACKS="1", CLINIC_ALLOC_LIVE="1", CLINIC_ALLOC_RAW="{dir}"))
LOCKS = Variant("lock timing", environment=preload(CLINIC_LOCK="1", CLINIC_ALLOC_RAW="{dir}"))
RIVALS = {
    "heaptrack": Variant("heaptrack", ("heaptrack", "-r", "-o", "{dir}/heaptrack")),
    "dhat": Variant("valgrind dhat", ("valgrind", "-q", "--tool=dhat", "--dhat-out-file={dir}/dhat"),
                    once=True),
}
COUNTERS = (PLAIN, COUNTS, STACKS, LIVE)
BENCHES = (
    Bench("Lua, built by Debian without frame pointers", ("lua5.4", str(HERE / "bench_alloc.lua")), COUNTERS,
          8_000_389),
    Bench("malloc and free alone, one thread", (str(VICTIMS / "alloc_churn"), "1", "10000000"), COUNTERS,
          10_000_000),
    Bench("malloc and free alone, eight threads", (str(VICTIMS / "alloc_churn"), "8", "1250000"), COUNTERS,
          10_000_000, one_cpu=False),
    Bench("an uncontended mutex", (str(VICTIMS / "lock_pairs"), "20000000"), (PLAIN, COUNTS, LOCKS), 20_000_000),
)


def pin_to_one_cpu() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


@dataclass(frozen=True)
class Run:
    wall_s: float
    cpu_s: float  # user and system, children included


def run_once(bench: Bench, variant: Variant, directory: str) -> Run:
    """One run, which must succeed; what it leaves behind is no longer wanted."""
    def fill(text: str) -> str:
        return text.replace("{dir}", directory)
    environment = os.environ | {key: fill(value) for key, value in variant.environment.items()}
    command = [fill(word) for word in variant.prefix] + list(bench.program)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(command, env=environment, check=True, capture_output=True,
                   preexec_fn=pin_to_one_cpu if bench.one_cpu else None)
    wall_s = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    for left in Path(directory).iterdir():
        left.unlink()
    return Run(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure(bench: Bench, variants: list[Variant], rounds: int, directory: str) -> dict[str, list[Run]]:
    """Every run of every variant, in the order they ran."""
    runs: dict[str, list[Run]] = {variant.name: [] for variant in variants}
    repeated = [variant for variant in variants if not variant.once]
    single = [variant for variant in variants if variant.once]
    for variant in (repeated + repeated[::-1]) * rounds + single:
        runs[variant.name].append(run_once(bench, variant, directory))
    return runs


def print_table(bench: Bench, runs: dict[str, list[Run]]) -> None:
    def medians(name: str) -> tuple[float, float]:
        return (statistics.median(run.wall_s for run in runs[name]),
                statistics.median(run.cpu_s for run in runs[name]))
    plain_wall_s, plain_cpu_s = medians(PLAIN.name)
    print(f"\n{bench.title}: {' '.join(Path(word).name for word in bench.program)}")
    print(f"{'':<32}{'runs':>5}{'wall s':>9}{'cpu s':>9}{'wall ratio':>12}{'cpu ratio':>11}{'added ns':>10}")
    for name in runs:
        wall_s, cpu_s = medians(name)
        print(f"{name:<32}{len(runs[name]):>5}{wall_s:>9.3f}{cpu_s:>9.3f}{wall_s / plain_wall_s:>12.3f}"
              f"{cpu_s / plain_cpu_s:>11.3f}{(cpu_s - plain_cpu_s) / bench.operations * 1e9:>10.1f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--with", dest="rivals", action="append", choices=sorted(RIVALS), default=[])
    arguments = parser.parse_args()
    rivals = [RIVALS[name] for name in arguments.rivals if shutil.which(RIVALS[name].prefix[0])]
    for bench in BENCHES:
        variants = list(bench.variants) + (rivals if bench is BENCHES[0] else [])
        with tempfile.TemporaryDirectory() as directory:
            print_table(bench, measure(bench, variants, arguments.rounds, directory))
    return 0


if __name__ == "__main__":
    sys.exit(main())
