"""offered_load.py - measures the server's response times under rising loads, up to the knee.  Variant -> offered_load -> list of Point

The knee is the highest load at which the server still keeps up. The program is workloads/server/load/offered_load.c, linked with the variant's
sources except the one with main(). Requests are sent at times that do not depend on the server's answers, and a response time counts from
the moment at which its request was due.

Errors  BuildFailed: the program does not compile. LabError: it ended with an error, for example because the server could not be started.
Units   _ns nanoseconds, _per_s requests per second.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from labkit.outcome import LabError
from labkit.process import run_process
from labkit.workload import build
from labkit.workload.build import Binary
from labkit.workload.manifest import Manifest
from labkit.workload.variant import Variant

PROGRAM = "load/offered_load.c"
MAIN = "server.c"
LATE_MAX_RATIO = 0.01  # if a larger share of the requests is sent late, the times are those of the generator and not of the server
KNEE_RATIO = 10.0  # the server falls behind if its p99 is more than so many times the p99 at the lowest load
ANSWERED_MIN_RATIO = 0.9  # the server falls behind if it answers less than this share of the offered rate
LIMIT_S = 120.0


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


def build_load(manifest: Manifest, variant: Variant) -> Binary:
    program = manifest.folder / PROGRAM
    sources = {name: text for name, text in variant.sources.items() if name != MAIN}
    return build.build(manifest, Variant(f"{variant.name}-load", sources | {program.name: program.read_text()}, cflags=variant.cflags, link=(*variant.link, "-lm")))


def measure_point(binary: Binary, offered_per_s: float, seconds: float, *, cpu: int | None = None, port: int = 0) -> Point:
    run = run_process([str(binary.path), f"{offered_per_s:g}", f"{seconds:g}", str(port)], cpu=cpu, timeout_s=seconds + LIMIT_S, capture_limit_bytes=1 << 26)
    if run.failure:
        raise LabError((run.stderr.strip() or f"{binary.path} failed: {run.failure}").splitlines()[-1])
    return point_of(json.loads(run.stdout), offered_per_s)


def point_of(measured: dict, offered_per_s: float) -> Point:
    times = np.asarray(measured["response_times_ns"], dtype=float)
    p50, p95, p99 = np.quantile(times, (0.5, 0.95, 0.99))
    return Point(offered_per_s, 1e9 * times.size / measured["ended_ns"], float(p50), float(p95), float(p99), int(times.size),
                 measured["late_count"], measured["failed_count"], _invalid(measured, times.size))


def _invalid(measured: dict, requests_count: int) -> str:
    late = measured["late_count"]
    if late > LATE_MAX_RATIO * requests_count:
        return f"the generator did not keep its schedule: {late} of {requests_count} requests were sent late although a connection was free"
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


def curve_of(binary: Binary, rates_per_s: Iterable[float], seconds: float, *, cpu: int | None = None) -> list[Point]:
    """The points in the order of rising rates. The last one is the first point, valid or not, at which the server falls behind."""
    points: list[Point] = []
    for rate in sorted(rates_per_s):
        points.append(measure_point(binary, rate, seconds, cpu=cpu))
        if falls_behind(points[-1], points[0]):
            break
    return points
