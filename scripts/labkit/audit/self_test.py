"""self_test.py - check each instrument on a case with a known result before its measurements are used."""

from labkit.audit.audit_state import AuditState
from labkit.instruments import Unavailable, counter
from labkit.workload import harness
from labkit.workload.harness import Load

BUSY_MS = 30


def run(state: AuditState) -> list[dict]:
    """[{"instrument", "expected", "measured", "passed"}], as text for the report."""
    return [_clock(state), _wrong_answer(state), _counter(state)]


def _row(instrument: str, expected: str, measured: str, passed: bool) -> dict:
    return {"instrument": instrument, "expected": expected, "measured": measured, "passed": passed}


def _clock(state: AuditState) -> dict:
    """The harness's sum of samples against the CPU time that the kernel accounts to the same process."""
    size = state.manifest.main_size
    row = harness.must(harness.observe(state.manifest, state.baseline, Load(size, minimum_ms=BUSY_MS), cpu=state.cpu,
                                       timeout_s=state.budget.timeout_s), "testing the clock")
    timed_ms, wall_ms = sum(row["samples_ns"]) / 1e6, row["wall_ns"] / 1e6
    return _row("harness clock", f"at least {BUSY_MS} ms timed, and no more than the process lived",
                f"{timed_ms:.1f} ms timed in {wall_ms:.1f} ms", BUSY_MS <= timed_ms <= wall_ms)


def _wrong_answer(state: AuditState) -> dict:
    """The harness must refuse an answer other than the expected one; otherwise its check would be worthless."""
    load = Load(state.manifest.main_size, expect="0x0000000000000001")
    row = harness.observe(state.manifest, state.baseline, load, cpu=state.cpu, timeout_s=state.budget.timeout_s)
    refused = row["failure"] == "answer"
    return _row("answer check", "a planted wrong expectation is refused",
                "refused" if refused else f"not refused ({row['failure']})", refused)


def _counter(state: AuditState) -> dict:
    """A test program with a known number of allocations, counted by the preload library."""
    victim = "build/victims/alloc_23"
    try:
        totals = counter.process_totals([victim], timeout_s=20)
    except Unavailable as reason:
        return _row("allocation counter", "23 allocations", str(reason), False)
    return _row("allocation counter", "23 allocations", f"{totals['allocations_count']} allocations",
                totals["allocations_count"] == 23)
