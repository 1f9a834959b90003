"""observe.py - runs a command alone and under each instrument.  argv -> instruments -> observe -> Observations

An instrument slows down only its own runs; the durations and CPU times of the whole command come from the runs without one.

Degrades  An instrument that cannot be used here is a note with its reason, and its part of the observations is None.
"""

import contextlib
import json
import math
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.evidence import disk_errors
from labkit.experiment.thread_watch import ThreadWatch
from labkit.foreign_text import for_terminal
from labkit.instruments import Unavailable, clinic, heap_session, lock_session, whole_process
from labkit.outcome import UsageError
from labkit.process import ProcessRun, run_process, describe_failure
from labkit.progress import Progress
from labkit.wording import duration, plural

ALONE_MOST, ALONE_SHARE = 5, 0.1  # the most runs, and the share of the budget that may be used for more than two
SAMPLED_S, SAMPLED_RUNS_MOST = 3.0, 40  # a short command is sampled in several runs, to so many seconds of CPU time in sum
SAMPLED_SHARE, LEAST_RECORDING_S = 0.3, 0.5  # of the budget, for all sampled runs; the least seconds that a recording takes
RECORDING_S = 10.0  # what a recording may take besides the run that it records
INSTRUMENT_SLOWDOWN, CALLGRIND_SLOWDOWN = 10, 100
FUNCTIONS_KEPT = 1000


@dataclass(frozen=True)
class Target:
    """The command to diagnose. program: the file that is executed. Runs may use all CPUs, because a diagnosis compares nothing."""

    argv: tuple[str, ...]
    program: Path
    stdin: Path | None = None
    expect_exit: int = 0


@dataclass
class Deadline:
    """A budget in seconds; its time starts when it is made."""

    budget_s: float
    started_s: float = field(default_factory=time.monotonic)

    def left_s(self) -> float:
        return self.budget_s - (time.monotonic() - self.started_s)


@dataclass(frozen=True)
class Alone:
    """The runs without an instrument: medians, except that max_rss_bytes and threads_count are the largest of all runs.
    threads_count: the most threads that existed at once."""

    runs_count: int
    wall_ns: float
    wall_low_ns: int
    wall_high_ns: int
    user_ns: float
    system_ns: float
    max_rss_bytes: int
    minor_faults_count: int
    major_faults_count: int
    threads_count: int

    @property
    def cpu_ns(self) -> float:
        return self.user_ns + self.system_ns


@dataclass
class Observations:
    """cpu: `clinic report --json` of all samples, with waits where they can be observed. heap, locks: the rows of heap_session and
    of lock_session. None: this was not observed, and a note gives the reason."""

    alone: Alone
    stdout_sha256: str | None = None  # the same for each of the runs alone; None if their outputs differ
    cpu: dict[str, Any] | None = None
    heap: dict[str, Any] | None = None
    locks: list[dict[str, Any]] | None = None
    instructions_count: int | None = None
    flame_graph: str | None = None
    notes: list[str] = field(default_factory=list)


def observe(target: Target, deadline: Deadline, folder: Path) -> Observations:
    """folder: the flame graph is written there. UsageError: the command itself fails."""
    with Progress("diagnose", 5) as progress, tempfile.TemporaryDirectory(prefix="clinic-") as scratch:
        found = _alone(target, deadline)
        progress.advance("alone")
        recorder = Recorder(target, deadline, Path(scratch), found)
        parts: dict[str, Callable[[], None]] = {
            "cpu": lambda: recorder.sample(folder), "alloc": recorder.allocations, "lock": recorder.locks,
            "instructions": recorder.instructions}
        for name, part in parts.items():
            try:
                part()
            except Unavailable as reason:
                found.notes.append(for_terminal(f"{name}: {reason}"))
            progress.advance(name)
    return found


def _alone(target: Target, deadline: Deadline) -> Observations:
    watch = ThreadWatch()
    runs = [_run(target, deadline.budget_s / 4, watch), _run(target, deadline.left_s(), watch)]
    while len(runs) < ALONE_MOST and sum(run.wall_ns for run in runs) + runs[0].wall_ns < ALONE_SHARE * deadline.budget_s * 1e9:
        runs.append(_run(target, deadline.left_s(), watch))
    answers = {run.stdout_sha256 for run in runs}
    found = Observations(_medians(runs, watch.most_count), answers.pop() if len(answers) == 1 else None)
    strays = max(run.outlived_count for run in runs)
    if strays:
        found.notes.append(f"the command leaves {plural(strays, 'process')} running when it ends, which the lab kills: this diagnosis does not "
                           "contain what a daemon does afterwards; clinic record -p PID observes a running daemon")
    if target.stdin is None:
        found.notes.append("the command's standard input was empty; --stdin FILE gives it one")
    if found.stdout_sha256 is None:
        found.notes.append("the command printed different output in different runs, so they may not have done the same work")
    return found


