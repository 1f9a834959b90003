"""count_witnesses.py - the same process counted by other tools: differences, and what explains each.

A difference is explained only by something measured: what the witness counts in a program that allocates nothing is
its own, and is taken off. Whatever is left after that is unexplained, and fails the checklist. Peaks are compared in
programs of one thread only: with several, each run's threads meet at another moment and no two peaks are the same.
"""

from collections.abc import Mapping
from typing import Any

COUNTS = ("allocations_count", "frees_count", "allocated_bytes", "peak_bytes")
WITNESSES = {"valgrind": "valgrind memcheck", "dhat": "valgrind DHAT", "massif": "valgrind massif",
             "heaptrack": "heaptrack"}


def count_witnesses(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Per witness, what both it and our counter counted; nothing where either is missing."""
    ours, found = data["counter"], []
    compared = [key for key in COUNTS if key != "peak_bytes" or not _is_threaded(data)]
    for name, title in WITNESSES.items():
        theirs = data.get(name)
        shared = [key for key in compared if theirs and ours and key in theirs and key in ours]
        if shared:
            own = theirs.get("own", {})
            found.append({"instrument": title,
                          "counts": {key: _pair(ours[key], theirs[key], own.get(key, 0)) for key in shared}})
    return found


def _is_threaded(data: Mapping[str, Any]) -> bool:
    return any(one.get("threads_count", 1) > 1 for one in data["rss_series"])


def _pair(ours: int, theirs: int, own: int) -> dict[str, int]:
    """own: of the witness itself, 0 where it has no part in the difference."""
    difference = ours - theirs
    return {"counter": ours, "witness": theirs, "difference": difference, "own": own if difference else 0,
            "unexplained": difference + own if difference else 0}
