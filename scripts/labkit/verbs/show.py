"""show - a sealed report as one HTML page for a browser; without a report, all of reports/ and their list

The page needs no network and no other file: figures and flame graphs stand in it. It is written below build/, for it follows from the
report: sealed files stay as they are, and nothing that can go stale is committed. A report that does not verify is refused.
"""

import os
from pathlib import Path

from labkit.foreign_text import for_terminal
from labkit.named_output import probe, write_named
from labkit.outcome import Exit, LabError, UsageError

REPORTS = Path("reports")
PAGES = Path("build") / "reports"


def add_arguments(parser) -> None:
    parser.add_argument("report", type=Path, nargs="?", help="the folder of a sealed report, for example reports/telemetry/v0001")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the page is written; the default is below build/reports")
    parser.add_argument("--unverified", action="store_true",
                        help="show a report that does not verify, too; the page says so above everything else")


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
    """A report from elsewhere never takes the place of one of ours."""
    whole = report.resolve()
    if whole.parent.parent == REPORTS.resolve():
        return PAGES / whole.parent.name / f"{whole.name}.html"
    return PAGES / "elsewhere" / f"{whole.parent.name}-{whole.name}.html"


def show(report: Path, page: Path, unverified: bool) -> None:
    """LabError where the report does not verify and nobody asked for it all the same."""
    from labkit.report.verification import verify  # imported late, so that `lab --help` does not load scipy and matplotlib
    from labkit.report.web_page import report_page, seal_note

    probe("--output", page)
    try:
        found = verify(report)
    except LabError as error:  # it names a folder, which may be called anything
        raise LabError(for_terminal(error), error.code) from error
    if found.code is not Exit.PASSED and not unverified:
        raise LabError(f"{for_terminal(found.conclusion)}; --unverified shows it all the same", found.code)
    write_named(page, report_page(report, seal_note(found), leads_to(report, page)))
    print(f"show: wrote {for_terminal(page)}" + ("" if found.code is Exit.PASSED else ", which says that it does not verify"))


def leads_to(report: Path, page: Path) -> str:
    """From the page to the folder, as a relative address."""
    from urllib.parse import quote

    return quote(os.path.relpath(report.resolve(), page.parent.resolve())) + "/"


def show_all(unverified: bool) -> Exit:
    """Each report on its own: one that is refused is named, and the others are shown all the same."""
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
    note = SealNote("doubtful", "A list, which nobody sealed.", ("Each page says above everything else whether its report verifies.",))
    write_named(index, list_page(report_list(REPORTS), places, note))
    print(f"show: wrote {index}")
    return worst
