"""optimize - build every candidate, check its answers, measure each alone, accept or reject"""

from labkit.analysis import decisions_of
from labkit.audit import audit_state, preview
from labkit.audit.flow import open_version, run_optimize
from labkit.outcome import Exit
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
    for one in decisions_of(folder):
        print(f"{one.verdict:<9}  {one.id:<20} {one.reason}")
    print(f"optimize: {folder}/evidence/candidates/; next: make rebench W={args.workload}")
    return Exit.PASSED


def look(args) -> Exit:
    for one in preview.previews(audit_state.load(args.workload, args.budget)):
        print(preview_line(one), flush=True)
    print("optimize: this preview measures time alone, in one process and at one size; it accepts nothing: make audit decides")
    return Exit.PASSED


def preview_line(one: preview.Preview) -> str:
    c = one.comparison
    if c is None:
        return f"{'no verdict':<12}  {one.id:<20} {one.text}"
    return f"{c.verdict:<12}  {one.id:<20} {gain_interval(c.gain_ratio, c.gain_low, c.gain_high, c.confidence)} in {c.blocks_count} blocks: {one.text}"
