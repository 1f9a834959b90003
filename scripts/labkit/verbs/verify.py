"""verify - recompute every number of a sealed report from its evidence; any difference fails"""

from pathlib import Path

from labkit.outcome import Exit, UsageError

SHOWN = 40


def add_arguments(parser) -> None:
    parser.add_argument("report", type=Path, help="folder of a sealed report, for example reports/telemetry/v0001")


def run(args) -> Exit:
    if not args.report.is_dir():
        raise UsageError(f"{args.report} is not a folder; sealed reports stand in reports/<workload>/vNNNN")
    from labkit.report.recompute import excuse, other_engine, recompute  # late: `lab --help` need not pay for scipy and matplotlib

    differences = recompute(args.report)
    note = other_engine(args.report)
    if not differences and note is not None:
        print(f"verify: {args.report}: every file is as sealed, and all numbers that no verdict touches follow from the "
              f"evidence; {note}")
        return Exit.PASSED
    if not differences:
        print(f"verify: {args.report}: every file, number, page and figure follows from the evidence")
        return Exit.PASSED
    note = excuse(args.report, differences)
    if note is not None:
        print(f"verify: {args.report}: every file is as sealed, every number follows from the evidence; {note}")
        return Exit.PASSED
    for one in differences[:SHOWN]:
        print(f"verify: {one}")
    if len(differences) > SHOWN:
        print(f"verify: and {len(differences) - SHOWN} more")
    print(f"verify: {args.report}: FAILED, {len(differences)} difference(s)")
    return Exit.FAILED
