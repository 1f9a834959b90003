"""row_checks.py - rows that cannot have been measured: duplicates, out of order, or longer than their run.  evidence -> row_checks

Invented rows must be consistent with the clock, too: each run begins after the previous one has ended, all runs lie between
the start and the end of their document, a sample is a part of its run, and no two runs have the same samples. These checks
need no key and apply to reports of every version.

Units    _ns nanoseconds on the monotonic clock, which counts from the machine's start; _utc seconds of wall time.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from labkit.evidence import unpacked
from labkit.untrusted_file import read_json

PLACE = ("size", "stage", "block", "attempt", "position")
DISTINCT_SAMPLES_MIN = 3  # a single number may occur twice, but not a series of numbers
CLOCKS_APART_S = 2  # started_utc and ended_utc are whole seconds


def impossible_rows(report: Path) -> Iterator[tuple[str, str, str]]:
    """(file, place in it, error) of each wrong row, in the order of the files. The evidence has to be readable JSON."""
    seen: dict[Any, str] = {}
    for path in sorted((report / "evidence").rglob("*.json")):
        name = path.relative_to(report).as_posix()
        document = unpacked(read_json(path))
        rows = [row for row in document["data"].get("runs") or [] if row.get("wall_ns") and "started_ns" in row]
        for number, wrong in _wrong_rows(document, rows):
            yield name, f"runs/{number}", wrong
        for number, row in enumerate(rows):
            for key in _identity(row):
                if key in seen:
                    yield name, f"runs/{number}", f"the same run as {seen[key]}"
                seen[key] = f"{name}: runs/{number}"


def _wrong_rows(document: dict[str, Any], rows: list[dict[str, Any]]) -> Iterator[tuple[int, str]]:
    places: dict[tuple, int] = {}
    ended_ns = 0
    for number, row in enumerate(rows):
        place = tuple(row.get(name) for name in PLACE)
        if place in places:
            yield number, f"a second run in the place of runs/{places[place]}"
        places[place] = number
        if row["started_ns"] < ended_ns:
            yield number, "it begins before the run before it has ended"
        if sum(row.get("samples_ns") or ()) > row["wall_ns"]:
            yield number, "its samples take longer than the run"
        ended_ns = row["started_ns"] + row["wall_ns"]
    if rows and ended_ns - rows[0]["started_ns"] > (_lasted_s(document) + CLOCKS_APART_S) * 1e9:
        yield len(rows) - 1, "the runs together take longer than from started_utc to ended_utc"


def _lasted_s(document: dict[str, Any]) -> float:
    started, ended = (datetime.fromisoformat(document[name].removesuffix("Z")) for name in ("started_utc", "ended_utc"))
    return (ended - started).total_seconds()


def _identity(row: dict[str, Any]) -> Iterator[tuple]:
    yield "started", row["started_ns"]
    samples = tuple(row.get("samples_ns") or ())
    if len(samples) >= DISTINCT_SAMPLES_MIN:
        yield "samples", samples
