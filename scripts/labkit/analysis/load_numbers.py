"""load_numbers.py - response times against offered load: curves, knees, the yardstick at half load, the second witness.  rebench -> load_numbers

Each figure of a point is the median of the rounds, with their lowest and highest. A knee is that of a round; with several rounds, the lower median.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from labkit.analysis.evidence_set import EvidenceSet
from labkit.load_curve import Point, falls_behind, kept_points, knee_of, point_of

BASELINE, UNION, YARDSTICK = "baseline", "union", "nginx"
CURVE, HALF = "curve", "half"
TIMES = ("p50_ns", "p95_ns", "p99_ns")
# wrk has connections that wait, and takes less of the CPU that it shares with the server than our generator does.
WITNESS_LOW_RATIO, WITNESS_HIGH_RATIO = 0.9, 1.5

Row = Mapping[str, Any]


def load_numbers(evidence_set: EvidenceSet) -> dict[str, Any] | None:
    """None where no load was offered."""
    found = evidence_set.rebench["data"].get("load") if evidence_set.rebench else None
    if not found:
        return None
    plan = evidence_set.manifest["load"]
    curves = [_curve(name, rows) for name, rows in _by(lambda row: row["server"], _of(found, CURVE)).items()]
    by_name = {one["server"]: one for one in curves}
    half = _half(found)
    reach = [_knee_reach(by_name, plan), *([_half_reach(half, plan)] if plan["yardstick_p99_ratio"] else [])]
    return {"curves": curves, "half": half, "answers": _answers(found["points"]), "reach": reach,
            "witness": [_witness(row, by_name[row["server"]]) for row in found["witness"]], "heaps": found["heaps"],
            "seconds": min(row["seconds"] for row in found["points"]), "rounds_count": 1 + max(row["round"] for row in _of(found, CURVE)),
            "invalid": _invalid(found["points"]), "unmeasured": found["unmeasured"], "versions": found["versions"]}


def _of(found: Row, purpose: str) -> list[Row]:
    return [row for row in found["points"] if row["purpose"] == purpose]


def _by(key: Callable[[Row], Any], rows: Iterable[Row]) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


def _curve(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    rounds = [kept_points(one) for one in _by(lambda row: row["round"], rows).values()]
    rates = sorted({point.offered_per_s for points in rounds for point in points})
    knees = [knee for points in rounds if (knee := knee_of(points)) is not None]
    return {"server": name, "points": [_median_point(rate, rounds) for rate in rates],
            "knee_per_s": statistics.median_low(knees) if knees else None, "knee_low_per_s": min(knees, default=None),
            "knee_high_per_s": max(knees, default=None), "behind_per_s": min(filter(None, map(_behind, rounds)), default=None)}


def _behind(points: Sequence[Point]) -> float | None:
    """The rate at which the server fell behind in this round."""
    valid = [one for one in points if not one.invalid]
    return next((one.offered_per_s for one in valid if falls_behind(one, valid[0])), None)


def _median_point(rate: float, rounds: Sequence[Sequence[Point]]) -> dict[str, Any]:
    """Invalid points are counted, and say nothing else."""
    here = [point for points in rounds for point in points if point.offered_per_s == rate]
    valid = [one for one in here if not one.invalid]
    behind = sum(falls_behind(one, lowest) for points in rounds for lowest in _lowest(points) for one in points
                 if one.offered_per_s == rate and not one.invalid)
    return {"offered_per_s": rate, "rounds_count": len(here), "invalid_count": len(here) - len(valid), "behind_count": behind,
            **_medians(valid)}


def _lowest(points: Sequence[Point]) -> list[Point]:
    return [one for one in points if not one.invalid][:1]


def _medians(points: Sequence[Point]) -> dict[str, Any]:
    """Of no point, None everywhere."""
    found: dict[str, Any] = {"requests_count": sum(one.requests_count for one in points), "failed_count": sum(one.failed_count for one in points)}
    for name in ("answered_per_s", *TIMES):
        found[name] = statistics.median(getattr(one, name) for one in points) if points else None
    found |= {"p99_low_ns": min((one.p99_ns for one in points), default=None), "p99_high_ns": max((one.p99_ns for one in points), default=None)}
    used = [one.cpu_ratio for one in points if one.cpu_ratio is not None]
    return found | ({"cpu_ratio": statistics.median(used)} if used else {})


def _half(found: Row) -> dict[str, Any] | None:
    """The union and the yardstick at half of the union's knee. None where the union has none, or nothing valid was measured there."""
    points = {name: [one for one in map(point_of, rows) if not one.invalid] for name, rows in _by(lambda row: row["server"], _of(found, HALF)).items()}
    if not points.get(UNION):
        return None
    return {"offered_per_s": found["half_per_s"], "servers": [{"server": name, "rounds_count": len(valid), **_medians(valid)} for name, valid in points.items() if valid]}


def _knee_reach(curves: Mapping[str, Row], plan: Row) -> dict[str, Any]:
    before, after = (curves[name]["knee_per_s"] if name in curves else None for name in (BASELINE, UNION))
    return _reach("knee", after / before if before and after else None, plan["knee_gain"], lambda value, limit: value >= limit)


def _half_reach(half: Row | None, plan: Row) -> dict[str, Any]:
    p99 = {one["server"]: one["p99_ns"] for one in half["servers"]} if half else {}
    value = p99[UNION] / p99[YARDSTICK] if UNION in p99 and YARDSTICK in p99 else None
    return _reach("p99", value, plan["yardstick_p99_ratio"], lambda value, limit: value <= limit)


def _reach(what: str, value: float | None, limit: float, is_met: Callable[[float, float], bool]) -> dict[str, Any]:
    """met: None where it was not measured."""
    return {"what": what, "ratio": value, "limit": limit, "met": None if value is None else is_met(value, limit)}


def _answers(rows: Sequence[Row]) -> dict[str, Any]:
    """The same arrivals have the same answers, whoever gives them; a server that failed a request is no comparison."""
    groups = _by(lambda row: (row["offered_per_s"], row["seed"], row["requests_count"]), (row for row in rows if not row["failed_count"]))
    compared = [group for group in groups.values() if len({row["server"] for row in group}) > 1]
    return {"compared_count": len(compared), "differ_count": sum(len({row["answers"] for row in group}) > 1 for group in compared)}


def _witness(row: Row, curve: Row) -> dict[str, Any]:
    answered = 1e9 * row["requests_count"] / row["duration_ns"]
    low = curve["knee_per_s"] and WITNESS_LOW_RATIO * curve["knee_per_s"]
    high = curve["behind_per_s"] and WITNESS_HIGH_RATIO * curve["behind_per_s"]
    verdict = "below the knee" if low and answered < low else "far above the rate at which it fell behind" if high and answered > high else "confirms the knee"
    return {**row, "answered_per_s": answered, "verdict": verdict if curve["knee_per_s"] else "there is no knee"}


def _invalid(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Points at which the generator did not keep its schedule, each with the reason."""
    return [{"server": row["server"], "offered_per_s": row["offered_per_s"], "reason": reason} for row in rows if (reason := point_of(row).invalid)]
