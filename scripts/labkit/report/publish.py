"""publish.py - turn evidence into a sealed report: analyse, draw, render, seal, in this order.  evidence -> publish.py -> report

Every file appears by rename, the manifest last: an interrupted publish leaves an open version, and the next
`make audit` publishes again.
"""

from pathlib import Path
from typing import Any

from labkit.analysis import analyse
from labkit.analysis.evidence_set import read_evidence_set
from labkit.evidence import layout, write_text
from labkit.report.chain import record_head
from labkit.report.made_by import this_version
from labkit.report.render import render_pages
from labkit.report.seal import seal

NUMBERS = "audit.json"


def publish(report: Path) -> dict[str, Any]:
    """Write audit.json, figures, pages and the manifest of an open version; returns the numbers."""
    audit = analyse(read_evidence_set(report))
    write_text(report / NUMBERS, numbers_text(audit))
    for name, svg in draw(audit).items():
        write_text(report / "figures" / name, svg.decode("utf-8"))
    for name, text in render_pages(audit).items():
        write_text(report / name, text)
    seal(report, audit["previous"], this_version())
    record_head(report)
    return audit


def numbers_text(audit: dict[str, Any]) -> str:
    return layout(audit) + "\n"


def draw(audit: dict[str, Any]) -> dict[str, bytes]:
    from labkit.figures.audit_figures import draw_figures  # imported late: matplotlib takes a second, and verify may not need it

    return draw_figures(audit)
