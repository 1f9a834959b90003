"""compare - judge two commands, in any language: improved, regressed, equivalent or inconclusive

Writes reports/compare/TIME/: rows.jsonl as they are measured, comparison.json, comparison.md, figures.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

from labkit import error_rates, host
from labkit.evidence import now_utc
from labkit.experiment.arguments import (add_condition_arguments, add_design_arguments, conditions_of, design_of,
                                         measured, report_folder)
from labkit.experiment.commands import Command, Conditions, are_identical, parse_command, prepare_pair
from labkit.experiment.design import Design, case_of
from labkit.gate import comparison_report, instruction_witness
from labkit.gate.comparison_report import Setting
from labkit.metrics import GATES, METRICS, WATCHED, command_metrics
from labkit.named_output import probe
from labkit.outcome import Exit
from labkit.report.comparison_pages import write_comparison
from labkit.row_file import RowFile

REPORTS = Path("reports/compare")


def add_arguments(parser) -> None:
    parser.add_argument("--a", required=True, metavar="CMD", action="append",
                        help="the command to compare with; give it again for an equivalent build, which takes turns by block")
    parser.add_argument("--b", required=True, metavar="CMD", action="append", help="the command to judge; it may be given again likewise")
    parser.add_argument("--metric", action="append", choices=[one.name for one in METRICS.values() if not one.inside],
                        help="what decides; several are judged together; the default is wall")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result into this file as well")
    add_condition_arguments(parser)
    add_design_arguments(parser)


def run(args) -> Exit:
    sides = {"A": [parse_command(text) for text in args.a], "B": [parse_command(text) for text in args.b]}
    design, conditions = design_of(args), conditions_of(args)
    probe("--json", args.json)
    with report_folder(REPORTS) as folder:
        return compare(args, sides, design, conditions, folder)


def compare(args, sides: dict[str, list[Command]], design: Design, conditions: Conditions, folder: Path) -> Exit:
    setting = Setting(mode="compare", host=host.read_host(), started_utc=now_utc(), arms=arms_of(sides),
                      rows_path=str(folder / "rows.jsonl"), calibration=error_rates.citation())
    if are_identical(sides["A"][0], sides["B"][0]) and not args.measure_identical:
        doc = comparison_report.identical_document(design, setting, sides["A"][0].sha256)
        write_comparison(doc, [], folder, args.json)
        return Exit(doc["exit_code"])
    with tempfile.TemporaryDirectory(prefix="clinic-") as scratch:
        pair = prepare_pair(sides["A"], sides["B"], conditions, Path(scratch))
        with RowFile(folder / "rows.jsonl") as rows:
            case = case_of(pair, "command", gating=args.metric or ["wall"], watched=command_metrics(GATES, WATCHED))
            campaign = measured([case], design, rows)
        counts = instruction_witness.count(campaign, [case], design.reserved_s / 2)
    doc = comparison_report.document(campaign, design, replace(setting, notes=pair.notes, instructions=counts))
    write_comparison(doc, rows.kept, folder, args.json)
    return Exit(doc["exit_code"])


def arms_of(sides: dict[str, list[Command]]) -> dict[str, dict]:
    return {name: {"command": commands[0].text, "sha256": commands[0].sha256,
                   "builds": [command.sha256 for command in commands]} for name, commands in sides.items()}
