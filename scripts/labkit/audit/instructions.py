"""instructions.py - instructions per function in the timed loop, by callgrind: exact on any machine."""

from pathlib import Path

from labkit.audit.audit_state import AuditState
from labkit.host import Finding
from labkit.instruments import Unavailable, valgrind
from labkit.progress import Progress
from labkit.workload import harness
from labkit.workload.build import Binary

RUNS = 2  # runs inside the loop: the harness's first run and the one sample
FUNCTIONS_KEPT = 40


def measure(state: AuditState, folder: Path, findings: list[Finding]) -> dict:
    with Progress("instructions (callgrind)", 1):
        counted = count(state, state.baseline, findings)
    return {"tool": "callgrind", "version": valgrind.version(), "size": state.manifest.main_size,
            "variants": [counted] if counted else []}


def count(state: AuditState, binary: Binary, findings: list[Finding]) -> dict | None:
    size = state.manifest.main_size
    argv = harness.command(state.manifest, binary, size, "--warmup", "1", "--batch", "1", "--runs", "1")
    try:
        functions = valgrind.instructions_by_function(argv, timeout_s=300)
    except Unavailable as reason:
        findings.append(Finding("warning", "callgrind", str(reason),
                                f"no instruction counts for {binary.variant}"))
        return None
    ranked = sorted(functions.items(), key=lambda item: (-item[1], item[0]))
    return {"variant": binary.variant, "ops_count": state.manifest.fixture.sizes[size], "runs_count": RUNS,
            "total_count": sum(functions.values()),
            "functions": [{"name": name, "self_count": cost} for name, cost in ranked[:FUNCTIONS_KEPT]]}
