"""history.py - one metric over versions.  sealed audits, gate runs -> history_store -> points, change points

The store is a cache that is rebuilt from reports/ every time. Points of different hosts are never joined, because a faster
machine is not a faster program. Points of audits and gates are not joined either, because they measure differently. A gate
compares two versions in interleaved runs, so its points are chained ratios, in which changes of the machine cancel.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from labkit.evidence import unpacked
from labkit.gate.history_store import HistoryStore, Point, SqliteStore
from labkit.metrics import METRICS
from labkit.outcome import UsageError
from labkit.stats.change_points import change_points
from labkit.stats.paired import median_interval
from labkit.verdicts.paired_rows import kept_rows
from labkit.verdicts.stages import COUNT
from labkit.untrusted_file import read_json

REPORTS = Path("reports")
STORE = SqliteStore(REPORTS / "history.db")
SEED = 20260101


@dataclass(frozen=True)
class Series:
    """Points of one machine class and one source, in the order of time. levels: one number per point, the value for audits, and
    for gates the cost as a multiple of the first version's. changes: indices of levels."""

    fingerprint: str
    points: tuple[Point, ...]
    changes: tuple[int, ...]
    levels: tuple[float, ...] = ()

    @property
    def is_chained(self) -> bool:
        return bool(self.points) and self.points[0].ratio is not None


def rebuild(reports: Path = REPORTS, store: HistoryStore = STORE) -> int:
    """Rebuild the store from everything sealed under reports; returns the number of points."""
    points = list(all_points(reports))
    store.replace(points)
    return len(points)


def all_points(reports: Path) -> Iterator[Point]:
    for seal in sorted(reports.glob("*/v[0-9][0-9][0-9][0-9]/MANIFEST.sha256")):
        yield from audit_points(seal.parent)
    for path in sorted(reports.glob("gate/*/comparison.json")):
        yield from gate_points(path)


def audit_points(report: Path) -> Iterator[Point]:
    """The points of the runs of the baseline and of the union."""
    for name, variants in (("baseline", ("baseline",)), ("rebench", ("union",))):
        path = report / "evidence" / f"{name}.json"
        if not path.exists():
            continue
        document = unpacked(read_json(path))
        for variant in variants:
            timed = [row for row in document["data"]["runs"] if row.get("stage") != COUNT]
            rows = [row for row in kept_rows_by_size(timed) if row["variant"] == variant]
            for size in dict.fromkeys(row["size"] for row in rows):
                yield from run_points([row for row in rows if row["size"] == size], document, size, variant,
                                      report.name)


def kept_rows_by_size(rows: list[dict]) -> list[dict]:
    """The rows that are used, for each size, because blocks are numbered within a size."""
    sizes = dict.fromkeys(row["size"] for row in rows)
    return [row for size in sizes for row in kept_rows(one for one in rows if one["size"] == size)]


def run_points(rows: list[dict], document: dict, size: str, variant: str, label: str) -> Iterator[Point]:
    for metric in METRICS.values():
        read = [metric.value(row) for row in rows if not row["failure"]]
        values = np.array([value for value in read if value is not None], dtype=float)
        if not metric.is_exact and values.size:
            low, high = median_interval(values, 0.95)
            yield Point(document["workload"], size, metric.name, variant, "audit", label, document["started_utc"],
                        document["host"]["fingerprint"], float(np.median(values)),
                        low if np.isfinite(low) else None, high if np.isfinite(high) else None, int(values.size),
                        rows[0].get("ops_count") or 0)


def gate_points(path: Path) -> Iterator[Point]:
    """The points of the working tree in a gate run, with the ratio to the base."""
    document = read_json(path)
    base = document.get("base")
    if document["verdict"] == "environment invalid" or not base:
        return
    label = base["head_commit"][:10] + ("+" if base["dirty"] else "")  # the working tree had uncommitted changes
    for case in document["cases"]:
        workload, size = subject_of(case["name"], base.get("repository"))
        for c in case["comparisons"]:
            yield Point(workload, size, c["metric"], "baseline", "gate", label, document["started_utc"],
                        document["host"]["fingerprint"], c["b_median"], None, None, c["pairs_count"],
                        before=base.get("commit", "")[:10], ratio=c.get("ratio"))


def subject_of(case: str, repository: str | None) -> tuple[str, str]:
    """Workload and size. For a command of another repository both names are combined, because every project may have a ./bench."""
    if repository is not None:
        return f"{repository} {case}", ""
    workload, _, size = case.partition("/")
    return workload, size


def read_series(workload: str, metric: str, size: str | None, variant: str, store: HistoryStore = STORE
                ) -> list[Series]:
    """One Series per machine class, longest first. UsageError where there is none; it lists what there is."""
    found, known, metrics = store.points(workload, metric, variant), store.workloads(), store.metrics(workload)
    sizes = list(dict.fromkeys(point.size for point in found))
    if size is None and sizes:
        size = largest_size(found)
    chosen = [point for point in found if point.size == size]
    if not chosen:
        raise UsageError(f"no history of {metric} of {workload} ({variant}{f', size {size}' if size else ''}): sealed "
                         f"audits and gate runs here are of {', '.join(known) or 'nothing'}"
                         + (f"; metrics: {', '.join(metrics)}" if metrics else "")
                         + (f"; sizes: {', '.join(sizes)}" if any(sizes) else ""))
    series = []
    for host, source in dict.fromkeys((point.fingerprint, point.source) for point in chosen):
        here = [point for point in chosen if (point.fingerprint, point.source) == (host, source)]
        series += [series_of(tuple(part), host) for part in chains(here)]
    return sorted(series, key=lambda one: -len(one.points))


def largest_size(points: list[Point]) -> str:
    """The size with most operations per batch; the last one, where no point knows its operations."""
    counts = {point.size: 0 for point in points}
    for point in points:
        counts[point.size] = max(counts[point.size], point.ops_count)
    return max(reversed(list(counts)), key=counts.__getitem__)


def chains(points: list[Point]) -> list[list[Point]]:
    """Points that may be joined to one line: all points of audits; a point of a gate if its base is a version of the line, or
    the base with which the line began."""
    if points[0].ratio is None:
        return [points]
    lines: list[list[Point]] = []
    for point in points:
        line = next((line for line in reversed(lines) if point.before in {line[0].before, *(one.label for one in line)}), None)
        if line is None:
            lines.append([point])
        else:
            line.append(point)
    return lines


def series_of(points: tuple[Point, ...], fingerprint: str) -> Series:
    levels = np.array(chained_levels(points) if points and points[0].ratio is not None else [one.value for one in points])
    return Series(fingerprint, points, tuple(change_points(np.log(np.maximum(levels, 1e-9)), seed=SEED)), tuple(levels.tolist()))


def chained_levels(points: tuple[Point, ...]) -> list[float]:
    """Each version's cost as a multiple of the cost of the line's first base."""
    known = {points[0].before: 1.0}
    for point in points:
        assert point.ratio is not None, "a line whose first point has a ratio has only such points"
        known[point.label] = known[point.before] * point.ratio
    return [known[point.label] for point in points]
