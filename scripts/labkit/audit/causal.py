"""causal.py - what faster functions would gain in a program with threads, by virtual speed-ups.  [causal] -> causal -> evidence"""

import shutil
from pathlib import Path
from typing import Any

from labkit.audit.audit_state import AuditState, row_file
from labkit.experiment.virtual_speedups import run_speedups, runs_count
from labkit.host import Finding
from labkit.instruments import Unavailable
from labkit.instruments.virtual_speedup import Work
from labkit.phases import LIBRARY
from labkit.progress import Progress

COST = "what a faster function would gain, where threads wait for each other, is unknown"
STARTED_AND_READ_S = 0.5


def measure(state: AuditState, folder: Path, findings: list[Finding]) -> dict[str, Any]:
    """Evidence of causal.schema.json. A function that could not be measured has no rows, and a finding."""
    check, budget, work = state.manifest.causal_check, state.budget, work_of(state)
    runs = runs_count(check.speedups_percent, budget.causal_blocks)
    kept: list[dict[str, Any]] = []
    with Progress("causal", len(check.functions) * runs, step_s=budget.causal_s + STARTED_AND_READ_S) as progress, row_file(folder, "causal") as rows:
        def on_row(row: dict[str, Any]) -> None:
            rows.add(row)
            progress.advance(row["function"])

        for function in check.functions:
            try:
                kept += run_speedups(work, function, check.speedups_percent, budget.causal_blocks, seed=state.seed(folder, "causal"), on_row=on_row)
            except Unavailable as reason:
                findings.append(Finding("warning", function, str(reason), COST))
    return {"progress": check.progress or None, "rows": kept}


def work_of(state: AuditState) -> Work:
    """A library is under load for some seconds; a command runs once."""
    patient, budget, progress = state.patient, state.budget, state.manifest.causal_check.progress
    if state.manifest.kind == LIBRARY:
        load = patient.sustained(state, state.baseline, budget.causal_s)
    else:
        load = patient.whole(state, state.baseline)
    program = shutil.which(load.argv[0])
    return Work(load.argv, Path(program) if program else None, progress or None, patient.cpu(state), budget.timeout_s, load.stdin, load.folder,
                load.environment, load.expect_exit)
