"""memory_numbers.py - allocations per stage and batch, peak, resident set over time, and what a second counter says."""

from typing import Any, Mapping, Sequence

from labkit.conclude.dossier import Dossier

COUNTS = ("allocations_count", "frees_count", "allocated_bytes")
WITNESSES = ("valgrind", "heaptrack")


def memory_numbers(dossier: Dossier) -> dict[str, Any] | None:
    """None when nothing was counted."""
    if dossier.memory is None:
        return None
    data = dossier.memory["data"]
    return {
        "stages": [per_batch(row) for row in data["stages"]],
        "peak_rss": data["peak_rss"],
        "counter": data["counter"],
        "witnesses": _witnesses(data),
        "rss": _resident_set(data["rss_series"]),
    }


def per_batch(row: Mapping[str, Any]) -> dict[str, Any]:
    """Counts of one run, which is one batch. Counts are exact, so a fraction means that runs differ."""
    batch = {name: row[name] / row["runs_count"] for name in COUNTS}
    return {"variant": row["variant"], "size": row["size"], "stage": row["stage"], "ops_count": row["ops_count"],
            "runs_count": row["runs_count"], **batch,
            "allocations_per_op": batch["allocations_count"] / row["ops_count"],
            "bytes_per_op": batch["allocated_bytes"] / row["ops_count"]}


def _witnesses(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same whole process, counted by others; only what both counted is compared."""
    found = []
    for name in WITNESSES:
        counted = data[name]
        if not counted or not data["counter"]:
            continue
        shared = [key for key in COUNTS if key in counted]
        found.append({"instrument": name,
                      "counts": {key: {"counter": data["counter"][key], "witness": counted[key],
                                       "difference": data["counter"][key] - counted[key]} for key in shared}})
    return found


def _resident_set(series: Sequence[Mapping[str, int]]) -> dict[str, Any] | None:
    """Growth is the last quarter's highest against the first quarter's: a leak shows, a warm-up does not."""
    if len(series) < 4:
        return None
    start_ns, sizes = series[0]["time_ns"], [one["rss_bytes"] for one in series]
    quarter = len(sizes) // 4
    return {"duration_ns": series[-1]["time_ns"] - start_ns, "samples_count": len(series),
            "peak_bytes": max(sizes), "first_quarter_bytes": max(sizes[quarter // 2:quarter] or sizes[:1]),
            "last_quarter_bytes": max(sizes[-quarter:]),
            "series": [{"time_ns": one["time_ns"] - start_ns, "rss_bytes": one["rss_bytes"]} for one in series]}
