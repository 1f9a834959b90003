"""history_store.py - store and query the points of a history.  history -> history_store -> points

HistoryStore is the interface; the implementation here is an SQLite file beside the reports.
"""

import contextlib
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Protocol

from labkit.evidence import disk_errors


@dataclass(frozen=True)
class Point:
    """One measurement of one metric of one version, on one class of machine.

    ops_count: operations of a batch of this size, 0 if unknown. Of a gate only: before, the label of the version with which
    an interleaved run compared it, and ratio, its cost divided by that version's.
    """

    workload: str
    size: str
    metric: str
    variant: str
    source: str  # audit or gate
    label: str
    started_utc: str
    fingerprint: str
    value: float
    low: float | None
    high: float | None
    runs_count: int
    ops_count: int = 0
    before: str = ""
    ratio: float | None = None


class HistoryStore(Protocol):
    """A cache: everything in it can be read again from the reports."""

    def replace(self, points: Iterable[Point]) -> None:
        """Replace all points by these."""

    def points(self, workload: str, metric: str, variant: str) -> list[Point]:
        """The points, in the order of time."""

    def workloads(self) -> list[str]:
        """The workloads that have a point, sorted."""

    def metrics(self, workload: str) -> list[str]:
        """The metrics of which this workload has a point, sorted."""


@dataclass(frozen=True)
class SqliteStore:
    """A store in one file, which is replaced atomically by rename."""

    path: Path

    def replace(self, points: Iterable[Point]) -> None:
        temporary, names = self.path.with_suffix(".tmp"), [one.name for one in fields(Point)]
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary.unlink(missing_ok=True)
            with contextlib.closing(sqlite3.connect(temporary)) as connection, connection:
                connection.execute(f"CREATE TABLE point ({', '.join(names)})")
                connection.execute("CREATE INDEX point_series ON point (workload, size, metric, variant)")
                connection.executemany(f"INSERT INTO point VALUES ({', '.join('?' * len(names))})", map(astuple, points))
            temporary.replace(self.path)

    def points(self, workload: str, metric: str, variant: str) -> list[Point]:
        return [Point(*row) for row in self._ask(
            "SELECT * FROM point WHERE workload = ? AND metric = ? AND variant = ? ORDER BY started_utc, label",
            workload, metric, variant)]

    def workloads(self) -> list[str]:
        return [row[0] for row in self._ask("SELECT DISTINCT workload FROM point ORDER BY 1")]

    def metrics(self, workload: str) -> list[str]:
        return [row[0] for row in self._ask("SELECT DISTINCT metric FROM point WHERE workload = ? ORDER BY 1", workload)]

    def _ask(self, question: str, *values: str) -> list[tuple]:
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(question, values).fetchall()
