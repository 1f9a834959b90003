"""hypotheses.py - assumptions made before profiling, compared with the profile.

A hypothesis names the function that was assumed to cost most. Its share is that of the samples with the function
anywhere on the stack. A rival's share is that of the samples in another stage and not in this function, so that a
function inside a stage competes with the rest of the stage. Confirmed: the function's interval lies above every rival's.
Refuted: a rival's interval lies above it. Undecided: the intervals overlap. A function that no instrument saw under any name
(inlined, renamed, or never run) was not tested, because absence from a profile does not show a share of 0 %.

Where the complaint is about memory, shares are those of the bytes live at the peak, or of the allocations. These are counted and not
sampled, so they have no interval.
"""

from dataclasses import dataclass
from typing import Any

from labkit.analysis.evidence_set import EvidenceSet
from labkit.analysis.function_names import aliases_of
from labkit.analysis.shares import Share, exact_share, share, sites_of_complaint


def score_hypotheses(evidence_set: EvidenceSet) -> list[dict[str, Any]]:
    stages = [one["entry"] for one in evidence_set.manifest["stages"]]
    weighed = _weighed_stacks(evidence_set)
    return [_score(weighed, one, stages) for one in evidence_set.manifest["hypotheses"]]


@dataclass(frozen=True)
class WeighedStacks:
    """rows: the functions on a stack, and the weight of the stack. names: all functions that any instrument saw."""

    rows: tuple[tuple[frozenset[str], int], ...]
    names: frozenset[str]
    is_counted: bool

    def share_of(self, belongs) -> Share | None:
        """None when there are no stacks at all; a function that only callgrind saw has a share of 0 and an interval."""
        found, whole = sum(weight for functions, weight in self.rows if belongs(functions)), sum(weight for _, weight in self.rows)
        return exact_share(found, whole) if self.is_counted else share(found, whole)


def _weighed_stacks(evidence_set: EvidenceSet) -> WeighedStacks:
    """The stacks of the sampler, or the allocations where the complaint is about memory. The names include the functions that only
    callgrind saw; their share of 0 in the samples means that they cost almost nothing."""
    names = {name for stack in evidence_set.stacks for name in stack.functions}
    variants = evidence_set.instructions["data"]["variants"] if evidence_set.instructions else ()
    names |= {one["name"] for variant in variants for one in variant["functions"]}
    sites = sites_of_complaint(evidence_set.memory, evidence_set.manifest["metric"])
    if sites:
        return WeighedStacks(sites, frozenset(names.union(*(functions for functions, _ in sites))), True)
    return WeighedStacks(tuple((stack.functions, stack.samples_count) for stack in evidence_set.stacks), frozenset(names), False)


def _score(weighed: WeighedStacks, hypothesis: dict[str, Any], stages: list[str]) -> dict[str, Any]:
    function = hypothesis["function"]
    known = set(aliases_of(function, weighed.names))
    found = weighed.share_of(lambda functions: bool(known & functions)) if known else None
    rivals = {stage: weighed.share_of(lambda functions: stage in functions and not known & functions)
              for stage in stages if stage not in known}
    seen = {stage: share for stage, share in rivals.items() if share}
    largest = max(seen, key=lambda one: (seen[one].ratio, one), default=None)
    rival = seen[largest] if largest else None
    return {"says": hypothesis["says"], "function": function, "seen_as": sorted(known - {function}), "share": found,
            "rival": largest, "rival_share": rival,
            "verdict": _verdict(found, rival) if known or not weighed.rows else "not seen"}


def _verdict(found: Share | None, rival: Share | None) -> str:
    if found is None or rival is None:
        return "not tested"
    if rival.low > found.high:
        return "refuted"
    return "confirmed" if found.low > rival.high else "undecided"
