"""calibration_trials.py - comparisons whose answer is known, through the gate and through other tools.

campaign, hyperfine -> trials -> reports/calibration/FINGERPRINT.jsonl -> calibration_rates

A trial compares planted_work with a copy of itself that does EXTRA thousandths more work; EXTRA 0 compares identical programs.
Each trial is one JSON line with all its runs, written when the trial ends, so that a stopped calibration can be continued.
"""

import itertools
import math
import os
import random
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from labkit import host
from labkit.calibration import relinked_trials
from labkit.calibration.trial_file import read_trials, unpack
from labkit.evidence import now_utc
from labkit.experiment.campaign import Campaign, TooShort, run_campaign
from labkit.experiment.commands import Command, CommandSubject, Conditions
from labkit.experiment.design import Case, Design
from labkit.experiment.interleave import CANARY
from labkit.instruments import Unavailable, hyperfine, whole_process
from labkit.outcome import LabError
from labkit.process import run_process
from labkit.row_file import RowFile, read_rows
from labkit.trial_records import AUDIT, BUSY, CONDITIONS, IN_PROCESS, OF_ONE_PROGRAM, QUIET, RELINKED, read_head
from labkit.verdicts.verdict import ENGINE, VerdictPolicy

PLANTED_WORK = Path("build/calibration/planted_work")
PLANTED_OBJECT = PLANTED_WORK.with_suffix(".o")
TABLE_KIB = 64
UNITS = 32  # about 6 ms: short, so that a calibration does not take a whole night, but noisier than 50 ms would be
NEIGHBOUR_UNITS = 10**12
NEIGHBOUR_TABLE_KIB = 65536
TRIAL_BUDGET_S = 4.0
RIVALS_EVERY = 3
INSTRUCTION_TOLERANCE = 0.06  # of the planted work: the instructions that start the process are not multiplied
STARTUP_RUNS = 30
SEED = 20260101


@dataclass(frozen=True)
class Size:
    """How many trials: {condition: {extra in thousandths: count}}."""

    name: str
    trials: dict[str, dict[int, int]]


SIZES = {size.name: size for size in (
    Size("quick", {QUIET: {0: 12, 20: 6, 50: 6}, BUSY: {0: 6, 50: 3}, RELINKED: {0: 2}, AUDIT: {0: 2, 20: 1}, IN_PROCESS: {0: 2}}),
    Size("documented", {QUIET: {0: 400, 10: 40, 20: 120, 30: 40, 50: 120, 100: 40},
                        BUSY: {0: 400, 20: 60, 50: 60}, RELINKED: {0: 200}, AUDIT: {0: 200, 20: 60}, IN_PROCESS: {0: 200}}))}


@dataclass(frozen=True)
class Trial:
    condition: str
    extra: int
    index: int

    @property
    def seed(self) -> int:
        return random.Random(f"{SEED}/{self.condition}/{self.extra}/{self.index}").getrandbits(32)

    @property
    def has_rivals(self) -> bool:
        return self.condition in OF_ONE_PROGRAM and self.index % RIVALS_EVERY == 0


def all_trials(size: Size) -> list[Trial]:
    """The effects stand in random order within a condition, so that no effect gets the quiet hours of the machine alone."""
    trials = []
    for condition, counts in size.trials.items():
        group = [Trial(condition, extra, index) for extra, count in counts.items() for index in range(count)]
        random.Random(f"{SEED}/{condition}").shuffle(group)
        trials += group
    return trials


def trial_of(record: dict) -> Trial:
    return Trial(record["condition"], record["extra"], record["index"])


def is_of_this_engine(path: Path) -> bool:
    """Whether path has no trials, or trials of this engine: the rates of one engine say nothing about another. Packed trials of an
    earlier engine stay until the calibration of this one is complete."""
    return not read_trials(path) or read_head(path).get("engine", 1) == ENGINE


def missing_trials(size: Size, path: Path) -> list[Trial]:
    done = {trial_of(record) for record in read_trials(path)} if is_of_this_engine(path) else set()
    return [trial for trial in all_trials(size) if trial not in done]


def run_trials(size: Size, path: Path, *, ends: float, on_trial: Callable[[], None]) -> None:
    """Runs the trials that path does not have yet and appends each to it. ends: when to stop, by time.monotonic()."""
    if is_of_this_engine(path):
        unpack(path)
    elif path.exists():
        path.rename(path.with_suffix(".earlier-engine.jsonl"))
    missing = missing_trials(size, path)
    with workplace() as files, RowFile(path) as log:
        if not path.exists() or not list(read_rows(path)):
            log.add({"kind": "head", "host": host.read_host().to_json(), "started_utc": now_utc(),
                     "engine": ENGINE, "tools": tool_versions(), "policy": asdict(VerdictPolicy()), "instructions": planted_instructions(files),
                     "startup_ratio": startup_ratio(files)})
        rival = Hyperfine()
        for condition in CONDITIONS:
            with neighbour(condition):
                while missing and missing[0].condition == condition and time.monotonic() < ends:
                    copy_afresh(files)
                    log.add(run_trial(missing.pop(0), files, rival))
                    on_trial()


