"""heap_numbers.py - call sites of one batch before and after, the memory live at the peak, and the sizes of blocks.

The counts of one batch are the difference between the longer and the shorter recording, divided by the number of batches
between them: set-up, warm-up and the harness are in both and cancel. Nothing is sampled, so the counts are exact; a
fraction means that batches differ.

A call site is the program's own innermost line on the stack, which called the allocator, or called the library function
(`via`) that did. Lines move when a candidate edits the file, so sites are matched by function and caller, not by line.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from labkit.analysis.evidence_set import EvidenceSet
from labkit.phases import COMMAND

SITES_SHOWN = 15
PEAK_SITES_SHOWN = 8
COUNTS = ("allocations_count", "allocated_bytes")

Heap = Mapping[str, Any]
Site = Mapping[str, Any]
Key = tuple


def heap_numbers(evidence_set: EvidenceSet) -> dict[str, Any] | None:
    """None when no call site was recorded. `after` is None in every row when the union's call sites were not recorded."""
    before = evidence_set.memory["data"].get("heap")
    if before is None:
        return None
    after = evidence_set.rebench["data"].get("heap") if evidence_set.rebench else None
    place = _placer(evidence_set.manifest)
    short, long = _ends(before)
    is_command = evidence_set.manifest.get("kind") == COMMAND
    return {
        "size": before["size"], "batches_count": long["runs_count"] - short["runs_count"],
        "runs_count": long["runs_count"],
        "stages": {"before": _by_stage(before), "after": _by_stage(after) if after else None},
        "sites": _site_rows(before, after, place),
        "sizes": _paired(_sizes_of_a_batch(before, is_command), _sizes_of_a_batch(after, is_command) if after else None, "up_to_bytes"),
        "before": _whole_process(before, place), "after": _whole_process(after, place) if after else None,
    }


def _ends(heap: Heap) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    ordered = sorted(heap["recordings"], key=lambda one: one["runs_count"])
    return ordered[0], ordered[-1]


def _placer(manifest: Mapping[str, Any]) -> Callable[[Site], dict[str, Any]]:
    """A function that gives the place of a site: {"function", "file", "line", "via", "caller"}."""
    def is_own(file: str | None) -> bool:
        """Files of a command that was built here are named relative to its tree."""
        if manifest.get("kind") == COMMAND:
            return bool(manifest["source"] and file and not file.startswith("/"))
        return (file or "").startswith(f"workloads/{manifest['name']}/")

    def place(site: Site) -> dict[str, Any]:
        frames = site["frames"]
        at = next((i for i, frame in enumerate(frames) if is_own(frame["file"])), 0)
        return {**frames[at], "via": frames[0]["function"] if at else None,
                "caller": frames[at + 1]["function"] if at + 1 < len(frames) else None}
    return place


def _of_a_batch(heap: Heap, table: str, key: Callable[[Mapping[str, Any]], Key], counts: Sequence[str]
                ) -> dict[Key, dict[str, float]]:
    """Counts of one batch, by key; counts that are equal in both recordings are left out."""
    short, long = _ends(heap)
    batches = long["runs_count"] - short["runs_count"]
    found: dict[Key, dict[str, float]] = defaultdict(lambda: dict.fromkeys(counts, 0))
    for recording, sign in ((long, 1), (short, -1)):
        for row in recording[table]:
            for name in counts:
                found[key(row)][name] += sign * row[name] / batches
    # The harness's arrays grow with its number of samples, which adds bytes but no calls.
    return {one: _unrounded(row) for one, row in found.items() if round(row["allocations_count"] * batches)}


def _unrounded(row: dict[str, float]) -> dict[str, float]:
    """Round sums of twentieths that should be whole numbers."""
    return {name: round(value, 6) for name, value in row.items()}


def _by_stage(heap: Heap) -> dict[str, dict[str, float]]:
    counted = _of_a_batch(heap, "sites", lambda row: (row["stage"],), COUNTS)
    return {stage: row for (stage,), row in counted.items() if stage}


