"""command.py - the baseline as a whole command, from exec to exit, timed by hyperfine, as a shell user sees it."""

from pathlib import Path

from labkit.audit.audit_state import AuditState
from labkit.host import Finding
from labkit.instruments import Unavailable, hyperfine
from labkit.progress import Progress
from labkit.workload.build import Binary


def measure(state: AuditState, folder: Path, findings: list[Finding]) -> dict:
    with Progress("whole command (hyperfine)", 1):
        return time_whole(state, [state.baseline], findings)


def time_whole(state: AuditState, binaries: list[Binary], findings: list[Finding]) -> dict:
    """hyperfine's own document, one result per binary, on the main size. Each is started in its own environment."""
    try:
        timed = [_timed(state, one) for one in binaries]
        return {"hyperfine": {**timed[0], "results": [result for one in timed for result in one["results"]]}, "version": hyperfine.version()}
    except Unavailable as reason:
        findings.append(Finding("warning", "hyperfine", str(reason), "no whole-command timing in this report"))
        return {"hyperfine": None, "version": hyperfine.version()}


def _timed(state: AuditState, binary: Binary) -> dict:
    once = state.patient.whole(state, binary)
    return hyperfine.time_commands({binary.variant: list(once.argv)}, runs_count=state.budget.command_runs, cpu=state.patient.cpu(state),
                                   timeout_s=state.budget.timeout_s + 60, **once.how())
