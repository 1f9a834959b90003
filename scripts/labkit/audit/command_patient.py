"""command_patient.py - how the phases of an audit handle a command: it is started, waited for, and observed from outside."""

import math
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from labkit import ROOT
from labkit.audit.measure import refuse_endless_tail
from labkit.audit.patient import AuditInProgress, Patient, Reference
from labkit.evidence import disk_errors
from labkit.experiment.thread_watch import ThreadWatch
from labkit.host import Finding
from labkit.instruments import valgrind
from labkit.instruments.backtraces import HangWatch
from labkit.metrics import METRICS, is_tail
from labkit.outcome import UsageError
from labkit.process import run_process
from labkit.runner import LocalRunner
from labkit.subject import Row, Subject
from labkit.workload import build, command_build, command_fixture, command_runs, command_variant
from labkit.workload.build import BuildFailed
from labkit.workload.command_build import Program
from labkit.workload.command_manifest import ALL, EXIT, CommandManifest
from labkit.workload.command_runs import CommandLoad, CommandRuns, Invocation
from labkit.workload.command_variant import CommandVariant
from labkit.workload.link_orders import Layouts, OneLayout
from labkit.workload.manifest import Candidate
from labkit.workload.variant import BASELINE, Lines

REPEAT_MAX = 50
ASLEEP_MS = 30
CLOCK_READINGS = 1000
COPY_BYTES_MAX = 256 << 20


