"""baseline.py - the unchanged workload: A against its own copy, per size, and the time of each stage.

The copy gives the noise floor: a difference between two files with the same bytes is not an effect.
"""

import shutil
from dataclasses import replace
from pathlib import Path

from labkit import error_rates, host, repeatability
from labkit.audit import self_test
from labkit.audit.audit_state import AuditState, row_file
from labkit.audit.measure import Reference, interleaved, reference, stage_runs
from labkit.audit.timed_work import findings_about_work
from labkit.evidence import disk_errors
from labkit.host import Finding
from labkit.progress import Progress
from labkit.row_file import RowFile
from labkit.workload import disassembly, harness
from labkit.workload.variant import BASELINE


def measure(state: AuditState, folder: Path, findings: list[Finding]) -> dict:
    sizes = list(state.manifest.fixture.sizes)
    findings += [*host.findings(state.host), error_rates.finding(), repeatability.finding(state.manifest.name)]
    steps = len(sizes) * (4 * state.budget.baseline_blocks + 2) + 1
    with Progress("baseline", steps) as progress, row_file(folder, "baseline") as log:
        tests = self_test.run(state)
        progress.advance("self-test")
        known = {size: reference(state, size) for size in sizes}
        runs, by_stage = [], []
        for size in sizes:
            runs += _against_its_copy(state, folder, known[size], _tick(progress, log, size))
            by_stage += stage_runs(state, state.baseline, size, known[size].answer)
            progress.advance(f"{size}, stages")
    machine_code = disassembly.inspect(state.baseline.path, [stage.entry for stage in state.manifest.stages])
    findings += findings_about_work(machine_code, state.manifest.stages, {size: one.answer for size, one in known.items()}, runs)
    return {
        "clock": known[sizes[0]].clock,
        "self_test": tests,
        "sizes": [{"name": size, "ops_count": known[size].ops_count} for size in sizes],
        "runs": runs, "stage_runs": by_stage,
        "disassembly": _as_evidence(machine_code),
    }


def _tick(progress: Progress, log: RowFile, size: str):
    def on_row(row: dict) -> None:
        log.add(row)
        harness.must(row, "measuring the baseline")
        progress.advance(size)
    return on_row


def _against_its_copy(state: AuditState, folder: Path, known: Reference, on_row) -> list[dict]:
    copy = state.baseline.path.with_name(f"{BASELINE}.copy")
    with disk_errors(copy):
        shutil.copy2(state.baseline.path, copy)
    arms = {"A": state.baseline, "A2": replace(state.baseline, path=copy)}
    return interleaved(state, arms, known, blocks_count=state.budget.baseline_blocks,
                       seed=state.seed(folder, f"baseline/{known.size}"), on_row=on_row)


def _as_evidence(found: disassembly.Disassembly) -> dict:
    """Barriers inside a loop, and whether each stage's entry function still contains work, for the checklist."""
    return {
        "barriers": [{"function": one.function, "kind": {"input": "in", "output": "out"}[one.kind]}
                     for one in found.barriers if one.in_loop],
        "functions": [{"name": one.name, "present": one.exists, "loop": one.is_alive} for one in found.functions],
    }
