"""bench_cpu.py - what `clinic record` costs and how long it keeps one waiting, beside perf.

Cost: one program (Debian's lua5.4, which keeps no frame pointers, running bench_cpu.lua) plain and
under each sampler, in ABBA order: within a round the variants run forwards, then backwards, so that
a drift of the machine falls on all alike. What counts is the program's own CPU time, as it reads it
at its end; interrupts that copy stacks are part of it. A ratio is the median over half rounds of
(variant / other) of the same half round, with a 95 % percentile bootstrap interval.

Waiting: one run of 20 s each, from the program's last act to a finished flame graph, and the bytes on
disk. The usual pipeline is `perf script | stackcollapse-perf.pl | flamegraph.pl`. The two Perl scripts
are in no Debian package, so `perf script | clinic import -` and `clinic export` stand in for them: in
C, and in a pipe as the originals would be. perf's time is thus, if anything, shorter than with the
originals, and the part that is perf's alone, `perf script`, is told by itself. It is spared all that is
not needed: -F names the fields that a flame graph is made of.

    /usr/bin/python3 profiler/collect/bench_cpu.py [--rounds 5] [--seconds 20] [--out FILE]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
CLINIC = Path("build/bin/clinic").resolve()
LUA = shutil.which("lua5.4") or sys.exit("bench_cpu: lua5.4 is not installed; make setup-test installs it")
SCRIPT = HERE / "bench_cpu.lua"
POLL_S = 0.01
SEED = 42
RESAMPLES_COUNT = 10_000


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
    """The program's CPU seconds, one per half round, by variant."""
    work = size_work(seconds, directory)
    cpu_s: dict[str, list[float]] = {variant.name: [] for variant in VARIANTS}
    for _ in range(rounds):
        for order in (VARIANTS, VARIANTS[::-1]):
            for variant in order:
                cpu_s[variant.name].append(run_once(variant, work, directory).cpu_s)
    return cpu_s


@dataclass(frozen=True)
class Ratio:
    median: float
    low: float
    high: float


def ratio_of(cpu_s: dict[str, list[float]], one: str, other: str) -> Ratio:
    """Paired by half round; 95 % percentile bootstrap of the median."""
    pairs = np.array(cpu_s[one]) / np.array(cpu_s[other])
    drawn = np.random.default_rng(SEED).choice(pairs, (RESAMPLES_COUNT, len(pairs)))
    low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    return Ratio(float(np.median(pairs)), float(low), float(high))


def draw(source: str, directory: str) -> float:
    """Exports the flame graph; the time at which it is there."""
    subprocess.run([CLINIC, "export", source, "-o", f"{directory}/flame.svg"], check=True, capture_output=True)
    return time.time()


def wait_for_clinic(work: int, directory: str) -> dict:
    run = run_once(VARIANTS[2], work, directory)
    path = Path(directory, "clinic.json.gz")
    waited_s = draw(str(path), directory) - run.end_s
    report = json.loads(subprocess.run([CLINIC, "report", path, "--json"], check=True, capture_output=True).stdout)
    return {"svg_after_exit_s": waited_s, "disk_bytes": path.stat().st_size,
            "peak_bytes": max(run.watcher_peak_bytes, report["quality"]["collector_peak_rss_bytes"]),
            "quality": report["quality"], "target_cpu_s": run.cpu_s}


