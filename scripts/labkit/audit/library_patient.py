"""library_patient.py - a library as the phases of an audit see it: linked with our harness, which times its batches from inside."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from labkit.audit import heap, library_self_test, measure
from labkit.audit.patient import AuditInProgress, Patient, Reference
from labkit.audit.timed_work import findings_about_work
from labkit.host import Finding
from labkit.instruments import counter, valgrind
from labkit.subject import Row, Subject
from labkit.workload import build, disassembly, fixture, harness, variant
from labkit.workload.build import Binary, BuildFailed
from labkit.workload.command_runs import Invocation
from labkit.workload.harness import Load
from labkit.workload.link_orders import Copies, Layouts, layouts_of
from labkit.workload.manifest import Candidate
from labkit.workload.variant import Lines, Variant

INSTRUCTION_RUNS = 2  # runs inside the loop: the harness's first run and the one sample


class LibraryPatient(Patient[Variant, Binary]):
    def baseline(self) -> Variant:
        return variant.baseline(self.manifest)

    def candidate(self, one: Candidate) -> Variant:
        return variant.candidate(self.manifest, one)

    def union(self, accepted: list[Candidate]) -> Variant:
        return variant.union(self.manifest, accepted)

    def lines(self, changed: Variant) -> Lines:
        return variant.lines_changed(self.baseline().sources, changed.sources)

    def fixtures(self) -> dict[str, str]:
        return fixture.ensure(self.manifest)

    def build_all(self, variants: Sequence[Variant]) -> Mapping[str, Binary | BuildFailed]:
        return build.build_all(self.manifest, list(variants))

    def identity(self) -> list[str]:
        return [repr(stage) for stage in self.manifest.stages]

    def self_tests(self, state: AuditInProgress) -> list[dict]:
        return library_self_test.run(state)

    def reference(self, state: AuditInProgress, size: str) -> Reference:
        return measure.library_reference(state, size)

    def subject(self, state: AuditInProgress, builds: Mapping[str, Layouts], known: Reference) -> Subject:
        return measure.library_subject(state, builds, known)

    def copy(self, state: AuditInProgress, binary: Binary) -> Binary:
        return build.copy_of(binary)

    def layouts(self, state: AuditInProgress, changed: Variant, seed: int, folder: Path) -> Layouts:
        return layouts_of(self.manifest, changed, seed, folder)

    def canary(self, state: AuditInProgress, layouts: Layouts) -> Layouts:
        return Copies(layouts)

    def stage_runs(self, state: AuditInProgress, binary: Binary, size: str, expect: str) -> list[dict]:
        return measure.stage_runs(state, binary, size, expect)

    def timed_work(self, state: AuditInProgress, answers: Mapping[str, str], runs: Sequence[Row]) -> tuple[dict, list[Finding]]:
        """Barriers inside a loop, and whether each stage's entry function still contains work, for the checklist."""
        found = disassembly.inspect(state.baseline.path, [stage.entry for stage in self.manifest.stages])
        evidence = {
            "barriers": [{"function": one.function, "kind": {"input": "in", "output": "out"}[one.kind]}
                         for one in found.barriers if one.in_loop],
            "functions": [{"name": one.name, "present": one.exists, "loop": one.is_alive} for one in found.functions],
        }
        return evidence, findings_about_work(found, self.manifest.stages, answers, runs)

    def memory_run(self, state: AuditInProgress, binary: Binary, size: str, runs_count: int, batch_count: int = 0) -> Row:
        load = Load(size, samples_count=runs_count, batch_count=batch_count)
        return harness.must(harness.observe(self.manifest, binary, load, cpu=state.cpu, timeout_s=state.budget.timeout_s), "measuring memory", is_timed=False)

    def observed(self, state: AuditInProgress, seconds: int) -> Invocation:
        return self.sustained(state, state.baseline, seconds)

    def allocations(self, state: AuditInProgress, binary: Binary, size: str) -> list[dict]:
        return measure.allocations_by_stage(state, binary, size, counter.environment())

    def assert_silence(self, state: AuditInProgress, binary: Binary, findings: list[Finding]) -> list[dict]:
        return heap.assert_silence(state, binary, findings)

    def whole(self, state: AuditInProgress, binary: Binary) -> Invocation:
        return self._start(binary, self.manifest.main_size, "--runs", "1", "--minimum-ms", str(state.budget.minimum_ms))

    def sustained(self, state: AuditInProgress, binary: Binary, seconds: int) -> Invocation:
        return self._start(binary, self.manifest.main_size, "--seconds", str(seconds))

    def counted(self, state: AuditInProgress, seconds: int) -> tuple[Invocation, int]:
        return self.sustained(state, state.baseline, seconds), self.manifest.fixture.sizes[self.manifest.main_size]

    def heap_runs(self) -> tuple[int, ...]:
        """Of two recordings, one of twenty batches more: set-up, warm-up and the harness cancel in their difference."""
        return (5, 25)

    def batches(self, binary: Binary, size: str, count: int) -> Invocation:
        once = self._start(binary, size, "--warmup", "1", "--batch", "1", "--runs", str(count))
        return replace(once, environment=harness.environment_of(binary))

    def simulated(self, size: str, runs_count: int, count: Callable[[Invocation], dict[str, int]]) -> dict[str, int]:
        """Those of the timed loop alone: those of a long run minus those of a run of one batch, without start-up and input."""
        binary = build.folder_of(self.manifest) / variant.BASELINE
        runs = [self._start(binary, size, "--warmup", "1", "--batch", "1", "--runs", str(number)) for number in (1, 1 + runs_count)]
        with ThreadPoolExecutor(max_workers=self.counted_at_once) as pool:
            short, long = pool.map(count, runs)
        return {name: (long[name] - short[name]) // runs_count for name in long}

    def instructions(self, binary: Binary, timeout_s: float) -> tuple[dict[str, int], int]:
        once = self._start(binary, self.manifest.main_size, "--warmup", "1", "--batch", "1", "--runs", "1")
        return valgrind.instructions_by_function(list(once.argv), timeout_s=timeout_s), INSTRUCTION_RUNS

    def _start(self, binary: Binary | Path, size: str, *more: str) -> Invocation:
        return Invocation(tuple(harness.command(self.manifest, binary, size, *more)))
