"""commands.py - two command lines as the arms of a comparison.  process -> commands -> campaign

Answers before speed: the standard output of every run is compared with a file or with that of A's first run.
A command that is too short to be timed alone runs several times within one observation (repeat_count).
"""

import hashlib
import math
import os
import shlex
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labkit.evidence import sha256_of
from labkit.foreign_text import as_unicode
from labkit.instruments import Unavailable, whole_process
from labkit.metrics import ALLOCATION_COUNTER, CALLGRIND, instruments_of
from labkit.experiment.named_files import InputFiles, files_among, interpreter_of
from labkit.experiment.thread_watch import ThreadWatch
from labkit.outcome import Exit, LabError, UsageError
from labkit.process import Cpus, ProcessRun, describe_failure, excerpt, lone_shell_syntax
from labkit.runner import Finished, LocalRunner, Run, Runner, run_hook
from labkit.subject import SUMMED_FIELDS, Answer, Row, Slot, Subject, process_fields
from labkit.verdicts.stages import CANARY, MAIN
from labkit.wording import plural

SAME, ANY = "same", "any"
OBSERVATION_NS = 10_000_000
LONG_NS = 250_000_000  # one more run of such a long program is one fewer for the verdict, so B is checked in its first measured run
REPEAT_MAX = 50
CALLGRIND_SLOWDOWN = 100
HERE = LocalRunner()  # stands for this machine, on the CPU of the conditions


@dataclass(frozen=True)
class Command:
    """One command line. program is the file that runs, found through PATH as exec would."""

    text: str
    argv: tuple[str, ...]
    program: Path
    cwd: Path | None = None

    @property
    def sha256(self) -> str:
        return sha256_of(self.program)


@dataclass(frozen=True)
class Conditions:
    """The conditions of both commands. expect: "same", "any", or the text that both must print. expect_exit: their exit code."""

    cpu: Cpus = None
    timeout_s: float = 60.0
    stdin: Path | None = None
    prepare: str | None = None
    setup: str | None = None
    expect: str | bytes = SAME
    expect_exit: int = 0


