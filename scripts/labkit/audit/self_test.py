"""self_test.py - check each instrument on a case with a known result before its measurements are used."""

from labkit.audit.audit_state import AuditState
from labkit.instruments import Unavailable, counter


def run(state: AuditState) -> list[dict]:
    """[{"instrument", "expected", "measured", "passed"}], as text for the report."""
    return [*state.patient.self_tests(state), _counter()]


def _counter() -> dict:
    """A test program with a known number of allocations, counted by the preload library."""
    victim, expected = "build/victims/alloc_23", "23 allocations"
    try:
        counted = counter.process_totals([victim], timeout_s=20)["allocations_count"]
    except Unavailable as reason:
        return {"instrument": "allocation counter", "expected": expected, "measured": str(reason), "passed": False}
    return {"instrument": "allocation counter", "expected": expected, "measured": f"{counted} allocations", "passed": counted == 23}
