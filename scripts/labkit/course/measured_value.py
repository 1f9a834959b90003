"""measured_value.py - looks up one number or name of a report by a path.  audit.json, path -> measured_value -> value

There are two kinds of paths:
profile.stages.serials.share.ratio   keys, separated by dots; in a list, a key chooses the element that has this word among its values
largest profile.stages share.ratio name   of the elements of a list, the `name` of that one whose share.ratio is largest, or with `smallest`
                                          smallest

Pure  no disk.
"""

from typing import Any


class NotMeasured(Exception):
    """The report has no such value; the message names what is missing."""


def value_at(audit: dict[str, Any], path: str) -> Any:
    words = path.split()
    if len(words) == 4 and words[0] in ("largest", "smallest"):
        return _extreme(audit, *words)
    if len(words) != 1:
        raise NotMeasured(f"{path!r} is not a path")
    found: Any = audit
    for key in path.split("."):
        found = _element(found, key, path)
    if found is None:
        raise NotMeasured(f"{path} is empty")
    return found


def _extreme(audit: dict[str, Any], which: str, where: str, by: str, name: str) -> Any:
    rows = value_at(audit, where)
    if not isinstance(rows, list) or not rows:
        raise NotMeasured(f"{where} is not a list with elements")
    weighed = [(value_at(one, by), one) for one in rows if _has(one, by)]
    if not weighed:
        raise NotMeasured(f"{where} has no {by}")
    pick = max if which == "largest" else min
    return value_at(pick(weighed, key=lambda pair: pair[0])[1], name)


def _has(row: dict[str, Any], path: str) -> bool:
    try:
        return isinstance(value_at(row, path), (int, float))
    except NotMeasured:
        return False


def _element(found: Any, key: str, path: str) -> Any:
    if isinstance(found, dict) and key in found:
        return found[key]
    if isinstance(found, list):
        fits = [one for one in found if isinstance(one, dict) and key in map(str, one.values())]
        if fits:
            return fits[0]
    raise NotMeasured(f"{path}: there is no {key!r}")
