"""gate - check a change for regressions: base and working tree, measured in one interleaved run

Measures the workloads of this repository by default, and any other repository with --repository, --build and --run.
"""

import tempfile
import time
from pathlib import Path

from labkit import error_rates, host
from labkit.evidence import now_utc
from labkit.experiment.arguments import (add_condition_arguments, add_design_arguments, conditions_of, design_of,
                                         report_folder)
from labkit.experiment.campaign import Campaign
from labkit.experiment.design import Design
from labkit.experiment.within_budget import measured
from labkit.gate import ci_output, comparison_report, flame_difference, gate, instruction_witness
from labkit.gate.comparison_report import Setting
from labkit.gate.flame_difference import FlameDifference
from labkit.gate.gate import Subjects, Trees
from labkit.outcome import Exit, UsageError
from labkit.progress import Progress
from labkit.report.comparison_pages import write_comparison
from labkit.row_file import RowFile
from labkit.verdicts.verdict import IMPROVED, REGRESSED
from labkit.workload import manifest

REPORTS = Path("reports/gate")
WITNESS_SHARE = 0.1  # the share of the budget for counting instructions
BUDGETS_S = {"quick": 30, "standard": 120, "thorough": 480}


def add_arguments(parser) -> None:
    parser.add_argument("--base", required=True, metavar="REF", help="the commit to compare the working tree with")
    parser.add_argument("--workload", action="append", metavar="W", help="a workload of this repository; repeat it for more; the default is all")
    parser.add_argument("--repository", type=Path, help="another git repository to measure; needs --run")
    parser.add_argument("--build", metavar="SH", help="the shell command that builds a tree of the repository")
    parser.add_argument("--run", action="append", dest="runs", metavar="CMD", help="the command to time in both trees; repeat it for more")
    parser.add_argument("--flamegraph", action="store_true",
                        help="draw the flame graph difference of every case, not only of those that changed")
    parser.add_argument("--in-process", action="store_true",
                        help="time both versions of a workload alternately in one process, in seconds instead of minutes; a regression is confirmed in separate processes")
    parser.add_argument("--instructions", action="store_true", help="also count instructions (with callgrind, at the main size)")
    add_condition_arguments(parser)
    add_design_arguments(parser, BUDGETS_S, covers="the most time that measuring may take (building both trees, counts of instructions and "
                         "flame graphs come in addition)")
    ci_output.add_arguments(parser)


def run(args) -> Exit:
    if bool(args.runs) != (args.repository is not None):
        raise UsageError("--run and --repository go together; the workloads of this repository need neither")
    if args.in_process and args.runs:
        raise UsageError("--in-process works for the workloads of this repository only, because a command is always a separate process")
    ci_output.parse_thresholds(args.thresholds)  # checked before minutes of measuring, not after
    with report_folder(REPORTS) as folder:
        return run_gate(args, design_of(args), folder)


def run_gate(args, design: Design, folder: Path) -> Exit:
    with tempfile.TemporaryDirectory(prefix="clinic-") as scratch, gate.trees(args.repository or Path(), args.base) as both:
        subjects = subjects_of(args, both, folder, Path(scratch), design.seed)
        started_utc = now_utc()
        with RowFile(folder / "rows.jsonl") as rows:
            campaign = (measured(subjects.cases, design, rows, title="gate", started_s=time.monotonic(), notes=subjects.notes)
                        if subjects.cases else nothing_to_measure(subjects))
        counts = instruction_witness.count(campaign, subjects.cases, WITNESS_SHARE * design.budget_s)
        flames = flame_differences(campaign, subjects, folder, every=args.flamegraph)
    setting = Setting(mode="gate", host=host.read_host(), started_utc=started_utc, arms=subjects.arms_as_run(),
                      rows_path=str(folder / "rows.jsonl"), notes=notes_of(subjects), base=both.to_json(both.head.name if args.runs else None),
                      calibration=error_rates.citation(), flames=[flame.to_json() for flame in flames], instructions=counts, in_process=args.in_process)
    doc = comparison_report.document(campaign, design, setting)
    write_comparison(doc, rows.kept, folder)
    return ci_output.deliver(doc, folder, args)


def subjects_of(args, both: Trees, folder: Path, scratch: Path, seed: int) -> Subjects:
    names = args.runs or args.workload or own_workloads()
    with Progress("builds and answers", len(names), is_logged=False) as progress:
        if args.runs:
            return gate.command_subjects(both, progress.over(names), args.build, conditions_of(args), folder, scratch,
                                         measure_identical=args.measure_identical)
        return gate.workload_subjects(both, progress.over(names, str), folder, seed, scratch,
                                      measure_identical=args.measure_identical, counts_instructions=args.instructions, in_process=args.in_process)


def own_workloads() -> list[str]:
    if not (found := manifest.finished_names()):
        raise UsageError(f"there is no workload in {manifest.WORKLOADS.resolve()}; start lab in a checkout of Perf Clinic, or name what "
                         "to measure with --repository and --run")
    return found


def flame_differences(campaign: Campaign, subjects: Subjects, folder: Path, *, every: bool) -> list[FlameDifference]:
    """Draw the difference of the flame graphs for every case that changed, unless the environment was invalid."""
    from labkit.figures.figures_verdict import file_stem  # imported late, so that wrong usage does not load matplotlib

    changed = [case.name for case in campaign.cases
               if every or (campaign.exit is not Exit.ENVIRONMENT and case.verdict in (IMPROVED, REGRESSED))]
    with Progress("flame graphs", len(changed), is_logged=False) as progress:
        return [flame_difference.draw(name, subjects.profiled[name]["A"], subjects.profiled[name]["B"], folder,
                                      file_stem([case.name for case in campaign.cases], name)) for name in progress.over(changed, str)]


def notes_of(subjects: Subjects) -> list[str]:
    return subjects.notes + [f"{name}: base and working tree build to the same bytes" for name in subjects.identical]


def nothing_to_measure(subjects: Subjects) -> Campaign:
    if not subjects.identical:
        raise UsageError("the base and the working tree have no workload in common")
    return Campaign("identical", "base and working tree build to the same bytes", Exit.PASSED, cases=())
