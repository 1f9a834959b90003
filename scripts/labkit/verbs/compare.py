"""compare - judge two commands or more, in any language: improved, regressed, equivalent or inconclusive

Writes to reports/compare/TIME/: rows.jsonl while it measures, then comparison.json, comparison.md and figures.
"""

import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from labkit import error_rates, host
from labkit.evidence import now_utc
from labkit.experiment.arguments import (add_condition_arguments, add_design_arguments, conditions_of, design_of,
                                         report_folder)
from labkit.experiment.command_pairs import CommandPair, command_pairs
from labkit.experiment.commands import CommandSubject, Conditions, add_canary, are_identical, prepare_pair
from labkit.experiment.design import Case, Design, case_of
from labkit.experiment.few_pairs import PairCosts, needs_few_pairs
from labkit.experiment.within_budget import measured
from labkit.gate import comparison_report, instruction_witness, variant_pair
from labkit.gate.comparison_report import Setting
from labkit.metrics import GATES, METRICS, WATCHED, command_metrics
from labkit.named_output import probe
from labkit.outcome import Exit, UsageError
from labkit.progress import Progress
from labkit.report.comparison_pages import NamedFiles, write_comparison
from labkit.row_file import RowFile

REPORTS = Path("reports/compare")
BUDGETS_S = {"quick": 10, "standard": 30, "thorough": 120}


def add_arguments(parser) -> None:
    parser.add_argument("--a", required=True, metavar="CMD", action="append",
                        help="the command to compare with; repeat it for equivalent builds, which alternate by block")
    parser.add_argument("--b", required=True, metavar="CMD", action="append", help="the command to judge; it may be repeated likewise")
    parser.add_argument("--also", metavar="CMD", action="append", default=[], help="another command to judge against A; repeat it for more")
    parser.add_argument("--name", metavar="NAME", action="append", default=[],
                        help="the name of a command in the report; repeat it in the order of --a, --b and each --also")
    parser.add_argument("--scan", metavar="NAME=V,V", action="append", default=[],
                        help="compare once for each value, which replaces {NAME} in the commands")
    parser.add_argument("--metric", action="append", choices=[one.name for one in METRICS.values() if not one.inside],
                        help="the metric that decides; several are judged together; the default is wall")
    parser.add_argument("--in-process", action="store_true",
                        help="--a and --b are variants of a workload, W or W/CANDIDATE, which are timed alternately in one process, in seconds; "
                             "a regression is confirmed in separate processes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the result to this file as JSON")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="also write a line for each metric of each comparison to this file")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the page, without its figures, to this file")
    add_condition_arguments(parser)
    add_design_arguments(parser, BUDGETS_S)


def run(args) -> Exit:
    started_s = time.monotonic()
    if args.in_process:
        return run_in_process(args, started_s)
    pairs = command_pairs(args.a, args.b, args.also, args.name, args.scan)
    design, conditions = design_of(args), conditions_of(args)
    for option in ("json", "csv", "markdown"):
        probe(f"--{option}", getattr(args, option))
    with report_folder(REPORTS) as folder:
        doc, rows = compare(args, pairs, design, conditions, folder, started_s)
        write_comparison(doc, rows, folder, NamedFiles(args.json, args.csv, args.markdown))
    return Exit(doc["exit_code"])


def run_in_process(args, started_s: float) -> Exit:
    """Compare two variants of a workload, both in one process."""
    if len(args.a) + len(args.b) > 2 or any((args.also, args.name, args.scan, args.metric, args.setup, args.prepare, args.stdin)):
        raise UsageError("--in-process compares two variants of a workload; it takes one --a and one --b, and none of --also, --name, --scan, --metric, "
                         "--setup, --prepare and --stdin")
    design = design_of(args)
    for option in ("json", "csv", "markdown"):
        probe(f"--{option}", getattr(args, option))
    with report_folder(REPORTS) as folder:
        doc, rows = compare_variants(args, design, folder, started_s)
        write_comparison(doc, rows, folder, NamedFiles(args.json, args.csv, args.markdown))
    return Exit(doc["exit_code"])


