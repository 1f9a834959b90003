"""candidate_numbers.py - the impact/risk table: every candidate, including the rejected ones, with the reason."""

from typing import Any, Mapping, Sequence

from labkit.analysis.comparison_numbers import campaign_numbers, comparison_numbers, loss_numbers
from labkit.analysis.decide import Decision
from labkit.analysis.evidence_set import Document, EvidenceSet
from labkit.analysis.shares import ceiling
from labkit.metrics import METRICS
from labkit.policy import parse


def candidate_numbers(evidence_set: EvidenceSet, decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """The rows in the manifest's order; a candidate that was never measured has a row that states this."""
    measured = {one.id: (one, document) for one, document in zip(decisions, evidence_set.candidates)}
    return [_numbers(evidence_set, *measured[one["id"]]) if one["id"] in measured else _absent(one)
            for one in evidence_set.manifest["candidates"]]


def _absent(candidate: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": candidate["id"], "title": candidate["title"], "measured": False, "accepted": False,
            "verdict": "not measured", "reason": "No evidence for this candidate was found; run `make audit` again.",
            "rule": "not measured", "targets": candidate["targets"], "risk": candidate["risk"],
            "predicted_gain": candidate["predicted_gain"], "share": None, "traced_in": None, "ceiling_ratio": None, "gain": None,
            "campaign": None}


def _numbers(evidence_set: EvidenceSet, decision: Decision, document: Document) -> dict[str, Any]:
    data, facts = document["data"], decision.facts
    candidate = data["candidate"]
    amdahl = ceiling(facts.share) if METRICS[evidence_set.manifest["metric"]].bound_by_cpu else None
    return {
        **{key: candidate[key] for key in ("id", "title", "targets", "risk", "risk_why", "rollback", "predicted_gain",
                                           "change")},
        "measured": True,
        "evidence": evidence_set.paths[f"candidates/{candidate['id']}"],
        "accepted": decision.accepted, "verdict": decision.verdict, "rule": decision.rule, "reason": decision.reason,
        "objections": list(decision.objections), "again_ratio": decision.again_ratio if decision.accepted else None,
        "failure": data["failure"],
        "answers": data["answers"],
        "share": facts.share, "traced_in": facts.traced_in,
        "ceiling_ratio": amdahl,
        "exceeds_ceiling": exceeds_ceiling(decision, amdahl),
        "prediction_exceeds_ceiling": amdahl is not None and 1.0 + candidate["predicted_gain"] > amdahl,
        "gain": comparison_numbers(facts.gain) if facts.gain else None,
        "others": [comparison_numbers(one) for one in facts.others],
        "losses": loss_numbers(data["runs"]),
        "campaign": campaign_numbers(data, evidence_set.manifest["metric"], parse(evidence_set.policy)),
        "lines": data["lines"],
        "lines_count": facts.lines_count,
        "deciding_gain_ratio": decision.deciding_gain_ratio,
        "allowed_lines_count": decision.allowed_lines_count,
        "required_gain_ratio": decision.required_gain_ratio,
        "peak_rss": [_growth(one) for one in facts.peak_rss],
        "allocations": [_growth(one) for one in facts.allocations],
        "instructions": _instructions(data),
    }


def exceeds_ceiling(decision: Decision, amdahl: float | None) -> bool:
    """Whether the gain exceeds what the target's whole share can explain: then it is real, but comes partly from elsewhere."""
    gain = decision.facts.gain
    return amdahl is not None and gain is not None and gain.comparison.gain_low > amdahl


def _growth(one: Any) -> dict[str, Any]:
    return {"size": one.size, "before": one.before, "after": one.after, "ratio": one.ratio}


def _instructions(data: Mapping[str, Any]) -> dict[str, Any] | None:
    counted = data["instructions_count"]
    if not counted or not counted["baseline"]:
        return None
    return {**counted, "ratio": counted["candidate"] / counted["baseline"] - 1.0}