@contextmanager
def workplace() -> Iterator[dict[str, Path]]:
    """The path of one copy of the program for each arm, because the arms of one file would share its pages. LabError: it is not built."""
    if not PLANTED_WORK.exists():
        raise LabError(f"{PLANTED_WORK} is not built; run make calibrate")
    folder = PLANTED_WORK.parent / f"arms-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        files = {arm: folder / f"work-{name}" for arm, name in (("A", "a"), ("B", "b"), (CANARY, "c"))}
        copy_afresh(files)
        yield files
    finally:
        shutil.rmtree(folder)


def copy_afresh(files: dict[str, Path]) -> None:
    """New files for each trial, as each gate has: where the pages of a file lie in memory is luck that lasts as long as the file
    does. One pair of copies differed by 0.6 % in every trial of half an hour, after the kernel had taken pages of one of them
    back; that would be measured as the error rate of the engine."""
    for path in files.values():
        path.unlink(missing_ok=True)
        shutil.copy2(PLANTED_WORK, path)


@contextmanager
def neighbour(condition: str) -> Iterator[None]:
    """In the busy condition, a process on each of the other CPUs computes and walks through 64 MiB of memory."""
    others = os.sched_getaffinity(0) - {host.measuring_cpu()}
    argv = [str(PLANTED_WORK), str(NEIGHBOUR_UNITS), "0", str(NEIGHBOUR_TABLE_KIB)]
    running = []
    try:
        if condition == BUSY:
            running = [subprocess.Popen(["taskset", "-c", str(cpu), *argv], stdout=subprocess.DEVNULL)
                       for cpu in others]
        yield
    finally:
        for one in running:
            one.kill()
            one.wait()


def work_argv(program: Path, extra: int) -> tuple[str, ...]:
    return (str(program), str(UNITS), f"{extra:03d}", str(TABLE_KIB))


def planted_instructions(files: dict[str, Path]) -> dict[str, int]:
    """{EXTRA: instructions of a run}; LabError if a run does not do the extra work that EXTRA promises, because all rates rest on it."""
    counts = {extra: whole_process.instructions(work_argv(files["A"], extra), timeout_s=120)
              for extra in sorted({extra for size in SIZES.values() for part in size.trials.values()
                                   for extra in part})}
    for extra, count in counts.items():
        planted = count / counts[0] - 1
        if abs(planted - extra / 1000) > INSTRUCTION_TOLERANCE * extra / 1000:
            raise LabError(f"planted_work with EXTRA {extra} does {planted:+.3%} instructions, not "
                           f"{extra / 1000:+.1%}; the calibration would be of something else")
    return {str(extra): count for extra, count in counts.items()}


@dataclass
class Hyperfine:
    """The data of the rivals: all runs of A, then all of B, in about the time that the gate took. run_s: seconds that a run took
    in the trial before, from which the number of runs follows."""

    run_s: float = 0.012

    def run(self, trial: Trial, files: dict[str, Path], budget_s: float) -> dict:
        runs_count = max(10, round(budget_s / 2 / self.run_s))
        commands = {arm: list(work_argv(files[arm], trial.extra if arm == "B" else 0)) for arm in ("A", "B")}
        started = time.monotonic()
        try:
            exported = hyperfine.time_commands(commands, runs_count=runs_count, cpu=host.measuring_cpu(),
                                               timeout_s=120)
        except Unavailable as reason:
            return {"failure": str(reason)}
        took_s = time.monotonic() - started
        self.run_s = took_s / 2 / runs_count
        times = {one["command"]: [round(1e6 * seconds, 1) for seconds in one["times"]] for one in exported["results"]}
        return {"took_s": round(took_s, 3), "a_us": times["A"], "b_us": times["B"]}


def tool_versions() -> dict[str, str]:
    """{rival: the version of its Debian package}, for the packages that are installed."""
    packages = {"compare.py": "libbenchmark-tools", "criterion": "librust-criterion-dev", "hyperfine": "hyperfine"}
    found = {name: debian_version(package) for name, package in packages.items()}
    return {name: version for name, version in found.items() if version}


def debian_version(package: str) -> str:
    try:
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def startup_ratio(files: dict[str, Path]) -> float:
    """The share of a run that starting the process takes; the planted effect on wall time is smaller by that share."""
    def median_ns(units: int) -> float:
        argv = (str(files["A"]), str(units), "000", str(TABLE_KIB))
        return statistics.median(run_process(argv, cpu=host.measuring_cpu()).wall_ns for _ in range(STARTUP_RUNS))

    return median_ns(0) / median_ns(UNITS)


