"""heap.py - record where one variant allocates, which locks it waits for, and which of its stages never allocate.

Of two recordings of the same program, one runs twenty batches more. Their difference is what twenty batches allocate,
because set-up, warm-up and the harness cancel. Both recordings are kept; the report subtracts them.
"""

from pathlib import Path

from labkit.audit.audit_state import AuditState
from labkit.audit.patient import AuditInProgress
from labkit.evidence import disk_errors
from labkit.host import Finding
from labkit.instruments import Unavailable, heap_session, lock_session, zero_alloc
from labkit.workload import harness
from labkit.workload.build import Binary
from labkit.workload.command_runs import Invocation

ASSERTED_RUNS = 5
DRAWN = ("allocations", "peak")


def measure(state: AuditState, folder: Path, binary: Binary, findings: list[Finding]) -> dict | None:
    """Evidence of heap.schema.json; where nothing can be observed, None is returned and a finding is added."""
    pictures = _pictures(folder, binary)
    try:
        runs = state.patient.heap_runs()
        recordings = [_recording(state, binary, count, pictures) for count in runs]  # the longest last, because its pictures are kept
        load = single_batches(state, binary, runs[-1])
        locks = lock_session.record(list(load.argv), timeout_s=state.budget.timeout_s, **load.how())
    except Unavailable as reason:
        findings.append(Finding("warning", "call sites", f"{binary.variant}: {reason}",
                                "the report has no call sites, no peak by stack and no contention table for this variant"))
        return None
    return {"variant": binary.variant, "size": state.manifest.main_size, "recordings": recordings,
            "flame_graphs": {weight: f"figures/{path.name}" for weight, path in pictures.items()}, "locks": locks}


def _recording(state: AuditState, binary: Binary, runs_count: int, pictures: dict[str, Path]) -> dict:
    """Of no run there is nothing to record."""
    if runs_count == 0:
        return {"runs_count": 0, "totals": dict.fromkeys(heap_session.COUNTS.values(), 0), "sites": [], "sizes": []}
    load = single_batches(state, binary, runs_count)
    title = f"{state.manifest.name}, {state.manifest.main_size}: {binary.variant}"  # the command has a path of this machine
    found = heap_session.record(list(load.argv), pictures=pictures, title=title, timeout_s=state.budget.timeout_s, **load.how())
    for frame in (frame for site in found["sites"] for frame in site["frames"]):
        frame["file"] = state.patient.own_path(binary, frame["file"])
    return {"runs_count": runs_count, **found}


def _pictures(folder: Path, binary: Binary) -> dict[str, Path]:
    paths = {weight: folder / "figures" / f"heap-{binary.variant}-{weight}.svg" for weight in DRAWN}
    with disk_errors(folder):
        (folder / "figures").mkdir(exist_ok=True)
    return paths


def assert_silence(state: AuditInProgress, binary: Binary, findings: list[Finding]) -> list[dict]:
    """Assert zero allocations of each stage in a run of its own, from the first batch on, as a CI job would."""
    rows = []
    for stage in state.manifest.stages:
        try:
            found = zero_alloc.check(list(single_batches(state, binary, ASSERTED_RUNS).argv), stage.name,
                                     environment=harness.environment_of(binary), timeout_s=state.budget.timeout_s)
        except Unavailable as reason:
            findings.append(Finding("warning", "zero-allocation assertion", str(reason), "this stage is not checked for allocations"))
            continue
        rows.append({"variant": binary.variant, **found})
    return rows


def single_batches(state: AuditInProgress, binary: Binary, runs: int) -> Invocation:
    return state.patient.batches(binary, state.manifest.main_size, runs)
