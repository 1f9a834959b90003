"""command_runs.py - runs a command of an audit and makes its rows: each run is timed from start to end, and its answer is checked.

command_build, command_fixture -> command_runs -> rows

One observation is one run, or several runs if one is too short to be timed alone; each run is a sample of its row.
"""

import hashlib
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from labkit.instruments import Unavailable, counter, whole_process
from labkit.metrics import ALLOCATION_COUNTER, CALLGRIND, PROGRAM_FILE, instruments_of
from labkit.outcome import LabError
from labkit.process import STDOUT_KEPT_BYTES, ProcessRun, describe_failure, excerpt
from labkit.runner import Finished, Run, Runner
from labkit.subject import SUMMED_FIELDS, Answer, Row, Slot, Subject, process_fields
from labkit.workload import build, command_fixture
from labkit.workload.command_build import Program, arguments_of
from labkit.workload.command_manifest import EXIT, OUTPUT, CommandManifest
from labkit.workload.link_orders import Layouts

CHECKED_OUTPUT_BYTES = 256 << 20
CHECK_TIMEOUT_S = 60
SAID_CHARACTERS = 100  # a longer answer of a check is replaced by its hash
CALLGRIND_SLOWDOWN = 100
# {failure of a process: how the evidence of a candidate names it}
REASONS = {"timeout": "timeout", "exit": "exit", "signal": "crash", "spawn": "crash", "output": "crash", "watch": "crash"}


@dataclass(frozen=True)
class Invocation:
    """How an instrument starts a program once."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] | None = None  # None: that of the lab
    folder: Path | None = None
    stdin: Path | None = None
    expect_exit: int = 0
    prepare: str | None = None  # a shell command that has to run before each start

    def how(self) -> dict:
        """The arguments of instruments.run_tool besides argv."""
        return {"environment": None if self.environment is None else dict(self.environment), "cwd": self.folder, "stdin": self.stdin,
                "expect_exit": self.expect_exit, "prepare": self.prepare}


@dataclass(frozen=True)
class CommandLoad:
    """How often one observation runs the command, and on which size. expect: the answer that it must give, or None if any is accepted."""

    size: str
    repeat_count: int = 1
    expect: str | None = None


@dataclass(frozen=True)
class CommandRuns(Subject):
    """One command at one size. builds: the program of each arm."""

    manifest: CommandManifest
    builds: Mapping[str, Layouts[Program]]
    load: CommandLoad
    runner: Runner
    timeout_s: float = 60

    kind = "command"
    in_manifest = True

    def run_of(self, arm: str, slot: Slot) -> Run:
        return run_of(self.manifest, self.builds[arm].usual, self.load, timeout_s=self.timeout_s, more=slot.environment({}))

    def row_of(self, arm: str, slot: Slot, finished: Finished) -> Row:
        return row_of(self.manifest, self.builds[arm].usual, self.load, finished) | {"build": 0}

    def count(self, arm: str, metrics: Iterable[str]) -> Row:
        """The counts of the instruments, added to the row of a run without an instrument."""
        program, instruments = self.builds[arm].usual, instruments_of(metrics)
        finished = self.runner.finish(run_of(self.manifest, program, replace(self.load, repeat_count=1), timeout_s=self.timeout_s))
        row = row_of(self.manifest, program, self.load, finished)
        row |= {"steal_ns": 0, "environment_bytes": 0, "build": 0, "machine": finished.machine}
        try:
            return row | self._counted(program, instruments)
        except Unavailable as reason:
            raise LabError(f"{self.manifest.name}/{self.load.size}: it cannot be counted: {reason}") from None

    def answer(self, arm: str, size: str) -> Answer:
        program, load = self.builds[arm].usual, CommandLoad(size)
        row = row_of(self.manifest, program, load, self.runner.finish(run_of(self.manifest, program, load, timeout_s=self.timeout_s)))
        return Answer(row.get("answer"), row["failure"], row.get("detail"), row.get("backtraces", ""))

    def files(self) -> Iterable[Path]:
        return [path for arm in ("A", "B") for path in run_of(self.manifest, self.builds[arm].usual, self.load).files]

    def _counted(self, program: Program, instruments: set[str]) -> Row:
        once = invocation(self.manifest, program, self.load.size)
        row: Row = {}
        if ALLOCATION_COUNTER in instruments:
            found = allocations(once, self.timeout_s)
            row |= {key: found[key] for key in ("allocations_count", "allocated_bytes")}
        if CALLGRIND in instruments:
            row["instructions_count"] = whole_process.instructions(once.argv, timeout_s=CALLGRIND_SLOWDOWN * self.timeout_s, **once.how())
        if PROGRAM_FILE in instruments:
            row["binary_bytes"] = program.size_bytes
        return row


def run_of(manifest: CommandManifest, program: Program, load: CommandLoad, *, timeout_s: float = 60, more: Mapping[str, str] | None = None) -> Run:
    """more: variables of the environment in addition to the program's own."""
    once = invocation(manifest, program, load.size)
    kept = STDOUT_KEPT_BYTES if manifest.answer in (OUTPUT, EXIT) else CHECKED_OUTPUT_BYTES
    path = command_fixture.path_of(manifest, load.size)
    return Run(once.argv, {**(once.environment or {}), **(more or {})}, files=(program.path, *([path] if path else [])), cwd=once.folder, stdin=once.stdin,
               timeout_s=timeout_s, prepare=once.prepare, repeat_count=load.repeat_count, expect_exit=manifest.expect_exit, kept_output_bytes=kept)


