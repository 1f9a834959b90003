"""show - write a sealed report as one HTML page for a browser; without a report, all reports and a list of them

The page needs no network and no other file, because it contains all figures and flame graphs. It is written below build/, because it can
be made from the report at any time: sealed files stay as they are, and no page that can become outdated is committed. A report that does
not verify is refused.
"""

import os
from pathlib import Path

from labkit.foreign_text import for_terminal
from labkit.named_output import probe, write_named
from labkit.outcome import Exit, LabError, UsageError
from labkit.progress import Progress

REPORTS = Path("reports")
PAGES = Path("build") / "reports"


def add_arguments(parser) -> None:
    parser.add_argument("report", type=Path, nargs="?", help="the folder of a sealed report, for example reports/telemetry/v0001")
    parser.add_argument("--output", type=Path, metavar="FILE", help="the file to which the page is written; the default is below build/reports")
    parser.add_argument("--unverified", action="store_true",
                        help="also show a report that does not verify; the first line of its page states that it does not")


def run(args) -> Exit:
    if args.report is None:
        if args.output:
            raise UsageError("--output names one page, so it needs the folder of one report")
        return show_all(args.unverified)
    if not args.report.is_dir():
        raise UsageError(f"{for_terminal(args.report)} is not a folder; sealed reports are in reports/<workload>/vNNNN")
    show(args.report, args.output or page_of(args.report), args.unverified)
    return Exit.PASSED


def page_of(report: Path) -> Path:
    """The default file of a report's page. The page of a report from elsewhere never replaces that of a report of this repository."""
    whole = report.resolve()
    if whole.parent.parent == REPORTS.resolve():
        return PAGES / whole.parent.name / f"{whole.name}.html"
    return PAGES / "elsewhere" / f"{whole.parent.name}-{whole.name}.html"


def show(report: Path, page: Path, unverified: bool) -> None:
    """Writes the page of one report. LabError: the report does not verify, and unverified is false."""
    from labkit.report.verification import verify  # imported late, so that `lab --help` does not load scipy and matplotlib
    from labkit.report.web_page import report_page, seal_note

    probe("--output", page)
    with Progress(f"show {for_terminal(report)}", 2, is_logged=False) as progress:
        try:
            found = verify(report)
        except LabError as error:  # the message contains the folder's name, which may contain escape sequences
            raise LabError(for_terminal(error), error.code) from error
        if found.code is not Exit.PASSED and not unverified:
            raise LabError(f"{for_terminal(found.conclusion)}; --unverified shows it nevertheless", found.code)
        progress.advance("page")
        write_named(page, report_page(report, seal_note(found), leads_to(report, page)))
    print(f"show: wrote {for_terminal(page)}" + ("" if found.code is Exit.PASSED else ", which states that the report does not verify"))


def leads_to(report: Path, page: Path) -> str:
    """The relative address of the report's folder, as seen from the page, with a / at its end."""
    from urllib.parse import quote

    return quote(os.path.relpath(report.resolve(), page.parent.resolve())) + "/"


def show_all(unverified: bool) -> Exit:
    """Writes the pages of all reports and their list. A report that is refused is named, and does not prevent the other pages."""
    from labkit.report.report_list import report_list
    from labkit.report.seal import SEAL
    from labkit.report.web_page import SealNote, list_page

    index, places, worst = PAGES / "index.html", {}, Exit.PASSED
    probe("--output", index)
    for report in [seal.parent for seal in sorted(REPORTS.glob(f"*/v*/{SEAL}"))]:
        page = page_of(report)
        try:
            show(report, page, unverified)
        except LabError as error:
            print(f"show: {error}")
            worst = max(worst, error.code)
            continue
        places[f"{report.relative_to(REPORTS)}/audit.md"] = page.relative_to(PAGES).as_posix()
    note = SealNote("doubtful", "This is a list of reports; the list itself is not sealed.", ("The first line of each page states whether its report verifies.",))
    write_named(index, list_page(report_list(REPORTS), places, note))
    print(f"show: wrote {index}")
    return worst
