"""bench_alloc.py - measures what the allocation counter and the lock timer cost, beside other tools.

Programs that do little besides allocating or locking run plain and under each instrument. Within a round, the variants run forwards,
then backwards, so that a drift of the machine affects all alike. Each half of a round gives one ratio (variant / plain);
bench_rows.py judges these ratios.

The CPU time, user and system, of the program and of everything that the instrument starts is judged, with all on one CPU. Threads that
wait for a lock use no CPU time, so wall time is judged as well for eight threads.

    PYTHONPATH=profiler /usr/bin/python3 profiler/preload/alloc/bench_alloc.py [--rounds 4] [--out FILE]

The exit code is 0 if every target is met, 1 if one is missed, and 3 if only more rounds could decide.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import debian_lua
from bench_rows import Row, exit_code, print_rows, verdict

HERE = Path(__file__).parent
LIBRARY = Path("build/lib/libclinic-preload.so").resolve()
VICTIMS = Path("build/victims").resolve()
SCRIPT = str(HERE / "bench_alloc.lua")


@dataclass(frozen=True)
class Variant:
    """A way to run a program; the words of its command line and the values of its environment may contain {dir}."""

    name: str
    prefix: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


def preload(**environment: str) -> tuple[tuple[str, str], ...]:
    return ("LD_PRELOAD", str(LIBRARY)), *environment.items()


PLAIN = Variant("plain")
COUNTS = Variant("counts per stage", environment=preload(CLINIC_ALLOC_OUT="{dir}/counts.json"))
STACKS = Variant("exact call stacks", environment=preload(CLINIC_ALLOC_STACKS="1", CLINIC_ALLOC_RAW="{dir}"))
LIVE = Variant("stacks, peak, leaks, lifetimes",
               environment=preload(CLINIC_ALLOC_STACKS="1", CLINIC_ALLOC_LIVE="1", CLINIC_ALLOC_RAW="{dir}"))
LOCKS = Variant("lock timing", environment=preload(CLINIC_LOCK="1", CLINIC_ALLOC_RAW="{dir}"))
HEAPTRACK = Variant("heaptrack", ("heaptrack", "-r", "-o", "{dir}/heaptrack"))
DHAT = Variant("valgrind dhat", ("valgrind", "-q", "--tool=dhat", "--dhat-out-file={dir}/dhat"))


@dataclass(frozen=True)
class Program:
    command: tuple[str, ...]
    one_cpu: bool = True


@dataclass(frozen=True)
class Run:
    wall_s: float
    cpu_s: float  # user and system, children included


# One run of each variant of each program, close together in time.
HalfRound = dict[tuple[str, str], Run]


def pin_to_one_cpu() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def run_once(program: Program, variant: Variant) -> Run:
    """One run, which must succeed; its files are removed."""
    with tempfile.TemporaryDirectory() as directory:
        def fill(text: str) -> str:
            return text.replace("{dir}", directory)
        environment = os.environ | {key: fill(value) for key, value in variant.environment}
        command = [*(fill(word) for word in variant.prefix), *program.command]
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(command, env=environment, check=True, capture_output=True,
                       preexec_fn=pin_to_one_cpu if program.one_cpu else None)
        wall_s, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Run(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure(programs: dict[str, Program], variants: list[Variant], rounds: int) -> list[HalfRound]:
    """Measures rounds of two halves, the second in the opposite order."""
    order = [(name, variant) for variant in variants for name in programs]
    return [{(name, variant.name): run_once(programs[name], variant) for name, variant in half}
            for _ in range(rounds) for half in (order, order[::-1])]


def cpu_rows(halves: list[HalfRound], program: str, limits: dict[Variant, float | None]) -> list[Row]:
    """The rows of CPU time, as a multiple of that of the plain run."""
    return [Row(variant.name, "times the run",
                [half[program, variant.name].cpu_s / half[program, PLAIN.name].cpu_s for half in halves], most)
            for variant, most in limits.items()]


def scaling_rows(halves: list[HalfRound], variants: list[Variant], most: float) -> list[Row]:
    """The rows of wall time: how much longer eight threads take than one, relative to the same with the allocator alone."""
    def factor(half: HalfRound, variant: Variant, clock: str) -> float:
        return getattr(half["eight", variant.name], clock) / getattr(half["one", variant.name], clock)
    return [Row(f"{variant.name} ({label})", "times the allocator's own",
                [factor(half, variant, clock) / factor(half, PLAIN, clock) for half in halves], most)
            for variant in variants for label, clock in (("wall", "wall_s"), ("CPU", "cpu_s"))]


def pair_rows(halves: list[HalfRound], pairs_count: int, limits: dict[Variant, float | None]) -> list[Row]:
    return [Row(variant.name, "ns added to a pair",
                [(half["pairs", variant.name].cpu_s - half["pairs", PLAIN.name].cpu_s) / pairs_count * 1e9
                 for half in halves], most) for variant, most in limits.items()]


@dataclass(frozen=True)
class Table:
    title: str
    rows: list[Row]
    halves: list[HalfRound]


def lua_table(title: str, command: tuple[str, ...], limits: dict[Variant, float | None], rounds: int) -> Table:
    present = {variant: most for variant, most in limits.items()
               if not variant.prefix or shutil.which(variant.prefix[0])}
    halves = measure({"lua": Program(command)}, [PLAIN, *present], rounds)
    return Table(title, cpu_rows(halves, "lua", present), halves)


def threads_table(rounds: int) -> Table:
    programs = {"one": Program((str(VICTIMS / "alloc_churn"), "1", "16000000"), one_cpu=False),
                "eight": Program((str(VICTIMS / "alloc_churn"), "8", "2000000"), one_cpu=False)}
    variants = [COUNTS, STACKS, LIVE]
    halves = measure(programs, [PLAIN, *variants], rounds)
    return Table(f"Eight threads that only allocate, on {len(os.sched_getaffinity(0))} CPUs, against one",
                 scaling_rows(halves, variants, 1.15), halves)


def mutex_table(rounds: int) -> Table:
    pairs_count = 20_000_000
    halves = measure({"pairs": Program((str(VICTIMS / "lock_pairs"), str(pairs_count)))}, [PLAIN, LOCKS], rounds)
    return Table("An uncontended mutex, locked and unlocked", pair_rows(halves, pairs_count, {LOCKS: 10}), halves)


def measure_all(rounds: int) -> list[Table]:
    """Measures all tables, and prints each as soon as it is complete."""
    tables: list[Table] = []

    def add(table: Table) -> None:
        tables.append(table)
        print_rows(table.title, table.rows)
    try:
        source = debian_lua.source()
    except debian_lua.Unavailable as reason:
        print(f"bench_alloc: Lua is not measured, as its source is not to be had: {reason}", file=sys.stderr)
    else:
        without = str(debian_lua.build(source, "-fomit-frame-pointer"))
        framed = str(debian_lua.build(source, "-fno-omit-frame-pointer"))
        add(lua_table("Lua with frame pointers, 8 million allocations", (framed, SCRIPT),
                      {COUNTS: 1.05, STACKS: 1.2, LIVE: 1.7}, rounds))
        add(lua_table("Lua without frame pointers, 8 million allocations", (without, SCRIPT),
                      {COUNTS: 1.05, STACKS: 2, LIVE: 1.7, HEAPTRACK: None}, rounds))
        add(lua_table("The same, a fifth as long", (without, SCRIPT, "200000"), {LIVE: None, DHAT: None}, rounds))
    add(threads_table(rounds))
    add(mutex_table(rounds))
    return tables


def save(tables: list[Table], path: Path) -> None:
    """Writes every run to a file, in the order of the half rounds."""
    data = [{"title": table.title, "rows": [asdict(row) | {"verdict": verdict(row)} for row in table.rows],
             "half_rounds": [[{"program": program, "variant": variant, **asdict(run)}
                              for (program, variant), run in half.items()] for half in table.halves]}
            for table in tables]
    path.write_text(json.dumps(data, indent=1) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=4, help="3 at least for an interval")
    parser.add_argument("--out", type=Path, help="where to write every run, as JSON")
    arguments = parser.parse_args()
    tables = measure_all(arguments.rounds)
    if arguments.out:
        save(tables, arguments.out)
    return exit_code(row for table in tables for row in table.rows)


if __name__ == "__main__":
    sys.exit(main())