@dataclass
class CommandSubject(Subject):
    """The arms are A, B and the canary, which is a copy of A's program if it can be copied. builds: for each arm its equivalent builds,
    which alternate by block."""

    builds: dict[str, list[Command]]
    conditions: Conditions
    repeat_count: int = 1
    expected_sha256: str | None = None
    notes: list[str] = field(default_factory=list)
    checked: dict[str, ProcessRun] = field(default_factory=dict)  # for each arm, the run that checked its answer
    awaits_check: bool = False  # the answer of B has not been checked yet; its first measured run is checked
    inputs: InputFiles = field(default_factory=InputFiles)  # files among the arguments of the commands

    runner: Runner = HERE

    kind = "pair of commands"

    def __post_init__(self) -> None:
        if self.runner is HERE:
            self.runner = LocalRunner(self.conditions.cpu)

    def run_of(self, arm: str, slot: Slot) -> Run:
        return self._run(self._command(arm, slot), slot.environment(dict(os.environ)), self.repeat_count)

    def row_of(self, arm: str, slot: Slot, finished: Finished) -> Row:
        """One row: repeat_count runs, added up to the first failure."""
        row: Row = {}
        if arm == "B" and self.awaits_check:
            complete_check(self, arm, finished.processes[0])
        for process in finished.processes:
            row = add_run(row, process)
            self.notice_strays(arm, process)
            row["failure"], row["detail"] = self.failure_of(process)
            if row["failure"]:
                break
        return row | {"variant": self._command(arm, slot).text, "build": self._build(arm, slot), "repeat_count": self.repeat_count}

    def count(self, arm: str, metrics: Iterable[str]) -> Row:
        """The size of the program's file, and the counts of the instruments that these metrics need."""
        command = self.builds[arm][0]
        try:
            return {"binary_bytes": command.program.stat().st_size} | self._counted(command, instruments_of(metrics))
        except Unavailable as reason:
            raise LabError(f"{arm} ({command.text}) cannot be counted: {reason}") from None

    def answer(self, arm: str, size: str = "") -> Answer:
        """The hash of the output. The size is ignored, because commands have only one."""
        process = self.run(self.builds[arm][0])
        return Answer(process.stdout_sha256, *self.failure_of(process))

    def files(self) -> Iterable[Path]:
        programs = [command.program for arm in ("A", "B") for command in self.builds[arm]]
        interpreters = [found for program in programs if (found := interpreter_of(program))]
        return [*programs, *interpreters, *filter(None, [self.conditions.stdin]), *self.inputs.unwritten()]

    def run(self, command: Command, runner: Runner | None = None) -> ProcessRun:
        """Makes one run that belongs to no plan."""
        return (runner or self.runner).finish(self._run(command, None, 1)).processes[0]

    def text_of(self, arm: str) -> str:
        return self.builds[arm][0].text

    @property
    def pair_s(self) -> float:
        """The time of an observation of A and one of B, from the checked runs; an unchecked B is assumed to take as long as A."""
        return self.repeat_count * 2 * sum(run.wall_ns for run in self.checked.values()) / len(self.checked) / 1e9

    def check_rows(self, case: str) -> list[Row]:
        """The runs that checked the answers, as the rows of one pair. No verdict is based on them, but they may be the only runs."""
        if self.awaits_check:
            complete_check(self, "B", self.run(self.builds["B"][0]))
        return [{"arm": arm, "block": 0, "position": position, "order": "AB", "attempt": 0, "case": case, "stage": MAIN, "failure": None,
                 "steal_ns": 0} | process_fields(run) for position, (arm, run) in enumerate(self.checked.items())]

    def notice_strays(self, arm: str, process: ProcessRun) -> None:
        note = (f"{arm} leaves processes running when it ends; they were killed before the next run, and their time after its end is "
                "not measured")
        if process.outlived_count and arm in "AB" and note not in self.notes:
            self.notes.append(note)

    def failure_of(self, run: ProcessRun) -> tuple[str | None, str | None]:
        if run.failure is not None:
            return run.failure, describe_failure(run)
        if self.expected_sha256 is not None and run.stdout_sha256 != self.expected_sha256:
            return "answer", f"it printed {excerpt(run.stdout)}, which differs from the expected output"
        return None, None

    def _command(self, arm: str, slot: Slot) -> Command:
        return self.builds[arm][self._build(arm, slot)]

    def _build(self, arm: str, slot: Slot) -> int:
        """The number of the build that this slot runs; equal numbers are equal programs."""
        return slot.build % len(self.builds[arm])

    def _run(self, command: Command, environment: dict[str, str] | None, repeat_count: int) -> Run:
        return Run(command.argv, environment, files=(command.program,), cwd=command.cwd, stdin=self.conditions.stdin,
                   timeout_s=self.conditions.timeout_s, prepare=self.conditions.prepare, repeat_count=repeat_count,
                   expect_exit=self.conditions.expect_exit)

    def _counted(self, command: Command, instruments: set[str]) -> Row:
        given: dict[str, Any] = {"stdin": self.conditions.stdin, "cwd": command.cwd, "expect_exit": self.conditions.expect_exit}
        row: Row = {}
        if CALLGRIND in instruments:
            row["instructions_count"] = whole_process.instructions(
                command.argv, timeout_s=CALLGRIND_SLOWDOWN * self.conditions.timeout_s, **given)
        if ALLOCATION_COUNTER in instruments:
            found = whole_process.allocations(command.argv, timeout_s=self.conditions.timeout_s, **given)
            row |= {key: found[key] for key in ("allocations_count", "allocated_bytes")}
        return row


class ProjectSubject(CommandSubject):
    """A program of another repository: one command, which runs in two trees that the repository's own build command has built."""

    kind = "project"


