"""analysis - turn evidence into all numbers that audit.json holds and audit.md prints.  EvidenceSet -> analysis -> dict

There is one module per part of the report, each a pure function of the evidence set (and of earlier parts). Numbers are
rounded once, here, to SIGNIFICANT digits, so that the last bit of a library's arithmetic cannot change a report.

Pure   no disk, no clock; every random draw is seeded from the evidence.
Units  keys carry them; a _ratio is a fraction; gains are baseline / changed, above 1 is better.
"""

import dataclasses
import math
from pathlib import Path
from typing import Any

from labkit.analysis.appendix import appendix
from labkit.analysis.baseline_numbers import baseline_numbers
from labkit.analysis.candidate_numbers import candidate_numbers
from labkit.analysis.checklist import check_rows
from labkit.analysis.complaint import complaint_numbers
from labkit.analysis.causal_numbers import causal_of
from labkit.analysis.concurrency_numbers import concurrency_numbers
from labkit.analysis.decide import Decision, decide_candidates
from labkit.analysis.defence_answers import defence_answers
from labkit.analysis.environment_numbers import environment_numbers
from labkit.analysis.evidence_set import EvidenceSet, read_evidence_set
from labkit.analysis.findings import collect_findings
from labkit.analysis.headline import headline
from labkit.analysis.hypotheses import score_hypotheses
from labkit.analysis.load_numbers import load_numbers
from labkit.analysis.memory_numbers import memory_numbers
from labkit.analysis.profile_numbers import profile_numbers
from labkit.analysis.rebench_numbers import rebench_numbers
from labkit.analysis.regression_check import regression_check
from labkit.analysis.trade_offs import trade_offs
from labkit.verdicts.verdict import ENGINE

SCHEMA = 1
SIGNIFICANT = 9


def analyse(evidence_set: EvidenceSet) -> dict[str, Any]:
    """All numbers of the report, JSON-ready: same evidence, same dict, on any machine."""
    decisions = _decisions(evidence_set)
    audit: dict[str, Any] = {
        "schema": SCHEMA,
        "engine": ENGINE,
        "workload": evidence_set.manifest["name"],
        "version": evidence_set.plan["data"]["version"],
        "previous": evidence_set.plan["data"]["previous"],
        "budget": evidence_set.plan["budget"],
        "manifest": evidence_set.manifest,
        "policy": evidence_set.policy,
    }
    audit["environment"] = environment_numbers(evidence_set)
    audit["baseline"] = baseline_numbers(evidence_set)
    audit["complaint"] = complaint_numbers(evidence_set.manifest, audit["baseline"])
    audit["profile"] = profile_numbers(evidence_set)
    audit["memory"] = memory_numbers(evidence_set)
    audit["hypotheses"] = score_hypotheses(evidence_set)
    audit["candidates"] = candidate_numbers(evidence_set, decisions)
    audit["rebench"] = rebench_numbers(evidence_set, decisions)
    audit["load"] = load_numbers(evidence_set)
    audit["concurrency"] = concurrency_numbers(evidence_set)
    if causal := causal_of(evidence_set):
        audit["causal"] = causal  # a report without virtual speed-ups has no such key, as before they existed
    audit["headline"] = headline(evidence_set, audit)
    audit["regression_check"] = regression_check(audit)
    audit["trade_offs"] = trade_offs(evidence_set, decisions, audit)
    audit["findings"] = collect_findings(evidence_set, audit)
    audit["checklist"] = check_rows(audit)
    audit["defence"] = defence_answers(audit)
    audit["appendix"] = appendix(evidence_set)
    return tidy(audit)


def decisions_of(report: Path) -> tuple[Decision, ...]:
    """The decisions on the candidates measured so far, while the version is still open."""
    return _decisions(read_evidence_set(report))


def _decisions(evidence_set: EvidenceSet) -> tuple[Decision, ...]:
    return decide_candidates(evidence_set.candidates, evidence_set.profile, evidence_set.manifest, evidence_set.policy,
                             evidence_set.memory)


def tidy(value: Any) -> Any:
    """Plain JSON: dataclasses become dicts, floats are rounded to SIGNIFICANT digits, and NaN and infinity become None."""
    if dataclasses.is_dataclass(value):
        return {field.name: tidy(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): tidy(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [tidy(one) for one in value]
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT}g}") + 0.0 if math.isfinite(value) else None
    return value
