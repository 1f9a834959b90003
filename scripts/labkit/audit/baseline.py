"""baseline.py - the unchanged workload: A against its own copy, per size, and the time of each stage.

The copy gives the noise floor: a difference between two files with the same bytes is not an effect.
"""

from pathlib import Path

from labkit import error_rates, host, repeatability
from labkit.audit import self_test
from labkit.audit.audit_state import AuditState, row_file
from labkit.audit.measure import interleaved
from labkit.audit.patient import Reference
from labkit.host import Finding
from labkit.outcome import INVALID_RUN
from labkit.progress import Progress
from labkit.row_file import RowFile
from labkit.workload import harness


def measure(state: AuditState, folder: Path, findings: list[Finding]) -> dict:
    sizes = list(state.manifest.fixture.sizes)
    findings += [*host.findings(state.host), *state.patient.findings(state), error_rates.finding(), repeatability.finding(state.manifest.name)]
    steps = len(sizes) * (4 * state.budget.baseline_blocks + 2) + 1
    with Progress("baseline", steps) as progress, row_file(folder, "baseline") as log:
        tests = self_test.run(state)
        progress.advance("self-test")
        known = {size: state.patient.reference(state, size) for size in sizes}
        runs, by_stage = [], []
        for size in sizes:
            runs += _against_its_copy(state, folder, known[size], _tick(progress, log, size))
            by_stage += state.patient.stage_runs(state, state.baseline, size, known[size].answer)
            progress.advance(f"{size}, stages")
    machine_code, about_work = state.patient.timed_work(state, {size: one.answer for size, one in known.items()}, runs)
    findings += about_work
    return {
        "clock": known[sizes[0]].clock,
        "self_test": tests,
        "sizes": [{"name": size, "ops_count": known[size].ops_count} for size in sizes],
        "runs": runs, "stage_runs": by_stage,
        "disassembly": machine_code,
    }


def _tick(progress: Progress, log: RowFile, size: str):
    def on_row(row: dict) -> None:
        log.add(row)
        if row["failure"] == INVALID_RUN:
            return  # its block is run again
        harness.must(row, "measuring the baseline")
        progress.advance(size)
    return on_row


def _against_its_copy(state: AuditState, folder: Path, known: Reference, on_row) -> list[dict]:
    arms = {"A": state.baseline, "A2": state.patient.copy(state, state.baseline)}
    return interleaved(state, arms, known, blocks_count=state.budget.baseline_blocks,
                       seed=state.seed(folder, f"baseline/{known.size}"), on_row=on_row)
