"""bench_cpu.py - what `clinic record` costs and how long it keeps one waiting, beside perf.

Everything is a ratio of runs that took turns: one program (Debian's lua5.4, which keeps no frame pointers,
running bench_cpu.lua), plain and under each sampler.

Cost: short runs in ABBA order. A round runs the variants forwards, then backwards, so that a drift of the machine affects all
alike, and runs that are compared follow each other. It gives one figure for each row: the geometric mean of the ratios
(variant / other) of both passes. What counts is the program's own CPU time, which it reads at its end; the interrupts
that copy stacks are part of it.

Taken: what one sample costs a program that only spins (bench_taken.py), because the cost of a whole program is too noisy.

Waiting: long runs of clinic and perf in turns, from the program's last action to a finished flame graph, and the bytes on disk.
The usual pipeline is `perf script | stackcollapse-perf.pl | flamegraph.pl`. The two Perl scripts are in no Debian package, so
`perf script | clinic import -` and `clinic export` are used in their place; they are written in C, and run in a pipe as the originals
would. So perf's time is rather shorter than with the originals, and `perf script` alone has a row of its own. It prints only the
fields that a flame graph needs (-F).

    PYTHONPATH=profiler /usr/bin/python3 profiler/collect/bench_cpu.py [--rounds 10] [--long-rounds 3]

The exit code is 0 if every target is met, 1 if one is missed, and 3 if only more rounds could decide.
"""

import argparse
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import geometric_mean

from bench_rows import Row, exit_code, print_rows, verdict
from bench_taken import measure_taken, taken_rows

HERE = Path(__file__).parent
CLINIC = Path("build/bin/clinic").resolve()
LUA = shutil.which("lua5.4") or sys.exit("bench_cpu: lua5.4 is not installed; make setup-test installs it")
SCRIPT = HERE / "bench_cpu.lua"
LOOK_EVERY_MS = 20


@dataclass(frozen=True)
class Variant:
    """A command line in front of the program, which samples it; its words may contain {dir}."""

    name: str
    prefix: tuple[str, ...] = ()


def clinic(hz: int, *options: str) -> tuple[str, ...]:
    return (str(CLINIC), "record", "-F", str(hz), *options, "-o", "{dir}/clinic.json.gz", "--")


def perf(hz: int, *options: str) -> tuple[str, ...]:
    return ("perf", "record", "-q", "-e", "task-clock", "-F", str(hz), *options, "-o", "{dir}/perf.data", "--")


PLAIN = Variant("plain")
CLINIC_99 = Variant("clinic 99 Hz", clinic(99))
CLINIC_999 = Variant("clinic 999 Hz", clinic(999))
TIMER_999 = Variant("clinic timer 999 Hz", clinic(999, "--backend", "timer"))
PERF_99 = Variant("perf 99 Hz dwarf", perf(99, "--call-graph", "dwarf"))
PERF_999 = Variant("perf 999 Hz dwarf", perf(999, "--call-graph", "dwarf"))

# The two pairs that are judged are next to each other.
ORDER = [TIMER_999, CLINIC_99, PLAIN, PERF_99, CLINIC_999, PERF_999]

# CPU seconds of the program by variant: once through ORDER, forwards or backwards.
Pass = dict[str, float]


@dataclass(frozen=True)
class Run:
    cpu_s: float  # the program's own
    end_s: float  # CLOCK_REALTIME of its last act
    watcher_peak_bytes: int  # resident, of the sampler


@dataclass(frozen=True)
class LongRun:
    """One run and everything that follows until its flame graph exists."""

    cpu_s: float
    waited_s: float
    disk_bytes: int
    peak_bytes: int
    script_s: float = 0  # of it, perf script with its reader
    overhead_ratio: float = 0  # collector's CPU over the target's


