"""heap.py - record where one variant allocates, which locks it waits for, and which of its stages never allocate.

Of two recordings of the same program, one runs twenty batches more. Their difference is what twenty batches allocate,
because set-up, warm-up and the harness cancel. Both recordings are kept; the report subtracts them.
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
    """Evidence of heap.schema.json; where nothing can be observed, None is returned and a finding is added."""
    pictures = _pictures(folder, binary)
    try:
        recordings = [{"runs_count": runs, **heap_session.record(single_batches(state, binary, runs), pictures=pictures,
                                                                 **_how(state, binary))}
                      for runs in RUNS]  # the longest last, because its pictures are kept
        locks = lock_session.record(single_batches(state, binary, RUNS[-1]), **_how(state, binary))
    except Unavailable as reason:
        findings.append(Finding("warning", "call sites", f"{binary.variant}: {reason}",
                                "the report has no call sites, no peak by stack and no contention table for this variant"))
        return None
    return {"variant": binary.variant, "size": state.manifest.main_size, "recordings": recordings,
            "flame_graphs": {weight: f"figures/{path.name}" for weight, path in pictures.items()}, "locks": locks}


def _pictures(folder: Path, binary: Binary) -> dict[str, Path]:
    paths = {weight: folder / "figures" / f"heap-{binary.variant}-{weight}.svg" for weight in DRAWN}
    with disk_errors(folder):
        (folder / "figures").mkdir(exist_ok=True)
    return paths


def assert_silence(state: AuditState, binary: Binary, findings: list[Finding]) -> list[dict]:
    """Assert zero allocations of each stage in a run of its own, from the first batch on, as a CI job would."""
    rows = []
    for stage in state.manifest.stages:
        try:
            found = zero_alloc.check(single_batches(state, binary, RUNS[0]), stage.name, **_how(state, binary))
        except Unavailable as reason:
            findings.append(Finding("warning", "zero-allocation assertion", str(reason), "this stage is not checked for allocations"))
            continue
        rows.append({"variant": binary.variant, **found})
    return rows


def single_batches(state: AuditState, binary: Binary, runs: int) -> list[str]:
    return harness.command(state.manifest, binary, state.manifest.main_size, "--warmup", "1", "--batch", "1",
                           "--runs", str(runs))


def _how(state: AuditState, binary: Binary) -> dict:
    return {"environment": harness.environment_of(binary), "timeout_s": state.budget.timeout_s}
