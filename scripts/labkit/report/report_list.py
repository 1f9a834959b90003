"""report_list.py - reports/README.md: the list of all reports, one line each.  sealed reports -> report_list -> README.md

Generated, and compared with the folder by a test; `make bless-report-list` writes it.
"""

import json
from collections import Counter
from pathlib import Path

from labkit.report.seal import SEAL
from labkit.wording import at_confidence, listing, times

HEAD = """# Reports

What was measured, with all of its evidence. A sealed report is verified with `make verify R=reports/<workload>/<version>`.
`make bless-report-list` writes this page.

## Audits

"""


def report_list(reports: Path) -> str:
    sealed = [seal.parent for seal in sorted(reports.glob(f"*/v*/{SEAL}"))]
    pages = [path for path in sorted(reports.glob("*/*.md"))]
    return HEAD + "".join(map(_audit_line, sealed)) + "\n## Others\n\n" + "".join(map(_page_line, pages))


def _audit_line(folder: Path) -> str:
    audit = json.loads((folder / "audit.json").read_text())
    headline, gain = audit["headline"], audit["headline"]["gain"]
    found = Counter(one["verdict"] for one in audit["candidates"])
    claim = ""
    if gain:
        claim = f": {headline['metric']} {times(gain['gain_ratio'])} [{times(gain['gain_low'])}, {times(gain['gain_high'])}]"\
            f"{at_confidence(gain.get('confidence'))}, at {headline['size']}"
    candidates = listing([f"{found[verdict]} {verdict}" for verdict in sorted(found)])
    place = f"{folder.parent.name}/{folder.name}"
    return (f"- [{place}]({place}/audit.md), {audit['manifest']['title']}, {audit['budget']} budget. "
            f"{headline['sentence']}{claim}; candidates: {candidates}.\n")


def _page_line(page: Path) -> str:
    title = next(line for line in page.read_text().splitlines() if line.startswith("# ")).removeprefix("# ")
    place = f"{page.parent.name}/{page.name}"
    return f"- [{place}]({place}), {title}\n"
