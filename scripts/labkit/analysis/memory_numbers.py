"""memory_numbers.py - allocations per stage, batch and call site, peak, memory over time, and the counts of other tools."""

from typing import Any, Mapping, Sequence

from labkit.analysis.contention_numbers import contention_numbers
from labkit.analysis.evidence_set import EvidenceSet
from labkit.analysis.growth_numbers import growth_numbers
from labkit.analysis.heap_numbers import heap_numbers
from labkit.analysis.witnesses import count_witnesses

COUNTS = ("allocations_count", "frees_count", "allocated_bytes")


def memory_numbers(evidence_set: EvidenceSet) -> dict[str, Any] | None:
    """None when no allocations were counted."""
    if evidence_set.memory is None:
        return None
    data = evidence_set.memory["data"]
    heap = heap_numbers(evidence_set)
    return {
        "stages": [per_batch(row) for row in data["stages"]],
        "heap": heap,
        "sites_unaccounted": _unaccounted(evidence_set, heap) if heap else [],
        "burst": _burst(data, evidence_set.manifest),
        "contention": contention_numbers(evidence_set),
        "peak_rss": data["peak_rss"],
        "counter": data["counter"],
        "witnesses": count_witnesses(data),
        "rss": _resident_set(data["rss_series"]),
        "growth": growth_numbers(evidence_set),
    }


def per_batch(row: Mapping[str, Any]) -> dict[str, Any]:
    """Counts of one run, which is one batch. Counts are exact, so a fraction means that runs differ."""
    batch = {name: row[name] / row["runs_count"] for name in COUNTS}
    return {"variant": row["variant"], "size": row["size"], "stage": row["stage"], "ops_count": row["ops_count"],
            "runs_count": row["runs_count"], **batch,
            "allocations_per_op": batch["allocations_count"] / row["ops_count"],
            "bytes_per_op": batch["allocated_bytes"] / row["ops_count"]}


def _unaccounted(evidence_set: EvidenceSet, heap: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Stages in which the sum over the call sites differs from the number that the harness counted."""
    rows = {"before": evidence_set.memory["data"]["stages"],
            "after": [row for row in (evidence_set.rebench["data"]["memory"] if evidence_set.rebench else ())
                      if row["variant"] != "baseline"]}
    return [{"variant": one["variant"], "stage": one["stage"], "by_stage": one["allocations_count"], "by_site": by_site}
            for side, by_stage in heap["stages"].items() if by_stage is not None
            for one in map(per_batch, rows[side]) if one["stage"] and one["size"] == heap["size"]
            for by_site in [by_stage.get(one["stage"], {}).get("allocations_count", 0)]
            if by_site != one["allocations_count"]]


def _burst(data: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """The longest sequence of allocations without a free, from heaptrack's record of the order of calls."""
    burst = (data["heaptrack"] or {}).get("burst")
    if not burst:
        return None
    stage = next((one["name"] for one in manifest["stages"] if one["entry"] in burst["stack"]), None)
    return {**burst, "stage": stage}


def _resident_set(series: Sequence[Mapping[str, int]]) -> dict[str, Any] | None:
    """Growth compares the maximum of the last quarter with that of the first: it shows a leak, but not a warm-up."""
    if len(series) < 4:
        return None
    start_ns, sizes = series[0]["time_ns"], [one["rss_bytes"] for one in series]
    quarter = len(sizes) // 4
    return {"duration_ns": series[-1]["time_ns"] - start_ns, "samples_count": len(series),
            "peak_bytes": max(sizes), "first_quarter_bytes": max(sizes[quarter // 2:quarter] or sizes[:1]),
            "last_quarter_bytes": max(sizes[-quarter:]),
            "series": [{"time_ns": one["time_ns"] - start_ns, "rss_bytes": one["rss_bytes"]} for one in series]}
