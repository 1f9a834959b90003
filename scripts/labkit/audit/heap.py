"""heap.py - where one variant allocates, what it waits for, and which of its stages never allocate at all.

Two recordings of the same program that differ by twenty batches differ by what twenty batches allocate: set-up,
warm-up and the harness cancel. Both are kept; the subtraction is the report's.
"""

from pathlib import Path

from labkit.audit.audit_state import AuditState
from labkit.evidence import disk_errors
from labkit.host import Finding
from labkit.instruments import Unavailable, heap_session, lock_session, zero_alloc
from labkit.workload import harness
from labkit.workload.build import Binary

RUNS = (5, 25)
DRAWN = ("allocations", "peak")


def measure(state: AuditState, folder: Path, binary: Binary, findings: list[Finding]) -> dict | None:
    """Evidence of heap.schema.json; None, and a finding, where nothing can be observed."""
    pictures = _pictures(folder, binary)
    try:
        recordings = [{"runs_count": runs, **heap_session.record(single_batches(state, binary, runs), pictures=pictures,
                                                                 **_how(state, binary))}
                      for runs in RUNS]  # the longest last: its pictures stay
        locks = lock_session.record(single_batches(state, binary, RUNS[-1]), **_how(state, binary))
    except Unavailable as reason:
        findings.append(Finding("warning", "call sites", f"{binary.variant}: {reason}",
                                "no call sites, no peak by stack and no contention table for it"))
        return None
    return {"variant": binary.variant, "size": state.manifest.main_size, "recordings": recordings,
            "flame_graphs": {weight: f"figures/{path.name}" for weight, path in pictures.items()}, "locks": locks}


def _pictures(folder: Path, binary: Binary) -> dict[str, Path]:
    paths = {weight: folder / "figures" / f"heap-{binary.variant}-{weight}.svg" for weight in DRAWN}
    with disk_errors(folder):
        (folder / "figures").mkdir(exist_ok=True)
    return paths


def assert_silence(state: AuditState, binary: Binary, findings: list[Finding]) -> list[dict]:
    """Each stage held to zero allocations in a run of its own, from the first batch on, as a CI job would."""
    rows = []
    for stage in state.manifest.stages:
        try:
            found = zero_alloc.check(single_batches(state, binary, RUNS[0]), stage.name, **_how(state, binary))
        except Unavailable as reason:
            findings.append(Finding("warning", "zero-allocation assertion", str(reason), "no guard for this stage"))
            continue
        rows.append({"variant": binary.variant, **found})
    return rows


def single_batches(state: AuditState, binary: Binary, runs: int) -> list[str]:
    return harness.command(state.manifest, binary, state.manifest.main_size, "--warmup", "1", "--batch", "1",
                           "--runs", str(runs))


def _how(state: AuditState, binary: Binary) -> dict:
    return {"environment": harness.environment_of(binary), "timeout_s": state.budget.timeout_s}
