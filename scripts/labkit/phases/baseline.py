"""baseline.py - the patient as it is: A against its own copy, per size, and the time of each stage.

The copy is the noise floor: whatever differs between two files of the same bytes is not an effect.
"""

import shutil
from pathlib import Path

from labkit import audit_state, disassembly, host, patient, self_test
from labkit.audit_state import AuditState
from labkit.evidence import disk_errors, now_utc
from labkit.measure import RowLog, interleaved
from labkit.patient import Load
from labkit.progress import Progress
from labkit.variant import BASELINE


def measure(state: AuditState, folder: Path) -> None:
    started, sizes = now_utc(), list(state.manifest.fixture.sizes)
    log = RowLog(folder, "baseline")
    steps = len(sizes) * (4 * state.budget.baseline_blocks + 2) + 1
    with Progress("baseline", steps) as progress:
        tests = self_test.run(state)
        progress.advance("self-test")
        first = {size: _first_run(state, size) for size in sizes}
        runs, stage_runs = [], []
        for size in sizes:
            runs += _against_its_copy(state, folder, size, first[size]["answer"], _tick(progress, log, size))
            stage_runs.append(_stages(state, size, first[size]["answer"]))
            progress.advance(f"{size}, stages")
    data = {
        "clock": first[sizes[0]]["clock"],
        "self_test": tests,
        "sizes": [{"name": size, "ops_count": first[size]["ops_count"]} for size in sizes],
        "runs": runs, "stage_runs": stage_runs,
        "disassembly": _disassembly(state),
    }
    audit_state.write(state, folder, "baseline", "baseline", data, started_utc=started,
                      inputs_sha256=state.wanted["baseline"], binaries=[state.baseline],
                      findings=host.findings(state.host))
    log.close()


def _tick(progress: Progress, log: RowLog, size: str):
    def on_row(row: dict) -> None:
        log.add(row)
        patient.must(row, "measuring the baseline")
        progress.advance(size)
    return on_row


def _first_run(state: AuditState, size: str) -> dict:
    row = patient.observe(state.manifest, state.baseline, Load(size), cpu=state.cpu, timeout_s=state.budget.timeout_s)
    return patient.must(row, "first run of the baseline")


def _against_its_copy(state: AuditState, folder: Path, size: str, expect: str, on_row) -> list[dict]:
    copy = state.baseline.path.with_name(f"{BASELINE}.copy")
    with disk_errors(copy):
        shutil.copy2(state.baseline.path, copy)
    arms = {"A": (state.baseline, state.baseline.path), "A2": (state.baseline, copy)}
    return interleaved(state, arms, size, blocks_count=state.budget.baseline_blocks,
                       seed=state.seed(folder, f"baseline/{size}"), expect=expect, on_row=on_row)


def _stages(state: AuditState, size: str, expect: str) -> dict:
    """Stage times come from a run of their own: their clock reads stay out of the headline."""
    load = Load(size, samples_count=state.budget.stage_samples, batch_count=1, stages=True, expect=expect)
    row = patient.must(patient.observe(state.manifest, state.baseline, load, cpu=state.cpu,
                                       timeout_s=state.budget.timeout_s), "timing the stages")
    stages = [{"name": stage["name"], "samples_ns": stage["samples_ns"]} for stage in row.get("stages", [])]
    return {"size": size, "samples_ns": row["samples_ns"], "batch_count": row["batch_count"],
            "ops_count": row["ops_count"], "stages": stages}


def _disassembly(state: AuditState) -> dict:
    """Barriers inside a loop, and whether each stage's entry still has work in it; what the checklist asks of both."""
    found = disassembly.inspect(state.baseline.path, [stage.entry for stage in state.manifest.stages])
    return {
        "barriers": [{"function": one.function, "kind": one.kind.removesuffix("put")}
                     for one in found.barriers if one.in_loop],
        "functions": [{"name": one.name, "present": one.exists, "loop": one.is_alive} for one in found.functions],
    }