class CommandPatient(Patient[CommandVariant, Program]):
    manifest: CommandManifest
    counted_at_once = 1  # all runs write to one folder

    def baseline(self) -> CommandVariant:
        return command_variant.baseline(self.manifest)

    def candidate(self, one: Candidate) -> CommandVariant:
        return command_variant.candidate(self.manifest, one)

    def union(self, accepted: list[Candidate]) -> CommandVariant:
        return command_variant.union(self.manifest, accepted)

    def lines(self, changed: CommandVariant) -> Lines:
        """The lines that differ between the commits; an argument, a variable or a flag counts as no line."""
        source = self.manifest.source
        if source is None or changed.ref == source.ref:
            return Lines(0, 0)
        return Lines(*command_build.lines_between(source, source.ref, changed.ref))

    def fixtures(self) -> dict[str, str]:
        return command_fixture.ensure(self.manifest)

    def build_all(self, variants: Sequence[CommandVariant]) -> Mapping[str, Program | BuildFailed]:
        built = command_build.build_all(self.manifest, variants)
        failed = built.get(BASELINE)
        if isinstance(failed, BuildFailed):
            raise UsageError(f"{self.manifest.name}: there is nothing to compare with: {failed.log.splitlines()[-1]}") from failed
        return built

    def identity(self) -> list[str]:
        manifest = self.manifest
        return [manifest.run, manifest.prepare, str(manifest.is_stdin), manifest.answer, str(manifest.expect_exit), manifest.cpus]

    def cpu(self, state: AuditInProgress) -> int | None:
        return None if self.manifest.cpus == ALL else state.cpu

    def own_path(self, binary: Program, file: str | None) -> str | None:
        """The file's path relative to the tree, because the tree has another name for each commit."""
        places = [] if binary.tree is None else [binary.tree, binary.tree.resolve()]
        prefixes = [f"{one}/" for one in places] + [f"{one.relative_to(ROOT)}/" for one in places if one.is_relative_to(ROOT)]
        return next((file.removeprefix(one) for one in prefixes if file and file.startswith(one)), file)

    def findings(self, state: AuditInProgress) -> list[Finding]:
        return [*self._findings_of_the_manifest(), *self._findings_of_a_run(state)]

    def _findings_of_a_run(self, state: AuditInProgress) -> list[Finding]:
        watch, found = ThreadWatch(), list[Finding]()
        run = command_runs.run_of(self.manifest, state.baseline, CommandLoad(self.manifest.main_size), timeout_s=state.budget.timeout_s)
        (process,) = LocalRunner(self.cpu(state), watch).finish(run).processes
        if process.outlived_count:
            found.append(Finding("warning", "processes", "The command leaves processes running when it ends, as a daemon does; they are killed before the next run",
                                 "their work after the end of the command is not measured"))
        if watch.most_count > 1 and self.cpu(state) is not None:
            found.append(Finding("note", "threads", f"A run has up to {watch.most_count} threads, limited to one CPU", "cpus = \"all\" in the manifest allows all"))
        return found

    def _findings_of_the_manifest(self) -> list[Finding]:
        source, found = self.manifest.source, list[Finding]()
        if source and command_build.is_dirty(source):
            found.append(Finding("warning", "sources", "The project has uncommitted changes", "only commits are measured, without these changes"))
        if source and any(one.change.kind in ("ref", "cflags", "link") for one in self.manifest.candidates):
            found.append(Finding("note", "layout", "Each build has one memory layout, which its linker chose",
                                 "a difference of a few per cent between two builds may come from the addresses of their code, and not from the change"))
        if self.manifest.answer == EXIT:
            found.append(Finding("warning", "answers", "Only the exit code of each run is checked", "a faster program that prints nonsense would pass"))
        return found

    def self_tests(self, state: AuditInProgress) -> list[dict]:
        return [self._clock_test(state), self._answer_test(state)]

    def reference(self, state: AuditInProgress, size: str) -> Reference:
        """The expected answer and the length of an observation, from two runs of the baseline, whose answers must agree. An observation
        is as many runs as the budget's shortest observation needs, but at most REPEAT_MAX; for a tail it is as many runs as the tail needs."""
        first, second = (self._must(self._observe(state, state.baseline, CommandLoad(size)), "first runs of the command") for _ in range(2))
        if first["answer"] != second["answer"]:
            raise UsageError(f"{self.manifest.folder / 'workload.toml'}: answer: the command answers differently each time (size {size}), so that "
                             "no answer can be checked; accepted: 'exit', or { command = '...' }, which prints the part that must be equal")
        took_ns = min(first["wall_ns"], second["wall_ns"])
        count = min(REPEAT_MAX, max(1, math.ceil(state.budget.minimum_ms * 1e6 / max(1, took_ns))))
        if is_tail(self.manifest.metric):
            refuse_endless_tail(state, size, took_ns)
            count = METRICS[self.manifest.metric].samples_needed
        return Reference(size, first["answer"], 1, count, 0, self.manifest.fixture.sizes[size], clock())

    def subject(self, state: AuditInProgress, builds: Mapping[str, Layouts[Program]], known: Reference) -> Subject:
        load = CommandLoad(known.size, known.samples_count, known.answer)
        return CommandRuns(self.manifest, builds, load, LocalRunner(self.cpu(state), HangWatch(state.budget.timeout_s)), state.budget.timeout_s)

    def copy(self, state: AuditInProgress, binary: Program) -> Program:
        """A copy of the program file, if it is one and the copy gives the same answer; otherwise the program itself, because many programs
        look for other files beside themselves."""
        if not is_program_file(binary.path):
            return binary
        path = build.folder_of(self.manifest).absolute() / "copies" / binary.variant / binary.path.name
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            shutil.copy2(binary.path, path)
        made = replace(binary, path=path)
        load = CommandLoad(self.manifest.main_size)
        answers = {self._observe(state, one, load).get("answer") for one in (binary, made)}
        return made if len(answers) == 1 else binary

    def layouts(self, state: AuditInProgress, changed: CommandVariant, seed: int, folder: Path) -> Layouts[Program]:
        """The program has only the layout of its own build, because the lab does not link it."""
        return OneLayout(command_build.program_of(self.manifest, changed))

    def canary(self, state: AuditInProgress, layouts: Layouts[Program]) -> Layouts[Program]:
        return OneLayout(self.copy(state, layouts.usual))

    def stage_runs(self, state: AuditInProgress, binary: Program, size: str, expect: str) -> list[dict]:
        return []

    def timed_work(self, state: AuditInProgress, answers: Mapping[str, str], runs: Sequence[Row]) -> tuple[dict, list[Finding]]:
        """Nothing has to be checked: the whole process is timed, so that no work can be missing."""
        return {"barriers": [], "functions": []}, []

    def memory_run(self, state: AuditInProgress, binary: Program, size: str, runs_count: int, batch_count: int = 0) -> Row:
        return self._must(self._observe(state, binary, CommandLoad(size)), "measuring memory")

    def observed(self, state: AuditInProgress, seconds: int) -> Invocation:
        return self.whole(state, state.baseline)

    def allocations(self, state: AuditInProgress, binary: Program, size: str) -> list[dict]:
        counted = command_runs.allocations(command_runs.invocation(self.manifest, binary, size), state.budget.timeout_s)
        return [{"variant": binary.variant, "size": size, "stage": None, "ops_count": self.manifest.fixture.sizes[size], "runs_count": 1, **counted}]

    def assert_silence(self, state: AuditInProgress, binary: Program, findings: list[Finding]) -> list[dict]:
        return []

    def whole(self, state: AuditInProgress, binary: Program) -> Invocation:
        return self._once(binary, self.manifest.main_size)

    def sustained(self, state: AuditInProgress, binary: Program, seconds: int) -> Invocation:
        return command_runs.repeated(self.whole(state, binary), self._runs_in(state, binary, seconds))

    def counted(self, state: AuditInProgress, seconds: int) -> tuple[Invocation, int]:
        count = self._runs_in(state, state.baseline, seconds)
        once = self.whole(state, state.baseline)
        return command_runs.repeated(once, count), count * self.manifest.fixture.sizes[self.manifest.main_size]

    def heap_runs(self) -> tuple[int, ...]:
        """No run and one run: a run that does not take place allocates nothing."""
        return (0, 1)

    def batches(self, binary: Program, size: str, count: int) -> Invocation:
        """One run; a process of a command does its work once, whatever `count` is."""
        return self._once(binary, size)

    def simulated(self, size: str, runs_count: int, count: Callable[[Invocation], dict[str, int]]) -> dict[str, int]:
        return count(self._once(command_build.program_of(self.manifest, self.baseline()), size))

    def instructions(self, binary: Program, timeout_s: float) -> tuple[dict[str, int], int]:
        once = self._once(binary, self.manifest.main_size)
        return valgrind.instructions_by_function(list(once.argv), timeout_s=timeout_s, within="", **once.how()), 1

    def _once(self, binary: Program, size: str) -> Invocation:
        return command_runs.invocation(self.manifest, binary, size)

    def _runs_in(self, state: AuditInProgress, binary: Program, seconds: int) -> int:
        row = self._must(self._observe(state, binary, CommandLoad(self.manifest.main_size)), "timing one run")
        return max(1, round(seconds * 1e9 / max(1, row["wall_ns"])))

    def _observe(self, state: AuditInProgress, program: Program, load: CommandLoad) -> Row:
        """The row of one run that belongs to no plan."""
        run = command_runs.run_of(self.manifest, program, load, timeout_s=state.budget.timeout_s)
        return command_runs.row_of(self.manifest, program, load, LocalRunner(self.cpu(state)).finish(run))

    def _must(self, row: Row, doing: str) -> Row:
        """The row of a run that has to succeed."""
        if row["failure"]:
            raise UsageError(f"{self.manifest.name}: {doing}: {row['variant']} on size {row['size']} failed: {row['detail']}")
        return row

    def _clock_test(self, state: AuditInProgress) -> dict:
        """Compares the time of a program that sleeps, as the launcher measures it, with the lab's own clock around it."""
        before_ns = time.monotonic_ns()
        run = run_process(["sleep", f"{ASLEEP_MS / 1e3}"], cpu=self.cpu(state), timeout_s=state.budget.timeout_s)
        outside_ms, wall_ms = (time.monotonic_ns() - before_ns) / 1e6, run.wall_ns / 1e6
        return {"instrument": "process clock", "expected": f"at least {ASLEEP_MS} ms for a sleep of {ASLEEP_MS} ms, and no more than the lab waited",
                "measured": f"{wall_ms:.1f} ms in {outside_ms:.1f} ms", "passed": ASLEEP_MS <= wall_ms <= outside_ms}

    def _answer_test(self, state: AuditInProgress) -> dict:
        """Gives a correct run a wrong expectation, which the check must refuse."""
        row = self._observe(state, state.baseline, CommandLoad(self.manifest.main_size, expect="planted"))
        refused = row["failure"] == "answer"
        return {"instrument": "answer check", "expected": "a planted wrong expectation is refused",
                "measured": "refused" if refused else f"not refused ({row['failure']})", "passed": refused}


def is_program_file(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF" and path.stat().st_size <= COPY_BYTES_MAX


def clock() -> dict:
    """The resolution and the cost of the clock, which is the one that the launcher reads."""
    before_ns = time.perf_counter_ns()
    for _ in range(CLOCK_READINGS):
        time.monotonic_ns()
    took_ns = (time.perf_counter_ns() - before_ns) // CLOCK_READINGS
    return {"resolution_ns": max(1, round(time.get_clock_info("monotonic").resolution * 1e9)), "cost_ns": took_ns}