def parse_command(text: str, cwd: Path | None = None) -> Command:
    """UsageError for an empty or unbalanced line, shell syntax, or a program that is not there."""
    try:
        argv = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"cannot read the command {text!r}: {error}") from None
    if not argv:
        raise UsageError("the command is empty")
    if found := lone_shell_syntax(argv):
        raise UsageError(f"{text!r}: {found[0]} is shell syntax, but commands run without a shell; "
                         f"write sh -c {shlex.quote(text)}")
    return Command(as_unicode(text), tuple(argv), find_program(argv[0], cwd), cwd)


def find_program(name: str, cwd: Path | None) -> Path:
    """The program's file. A name with a slash is a path relative to cwd, so that ./true is not the `true` of PATH; os.path.join keeps
    the "./". UsageError: there is no such program."""
    found = shutil.which(os.path.join(cwd or os.curdir, name) if "/" in name else name)
    if found is None:
        raise UsageError(f"there is no program {name}{f' in {cwd}' if cwd else ''}, or it may not be run")
    return Path(found)


def are_identical(a: Command, b: Command) -> bool:
    """Whether both are the same program, byte for byte, with the same arguments. One file may do different things under different
    names, as xz and unxz do."""
    if a.argv[1:] != b.argv[1:] or a.sha256 != b.sha256:
        return False
    is_one_file = a.program.samefile(b.program)
    return not is_one_file or Path(a.argv[0]).name == Path(b.argv[0]).name


def distinct_builds(commands: list[Command]) -> list[Command]:
    """The commands without duplicates, which have the same content and arguments, so that no build counts twice."""
    found: dict[tuple, Command] = {}
    for command in commands:
        found.setdefault((command.sha256, command.argv[1:]), command)
    return list(found.values())


def prepare_pair(a: list[Command], b: list[Command], conditions: Conditions, kind: type[CommandSubject] = CommandSubject, *,
                 checks_long: bool = True) -> CommandSubject:
    """Run the setup and each command once to check its answer, and choose how often to repeat it. A is its own canary.

    checks_long: if false and A takes long, B is checked in its first measured run instead.
    """
    a, b = distinct_builds(a), distinct_builds(b)
    pair = kind({"A": a, "B": b, CANARY: a}, conditions)
    run_hook(conditions.setup, "--setup")
    pair.inputs = InputFiles(named_by([*a, *b]))
    watch = ThreadWatch()
    first = must_run(pair, "A", a[0], watch)
    pair.checked["A"] = first
    pair.expected_sha256 = expected_hash(pair)
    check(pair, "A", first)
    others = [check(pair, "A", must_run(pair, "A", command)) for command in a[1:]]
    if checks_long or len(b) > 1 or first.wall_ns < LONG_NS or not isinstance(pair.runner, LocalRunner):
        others += check_all_of_b(pair, watch)
        note_threads(pair, watch)
    else:
        pair.runner, pair.awaits_check = replace(pair.runner, watch=watch), True
        pair.inputs.forget(set(named_by(b)) - set(named_by(a)))  # it is not known which of them B writes
    repeat_short(pair, min(max(1, run.wall_ns) for run in (first, *others)))
    return pair


def named_by(commands: list[Command]) -> list[Path]:
    return [path for command in commands for path in files_among(command.argv[1:], command.cwd)]


def check_all_of_b(pair: CommandSubject, watch: ThreadWatch) -> list[ProcessRun]:
    runs = [check(pair, "B", must_run(pair, "B", command, watch)) for command in pair.builds["B"]]
    pair.checked["B"] = runs[0]
    return runs


def complete_check(pair: CommandSubject, arm: str, run: ProcessRun) -> None:
    """Check the answer of B's first run, which has not been checked before."""
    pair.awaits_check = False
    pair.checked[arm] = check(pair, arm, must_end(pair, arm, run))
    if isinstance(pair.runner, LocalRunner) and isinstance(pair.runner.watch, ThreadWatch):
        note_threads(pair, pair.runner.watch)
        pair.runner = replace(pair.runner, watch=LocalRunner.watch)


