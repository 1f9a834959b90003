"""profile_numbers.py - where the time goes: functions, lines, stages, and how far two instruments agree."""

from typing import Any, Mapping, Sequence

from labkit.analysis.diagnosis import diagnose
from labkit.analysis.evidence_set import EvidenceSet
from labkit.analysis.shares import primary_sampling, share
from labkit.analysis.witnesses import agreements, stages_by_instrument

FUNCTIONS_SHOWN = 15
LINES_SHOWN = 12


def profile_numbers(evidence_set: EvidenceSet) -> dict[str, Any] | None:
    """None when nothing was sampled."""
    sampling = primary_sampling(evidence_set.profile)
    if evidence_set.profile is None or sampling is None:
        return None
    data, samples = evidence_set.profile["data"], sampling["samples_count"]
    return {
        "instrument": sampling["instrument"],
        "samples_count": samples,
        "flame_graph": data["flame_graph"],
        "samplings": [_sampling_numbers(one) for one in data["samplings"]],
        "functions": [{"name": one["name"], "file": one["file"], "line": one["line"],
                       "self": share(one["self_count"], samples),
                       "total": share(min(one["total_count"], samples), samples)}
                      for one in _hottest(sampling["functions"], FUNCTIONS_SHOWN)],
        "lines": [{**one, "share": share(one["self_count"], samples)}
                  for one in _hottest(data["lines"], LINES_SHOWN)],
        "stages": [{**one, "share": share(one["samples_count"], samples)} for one in data["stages"]],
        "agreements": agreements(evidence_set),
        "stages_by_instrument": stages_by_instrument(evidence_set),
        "diagnosis": diagnose(evidence_set.counters),
    }


def _hottest(rows: Sequence[Mapping[str, Any]], limit: int) -> list[Mapping[str, Any]]:
    """Sort by self samples, and ties by name, so that the order does not depend on the instrument."""
    wanted = [row for row in rows if row["self_count"] > 0]
    return sorted(wanted, key=lambda row: (-row["self_count"], str(row.get("name") or row.get("file"))))[:limit]


def _sampling_numbers(one: Mapping[str, Any]) -> dict[str, Any]:
    seen = one["samples_count"] + one["lost_count"]
    return {key: one[key] for key in ("instrument", "event", "frequency_hz", "duration_s", "samples_count",
                                      "lost_count")} | {
        "lost_ratio": one["lost_count"] / seen if seen else None,
        "version": one.get("version"), "stacks": one.get("stacks"), "flame_graph": one.get("flame_graph"),
        "quality": dict(sorted(one.get("quality", {}).items()))}
