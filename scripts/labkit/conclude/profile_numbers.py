"""profile_numbers.py - where the time goes: functions, lines, stages, and how far two instruments agree."""

from itertools import combinations
from typing import Any, Mapping, Sequence

from labkit.conclude.diagnosis import diagnose
from labkit.dossier import Document, Dossier
from labkit.shares import primary_sampling, share

FUNCTIONS_SHOWN = 15
LINES_SHOWN = 12
DIFFERENCES_SHOWN = 5


def profile_numbers(dossier: Dossier) -> dict[str, Any] | None:
    """None when nothing was sampled."""
    sampling = primary_sampling(dossier.profile)
    if dossier.profile is None or sampling is None:
        return None
    data, samples = dossier.profile["data"], sampling["samples_count"]
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
        "agreements": agreements(dossier),
        "diagnosis": diagnose(dossier.counters),
    }


def _hottest(rows: Sequence[Mapping[str, Any]], limit: int) -> list[Mapping[str, Any]]:
    """By self samples; equal ones by name, so that the order never depends on the instrument's."""
    wanted = [row for row in rows if row["self_count"] > 0]
    return sorted(wanted, key=lambda row: (-row["self_count"], str(row.get("name") or row.get("file"))))[:limit]


def _sampling_numbers(one: Mapping[str, Any]) -> dict[str, Any]:
    seen = one["samples_count"] + one["lost_count"]
    return {key: one[key] for key in ("instrument", "event", "frequency_hz", "duration_s", "samples_count",
                                      "lost_count")} | {
        "lost_ratio": one["lost_count"] / seen if seen else None,
        "version": one.get("version"), "stacks": one.get("stacks"), "flame_graph": one.get("flame_graph"),
        "quality": dict(sorted(one.get("quality", {}).items()))}


def agreements(dossier: Dossier) -> list[dict[str, Any]]:
    """Every pair of witnesses of the same baseline: samplers, and callgrind's instruction counts."""
    witnesses = [(one["instrument"], _self_shares(one["functions"], one["samples_count"])) for one in dossier.profile["data"]["samplings"]
                 if one["samples_count"]]
    counted = _instruction_shares(dossier.instructions)
    if counted:
        witnesses.append(("callgrind (instructions, not time)", counted))
    return [_agreement(first, second) for first, second in combinations(witnesses, 2)]


def _self_shares(functions: Sequence[Mapping[str, Any]], total_count: int) -> dict[str, float]:
    shares: dict[str, float] = {}
    for one in functions:
        shares[one["name"]] = shares.get(one["name"], 0.0) + one["self_count"] / total_count
    return shares


def _instruction_shares(instructions: Document | None) -> dict[str, float]:
    variants = instructions["data"]["variants"] if instructions else ()
    return next((_self_shares(one["functions"], one["total_count"]) for one in variants if one["variant"] == "baseline"), {})


def _agreement(first: tuple[str, dict[str, float]], second: tuple[str, dict[str, float]]) -> dict[str, Any]:
    """Overlap: the share of self time that both give to the same functions, sum of min(p, q); 1 is full agreement."""
    (name, p), (other, q) = first, second
    functions = sorted(p.keys() | q.keys())
    apart = sorted(functions, key=lambda one: (-abs(p.get(one, 0.0) - q.get(one, 0.0)), one))
    return {"first": name, "second": other,
            "overlap_ratio": sum(min(p.get(one, 0.0), q.get(one, 0.0)) for one in functions),
            "differences": [{"function": one, "first_ratio": p.get(one, 0.0), "second_ratio": q.get(one, 0.0)}
                            for one in apart[:DIFFERENCES_SHOWN]]}