def row_of(manifest: CommandManifest, program: Program, load: CommandLoad, finished: Finished) -> Row:
    """The row of an observation: the sums over its runs, up to the first run that failed."""
    last = finished.processes[-1]
    row: Row = {"variant": program.variant, "size": load.size, **summed(finished.processes), "failure": None, "detail": None}
    if last.failure is None:
        row |= {"batch_count": 1, "ops_count": manifest.fixture.sizes[load.size], "samples_ns": [one.wall_ns for one in finished.processes],
                "repeat_count": len(finished.processes), "runs_count": len(finished.processes),
                "timed_user_ns": row["user_ns"], "timed_system_ns": row["system_ns"]}
    if last.backtraces and last.failure == "timeout":
        row["backtraces"] = last.backtraces
    row |= judged(manifest, program, load, finished.processes)
    return row if row["failure"] else {key: value for key, value in row.items() if key != "detail"}


def summed(processes: Iterable[ProcessRun]) -> Row:
    fields = [process_fields(one) for one in processes]
    sums = {name: sum(one[name] for one in fields) for name in SUMMED_FIELDS}
    return fields[0] | sums | {"max_rss_bytes": max(one["max_rss_bytes"] for one in fields), "exit_code": fields[-1]["exit_code"]}


def judged(manifest: CommandManifest, program: Program, load: CommandLoad, processes: tuple[ProcessRun, ...]) -> Row:
    """The answer of an observation, or its failure. If the answer is the output, all its runs must print the same; a check that the
    manifest defines reads the output of the last run."""
    last = processes[-1]
    if last.failure is not None:
        return {"failure": REASONS[last.failure], "detail": f"it {describe_failure(last)}{hint_of(last)}"}
    outputs = {one.stdout_sha256 for one in processes}
    answer, failure = answer_of(manifest, program, load.size, last)
    if failure:
        return {"failure": "answer", "detail": failure}
    if load.expect is not None and answer != load.expect or manifest.answer == OUTPUT and len(outputs) > 1:
        return {"answer": answer, "failure": "answer", "detail": f"it answers {answer}, and not {load.expect}; it printed {excerpt(last.stdout)}"}
    return {"answer": answer}


def hint_of(run: ProcessRun) -> str:
    """A hint at what the author of the manifest may have forgotten."""
    if run.failure == "timeout":
        return "; does it wait for input, for a terminal, or for a signal to end?"
    return "; if this exit code is correct, set expect_exit in the manifest" if run.failure == "exit" and not run.stderr.strip() else ""


