"""headline.py - the one number, its interval, and whether it closes the complaint."""

import math
from typing import Any

from labkit.analysis.earlier_claims import between_audits
from labkit.analysis.evidence_set import EvidenceSet

VERDICTS = {
    "closed": "The complaint is closed",
    "not proven": "The complaint is not proven closed",
    "not closed": "The complaint is not closed",
    "no improvement": "No improvement is proven",
    "nothing accepted": "No candidate was accepted",
    "failed": "The union of the accepted candidates failed",
    "not confirmed": "The gain was not confirmed on fresh processes",
}
# The sentence where the complaint names a rate that was not reproduced, so that it cannot be called closed.
OF_WHAT_WAS_MEASURED = {"closed": "The target is reached for what was measured; the complaint itself was not reproduced"}

# The sentences of a quick audit that judged at another size than the complaint's.
AT_ANOTHER_SIZE = {
    "closed": "The target is reached at another size than the complaint's",
    "not proven": "At another size than the complaint's, the target is not proven reached",
    "not closed": "At another size than the complaint's, the target is not reached",
}


def headline(evidence_set: EvidenceSet, audit: dict[str, Any]) -> dict[str, Any]:
    manifest, rebench = evidence_set.manifest, audit["rebench"]
    main = rebench["main"] if rebench and rebench["accepted"] else None  # an empty union would compare the baseline with itself
    verdict = _verdict(audit, manifest["target"])
    return {
        "verdict": verdict,
        "sentence": sentence_of(verdict, audit["complaint"]["reproduced"], bool(manifest.get("complaint_size"))),
        "metric": manifest["metric"], "target": manifest["target"], "size": manifest["main_size"],
        "ops_count": manifest["fixture"]["sizes"][manifest["main_size"]], "op": manifest["op"],
        "gain": main, "union_again_ratio": union_again_ratio(audit) if main else None,
        "between_audits": between_audits(evidence_set.plan["data"], audit["environment"], main),
        "defensible": evidence_set.plan["budget"] != "quick",
        "reproduce": manifest.get("again") or f"make audit W={manifest['name']} BUDGET={evidence_set.plan['budget']}",
        "recompute": f"make verify R=reports/{manifest['name']}/{evidence_set.plan['data']['version']}",
    }


def union_again_ratio(audit: dict[str, Any]) -> float | None:
    """How surely another audit would accept every candidate of the union again, as independent events; None where one was counted."""
    ratios = [one["again_ratio"] for one in audit["candidates"] if one["id"] in audit["rebench"]["accepted"]]
    return None if None in ratios else math.prod(ratios)


def sentence_of(verdict: str, reproduced: bool | None, is_at_another_size: bool = False) -> str:
    if is_at_another_size and verdict in AT_ANOTHER_SIZE:
        return AT_ANOTHER_SIZE[verdict]
    return OF_WHAT_WAS_MEASURED.get(verdict, VERDICTS[verdict]) if reproduced is False else VERDICTS[verdict]


def _verdict(audit: dict[str, Any], target: float) -> str:
    """The complaint is closed only if the whole interval reaches the target; a point estimate is not enough."""
    rebench = audit["rebench"]
    if rebench is None:
        return "not confirmed" if any(one["accepted"] for one in audit["candidates"]) else "nothing accepted"
    if rebench["failure"] or any(not one["equal"] for one in rebench["answers"]):
        return "failed"
    if not rebench["accepted"]:
        return "nothing accepted"
    main = rebench["main"]
    if main is None or main["verdict"] != "improved":
        return "no improvement"
    if main["gain_low"] >= target:
        return "closed"
    return "not proven" if main["gain_high"] >= target else "not closed"
