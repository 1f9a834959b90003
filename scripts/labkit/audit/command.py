"""command.py - the baseline as a whole command, from exec to exit, timed by hyperfine, as a shell user sees it."""

from pathlib import Path

from labkit.audit.audit_state import AuditState
from labkit.host import Finding
from labkit.instruments import Unavailable, hyperfine
from labkit.progress import Progress
from labkit.workload import harness
from labkit.workload.build import Binary


def measure(state: AuditState, folder: Path, findings: list[Finding]) -> dict:
    with Progress("whole command (hyperfine)", 1):
        return time_whole(state, [state.baseline], findings)


def time_whole(state: AuditState, binaries: list[Binary], findings: list[Finding]) -> dict:
    """hyperfine's own document, one result per binary, on the main size."""
    more = ["--runs", "1", "--minimum-ms", str(state.budget.minimum_ms)]
    commands = {one.variant: harness.command(state.manifest, one, state.manifest.main_size, *more) for one in binaries}
    try:
        raw = hyperfine.time_commands(commands, runs_count=state.budget.command_runs, cpu=state.cpu,
                                      timeout_s=state.budget.timeout_s * len(binaries) + 60)
        return {"hyperfine": raw, "version": hyperfine.version()}
    except Unavailable as reason:
        findings.append(Finding("warning", "hyperfine", str(reason), "no whole-command timing in this report"))
        return {"hyperfine": None, "version": hyperfine.version()}