def run_trial(trial: Trial, files: dict[str, Path], rival: Hyperfine) -> dict:
    started_utc, started = now_utc(), time.monotonic()
    gate = run_gate(trial, files)
    took_s = time.monotonic() - started
    rivals = rival.run(trial, files, took_s) if trial.has_rivals else None
    return {"kind": "trial", **asdict(trial), "seed": trial.seed, "started_utc": started_utc,
            "took_s": round(took_s, 3), "gate": gate, "hyperfine": rivals}


def run_gate(trial: Trial, files: dict[str, Path]) -> dict:
    """Runs the whole procedure of `lab compare` or, in the relinked conditions, of `lab gate` and of an audit. pilot_had_room in the
    record: before anything was judged, the pilot, which does not know the arms, found that the blocks for the wanted power fit into
    the budget."""
    rows: list[dict] = []
    try:
        campaign = campaign_of(trial, files, rows)
    except TooShort as error:
        return {"verdict": "inconclusive", "reason": str(error), "pilot_had_room": False, "runs": columns(rows)}
    budget_s = TRIAL_BUDGET_S if trial.condition in OF_ONE_PROGRAM else relinked_trials.BUDGET_S
    return gate_record(campaign) | {"pilot_had_room": campaign.wanted_s_at_pilot <= budget_s, "runs": columns(rows)}


def campaign_of(trial: Trial, files: dict[str, Path], rows: list[dict]) -> Campaign:
    if trial.condition == RELINKED:
        return relinked_trials.run_as_gate(work_argv(files["A"], 0), PLANTED_OBJECT, trial.seed, rows)
    if trial.condition == AUDIT:
        return relinked_trials.run_as_audit(trial.seed, PLANTED_WORK.parent, rows, trial.extra)
    if trial.condition == IN_PROCESS:
        return relinked_trials.run_in_process(trial.seed, PLANTED_WORK.parent, rows)
    pair = CommandSubject({arm: [Command("planted_work", work_argv(path, trial.extra if arm == "B" else 0), path)]
                        for arm, path in files.items()},
                       Conditions(cpu=host.measuring_cpu(), timeout_s=20))
    design = Design(seed=trial.seed, budget_s=TRIAL_BUDGET_S, cpu=host.measuring_cpu())
    return run_campaign([Case("planted", pair, gating=("wall",))], design, on_row=rows.append)


def gate_record(campaign: Campaign) -> dict:
    headline, first = campaign.cases[0].headline, campaign.cases[0].first_stage[0]
    canary = campaign.cases[0].canary
    return {"verdict": campaign.verdict, "first_verdict": first.verdict, "ratio": headline.ratio,
            "first_ratio": first.ratio, "low": headline.low, "high": headline.high,
            "mde_ratio": first.mde_ratio if math.isfinite(first.mde_ratio) else None,
            "noise_ratio": first.noise_ratio, "autocorrelation": first.autocorrelation, "p_welch": first.p_welch,
            "blocks_count": first.blocks_count, "canary_ratio": None if canary is None else canary.ratio,
            "reruns_count": len(campaign.reruns)}


def timed_ns(row: dict) -> float:
    """Nanoseconds of a row: of one sample where both variants run in one process; of all samples where the harness timed them;
    otherwise of the whole process."""
    return row.get("paired_ns") or sum(row.get("samples_ns") or ()) or row["wall_ns"]


def columns(rows: list[dict]) -> dict:
    """Every run, in the order in which they ran, in a tenth of the bytes that the rows take.

    blocks: "p3.0ABBA" is block 3 of the pilot, attempt 0 (stages: p pilot, m main, c confirmation; arm C is the canary). wall_us:
    microseconds of every run of all blocks, to a tenth, because a whole microsecond is a five-thousandth of a run. steal_ns,
    failures: {index into wall_us: value}, for the runs that have one. The last block is shorter if it was interrupted.
    """
    letters = {"A": "A", "B": "B", CANARY: "C"}
    groups = itertools.groupby(rows, key=lambda row: (row["stage"][0], row["block"], row["attempt"]))
    return {"blocks": [f"{stage}{block}.{attempt}" + "".join(letters[row["arm"]] for row in group)
                       for (stage, block, attempt), group in groups],
            "wall_us": [round(timed_ns(row) / 1000, 1) for row in rows],
            "steal_ns": {str(index): row["steal_ns"] for index, row in enumerate(rows) if row["steal_ns"]},
            "failures": {str(index): row["failure"] for index, row in enumerate(rows) if row["failure"]}}
