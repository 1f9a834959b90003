"""reproduction.py - run the faulty program many times, to see how often the fault happens.  faulty program -> rows"""

from pathlib import Path

from labkit.audit.investigation_state import InvestigationState
from labkit.host import Finding
from labkit.instruments.witness_run import readable
from labkit.process import run_process
from labkit.progress import Progress
from labkit.subject import process_fields
from labkit.workload.build import Binary


def measure(state: InvestigationState, _folder: Path, _findings: list[Finding]) -> dict:
    return {"runs": runs_of(state, state.faulty, state.manifest.limit_s)}


def runs_of(state: InvestigationState, binary: Binary, limit_s: float) -> list[dict]:
    """One row for each run; a run that takes longer than limit_s, in seconds, is killed."""
    with Progress(f"runs of {binary.variant}", state.runs_count, is_logged=False) as progress:
        return [_row(binary, number, limit_s) for number in progress.over(range(state.runs_count))]


def _row(binary: Binary, number: int, limit_s: float) -> dict:
    run = run_process([str(binary.path)], timeout_s=limit_s)
    said = (run.stdout.decode("utf-8", "replace") + run.stderr).strip().splitlines()
    return {"attempt": number, **process_fields(run), "signal": run.signal, "failure": run.failure, "said": readable(said[-1])[:200] if said else ""}