def compare_variants(args, design: Design, folder: Path, started_s: float) -> tuple[dict, list[dict]]:
    """As compare, for two variants in one process."""
    started_utc = now_utc()
    with tempfile.TemporaryDirectory(prefix="clinic-") as scratch:
        subjects = variant_pair.variant_subjects(args.a[0], args.b[0], design.seed, Path(scratch), measure_identical=args.measure_identical)
        setting = Setting(mode="compare", host=host.read_host(), started_utc=started_utc, arms=subjects.arms, rows_path=str(folder / "rows.jsonl"),
                          calibration=error_rates.citation(), is_named=True, in_process=True)
        if subjects.identical:
            return comparison_report.identical_document(design, setting, next(iter(subjects.arms.values()))["sha256"]), []
        with RowFile(folder / "rows.jsonl") as rows:
            campaign = measured(subjects.cases, design, rows, title="compare", started_s=started_s, notes=subjects.notes)
        counts = instruction_witness.count(campaign, subjects.cases, design.reserved_s / 2)
    return comparison_report.document(campaign, design, replace(setting, arms=subjects.arms_as_run(), notes=subjects.notes, instructions=counts)), rows.kept


def compare(args, pairs: list[CommandPair], design: Design, conditions: Conditions, folder: Path,
            started_s: float) -> tuple[dict, list[dict]]:
    """The document of the comparison and the rows of its runs."""
    setting = Setting(mode="compare", host=host.read_host(), started_utc=now_utc(), arms=arms_of(pairs),
                      rows_path=str(folder / "rows.jsonl"), calibration=error_rates.citation(), is_named=bool(args.name or args.also or args.scan))
    different = [pair for pair in pairs if args.measure_identical or not are_identical(pair.a[0], pair.b[0])]
    if not different:
        return comparison_report.identical_document(design, setting, pairs[0].a[0].sha256), []
    notes = [f"{pair.name}: A and B are the same program, byte for byte" for pair in pairs if pair not in different]
    with tempfile.TemporaryDirectory(prefix="clinic-") as scratch:
        prepared = Prepared.of(different, conditions, args.metric or ["wall"])
        pair_costs = prepared.pair_costs(design.budget_s - design.reserved_s - (time.monotonic() - started_s))
        if not needs_few_pairs(prepared.cases, design, pair_costs):
            prepared.add_canaries(Path(scratch))
        with RowFile(folder / "rows.jsonl") as rows:
            campaign = measured(prepared.cases, design, rows, title="compare", started_s=started_s, notes=notes, pair_costs=pair_costs)
        counts = instruction_witness.count(campaign, prepared.cases, design.reserved_s / 2)
    return comparison_report.document(campaign, design, replace(setting, notes=prepared.notes() + notes, instructions=counts)), rows.kept


def arms_of(pairs: list[CommandPair]) -> dict[str, dict]:
    return {label: arm for pair in pairs for label, arm in pair.arms().items()}


@dataclass
class Prepared:
    """Pairs of commands whose answers have been checked, as subjects and cases of a campaign."""

    subjects: dict[str, CommandSubject] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)

    @classmethod
    def of(cls, pairs: list[CommandPair], conditions: Conditions, gating: list[str]) -> "Prepared":
        found = cls()
        with Progress("answers", len(pairs), is_logged=False) as progress:
            for pair in progress.over(pairs):
                subject = prepare_pair(pair.a, pair.b, conditions, checks_long=len(pairs) > 1)
                conditions = replace(conditions, setup=None)  # the setup runs only once, for the first pair
                name = pair.name or "command"
                found.subjects[name] = subject
                found.cases.append(case_of(subject, name, gating=gating, watched=command_metrics(GATES, WATCHED)))
        return found

    def pair_costs(self, available_s: float) -> PairCosts:
        return PairCosts({name: subject.pair_s for name, subject in self.subjects.items()}, available_s,
                      lambda: [row for name, subject in self.subjects.items() for row in subject.check_rows(name)])

    def add_canaries(self, scratch: Path) -> None:
        for number, subject in enumerate(self.subjects.values()):
            add_canary(subject, scratch / str(number))

    def notes(self) -> list[str]:
        named = len(self.subjects) > 1
        return list(dict.fromkeys(f"{name}: {note}" if named else note
                                  for name, subject in self.subjects.items() for note in subject.notes))
