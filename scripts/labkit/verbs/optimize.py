"""optimize - build every candidate, check its answers, measure each alone, accept or reject"""

from labkit.analysis import decisions_of
from labkit.audit import audit_state, preview
from labkit.audit.flow import open_version, run_optimize
from labkit.outcome import Exit
from labkit.terminal_output import Line, Table, show
from labkit.verbs import add_audit_arguments
from labkit.wording import gain_interval


def add_arguments(parser) -> None:
    add_audit_arguments(parser)
    parser.add_argument("--in-process", action="store_true",
                        help="a preview in seconds: each candidate and the baseline are timed alternately in one process; nothing is accepted and no evidence is written")


def run(args) -> Exit:
    if args.in_process:
        return look(args)
    folder = open_version(args.workload, args.budget, run_optimize)
    decisions = [(one.verdict, one.id, one.reason) for one in decisions_of(folder)]
    show([Table(("verdict", "candidate", "reason"), decisions)] if decisions else [])
    show([Line(f"optimize: {folder}/evidence/candidates/; next: make rebench W={args.workload}")])
    return Exit.PASSED


def look(args) -> Exit:
    for one in preview.previews(audit_state.load(args.workload, args.budget)):
        show([Table(("", "", ""), [preview_row(one)])])
    print("optimize: this preview measures time alone, in one process and at one size; it accepts nothing: make audit decides")
    return Exit.PASSED


def preview_row(one: preview.Preview) -> tuple[str, str, str]:
    """Printed as soon as it is known, so its columns have fixed widths."""
    c = one.comparison
    if c is None:
        return "no verdict  ", f"{one.id:<20}", one.text
    found = gain_interval(c.gain_ratio, c.gain_low, c.gain_high, c.confidence)
    return f"{c.verdict:<12}", f"{one.id:<20}", f"{found} in {c.blocks_count} blocks: {one.text}"
