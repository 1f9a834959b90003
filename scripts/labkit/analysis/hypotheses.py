"""hypotheses.py - what was believed before profiling, scored by the profile.

A hypothesis names the function that was thought to cost most. Its share is that of the samples with the function
anywhere on the stack; a rival's share is that of the samples in another stage and not in this function, so that a
function inside a stage competes with the rest of it. Confirmed: no rival is larger, beyond the intervals of both.
Refuted: one is. Undecided: the intervals overlap. A function that no instrument saw under any name (inlined, renamed, or never run)
was not tested: absence from a profile is no share of 0 %.
"""

from typing import Any

from labkit.analysis.evidence_set import EvidenceSet
from labkit.analysis.function_names import aliases_of
from labkit.analysis.shares import Share, share


def score_hypotheses(evidence_set: EvidenceSet) -> list[dict[str, Any]]:
    stages = [one["entry"] for one in evidence_set.manifest["stages"]]
    return [_score(evidence_set, one, stages) for one in evidence_set.manifest["hypotheses"]]


def _score(evidence_set: EvidenceSet, hypothesis: dict[str, Any], stages: list[str]) -> dict[str, Any]:
    function = hypothesis["function"]
    known = set(aliases_of(function, _names_seen(evidence_set)))
    found = _share_of(evidence_set, lambda functions: bool(known & functions)) if known else None
    rivals = {stage: _share_of(evidence_set, lambda functions: stage in functions and not known & functions)
              for stage in stages if stage not in known}
    largest = max((stage for stage in rivals if rivals[stage]), key=lambda one: (rivals[one].ratio, one), default=None)
    rival = rivals.get(largest)
    return {"says": hypothesis["says"], "function": function, "seen_as": sorted(known - {function}), "share": found,
            "rival": largest, "rival_share": rival,
            "verdict": _verdict(found, rival) if known or not evidence_set.stacks else "not seen"}


def _names_seen(evidence_set: EvidenceSet) -> set[str]:
    """By the sampler, or by callgrind, whose count is no sample: then a share of 0 means that it costs next to nothing."""
    sampled = {name for stack in evidence_set.stacks for name in stack.functions}
    variants = evidence_set.instructions["data"]["variants"] if evidence_set.instructions else ()
    return sampled | {one["name"] for variant in variants for one in variant["functions"]}


def _share_of(evidence_set: EvidenceSet, belongs) -> Share | None:
    """None when there are no stacks at all; a function that only callgrind saw has a share of 0 and an interval."""
    counted = sum(stack.samples_count for stack in evidence_set.stacks if belongs(stack.functions))
    return share(counted, sum(stack.samples_count for stack in evidence_set.stacks))


def _verdict(found: Share | None, rival: Share | None) -> str:
    if found is None or rival is None:
        return "not tested"
    if rival.low > found.high:
        return "refuted"
    return "confirmed" if found.low > rival.high else "undecided"
