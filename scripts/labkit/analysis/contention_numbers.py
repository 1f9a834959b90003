"""contention_numbers.py - the locks that threads waited for, before and after; or the evidence that no wait was possible."""

from collections.abc import Mapping, Sequence
from typing import Any

from labkit.analysis.evidence_set import EvidenceSet

WAITS_SHOWN = 12
JOIN = "join"  # who waits for the end of a thread waits for no lock
SUMMED = ("acquisitions_count", "contended_count", "wait_ns", "hold_ns")


def contention_numbers(evidence_set: EvidenceSet) -> dict[str, Any] | None:
    """None when locks were not recorded. threads_count: the most threads seen at once, None where they were not counted."""
    measured = [document["data"].get("heap") for document in (evidence_set.memory, evidence_set.rebench) if document]
    heaps = [one for one in measured if one]
    if not heaps:
        return None
    threads = [one["threads_count"] for one in evidence_set.memory["data"]["rss_series"] if "threads_count" in one]
    return {"runs_count": max(one["runs_count"] for one in heaps[0]["recordings"]), "size": heaps[0]["size"],
            "threads_count": max(threads, default=None), "looks_count": len(threads),
            "variants": [{"variant": one["variant"],
                          **waits_of(together([row for row in one["locks"] if row["kind"] != JOIN], ("kind", "name", "waiter", "owner")))} for one in heaps]}


def waits_of(locks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The waits, sorted by their sums. A lock has a row for each place, and one for all acquisitions without a wait."""
    waited = sorted((one for one in locks if one["contended_count"]), key=lambda one: (-one["wait_ns"], one["name"]))
    return {"waits": waited[:WAITS_SHOWN], "not_shown_count": len(waited[WAITS_SHOWN:]),
            "wait_ns": sum(one["wait_ns"] for one in waited),
            "contended_count": sum(one["contended_count"] for one in waited),
            "acquisitions_count": sum(one["acquisitions_count"] for one in locks),
            "locks_count": len({(one["kind"], one["name"]) for one in locks})}


def together(rows: Sequence[Mapping[str, Any]], same: Sequence[str]) -> list[dict[str, Any]]:
    """Rows with the same values of these fields become one: counts and waits in sum, everything else of the longest wait. Several threads
    that wait at one place have rows of their own in the evidence."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(repr([row[key] for key in same]), []).append(row)
    return [{**max(group, key=lambda one: one["longest_wait_ns"]), **{key: sum(one[key] for one in group) for key in SUMMED}} for group in groups.values()]
