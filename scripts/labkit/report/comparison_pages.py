"""comparison_pages.py - a comparison's document, page and figures, written beside its rows.  document -> comparison_pages"""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

from labkit.evidence import write_text
from labkit.foreign_text import for_terminal
from labkit.gate import comparison_report
from labkit.named_output import write_named
from labkit.progress import Progress
from labkit.schemas import check
from labkit.terminal_output import Line, show

CSV_FIELDS = ("metric", "unit", "verdict", "a_median", "b_median", "ratio", "low", "high", "confidence", "p_adjusted", "mde_ratio",
              "mean_ratio", "pairs_count")


@dataclass(frozen=True)
class NamedFiles:
    """Further files that the user named for the document, its table and its page."""

    json: Path | None = None
    csv: Path | None = None
    markdown: Path | None = None


def write_comparison(doc: dict, rows: list[dict], folder: Path, also: NamedFiles = NamedFiles()) -> None:
    """Write comparison.json, comparison.md and the figures of its rows, if there are rows, and print the summary."""
    check(doc, str(folder / "comparison.json"))
    text = json.dumps(doc, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(folder / "comparison.json", text)
    page = comparison_report.markdown(doc)
    gallery = ""
    if rows:
        from labkit.figures import figures_verdict  # imported late, so that a comparison of identical programs does not load matplotlib

        with Progress("figures", 1, is_logged=False):
            gallery = comparison_report.gallery([path.name for path in figures_verdict.write_all(doc, rows, folder)])
    write_text(folder / "comparison.md", page + gallery)
    show([*comparison_report.summary(doc), Line(str(folder / "comparison.md"), 2)])
    for path, content in ((also.json, text), (also.csv, table(doc)), (also.markdown, page)):
        if path is not None:
            write_named(path, content)


def table(doc: dict) -> str:
    """CSV (RFC 4180) with one line per metric of each comparison, in base units; an infinite end of an interval is empty.

    A name that a spreadsheet would read as a formula gets a leading apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("comparison", *CSV_FIELDS, "decides"))
    for case in doc["cases"]:
        name = for_terminal(case["name"])
        for c in case["comparisons"]:
            writer.writerow(("'" * name.startswith(("=", "+", "-", "@")) + name, *(c[field] for field in CSV_FIELDS),
                             "yes" if comparison_report.decides(c, case) else "no"))
    return text.getvalue()
