"""bench_cpu.py - what `clinic record` costs and how long it keeps one waiting, beside perf.

Cost: one program (Debian's lua5.4, which keeps no frame pointers, running bench_cpu.lua) plain and
under each sampler, in ABBA order: within a round the variants run forwards, then backwards, so that
a drift of the machine falls on all alike. What counts is the program's own CPU time, as it reads it
at its end; interrupts that copy stacks are part of it. A ratio is the median over rounds of
(variant / plain) of the same round, with the smallest and the largest.

Waiting: one long run each, from the program's last act to a finished flame graph, and the bytes on
disk. perf's stacks are collapsed and drawn by `clinic import` and `export`, which is kinder to perf
than the usual scripts.

    /usr/bin/python3 profiler/collect/bench_cpu.py [--rounds 5] [--seconds 20] [--out FILE]
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CLINIC = Path("build/bin/clinic").resolve()
LUA = shutil.which("lua5.4") or sys.exit("bench_cpu: lua5.4 is not installed; make setup-test installs it")
SCRIPT = HERE / "bench_cpu.lua"
POLL_S = 0.01


@dataclass(frozen=True)
class Variant:
    """A sampler in front of the program; words may use {dir}."""

    name: str
    prefix: tuple[str, ...] = ()


def clinic(hz: int, *options: str) -> tuple[str, ...]:
    return (str(CLINIC), "record", "-F", str(hz), *options, "-o", "{dir}/clinic.json.gz", "--")


def perf(hz: int, *options: str) -> tuple[str, ...]:
    return ("perf", "record", "-q", "-e", "task-clock", "-F", str(hz), *options, "-o", "{dir}/perf.data", "--")


PLAIN = Variant("plain")
VARIANTS = [
    PLAIN,
    Variant("clinic 99 Hz", clinic(99)),
    Variant("clinic 999 Hz", clinic(999)),
    Variant("clinic timer 999 Hz", clinic(999, "--backend", "timer")),
    Variant("perf 99 Hz dwarf", perf(99, "--call-graph", "dwarf")),
    Variant("perf 999 Hz dwarf", perf(999, "--call-graph", "dwarf")),
]


@dataclass(frozen=True)
class Run:
    cpu_s: float  # the program's own
    end_s: float  # CLOCK_REALTIME of its last act
    watcher_peak_bytes: int  # resident, of the sampler


def peak_bytes(pid: int) -> int:
    """VmHWM of a process that still runs, else 0."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def run_once(variant: Variant, rounds_of_work: int, directory: str) -> Run:
    """One run, which must succeed."""
    answer = Path(directory, "answer")
    answer.unlink(missing_ok=True)
    command = [word.replace("{dir}", directory) for word in variant.prefix]
    process = subprocess.Popen([*command, LUA, str(SCRIPT), str(rounds_of_work), str(answer)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = 0
    while process.poll() is None:
        peak = max(peak, peak_bytes(process.pid))
        time.sleep(POLL_S)
    if process.returncode:
        sys.exit(f"bench_cpu: {variant.name}: {process.stderr.read().decode()}")
    return Run(float(answer.read_text().split()[0]), answer.stat().st_mtime, peak if variant.prefix else 0)


def size_work(seconds: float, directory: str) -> int:
    """How many rounds of the script take that much CPU time here."""
    trial = 40
    return max(1, round(trial * seconds / run_once(PLAIN, trial, directory).cpu_s))


def measure_cost(rounds: int, seconds: float, directory: str) -> dict[str, list[float]]:
    """Ratios to plain, one per half round, by variant."""
    work = size_work(seconds, directory)
    ratios: dict[str, list[float]] = {variant.name: [] for variant in VARIANTS[1:]}
    for _ in range(rounds):
        for order in (VARIANTS, VARIANTS[::-1]):
            cpu_s = {variant.name: run_once(variant, work, directory).cpu_s for variant in order}
            for name in ratios:
                ratios[name].append(cpu_s[name] / cpu_s[PLAIN.name])
    return ratios


def draw(source: str, directory: str) -> float:
    """Exports the flame graph; the time at which it is there."""
    subprocess.run([CLINIC, "export", source, "-o", f"{directory}/flame.svg"], check=True, capture_output=True)
    return time.time()


def wait_for_clinic(work: int, directory: str) -> dict:
    run = run_once(VARIANTS[2], work, directory)
    path = Path(directory, "clinic.json.gz")
    waited_s = draw(str(path), directory) - run.end_s
    report = json.loads(subprocess.run([CLINIC, "report", path, "--json"], check=True, capture_output=True).stdout)
    return {"svg_after_exit_s": waited_s, "disk_bytes": path.stat().st_size, "peak_bytes": run.watcher_peak_bytes,
            "quality": report["quality"], "target_cpu_s": run.cpu_s}


def wait_for_perf(work: int, directory: str) -> dict:
    run = run_once(VARIANTS[5], work, directory)
    data, text = Path(directory, "perf.data"), Path(directory, "perf.txt")
    with text.open("wb") as out:
        subprocess.run(["perf", "script", "-i", data, "-F", "comm,pid,tid,time,period,event,ip,sym,dso"],
                       check=True, stdout=out, stderr=subprocess.DEVNULL)
    imported = f"{directory}/perf.json.gz"
    subprocess.run([CLINIC, "import", text, "-o", imported], check=True, capture_output=True)
    return {"svg_after_exit_s": draw(imported, directory) - run.end_s, "disk_bytes": data.stat().st_size,
            "peak_bytes": run.watcher_peak_bytes}


def print_cost(ratios: dict[str, list[float]]) -> None:
    print(f"{'sampler':<22}{'runs':>5}{'cpu ratio':>11}{'smallest':>10}{'largest':>9}")
    for name, values in ratios.items():
        print(f"{name:<22}{len(values):>5}{statistics.median(values):>11.4f}{min(values):>10.4f}{max(values):>9.4f}")


def judge(ratios: dict[str, list[float]], ours: dict, theirs: dict) -> list[tuple[str, float, float, bool]]:
    """(goal, value, limit, met): a value must not exceed its limit."""
    median = {name: statistics.median(values) for name, values in ratios.items()}
    goals = [
        ("slowdown at 999 Hz over perf's in dwarf mode", median["clinic 999 Hz"] / median["perf 999 Hz dwarf"], 1.0),
        ("slowdown at 99 Hz", median["clinic 99 Hz"], 1.01),
        ("time to the flame graph over perf's", ours["svg_after_exit_s"] / theirs["svg_after_exit_s"], 1 / 10),
        ("bytes on disk over perf's", ours["disk_bytes"] / theirs["disk_bytes"], 1 / 200),
        ("collector's memory, MiB", ours["peak_bytes"] / 2**20, 64),
        ("collector's CPU over the target's", ours["quality"]["overhead_ratio"], 0.01),
    ]
    return [(goal, value, limit, value <= limit) for goal, value, limit in goals]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="each runs every variant twice")
    parser.add_argument("--seconds", type=float, default=20, help="CPU time of the long runs")
    parser.add_argument("--out", type=Path, default=Path("build/bench/instruments_cpu.json"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        ratios = measure_cost(arguments.rounds, min(2.0, arguments.seconds), directory)
        print_cost(ratios)
        work = size_work(arguments.seconds, directory)
        ours, theirs = wait_for_clinic(work, directory), wait_for_perf(work, directory)
    goals = judge(ratios, ours, theirs)
    print(f"\n{'goal':<48}{'value':>10}{'at most':>10}")
    for goal, value, limit, met in goals:
        print(f"{goal:<48}{value:>10.4f}{limit:>10.4f}  {'met' if met else 'MISSED'}")
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps({"cpus": os.cpu_count(), "ratios": ratios, "clinic": ours, "perf": theirs,
                                         "goals": goals}, indent=1) + "\n")
    print(f"\nall runs: {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
