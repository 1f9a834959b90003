"""load_curve.py - response times against the load that is offered, and where the knee is.  measured points -> load_curve

A measured point is a row of load.schema.json. Its response times are a histogram of three significant digits, as HdrHistogram keeps them: a
quantile is off by half a per cent at most, and a minute of load is a few kilobytes.

Pure   no disk, no clock.
Units  _ns nanoseconds, _per_s requests a second.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LATE_MAX_RATIO = 0.01  # if a larger share of the requests is sent late, the times are those of the generator and not of the server
KNEE_RATIO = 10.0  # the server falls behind if its p99 is more than so many times the p99 at the lowest load
ANSWERED_MIN_RATIO = 0.9  # the server falls behind if it answers less than this share of the offered rate
DIGITS = 3


@dataclass(frozen=True)
class Point:
    """One offered load and what was measured at it. invalid: why the point says nothing about the server; "" if it is valid."""

    offered_per_s: float
    answered_per_s: float
    p50_ns: float
    p95_ns: float
    p99_ns: float
    requests_count: int
    late_count: int
    failed_count: int
    invalid: str
    cpu_ratio: float | None = None  # of one CPU, which the server alone used; None where nobody counted it


def in_shape(variant: str, shape: str) -> str:
    """The name of a variant as a server of another shape than the usual one, which has no name."""
    return f"{variant}, {shape}" if shape else variant


def histogram_of(times_ns: Iterable[int], ops_count: int = 1) -> dict[str, list[int]]:
    """{"ns": different times, lowest first, "counts": how many of each}. ops_count: how many operations took each time together."""
    found = sorted(Counter(map(_rounded, times_ns)).items())
    return {"ns": [one for one, _ in found], "counts": [ops_count * count for _, count in found]}


def _rounded(time_ns: int) -> int:
    step = 10 ** max(0, len(str(time_ns)) - DIGITS)
    return (time_ns + step // 2) // step * step


def quantile(histogram: Mapping[str, Sequence[int]], share: float) -> int:
    """The lowest time that at least this share of the requests did not exceed."""
    wanted, seen = share * sum(histogram["counts"]), 0
    for time_ns, count in zip(histogram["ns"], histogram["counts"]):
        seen += count
        if seen >= wanted:
            return time_ns
    return histogram["ns"][-1]


def point_of(row: Mapping[str, Any]) -> Point:
    count, times = row["requests_count"], row["times"]
    return Point(row["offered_per_s"], 1e9 * count / row["ended_ns"], quantile(times, 0.5), quantile(times, 0.95), quantile(times, 0.99),
                 count, row["late_count"], row["failed_count"], _invalid(row["late_count"], count), _cpu_ratio(row))


def _cpu_ratio(row: Mapping[str, Any]) -> float | None:
    return row["server_cpu_ns"] / row["ended_ns"] if "server_cpu_ns" in row else None


def _invalid(late_count: int, requests_count: int) -> str:
    if late_count > LATE_MAX_RATIO * requests_count:
        return f"the generator did not keep its schedule: {late_count} of {requests_count} requests were sent late, and not because of the server"
    return ""


def knee_of(points: Sequence[Point]) -> float | None:
    """The highest offered rate below the first one at which the server falls behind; None if it never kept up. Invalid points are ignored."""
    valid = sorted((one for one in points if not one.invalid), key=lambda one: one.offered_per_s)
    kept = None
    for one in valid:
        if falls_behind(one, valid[0]):
            return kept
        kept = one.offered_per_s
    return kept


def falls_behind(point: Point, lowest: Point) -> bool:
    """Whether the server falls behind: requests failed, response times are much longer than at the lowest load, or answers are missing at the end."""
    return bool(point.failed_count) or point.p99_ns > KNEE_RATIO * lowest.p99_ns or point.answered_per_s < ANSWERED_MIN_RATIO * point.offered_per_s


def kept_points(rows: Sequence[Mapping[str, Any]]) -> list[Point]:
    """The point of each rate of one server in one round, lowest rate first: the best of its attempts."""
    points: list[Point] = []
    for rate in sorted({row["offered_per_s"] for row in rows}):
        lowest = next((one for one in points if not one.invalid), None)
        points.append(best_of([point_of(row) for row in rows if row["offered_per_s"] == rate], lowest))
    return points


def best_of(points: Sequence[Point], lowest: Point | None) -> Point:
    """Of several attempts at one rate, a valid one that kept up; otherwise a valid one; otherwise the last one."""
    valid = [one for one in points if not one.invalid]
    kept = [one for one in valid if not falls_behind(one, lowest or one)]
    return (kept or valid or list(points))[-1]
