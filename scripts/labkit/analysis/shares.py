"""shares.py - turn sample counts into shares with intervals.  profile evidence -> shares.py -> Share

A share of n independent samples is binomial: its interval is Clopper and Pearson's (1934), which is never too narrow.

What was counted and not sampled has a share without an interval.

Units  _ratio is a fraction of all samples of one sampling, or of all that was counted.
"""

from dataclasses import dataclass
from typing import Any, Mapping

from labkit.analysis.function_names import aliases_of
from labkit.metrics import METRICS
from labkit.phases import WHOLE
from labkit.stats.proportions import clopper_pearson


@dataclass(frozen=True)
class Share:
    ratio: float
    low: float
    high: float
    samples_count: int  # samples in this part


def share(samples_count: int, all_count: int) -> Share | None:
    """None when there are no samples."""
    if all_count == 0:
        return None
    low, high = clopper_pearson(samples_count, all_count)
    return Share(samples_count / all_count, low, high, samples_count)


def primary_sampling(profile: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The sampling from which shares are computed: the first that has samples."""
    samplings = profile["data"]["samplings"] if profile else ()
    return next((one for one in samplings if one["samples_count"]), None)


def function_share(profile: Mapping[str, Any] | None, name: str) -> Share | None:
    """Share of samples with `name`, or an alias of it, anywhere on the stack; None when it was never seen."""
    sampling = primary_sampling(profile)
    if sampling is None:
        return None
    known = aliases_of(name, (one["name"] for one in sampling["functions"]))
    totals = {alias: sum(one["total_count"] for one in sampling["functions"] if one["name"] == alias) for alias in known}
    total = max(totals.values(), default=0)  # one alias may call the other, so both may be on the same stacks
    return share(min(total, sampling["samples_count"]), sampling["samples_count"]) if total else None


def exact_share(count: int, all_count: int) -> Share | None:
    """None when nothing was counted at all."""
    return Share(count / all_count, count / all_count, count / all_count, count) if all_count else None


def sites_of_complaint(memory: Mapping[str, Any] | None, metric: str) -> tuple[tuple[frozenset[str], int], ...]:
    """(functions on the stack, what the complaint counts there) of every call site of the longest recording; empty where the complaint is
    about time, or no site was recorded."""
    column, heap = METRICS[metric].traced_by, memory["data"].get("heap") if memory else None
    if not column or not heap:
        return ()
    longest = max(heap["recordings"], key=lambda one: one["runs_count"])
    return tuple((frozenset(frame["function"] for frame in site["frames"]), site[column]) for site in longest["sites"])


def target_share(profile: Mapping[str, Any] | None, memory: Mapping[str, Any] | None, metric: str, name: str) -> Share | None:
    """Share of what is complained of: samples of CPU time, or what call sites below `name` count; None when it was never seen. A
    candidate that changes how a command runs targets the whole of it, which no profile has to show."""
    if name == WHOLE:
        return exact_share(1, 1)
    sites = sites_of_complaint(memory, metric)
    if not sites:
        return function_share(profile, name)
    known = set(aliases_of(name, (function for functions, _ in sites for function in functions)))
    found = [count for functions, count in sites if known & functions]
    return exact_share(sum(found), sum(count for _, count in sites)) if found else None


def ceiling(part: Share | None) -> float | None:
    """Amdahl's ceiling: the gain if this share cost nothing at all; None when unknown or unbounded."""
    return 1.0 / (1.0 - part.ratio) if part and part.ratio < 1.0 else None