def _run(target: Target, timeout_s: float, watch: ThreadWatch) -> ProcessRun:
    run = run_process(target.argv, stdin=target.stdin, timeout_s=timeout_s, expect_exit=target.expect_exit, watch=watch)
    if run.failure is None:
        return run
    hints = {"exit": f"if this exit code is correct, pass --expect-exit {run.exit_code}; if the command needs input, pass --stdin FILE",
             "timeout": "give it less work or a larger --budget; clinic record -p PID observes a server that never ends"}
    raise UsageError(for_terminal(f"{target.argv[0]} {describe_failure(run)}; {hints.get(run.failure, 'run it by hand to see why')}"))


def _medians(runs: list[ProcessRun], threads_count: int) -> Alone:
    def median(name: str) -> float:
        return statistics.median(getattr(run, name) for run in runs)

    walls = [run.wall_ns for run in runs]
    return Alone(len(runs), median("wall_ns"), min(walls), max(walls), median("user_ns"), median("system_ns"),
                 max(run.max_rss_bytes for run in runs), round(median("minor_faults_count")), round(median("major_faults_count")),
                 threads_count)


@dataclass
class Recorder:
    """Fills in the observations, one instrument after the other, within the rest of the budget."""

    target: Target
    deadline: Deadline
    scratch: Path
    found: Observations
    events: str = "cpu,offcpu"

    def sample(self, folder: Path) -> None:
        """Samples where the time goes and what the command waits for, in as many runs as give enough samples, and merges them."""
        session = self.scratch / "cpu.json"
        sessions = [self._first_sample()]
        for number in range(1, self._sampled_runs()):
            with contextlib.suppress(Unavailable):  # the page states how many samples there are, so one run may be missing
                sessions.append(self._record(self.events, self.scratch / f"cpu-{number}.json"))
        if len(sessions) > 1:
            clinic.merge(sessions, session)
        else:
            session = sessions[0]
        self.found.cpu = clinic.report(session, "--top", str(FUNCTIONS_KEPT))
        self._draw(session, folder)

    def _first_sample(self) -> Path:
        """Records waits, too, unless the kernel does not show them."""
        session = self.scratch / "cpu-0.json"
        try:
            return self._record(self.events, session)
        except Unavailable as reason:
            self.found.notes.append(for_terminal(f"offcpu: {reason}"))
            self.events = "cpu"
            return self._record(self.events, session)

    def allocations(self) -> None:
        session = self._record("alloc")
        self.found.heap = heap_session.read(json.loads(session.read_text()), clinic.report(session))

    def locks(self) -> None:
        self.found.locks = lock_session.rows(clinic.report(self._record("lock")))

    def instructions(self) -> None:
        needed_s = CALLGRIND_SLOWDOWN * self.found.alone.cpu_ns / 1e9
        if needed_s > self.deadline.left_s():
            raise Unavailable(f"callgrind would need about {needed_s:.0f} s, but only {max(0.0, self.deadline.left_s()):.0f} s of the budget are left")
        self.found.instructions_count = whole_process.instructions(
            self.target.argv, timeout_s=self.deadline.left_s(), stdin=self.target.stdin, expect_exit=self.target.expect_exit)

    def _sampled_runs(self) -> int:
        alone = self.found.alone
        wanted = math.ceil(SAMPLED_S * 1e9 / max(alone.cpu_ns, 1e6))
        affordable = int(SAMPLED_SHARE * self.deadline.budget_s / max(alone.wall_ns / 1e9, LEAST_RECORDING_S))
        return max(1, min(wanted, affordable, SAMPLED_RUNS_MOST))

    def _record(self, events: str, session: Path | None = None) -> Path:
        session = session or self.scratch / f"{events}.json"
        limit_s = RECORDING_S + INSTRUMENT_SLOWDOWN * self.found.alone.wall_high_ns / 1e9
        if self.deadline.left_s() <= 0:
            raise Unavailable(f"the budget of {duration(self.deadline.budget_s * 1e9)} is used up")
        clinic.record(self.target.argv, session, events=events, timeout_s=min(limit_s, self.deadline.left_s()),
                      stdin=self.target.stdin, expect_exit=self.target.expect_exit)
        return session

    def _draw(self, session: Path, folder: Path) -> None:
        picture = folder / "flamegraph.svg"
        with disk_errors(picture):
            clinic.export(session, picture, "--title", for_terminal(" ".join(self.target.argv))[:120])
        self.found.flame_graph = picture.name
