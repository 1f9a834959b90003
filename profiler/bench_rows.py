"""bench_rows.py - whether the rounds of a benchmark show that a target is met.

A row has one figure for each round, from runs that took turns. It is judged by an interval of the median of these figures, which
comes from order statistics alone (binomial), so that one round in which the machine did something else, or halved its clock,
changes nothing. If there are too few rounds for 95 %, all of them must agree.

All functions except print_rows are pure. Exit codes: 0 passed, 1 a target is missed, 3 only more rounds could decide.
"""

import statistics
from dataclasses import dataclass
from math import comb
from typing import Iterable

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Row:
    """One line of a table: a figure for each round, and the upper limit that it must not exceed."""

    name: str
    unit: str
    values: list[float]
    most: float | None = None  # None: a rival, or a figure without a target


@dataclass(frozen=True)
class Interval:
    low: float
    high: float
    says: str  # how sure it is


def median_interval(values: list[float]) -> Interval:
    ordered, count = sorted(values), len(values)
    outside = [2 * sum(comb(count, i) for i in range(rank + 1)) / 2**count for rank in range(count // 2)]
    ranks = [rank for rank, probability in enumerate(outside) if probability <= 1 - CONFIDENCE]
    if not ranks:
        return Interval(ordered[0], ordered[-1], f"all {count}")
    return Interval(ordered[ranks[-1]], ordered[-1 - ranks[-1]], f"{CONFIDENCE:.0%}")


def verdict(row: Row) -> str:
    """PASS if the interval is below the target, MISSED if it is above it, and UNDECIDED if it contains the target."""
    interval = median_interval(row.values)
    if row.most is None:
        return ""
    if interval.low <= row.most < interval.high:
        return "UNDECIDED"
    return "PASS" if interval.high <= row.most else "MISSED"


def exit_code(rows: Iterable[Row]) -> int:
    verdicts = {verdict(row) for row in rows}
    return 1 if "MISSED" in verdicts else 3 if "UNDECIDED" in verdicts else 0


def print_rows(title: str, rows: list[Row]) -> None:
    print(f"\n{title}")
    for row in rows:
        interval = median_interval(row.values)
        shown = f"[{interval.low:.4f}, {interval.high:.4f}] {interval.says}"
        target = f"at most {row.most:g}" if row.most is not None else ""
        print(f"  {row.name:<38}{statistics.median(row.values):>10.4f}  {shown:<27} {row.unit:<26}{target:<15}"
              f"{verdict(row)}".rstrip(), flush=True)
