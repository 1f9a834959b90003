"""lock_session.py - one program under `clinic record -e lock`: which thread waited for which lock, and which thread held it.

Waits and holds are timed, acquisitions are counted; a lock without any wait has counts only.
Format  profiler/README.md, `clinic record -e lock`; `clinic report --json`, `locks`.
"""

import tempfile
from pathlib import Path
from typing import Any

from labkit.instruments import clinic

FRAMES_KEPT = 6
FACTS = ("kind", "name", "acquisitions_count", "contended_count", "wait_ns", "longest_wait_ns", "hold_ns")


def record(argv: list[str], *, timeout_s: float, **how: Any) -> list[dict[str, Any]]:
    """One row per lock and place that acquires it; empty if the program never acquired a visible lock."""
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        session = Path(folder) / "locks.json"
        clinic.run("record", "-e", "lock", "-o", str(session), "--", *argv, timeout_s=timeout_s, **how)
        return rows(clinic.report(session))


def rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The locks of a report, one row as record gives it."""
    return [_row(one) for one in report["locks"]]


def _row(lock: dict[str, Any]) -> dict[str, Any]:
    """A row with stacks, innermost frame first; process and thread numbers are left out, because they differ in every run."""
    return {**{key: lock[key] for key in FACTS}, "waiter": lock["stack"][:-FRAMES_KEPT - 1:-1],
            "owner": lock["owner_stack"][:-FRAMES_KEPT - 1:-1]}
