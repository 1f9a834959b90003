"""growth.py - how much memory a program holds at its peak, by how much it has to do, as three instruments see it.

What grows with the work, and by how much a piece of it, is the report's to say. Only for complaints about the memory of a
process: massif runs the program at every size, some fifty times slower than itself.
"""

from statistics import median_low

from labkit.audit.audit_state import AuditState
from labkit.host import Finding
from labkit.instruments import Unavailable, heap_session, valgrind
from labkit.metrics import METRICS
from labkit.workload.build import Binary

RUNS = 5
PROCESSES = 9  # resident memory varies by some per cent with the pages of files that the kernel maps around a fault


def measure(state: AuditState, binary: Binary, findings: list[Finding]) -> list[dict] | None:
    """One row for each size, of the growth of memory.schema.json; resident memory is the median of PROCESSES. None where the complaint is about something else."""
    if not METRICS[state.manifest.metric].of_process:
        return None
    return [_at_size(state, binary, size, findings) for size in state.manifest.fixture.sizes]


def _at_size(state: AuditState, binary: Binary, size: str, findings: list[Finding]) -> dict:
    rows = [state.patient.memory_run(state, binary, size, RUNS, batch_count=1) for _ in range(PROCESSES)]
    load = state.patient.batches(binary, size, RUNS)
    return {"variant": binary.variant, "size": size, "ops_count": rows[0]["ops_count"], "max_rss_bytes": median_low(one["max_rss_bytes"] for one in rows),
            "live_peak_bytes": _peak("live bytes", findings, lambda: heap_session.record(
                list(load.argv), timeout_s=state.budget.timeout_s, **load.how())["totals"]),
            "massif_peak_bytes": _peak("massif", findings, lambda: valgrind.massif_peak(list(load.argv), timeout_s=state.budget.counting_limit_s, **load.how()))}


def _peak(name: str, findings: list[Finding], ask) -> int | None:
    try:
        return ask()["peak_bytes"]
    except Unavailable as reason:
        findings.append(Finding("warning", name, str(reason), "one witness fewer for the growth of memory"))
        return None