def answer_of(manifest: CommandManifest, program: Program, size: str, run: ProcessRun) -> tuple[str | None, str | None]:
    """(the answer, None), or (None, why the check refuses it)."""
    if manifest.answer == EXIT:
        return f"exit code {run.exit_code}", None
    if manifest.answer == OUTPUT:
        return f"sha256:{run.stdout_sha256}", None
    return checked(manifest, program, size, run)


def checked(manifest: CommandManifest, program: Program, size: str, run: ProcessRun) -> tuple[str | None, str | None]:
    """The answer that the manifest's own check prints about the output. The check can also read what the program wrote to its folder."""
    with tempfile.NamedTemporaryFile(prefix="clinic-output-") as output:
        output.write(run.stdout)
        output.flush()
        command = for_shell(manifest.answer, {**values_of(manifest, program, size), "output": output.name})
        try:
            done = subprocess.run(["sh", "-c", command], cwd=program.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  errors="replace", timeout=CHECK_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return None, f"the check {manifest.answer!r} did not end within {CHECK_TIMEOUT_S} s"
    said = " ".join((done.stdout or done.stderr).split())
    if done.returncode != 0:
        return None, f"the check {manifest.answer!r} refuses it with exit code {done.returncode}: {said[:200] or 'it printed nothing'}"
    if len(said) > SAID_CHARACTERS:
        return f"sha256:{hashlib.sha256(said.encode()).hexdigest()}", None
    return said or "accepted by the check", None


def for_shell(command: str, values: Mapping[str, str]) -> str:
    """The shell command with these values, quoted, in place of its placeholders."""
    for name, value in values.items():
        command = command.replace(f"{{{name}}}", shlex.quote(value))
    return command


def values_of(manifest: CommandManifest, program: Program, size: str) -> dict[str, str]:
    """The values of the placeholders of a command line."""
    path = command_fixture.path_of(manifest, size)
    values = {"size": size, "ops": str(manifest.fixture.sizes[size]), "work": str(work_folder(manifest)), "tree": str(program.tree or "")}
    return values | ({"fixture": str(path)} if path else {})


@lru_cache(maxsize=None)
def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def work_folder(manifest: CommandManifest) -> Path:
    """The folder to which a command may write, {work} in its command line."""
    return _made(build.folder_of(manifest).absolute() / "work")


def invocation(manifest: CommandManifest, program: Program, size: str) -> Invocation:
    path, values = command_fixture.path_of(manifest, size), values_of(manifest, program, size)
    return Invocation(arguments_of(program, values), environment_of(program), program.folder, path if manifest.is_stdin else None,
                      manifest.expect_exit, for_shell(manifest.prepare, values) or None)


def environment_of(program: Program) -> dict[str, str]:
    """PATH, HOME and the variant's variables. The other variables of the user's shell are left out, so that they affect no measurement."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": os.environ.get("HOME", "/"), **dict(program.env)}


def repeated(once: Invocation, times: int) -> Invocation:
    """A shell that runs the same program `times` times, one run after the other. Besides, it starts only what prepares each run."""
    reads = ' <"$CLINIC_INPUT"' if once.stdin else ""
    prepares = '(eval "$CLINIC_PREPARE") >/dev/null </dev/null || exit 98; ' if once.prepare else ""
    script = f'i=0; while [ "$i" -lt {times} ]; do {prepares}"$@" >/dev/null{reads}; [ $? -eq {once.expect_exit} ] || exit 99; i=$((i + 1)); done'
    variables = {name: str(value) for name, value in (("CLINIC_INPUT", once.stdin), ("CLINIC_PREPARE", once.prepare)) if value}
    return Invocation(("/bin/sh", "-c", script, "sh", *once.argv), {**(once.environment or {}), **variables}, once.folder)


def allocations(once: Invocation, timeout_s: float) -> dict[str, int]:
    """The exact {"allocations_count", "frees_count", "allocated_bytes"} of one run and its children. Unavailable: the program is static."""
    if not counter.LIBRARY.exists():
        raise Unavailable(f"{counter.LIBRARY} is not built; run make build")
    return whole_process.allocations(once.argv, timeout_s=timeout_s, **once.how())
