"""graduation.py - the page at the end: the questions of a design defence, answered from the person's own reports.  reports -> graduation -> page"""

import json
from pathlib import Path
from typing import Any

from labkit.audit import version
from labkit.evidence import write_text
from labkit.report.render import render_template

PAGE = Path("build/clinic/graduation.md")
TEMPLATE = "graduation.md.j2"


def write_page(capstone: Path) -> Path:
    """capstone: the report of the last case."""
    write_text(PAGE, page_of(capstone))
    return PAGE


def page_of(capstone: Path) -> str:
    audit = json.loads((capstone / "audit.json").read_text())
    return render_template(TEMPLATE, {"report": capstone.as_posix(), "audit": audit, "fastest": three_fastest(audit), "hang": hang_report()})


def three_fastest(audit: dict[str, Any]) -> list[dict[str, Any]]:
    """The three candidates with the largest measured gains, the largest first."""
    measured = [one for one in audit["candidates"] if one["measured"] and one["gain"]]
    return sorted(measured, key=lambda one: -one["gain"]["gain_ratio"])[:3]


def hang_report() -> dict[str, Any] | None:
    """A sealed report of a hang and its folder; None if there is none."""
    for folder in sorted(version.REPORTS.glob("*/v[0-9][0-9][0-9][0-9]"), reverse=True):
        if version.is_sealed(folder):
            audit = json.loads((folder / "audit.json").read_text())
            if audit["manifest"].get("fault") == "hang":
                return {"report": folder.as_posix(), "audit": audit}
    return None
