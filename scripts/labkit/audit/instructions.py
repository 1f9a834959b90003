"""instructions.py - instructions per function, by callgrind, in the timed loop or of a whole command: exact on any machine."""

from pathlib import Path

from labkit.audit.audit_state import AuditState
from labkit.host import Finding
from labkit.instruments import Unavailable, valgrind
from labkit.progress import Progress
from labkit.workload.build import Binary

FUNCTIONS_KEPT = 40


def measure(state: AuditState, folder: Path, findings: list[Finding]) -> dict:
    with Progress("instructions (callgrind)", 1):
        counted = count(state, state.baseline, findings)
    return {"tool": "callgrind", "version": valgrind.version(), "size": state.manifest.main_size,
            "variants": [counted] if counted else []}


def count(state: AuditState, binary: Binary, findings: list[Finding]) -> dict | None:
    size = state.manifest.main_size
    try:
        functions, runs_count = state.patient.instructions(binary, state.budget.counting_limit_s)
    except Unavailable as reason:
        findings.append(Finding("warning", "callgrind", str(reason),
                                f"no instruction counts for {binary.variant}"))
        return None
    ranked = sorted(functions.items(), key=lambda item: (-item[1], item[0]))
    return {"variant": binary.variant, "ops_count": state.manifest.fixture.sizes[size], "runs_count": runs_count,
            "total_count": sum(functions.values()),
            "functions": [{"name": name, "self_count": cost} for name, cost in ranked[:FUNCTIONS_KEPT]]}