def repeat_short(pair: CommandSubject, took_ns: int) -> None:
    if took_ns < OBSERVATION_NS:
        pair.repeat_count = min(REPEAT_MAX, math.ceil(OBSERVATION_NS / took_ns))
        pair.notes.append(f"one run takes {took_ns / 1e6:.2f} ms, too short to time alone: one observation is "
                          f"{pair.repeat_count} runs")


def note_threads(pair: CommandSubject, watch: ThreadWatch) -> None:
    usable, cpus = len(os.sched_getaffinity(0)), pair.conditions.cpu
    given = usable if cpus is None else len(cpus) if isinstance(cpus, tuple) else 1
    if watch.most_count > given:
        pair.notes.append(f"a run has up to {watch.most_count} threads, limited to {plural(given, 'CPU')}"
                          + ("; --cpus all allows all CPUs" if given < usable else ""))


def add_canary(pair: CommandSubject, scratch: Path) -> None:
    """Make a copy of A as canary if there is none yet; this takes another run."""
    pair.builds[CANARY] = [copied(pair, command, scratch) for command in pair.builds["A"]]


def expected_hash(pair: CommandSubject) -> str | None:
    expect = pair.conditions.expect
    if expect == ANY:
        return None
    if isinstance(expect, bytes):
        return hashlib.sha256(expect).hexdigest()
    return pair.checked["A"].stdout_sha256


def check(pair: CommandSubject, arm: str, run: ProcessRun) -> ProcessRun:
    failure, detail = pair.failure_of(run)
    if not failure:
        return run
    refuse_unsteady(pair)
    raise LabError(f"{arm} ({pair.text_of(arm)}) gives another answer: {detail}. A wrong answer is never timed; if the "
                   "outputs may differ, use --expect-output any", Exit.FAILED)


def refuse_unsteady(pair: CommandSubject) -> None:
    """Checks that A prints the same output twice, before an answer of B is called wrong."""
    if pair.conditions.expect != SAME:
        return
    first, second = pair.checked["A"], must_run(pair, "A", pair.builds["A"][0])
    if first.stdout_sha256 != second.stdout_sha256:
        raise LabError(f"A prints a different output each time ({excerpt(first.stdout)}, then {excerpt(second.stdout)}), "
                       "so B's answer cannot be checked against it; --expect-output any measures without a check",
                       Exit.USAGE)


def must_run(pair: CommandSubject, arm: str, command: Command, watch: ThreadWatch | None = None) -> ProcessRun:
    local = isinstance(pair.runner, LocalRunner) and watch is not None
    run = pair.run(command, replace(pair.runner, watch=watch) if local else None)
    pair.notice_strays(arm, run)
    return must_end(pair, arm, run)


def must_end(pair: CommandSubject, arm: str, run: ProcessRun) -> ProcessRun:
    if run.failure is not None:
        hint = f", or pass --expect-exit {run.exit_code} if this exit code is correct" if run.failure == "exit" else ""
        raise LabError(f"{arm} ({pair.text_of(arm)}) {describe_failure(run)}; run it by hand to see why{hint}", Exit.USAGE)
    return run


def copied(pair: CommandSubject, command: Command, scratch: Path) -> Command:
    """A copy of A as the canary, because the same file would share its pages with A. If the copy behaves differently, A itself is used."""
    if command.program.read_bytes()[:4] != b"\x7fELF":
        return command
    copy = scratch / "canary" / Path(command.argv[0]).name  # the behaviour of a program may depend on its name
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(command.program, copy)
    except OSError as error:
        pair.notes.append(f"the canary is A itself, because A could not be copied to {scratch.parent}: {error.strerror}")
        return command
    candidate = Command(command.text, (str(copy), *command.argv[1:]), copy, command.cwd)
    run = pair.run(candidate)
    return candidate if pair.failure_of(run)[0] is None else command


def add_run(row: Row, run: ProcessRun) -> Row:
    measured = process_fields(run)
    if not row:
        return measured
    summed = {name: row[name] + measured[name] for name in SUMMED_FIELDS}
    return row | summed | {"max_rss_bytes": max(row["max_rss_bytes"], measured["max_rss_bytes"]),
                           "exit_code": measured["exit_code"]}
