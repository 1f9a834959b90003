"""conclude - evidence to numbers: everything that audit.json holds and audit.md prints.  Dossier -> conclude -> dict

One module per part of the report, each a pure function of the dossier (and of parts left of it). Numbers are rounded
once, here, to SIGNIFICANT digits, so that the last bit of a library's arithmetic cannot change a report.

Pure   no disk, no clock; every random draw is seeded from the evidence.
Units  keys carry them; a _ratio is a fraction; gains are baseline / changed, above 1 is better.
"""

import dataclasses
import math
from pathlib import Path
from typing import Any

from labkit.conclude.appendix import appendix
from labkit.conclude.baseline_numbers import baseline_numbers
from labkit.conclude.candidate_numbers import candidate_numbers
from labkit.conclude.checklist import check_rows
from labkit.conclude.decide import Decision, decide
from labkit.conclude.defence_answers import defence_answers
from labkit.conclude.dossier import Dossier, read_dossier
from labkit.conclude.environment_numbers import environment_numbers
from labkit.conclude.findings import collect_findings
from labkit.conclude.headline import headline
from labkit.conclude.hypotheses import score_hypotheses
from labkit.conclude.memory_numbers import memory_numbers
from labkit.conclude.profile_numbers import profile_numbers
from labkit.conclude.rebench_numbers import rebench_numbers
from labkit.conclude.trade_offs import trade_offs

SCHEMA = 1
SIGNIFICANT = 9


def conclude(dossier: Dossier) -> dict[str, Any]:
    """All numbers of the report, JSON-ready: same evidence, same dict, on any machine."""
    decisions = decide(dossier.candidates, dossier.profile, dossier.manifest, dossier.policy)
    audit: dict[str, Any] = {
        "schema": SCHEMA,
        "workload": dossier.manifest["name"],
        "version": dossier.plan["data"]["version"],
        "previous": dossier.plan["data"]["previous"],
        "budget": dossier.plan["budget"],
        "manifest": dossier.manifest,
        "policy": dossier.policy,
    }
    audit["environment"] = environment_numbers(dossier)
    audit["baseline"] = baseline_numbers(dossier)
    audit["profile"] = profile_numbers(dossier)
    audit["memory"] = memory_numbers(dossier)
    audit["hypotheses"] = score_hypotheses(dossier)
    audit["candidates"] = candidate_numbers(dossier, decisions)
    audit["rebench"] = rebench_numbers(dossier, decisions)
    audit["headline"] = headline(dossier, audit)
    audit["trade_offs"] = trade_offs(dossier, decisions, audit)
    audit["findings"] = collect_findings(dossier, audit)
    audit["checklist"] = check_rows(audit)
    audit["defence"] = defence_answers(audit)
    audit["appendix"] = appendix(dossier)
    return tidy(audit)


def decisions_of(report: Path) -> tuple[Decision, ...]:
    """What the candidates measured so far come to, while the version is still open."""
    dossier = read_dossier(report)
    return decide(dossier.candidates, dossier.profile, dossier.manifest, dossier.policy)


def tidy(value: Any) -> Any:
    """Dataclasses to dicts, floats to SIGNIFICANT digits, what is not a number to None: plain JSON."""
    if dataclasses.is_dataclass(value):
        return {field.name: tidy(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): tidy(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [tidy(one) for one in value]
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT}g}") + 0.0 if math.isfinite(value) else None
    return value
