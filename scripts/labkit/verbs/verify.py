"""verify - recompute every number of a sealed report from its evidence; any difference fails

Also prints whether the report is unsigned, is signed by a known key, or has a broken signature, which fails.
"""

from pathlib import Path

from labkit.outcome import Exit, UsageError
from labkit.progress import Progress
from labkit.terminal_output import BAD, GOOD, Line, show


def add_arguments(parser) -> None:
    parser.add_argument("report", type=Path, help="the folder of a sealed report, for example reports/telemetry/v0001")


def run(args) -> Exit:
    if not args.report.is_dir():
        raise UsageError(f"{args.report} is not a folder; sealed reports are in reports/<workload>/vNNNN")
    from labkit.report.verification import verify  # imported late, so that `lab --help` does not load scipy and matplotlib

    with Progress(f"verify {args.report}", 1, is_logged=False):
        found = verify(args.report)
    colour = GOOD if found.code is Exit.PASSED else BAD
    show(Line(f"verify: {line}", coloured=[(0, len("verify:"), colour)]) for line in found.lines)
    return found.code