def wait_for_perf(work: int, directory: str) -> dict:
    run = run_once(VARIANTS[5], work, directory)
    data, imported = Path(directory, "perf.data"), f"{directory}/perf.json.gz"
    start_s = time.time()
    script = subprocess.Popen(["perf", "script", "-i", data, "-F", "comm,pid,tid,time,period,event,ip,sym,dso"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    subprocess.run([CLINIC, "import", "-", "-o", imported], stdin=script.stdout, check=True, capture_output=True)
    script.stdout.close()
    if script.wait():
        sys.exit("bench_cpu: perf script failed")
    script_s = time.time() - start_s
    return {"svg_after_exit_s": draw(imported, directory) - run.end_s, "script_s": script_s,
            "disk_bytes": data.stat().st_size, "peak_bytes": run.watcher_peak_bytes}


def print_cost(cpu_s: dict[str, list[float]]) -> None:
    print(f"{'sampler':<22}{'runs':>5}{'cpu ratio':>11}  95 % interval")
    for variant in VARIANTS[1:]:
        ratio = ratio_of(cpu_s, variant.name, PLAIN.name)
        print(f"{variant.name:<22}{len(cpu_s[variant.name]):>5}{ratio.median:>11.4f}  "
              f"[{ratio.low:.4f}, {ratio.high:.4f}]")


def print_waiting(ours: dict, theirs: dict) -> None:
    print(f"\nfrom the exit of a run of {ours['target_cpu_s']:.1f} s to the flame graph: clinic "
          f"{ours['svg_after_exit_s']:.3f} s, perf {theirs['svg_after_exit_s']:.3f} s (perf script with its reader "
          f"{theirs['script_s']:.3f} s): {theirs['svg_after_exit_s'] / ours['svg_after_exit_s']:.1f} times faster")
    print(f"on disk: clinic {ours['disk_bytes']} bytes, perf {theirs['disk_bytes']} bytes: "
          f"{theirs['disk_bytes'] / ours['disk_bytes']:.0f} times fewer")


@dataclass(frozen=True)
class Goal:
    says: str
    value: float
    limit: float
    interval: str = ""

    @property
    def met(self) -> bool:
        return self.value <= self.limit


def slowdown_goal(says: str, ratio: Ratio, limit: float) -> Goal:
    return Goal(says, ratio.median, limit, f"[{ratio.low:.4f}, {ratio.high:.4f}]")


def goals_of(cpu_s: dict[str, list[float]], ours: dict, theirs: dict) -> list[Goal]:
    """A value must not exceed its limit."""
    return [
        slowdown_goal("slowdown at 999 Hz over perf's in dwarf mode",
                      ratio_of(cpu_s, "clinic 999 Hz", "perf 999 Hz dwarf"), 1.0),
        slowdown_goal("slowdown at 99 Hz", ratio_of(cpu_s, "clinic 99 Hz", PLAIN.name), 1.01),
        Goal("time to the flame graph over perf's", ours["svg_after_exit_s"] / theirs["svg_after_exit_s"], 1 / 10),
        Goal("bytes on disk over perf's", ours["disk_bytes"] / theirs["disk_bytes"], 1 / 200),
        Goal("collector's memory, naming included, MiB", ours["peak_bytes"] / 2**20, 64),
        Goal("collector's CPU over the target's", ours["quality"]["overhead_ratio"], 0.01),
    ]


def print_goals(goals: list[Goal]) -> None:
    print(f"\n{'goal':<48}{'value':>10}{'at most':>10}")
    for goal in goals:
        print(f"{goal.says:<48}{goal.value:>10.4f}{goal.limit:>10.4f}  {'PASS' if goal.met else 'MISSED':<7} "
              f"{goal.interval}".rstrip())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="each runs every variant twice")
    parser.add_argument("--seconds", type=float, default=20, help="CPU time of the long runs")
    parser.add_argument("--out", type=Path, default=Path("build/bench/instruments_cpu.json"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        cpu_s = measure_cost(arguments.rounds, min(2.0, arguments.seconds), directory)
        print_cost(cpu_s)
        work = size_work(arguments.seconds, directory)
        ours, theirs = wait_for_clinic(work, directory), wait_for_perf(work, directory)
    print_waiting(ours, theirs)
    goals = goals_of(cpu_s, ours, theirs)
    print_goals(goals)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps({"cpus": os.cpu_count(), "cpu_s": cpu_s, "clinic": ours, "perf": theirs,
                                         "goals": [asdict(goal) for goal in goals]}, indent=1) + "\n")
    print(f"\nall runs: {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
