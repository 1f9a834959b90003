"""publish.py - turn evidence into a sealed report: analyse, draw, render, seal, in this order.  evidence -> publish.py -> report

Every file appears by rename, the manifest last: an interrupted publish leaves an open version, and the next
`make audit` publishes again.
"""

from pathlib import Path
from typing import Any

from labkit.evidence import layout, write_text
from labkit.progress import Progress
from labkit.report.chain import record_head
from labkit.report.made_by import this_version
from labkit.report.render import render_pages
from labkit.report.report_kinds import kind_of_report
from labkit.report.seal import seal
from labkit.self_trace import PHASE, span

NUMBERS = "audit.json"


@span(PHASE, "report")
def publish(report: Path) -> dict[str, Any]:
    """Write audit.json, figures, pages and the manifest of an open version; returns the numbers."""
    kind = kind_of_report(report)
    with Progress("report", 3, is_logged=False) as progress:
        audit = kind.conclude(kind.read(report))
        write_text(report / NUMBERS, numbers_text(audit))
        progress.advance("figures")
        for name, svg in kind.draw(audit).items():
            write_text(report / "figures" / name, svg.decode("utf-8"))
        progress.advance("pages")
        for name, text in render_pages(audit, kind.templates).items():
            write_text(report / name, text)
        seal(report, audit["previous"], this_version())
        record_head(report)
    return audit


def numbers_text(audit: dict[str, Any]) -> str:
    return layout(audit) + "\n"
