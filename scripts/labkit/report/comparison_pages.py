"""comparison_pages.py - a comparison's document, page and figures, written beside its rows.  document -> comparison_pages"""

import json
from pathlib import Path

from labkit.evidence import write_text
from labkit.gate import comparison_report
from labkit.named_output import write_named
from labkit.schemas import check


def write_comparison(doc: dict, rows: list[dict], folder: Path, also: Path | None = None) -> None:
    """comparison.json, comparison.md and the figures of its rows, if there are any; the terminal gets the summary.

    also: where else the document is wanted.
    """
    check(doc, str(folder / "comparison.json"))
    text = json.dumps(doc, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(folder / "comparison.json", text)
    page = comparison_report.markdown(doc)
    if rows:
        from labkit.figures import figures_verdict  # late: two identical programs must not pay for matplotlib

        page += comparison_report.gallery([path.name for path in figures_verdict.write_all(doc, rows, folder)])
    write_text(folder / "comparison.md", page)
    print("\n".join(comparison_report.summary_lines(doc)))
    print(f"  {folder / 'comparison.md'}")
    if also:
        write_named(also, text)
