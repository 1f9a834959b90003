"""merged_findings.py - findings that say the same about several subjects, as one with a count.  findings -> merged_findings -> findings

Two findings are the same when their sentences differ in numbers only. The numbers become ranges: "4 to 18 runs belonged to disturbed blocks".
The invalid points of an offered load are merged in the same way, by server.

Pure  no disk.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

NUMBER = re.compile(r"\d(?:[\d.,\u202f]*\d)?")
ORDER = ("error", "warning", "note")


def merged(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Errors first, then warnings and notes, each in the order of their first."""
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for one in findings:
        groups.setdefault((one["level"], shape_of(one["text"]), shape_of(one["cost"])), []).append(one)
    return sorted(map(as_one, groups.values()), key=lambda one: ORDER.index(one["level"]))


def merged_texts(texts: Sequence[str]) -> list[str]:
    """Sentences that differ in numbers only become one."""
    groups: dict[str, list[str]] = {}
    for one in texts:
        groups.setdefault(shape_of(one), []).append(one)
    return [ranged(group) for group in groups.values()]


def merged_points(points: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """{server, rates, times_count, reason}: the points of one server that were invalid for the same reason, in the order of their first."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in points:
        groups.setdefault((one["server"], shape_of(one["reason"])), []).append(one)
    return [{"server": server, "rates": sorted({one["offered_per_s"] for one in group}), "times_count": len(group),
             "reason": ranged([one["reason"] for one in group])} for (server, _), group in groups.items()]


def shape_of(text: str) -> str:
    """The text without its numbers and without the plural of what was counted."""
    return re.sub(r"# (\w+?)s?\b", r"# \1", NUMBER.sub("#", text))


def as_one(group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if len(group) == 1:
        return dict(group[0])
    subjects = list(dict.fromkeys(one["subject"] for one in group))
    return dict(group[0]) | {"subject": f"{', '.join(subjects)} ({len(group)} times)", "text": ranged([one["text"] for one in group]),
                             "cost": ranged([one["cost"] for one in group])}


def ranged(texts: Sequence[str]) -> str:
    """The longest text, so that its nouns are plural, with the range of each number."""
    columns = zip(*(NUMBER.findall(text) for text in texts))
    ranges = iter([range_of(column) for column in columns])
    return NUMBER.sub(lambda _number: next(ranges), max(texts, key=len))


def range_of(numbers: Sequence[str]) -> str:
    ordered = sorted(set(numbers), key=lambda one: float(re.sub(r"[,\u202f]", "", one).replace(".", "", max(0, one.count(".") - 1))))
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"
