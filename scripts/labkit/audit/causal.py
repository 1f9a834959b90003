"""causal.py - what faster functions would gain in a program with threads, by virtual speed-ups.  [causal] -> causal -> evidence"""

import shutil
from pathlib import Path
from typing import Any

from labkit.audit.audit_state import AuditState, row_file
from labkit.audit.budget import Budget
from labkit.experiment.virtual_speedups import run_speedups, runs_count
from labkit.host import Finding
from labkit.instruments import Unavailable
from labkit.instruments.virtual_speedup import Work
from labkit.phases import LIBRARY
from labkit.progress import Progress
from labkit.wording import plural
from labkit.workload import fixture
from labkit.workload.command_runs import Invocation
from labkit.workload.offered_load import program_of

COST = "what a faster function would gain, where threads wait for each other, is unknown"
STARTED_AND_READ_S = 0.5
ALL_CPUS = "all"


def measure(state: AuditState, folder: Path, findings: list[Finding]) -> dict[str, Any]:
    """Evidence of causal.schema.json. A function that could not be measured has no rows, and a finding."""
    check, budget, work = state.manifest.causal_check, state.budget, work_of(state)
    runs = runs_count(check.speedups_percent, budget.causal_blocks)
    step_s = STARTED_AND_READ_S + (0 if check.program else budget.causal_s)
    wanted = min(len(check.functions), budget.causal_functions)
    kept: list[dict[str, Any]] = []
    with Progress("causal", wanted * runs, step_s=step_s) as progress, row_file(folder, "causal") as rows:
        def on_row(row: dict[str, Any]) -> None:
            rows.add(row)
            progress.advance(row["function"])

        for function in check.functions:
            if not wanted:
                findings.append(not_in(budget, function))
                continue
            try:
                kept += run_speedups(work, function, check.speedups_percent, budget.causal_blocks, seed=state.seed(folder, "causal"), on_row=on_row)
                wanted -= 1
            except Unavailable as reason:
                findings.append(Finding("warning", function, str(reason), COST))
    return {"progress": check.progress or None, "rows": kept}


def not_in(budget: Budget, function: str) -> Finding:
    """The first functions of the manifest are measured; the others would take too long."""
    reason = f"Its virtual speed-up was not measured, because a {budget.name} audit measures {plural(budget.causal_functions, 'function')}"
    return Finding("note", function, reason, COST)


def work_of(state: AuditState) -> Work:
    check = state.manifest.causal_check
    load = load_of(state)
    program = shutil.which(load.argv[0])
    return Work(load.argv, Path(program) if program else None, check.progress or None, None if check.cpus == ALL_CPUS else state.patient.cpu(state),
                state.budget.timeout_s, load.stdin, load.folder, load.environment, load.expect_exit)


def load_of(state: AuditState) -> Invocation:
    """The program that the manifest names, or else a library under load for some seconds, or a command that runs once."""
    check, patient = state.manifest.causal_check, state.patient
    if check.program:
        program = program_of(state.manifest, patient.baseline(), check.program)
        pieces = check.pieces * state.budget.causal_s
        return Invocation((str(program), "--batch", str(fixture.path_of(state.manifest, check.size)), *check.arguments, str(pieces)))
    if state.manifest.kind == LIBRARY:
        return patient.sustained(state, state.baseline, state.budget.causal_s)
    return patient.whole(state, state.baseline)
