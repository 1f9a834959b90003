"""render.py - numbers to pages.  audit numbers -> templates/*.md.j2 -> render.py -> audit.md, checklist.md

Same numbers, same bytes, on any machine: no clock, no locale, no order but the numbers' own. Every unit is written
by labkit/wording.py, so templates hold words and no arithmetic.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

from labkit import wording
from labkit.foreign_text import for_markdown, for_markdown_code
from labkit.metrics import METRICS, is_tail

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = ROOT / "templates"
PAGES = ("audit.md", "checklist.md")
# What stands in tables beside the metrics, and is none: it is counted for the program as a whole.
OTHER_LABELS = {"heap_peak": "peak of the heap"}


def render_pages(audit: dict[str, Any]) -> dict[str, str]:
    """File name to text, of every page of the report."""
    return {page: render(page, audit) for page in PAGES}


def render(page: str, audit: dict[str, Any]) -> str:
    return _environment().get_template(f"{page}.j2").render(audit)


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
        "share_interval", "size", "quantity", "title", "p_value", "p_is", "plural", "listing",
        "sentence", "detectable")}
    environment.filters.update(written, cell=for_markdown, code=for_markdown_code, metric=metric_label, amount=amount)
    environment.tests.update(exact=lambda name: METRICS[name].is_exact, tail=is_tail)
    return environment
