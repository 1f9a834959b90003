"""render.py - numbers to pages.  audit numbers -> templates/*.md.j2 -> render.py -> audit.md, checklist.md

The same numbers give the same bytes on any machine: no clock, no locale, and no order except that of the numbers.
labkit/wording.py formats every unit, so templates contain no arithmetic.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

from labkit import wording
from labkit.foreign_text import for_markdown, for_markdown_code
from labkit.metrics import METRICS, is_tail
from labkit.phases import COMMAND
from labkit.report.merged_findings import merged, merged_points

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = ROOT / "templates"
PAGES = ("audit.md", "checklist.md")
# A row in the tables of metrics that is not a metric of a row: it is counted for the whole program.
OTHER_LABELS = {"heap_peak": "peak of the heap"}


def render_pages(audit: dict[str, Any], templates: str = "") -> dict[str, str]:
    """Every page of the report: file name to text. templates: the beginning of their templates' names."""
    return {page: render(page, audit, templates) for page in PAGES}


def render(page: str, audit: dict[str, Any], templates: str = "") -> str:
    return _environment().get_template(f"{templates}{page}.j2").render(audit)


def render_template(name: str, values: dict[str, Any]) -> str:
    """A page that is no part of a report."""
    return _environment().get_template(name).render(values)


def as_block(text: str) -> str:
    """A transcript or a difference: every line is indented, so that none can be anything but code."""
    return "\n".join(f"    {line}".rstrip() for line in str(text).splitlines())


def metric_label(name: str) -> str:
    return METRICS[name].table_label if name in METRICS else OTHER_LABELS[name]


def amount(value: float, unit: str) -> str:
    """The text of a metric's value in a table. A rate is judged and stored as the time of one operation, and shown as a rate."""
    if unit == "ops/s":
        return f"{wording.significant(1e9 / value)}/s"
    return {"bytes": wording.size, "count": wording.count}.get(unit, wording.duration)(value)


def by_size(rows: list[dict[str, Any]], manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of several sizes, the smallest first; rows of one size keep their order."""
    return sorted(rows, key=lambda one: manifest["fixture"]["sizes"][one["size"]])


def beyond_functions(lines: list[dict[str, Any]], functions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines that say more than the row of their function. Where only a function's first line is known, both have the same share."""
    rows = {(one["name"], one["file"], one["line"]): one["self"] for one in functions}
    return [one for one in lines if rows.get((one["function"], one["file"], one["line"])) != one["share"]]


@lru_cache(maxsize=None)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined,
                                     trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
                                     autoescape=False)
    written = {name: getattr(wording, name) for name in (
        "times", "percent", "change", "worsening", "significant", "count", "duration", "duration_interval", "gain_interval", "confidence",
        "share_interval", "size", "quantity", "title", "p_value", "p_is", "plural", "listing",
        "sentence", "detectable")}
    environment.filters.update(written, cell=for_markdown, code=for_markdown_code, block=as_block, metric=metric_label, amount=amount, by_size=by_size, merged=merged,
                               merged_points=merged_points, beyond_functions=beyond_functions,
                               upper_first=lambda text: text[:1].upper() + text[1:])
    environment.tests.update(command=lambda manifest: manifest.get("kind") == COMMAND, exact=lambda name: METRICS[name].is_exact, tail=is_tail)
    return environment