def peak_bytes(pid: int) -> int:
    """VmHWM of a process that still runs; 0 if it has ended."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def watch(process: subprocess.Popen) -> int:
    """Waits for the end of the process, and returns the most memory that it was seen to occupy."""
    end = select.poll()
    fd = os.pidfd_open(process.pid)
    end.register(fd, select.POLLIN)
    peak = 0
    while not end.poll(LOOK_EVERY_MS):
        peak = max(peak, peak_bytes(process.pid))
    os.close(fd)
    process.wait()
    return peak


def run_once(variant: Variant, rounds_of_work: int, directory: str) -> Run:
    """One run, which must succeed."""
    answer = Path(directory, "answer")
    answer.unlink(missing_ok=True)
    command = [word.replace("{dir}", directory) for word in variant.prefix]
    process = subprocess.Popen([*command, LUA, str(SCRIPT), str(rounds_of_work), str(answer)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr
    peak = watch(process)
    said = process.stderr.read().decode()
    if process.returncode:
        sys.exit(f"bench_cpu: {variant.name}: {said}")
    return Run(float(answer.read_text().split()[0]), answer.stat().st_mtime, peak)


def size_work(seconds: float, directory: str) -> int:
    """The number of rounds of the script that take so much CPU time on this machine."""
    trial = 40
    return max(1, round(trial * seconds / run_once(PLAIN, trial, directory).cpu_s))


def measure_cost(rounds: int, seconds: float, directory: str) -> list[tuple[Pass, Pass]]:
    work = size_work(seconds, directory)

    def run_all(order: list[Variant]) -> Pass:
        return {variant.name: run_once(variant, work, directory).cpu_s for variant in order}
    return [(run_all(ORDER), run_all(ORDER[::-1])) for _ in range(rounds)]


def cost_row(rounds: list[tuple[Pass, Pass]], one: Variant, other: Variant, most: float | None = None) -> Row:
    return Row(f"{one.name} over {other.name}", "times its CPU time",
               [geometric_mean([way[one.name] / way[other.name] for way in both]) for both in rounds], most)


def cost_rows(rounds: list[tuple[Pass, Pass]]) -> list[Row]:
    rest = [variant for variant in ORDER if variant not in (PLAIN, CLINIC_99)]
    return [cost_row(rounds, CLINIC_999, PERF_999, 1.0), cost_row(rounds, CLINIC_99, PLAIN, 1.01),
            *(cost_row(rounds, variant, PLAIN) for variant in rest)]


def draw(source: str, directory: str) -> float:
    """Exports the flame graph, and returns the time at which it exists."""
    subprocess.run([CLINIC, "export", source, "-o", f"{directory}/flame.svg"], check=True, capture_output=True)
    return time.time()


def wait_for_clinic(work: int, directory: str) -> LongRun:
    run = run_once(CLINIC_999, work, directory)
    path = Path(directory, "clinic.json.gz")
    waited_s = draw(str(path), directory) - run.end_s
    report = json.loads(subprocess.run([CLINIC, "report", path, "--json"], check=True, capture_output=True).stdout)
    quality = report["quality"]
    return LongRun(run.cpu_s, waited_s, path.stat().st_size,
                   max(run.watcher_peak_bytes, quality["collector_peak_rss_bytes"]),
                   overhead_ratio=quality["overhead_ratio"])


def wait_for_perf(work: int, directory: str) -> LongRun:
    run = run_once(PERF_999, work, directory)
    data, imported = Path(directory, "perf.data"), f"{directory}/perf.json.gz"
    start_s = time.time()
    script = subprocess.Popen(["perf", "script", "-i", data, "-F", "comm,pid,tid,time,period,event,ip,sym,dso"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert script.stdout
    subprocess.run([CLINIC, "import", "-", "-o", imported], stdin=script.stdout, check=True, capture_output=True)
    script.stdout.close()
    if script.wait():
        sys.exit("bench_cpu: perf script failed")
    script_s = time.time() - start_s
    return LongRun(run.cpu_s, draw(imported, directory) - run.end_s, data.stat().st_size, run.watcher_peak_bytes,
                   script_s=script_s)


# Of one round: the long run of each sampler.
LongRound = dict[str, LongRun]


def measure_waiting(rounds: int, seconds: float, directory: str) -> list[LongRound]:
    """Measures the rounds, each in the opposite order of the one before."""
    work = size_work(seconds, directory)
    samplers = [("clinic", wait_for_clinic), ("perf", wait_for_perf)]
    return [{name: wait(work, directory) for name, wait in samplers[::-1 if number % 2 else 1]}
            for number in range(rounds)]


def waiting_rows(rounds: list[LongRound]) -> list[Row]:
    ours, theirs = [each["clinic"] for each in rounds], [each["perf"] for each in rounds]
    pairs = list(zip(ours, theirs))
    return [
        Row("time to the flame graph", "times perf's", [c.waited_s / p.waited_s for c, p in pairs], 1 / 10),
        Row("bytes on disk", "times perf's", [c.disk_bytes / p.disk_bytes for c, p in pairs], 1 / 200),
        Row("collector's memory, naming included", "MiB", [c.peak_bytes / 2**20 for c in ours], 64),
        Row("collector's CPU", "times the target's", [c.overhead_ratio for c in ours], 0.01),
        Row("clinic: waited for the flame graph", "s", [c.waited_s for c in ours]),
        Row("perf: waited for the flame graph", "s", [p.waited_s for p in theirs]),
        Row("of it, perf script with its reader", "s", [p.script_s for p in theirs]),
        Row("clinic: on disk", "KiB", [c.disk_bytes / 2**10 for c in ours]),
        Row("perf: on disk", "KiB", [p.disk_bytes / 2**10 for p in theirs]),
    ]


def save(path: Path, costs: list[tuple[Pass, Pass]], taken: list[tuple[Pass, Pass]], waits: list[LongRound],
         rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({
        "cpus": os.cpu_count(),
        "short_rounds": costs,
        "taken_rounds": taken,
        "long_rounds": [{name: asdict(run) for name, run in each.items()} for each in waits],
        "rows": [asdict(row) | {"verdict": verdict(row)} for row in rows]}, indent=1) + "\n")
    print(f"\nall runs: {path}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10, help="of short runs; each runs every variant twice")
    parser.add_argument("--short-seconds", type=float, default=1, help="CPU time of the short runs")
    parser.add_argument("--long-rounds", type=int, default=3, help="of one long run of each sampler")
    parser.add_argument("--long-seconds", type=float, default=20, help="CPU time of the long runs")
    parser.add_argument("--out", type=Path, default=Path("build/bench/instruments_cpu.json"))
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as directory:
        costs = measure_cost(arguments.rounds, arguments.short_seconds, directory)
        slow = cost_rows(costs)
        print_rows(f"Slowdown: {len(costs)} rounds of runs of {arguments.short_seconds:g} s", slow)
        samplers = {variant.name: variant.prefix for variant in (CLINIC_999, PLAIN, PERF_999)}
        taken = measure_taken(arguments.rounds, samplers, directory)
        losses = taken_rows(taken, PLAIN.name, CLINIC_999.name, PERF_999.name)
        print_rows(f"Taken from a program that spins: {len(taken)} rounds", losses)
        waits = measure_waiting(arguments.long_rounds, arguments.long_seconds, directory)
        waiting = waiting_rows(waits)
        print_rows(f"After a run of {arguments.long_seconds:g} s at 999 Hz: {len(waits)} rounds", waiting)
    save(arguments.out, costs, taken, waits, slow + losses + waiting)
    return exit_code(slow + waiting)


if __name__ == "__main__":
    sys.exit(main())
