"""report_kinds.py - how each kind of report is read, concluded, drawn and written: one entry each.  report -> report_kinds -> ReportKind

A report's plan says of which kind it is. Whoever publishes, recomputes or renders asks here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.analysis import analyse
from labkit.analysis.evidence_set import read_evidence_set
from labkit.analysis.investigation_numbers import analyse_investigation
from labkit.analysis.investigation_set import read_investigation_set
from labkit.untrusted_file import UntrustedFileError, read_json


@dataclass(frozen=True)
class ReportKind:
    """read: the evidence of a report. conclude: audit.json of what read() returned. templates: before the page's name."""

    read: Callable[[Path], Any]
    conclude: Callable[[Any], dict[str, Any]]
    draw: Callable[[dict[str, Any]], dict[str, bytes]]
    templates: str = ""


def draw_speed(audit: dict[str, Any]) -> dict[str, bytes]:
    from labkit.figures.audit_figures import draw_figures  # late: matplotlib costs a second that verify may not need

    return draw_figures(audit)


SPEED = ReportKind(read_evidence_set, analyse, draw_speed)
REPORT_KINDS: dict[str, ReportKind] = {
    "investigation_plan": ReportKind(read_investigation_set, analyse_investigation, lambda audit: {}, "investigation_"),
}
"""By the kind of its plan; any other report is about speed."""


def kind_of_report(report: Path) -> ReportKind:
    try:
        return REPORT_KINDS.get(read_json(report / "evidence" / "plan.json").get("kind"), SPEED)
    except (UntrustedFileError, AttributeError, TypeError):
        return SPEED  # whose reading says what is wrong with the plan