def _site_rows(before: Heap, after: Heap | None, place: Callable[[Site], dict[str, Any]]) -> dict[str, Any]:
    """{"shown": the SITES_SHOWN with most allocations, "others": the sum of the rest, or None}."""
    def key(row: Site) -> Key:
        at = place(row)
        return row["stage"], at["function"], at["file"], at["via"], at["caller"]

    first, second = (_of_a_batch(one, "sites", key, COUNTS) if one else {} for one in (before, after))
    lines = _lines((before, after), key, place)
    rows: list[dict[str, Any]] = [{**dict(zip(("stage", "function", "file", "via", "caller"), one)), "lines": lines[one],
                                   "before": first.get(one, _nothing()), "after": second.get(one, _nothing()) if after else None}
                                  for one in {**first, **second}]
    rows.sort(key=lambda one: (-one["before"]["allocations_count"],
                               -(one["after"] or _nothing())["allocations_count"], str(one["stage"]),
                               one["function"], str(one["caller"])))
    return {"shown": rows[:SITES_SHOWN], "others": _sum_of(rows[SITES_SHOWN:])}


def _lines(heaps: Sequence[Heap | None], key: Callable[[Site], Key], place: Callable[[Site], dict[str, Any]]
           ) -> dict[Key, list[int]]:
    """The place of each site, from the first variant that has it."""
    found: dict[Key, list[int]] = {}
    for heap in filter(None, heaps):
        here: dict[Key, set[int]] = defaultdict(set)
        for row in _ends(heap)[1]["sites"]:
            line = place(row)["line"]
            here[key(row)] |= {line} if line else set()
        found = {one: sorted(lines) for one, lines in here.items()} | found
    return found


def _nothing() -> dict[str, float]:
    return dict.fromkeys(COUNTS, 0)


def _sum_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    if not rows:
        return None
    summed = {side: {name: sum(one[side][name] for one in rows) for name in COUNTS} if rows[0][side] else None
              for side in ("before", "after")}
    return {"sites_count": len(rows), **summed}


def _sizes_of_a_batch(heap: Heap, is_command: bool) -> dict[int, float]:
    """Allocations of one batch by size, inside the stages, which a command does not have: {upper limit in bytes: calls}."""
    counted = _of_a_batch(heap, "sizes", lambda row: (row["stage"], row["up_to_bytes"]), ("allocations_count",))
    found: dict[int, float] = defaultdict(int)
    for (stage, limit), row in counted.items():
        if stage or is_command:
            found[limit] += row["allocations_count"]
    return found


def _paired(before: Mapping[int, float], after: Mapping[int, float] | None, name: str) -> list[dict[str, Any]]:
    return [{name: limit, "before": before.get(limit, 0), "after": after.get(limit, 0) if after is not None else None}
            for limit in sorted({**before, **(after or {})})]


def _whole_process(heap: Heap, place: Callable[[Site], dict[str, Any]]) -> dict[str, Any]:
    """Totals of the longer recording, and the sites of the blocks live at its peak and at its end."""
    recording = _ends(heap)[1]
    return {"totals": recording["totals"], "flame_graphs": heap["flame_graphs"],
            "peak_sites": _largest(recording["sites"], "peak_bytes", place),
            "leaked_sites": _largest(recording["sites"], "leaked_bytes", place)}


def _largest(sites: Sequence[Site], name: str, place: Callable[[Site], dict[str, Any]]) -> list[dict[str, Any]]:
    total = sum(one[name] for one in sites)
    ordered = sorted((one for one in sites if one[name]), key=lambda one: -one[name])  # a stable sort, so that ties stay in the order of the recording
    return [{"stage": one["stage"], **place(one), "bytes": one[name], "share_ratio": one[name] / total}
            for one in ordered[:PEAK_SITES_SHOWN]]
