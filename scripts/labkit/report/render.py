"""render.py - numbers to pages.  audit numbers -> templates/*.md.j2 -> render.py -> audit.md, checklist.md

Same numbers, same bytes, on any machine: no clock, no locale, no order but the numbers' own. Every unit is written
by labkit/wording.py, so templates hold words and no arithmetic.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

from labkit import VERSION, wording
from labkit.metrics import METRICS, is_tail
from labkit.report.seal import Renderer

LABKIT = Path(__file__).resolve().parents[1]
TEMPLATES = LABKIT.parents[1] / "templates"
PAGES = ("audit.md", "checklist.md")
# What stands in tables beside the metrics, and is none: it is counted for the program as a whole.
OTHER_LABELS = {"heap_peak": "peak of the heap"}


def renderer() -> Renderer:
    """Of this tool: what would make other pages of the same numbers if it were otherwise."""
    whole = hashlib.sha256()
    for path in [*sorted(TEMPLATES.glob("*.j2")), *sorted((TEMPLATES / "audit_parts").glob("*.j2")),
                 *sorted(LABKIT.glob("figures/*.py")), LABKIT / "report" / "render.py", LABKIT / "wording.py",
                 LABKIT / "metrics.py"]:
        whole.update(path.read_bytes())
    return Renderer(VERSION, whole.hexdigest())


def render_pages(audit: dict[str, Any]) -> dict[str, str]:
    """File name to text, of every page of the report."""
    return {page: render(page, audit) for page in PAGES}


def render(page: str, audit: dict[str, Any]) -> str:
    return _environment().get_template(f"{page}.j2").render(audit)


def cell(value: Any) -> str:
    """Text that stays inside its table cell and is not taken for markup."""
    text = " ".join(str(value).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;") or " "


def code(value: Any) -> str:
    """Inline code; a table cell in it needs its bars escaped all the same."""
    return f"`{' '.join(str(value).split()).replace('|', chr(92) + '|').replace('`', chr(39))}`"


def metric_label(name: str) -> str:
    return METRICS[name].table_label if name in METRICS else OTHER_LABELS[name]


def amount(value: float, unit: str) -> str:
    """A value of a metric as a table shows it; a rate is judged, and kept, as the time of one operation."""
    if unit == "ops/s":
        return f"{wording.significant(1e9 / value)}/s"
    return {"bytes": wording.size, "count": wording.count}.get(unit, wording.duration)(value)


@lru_cache(maxsize=None)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined,
                                     trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
                                     autoescape=False)
    written = {name: getattr(wording, name) for name in (
        "times", "percent", "change", "significant", "count", "duration", "duration_interval", "gain_interval",
        "share_interval", "size", "quantity", "title", "p_value", "plural", "listing",
        "sentence", "detectable")}
    environment.filters.update(written, cell=cell, code=code, metric=metric_label, amount=amount)
    environment.tests.update(exact=lambda name: METRICS[name].is_exact, tail=is_tail)
    return environment
