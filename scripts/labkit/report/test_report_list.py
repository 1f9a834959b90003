"""reports/README.md lists what stands in reports/. `make bless-report-list` writes it; read the difference."""

import os
from pathlib import Path

from labkit.report.report_list import report_list

REPORTS = Path("reports")


def test_the_list_of_reports_is_what_is_there():
    page, wanted = REPORTS / "README.md", report_list(REPORTS)
    if os.environ.get("BLESS"):
        page.write_text(wanted)
    assert page.read_text() == wanted
    sealed = list(REPORTS.glob("*/v*/MANIFEST.sha256"))
    assert sealed and all(f"({seal.parent.relative_to(REPORTS)}/audit.md), " in wanted for seal in sealed)
