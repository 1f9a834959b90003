"""hypotheses.py - what was believed before profiling, scored by the profile.

A hypothesis names the function that was thought to cost most. Its share is that of the samples with the function
anywhere on the stack; a rival's share is that of the samples in another stage and not in this function, so that a
function inside a stage competes with the rest of it. Confirmed: no rival is larger, beyond the intervals of both.
Refuted: one is. Undecided: the intervals overlap.
"""

from typing import Any

from labkit.analysis.evidence_set import EvidenceSet
from labkit.analysis.shares import Share, share


def score_hypotheses(evidence_set: EvidenceSet) -> list[dict[str, Any]]:
    stages = [one["entry"] for one in evidence_set.manifest["stages"]]
    return [_score(evidence_set, one, stages) for one in evidence_set.manifest["hypotheses"]]


def _score(evidence_set: EvidenceSet, hypothesis: dict[str, Any], stages: list[str]) -> dict[str, Any]:
    function = hypothesis["function"]
    found = _share_of(evidence_set, lambda functions: function in functions)
    rivals = {stage: _share_of(evidence_set, lambda functions: stage in functions and function not in functions)
              for stage in stages if stage != function}
    largest = max((stage for stage in rivals if rivals[stage]), key=lambda one: (rivals[one].ratio, one), default=None)
    rival = rivals.get(largest)
    return {"says": hypothesis["says"], "function": function, "share": found, "rival": largest, "rival_share": rival,
            "verdict": _verdict(found, rival)}


def _share_of(evidence_set: EvidenceSet, belongs) -> Share | None:
    """None when there are no stacks at all; a function that was never seen has a share of 0 and an interval."""
    counted = sum(stack.samples_count for stack in evidence_set.stacks if belongs(stack.functions))
    return share(counted, sum(stack.samples_count for stack in evidence_set.stacks))


def _verdict(found: Share | None, rival: Share | None) -> str:
    if found is None or rival is None:
        return "not tested"
    if rival.low > found.high:
        return "refuted"
    return "confirmed" if found.low > rival.high else "undecided"
