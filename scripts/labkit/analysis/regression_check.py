"""regression_check.py - the audit's result as one line for a log.  rebench -> regression_check -> audit.md, `make audit`

    regression-check: PASS (81.4 % improvement): baseline/parser_large p95 512.1 µs → optimized/parser_large p95 95.2 µs

"optimized" is the union of the accepted candidates, at the size of the complaint. Where the complaint is about p95, its two values
are the medians over fresh processes, as in the verdict; elsewhere they are those of single batches. FAIL: the union failed or gives
other answers, or fresh processes confirmed that the complaint's metric or p95 got worse at some size.
"""

from typing import Any, Mapping

from labkit.metrics import METRICS
from labkit.phases import COMMAND
from labkit.wording import duration, listing, percent

GUARDED = "p95"


def regression_check(audit: Mapping[str, Any]) -> dict[str, Any]:
    """passed is None where there is no union to check."""
    rebench, size = audit["rebench"], audit["manifest"]["main_size"]
    if rebench is None or not rebench["accepted"]:
        return _result(None, "no candidate was accepted, so there is nothing to check", audit, None)
    wrong = _what_is_wrong(rebench, audit["manifest"]["metric"])
    times = _times_of(rebench, size)
    if wrong:
        return _result(False, wrong, audit, times)
    if times is None and rebench["main"] and audit["manifest"].get("kind") == COMMAND:
        change = 1.0 - 1.0 / rebench["main"]["gain_ratio"]
        return _result(True, f"{percent(change)} less {METRICS[rebench['main']['metric']].table_label}" if change > 0 else "nothing got worse", audit, None)
    if times is None:
        return _result(True, "nothing got worse; single batches were not timed", audit, None)
    improvement = 1.0 - times[1] / times[0]
    said = f"{percent(improvement)} improvement" if improvement >= 0 else f"{percent(-improvement)} slower, and no regression was confirmed"
    return _result(True, said, audit, times)


def _what_is_wrong(rebench: Mapping[str, Any], metric: str) -> str | None:
    if rebench["failure"]:
        return f"the union failed: {rebench['failure']['reason']}"
    if any(not one["equal"] for one in rebench["answers"]):
        return "the union gives other answers than the baseline"
    lost = [f"{one['metric']} at {one['size']}" for one in rebench["effects"]
            if one["verdict"] == "regressed" and one["metric"] in (metric, GUARDED)]
    return f"worse on fresh processes: {listing(lost)}" if lost else None


def _times_of(rebench: Mapping[str, Any], size: str) -> tuple[float, float] | None:
    """p95 of baseline and union, in ns: per operation from processes, or per batch from single batches."""
    if rebench["main"] and rebench["main"]["metric"] == GUARDED:
        return rebench["main"]["a_median"], rebench["main"]["b_median"]
    batches = rebench["single_batches"]
    if not (batches.get("baseline") and batches.get("union")):
        return None
    return batches["baseline"]["p95_ns"], batches["union"]["p95_ns"]


def _result(passed: bool | None, said: str, audit: Mapping[str, Any], times: tuple[float, float] | None) -> dict[str, Any]:
    word = {True: "PASS", False: "FAIL", None: "NONE"}[passed]
    name = f"{audit['manifest']['name']}_{audit['manifest']['main_size']}"
    pair = f": baseline/{name} {GUARDED} {duration(times[0])} → optimized/{name} {GUARDED} {duration(times[1])}" if times else ""
    line = f"regression-check: {word} ({said}){pair}".replace("\u00a0", " ")  # in plain spaces, so that logs can be searched
    return {"passed": passed, "line": line,
            "p95_before_ns": times[0] if times else None, "p95_after_ns": times[1] if times else None}
