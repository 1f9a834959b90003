"""compare - judge two commands, in any language: improved, regressed, equivalent or inconclusive

Writes reports/compare/TIME/: rows.jsonl as they are measured, comparison.json, comparison.md, figures.
"""

import json
import secrets
import tempfile
from dataclasses import replace
from pathlib import Path

from labkit import calibration, comparison_report, host
from labkit.campaign import Campaign, Case, Design, run_campaign
from labkit.commands import (ANY, SAME, Command, CommandPair, Conditions, are_identical, exact_counts, parse_command,
                             prepare_pair)
from labkit.comparison_report import Setting
from labkit.evidence import now_utc, write_text
from labkit.metrics import METRICS
from labkit.outcome import Exit, LabError, UsageError
from labkit.row_file import RowFile
from labkit.schemas import check
from labkit.verdict import NothingToCompare, Policy

REPORTS = Path("reports/compare")
WATCHED = ("wall", "cpu", "peak_rss", "binary_size")
# What a command without our harness cannot say.
INSIDE_ONLY = ("p50", "p95", "p99", "throughput")


def add_arguments(parser) -> None:
    parser.add_argument("--a", required=True, metavar="CMD", action="append",
                        help="the command to compare with; again for an equivalent build, rotated by block")
    parser.add_argument("--b", required=True, metavar="CMD", action="append", help="the command to judge; likewise")
    parser.add_argument("--metric", action="append", choices=[name for name in METRICS if name not in INSIDE_ONLY],
                        help="what decides; several are judged together; default: wall")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the result, also here")
    parser.add_argument("--setup", metavar="SH", help="shell command, once before everything")
    parser.add_argument("--prepare", metavar="SH", help="shell command before each run, not timed")
    parser.add_argument("--stdin", type=Path, metavar="FILE", help="standard input of every run")
    parser.add_argument("--expect-output", default=SAME, metavar="FILE|same|any",
                        help="what each run must print: this file, what A prints (default), or anything")
    add_design_arguments(parser)
    parser.add_argument("--measure-identical", action="store_true", help="measure even if A and B are one program")


def add_design_arguments(parser) -> None:
    """What compare and gate share."""
    parser.add_argument("--budget", type=float, default=30.0, metavar="SECONDS", help="most time to take; default: 30")
    parser.add_argument("--pairs", type=int, help="pairs of runs, instead of the pilot's choice")
    parser.add_argument("--alpha", type=float, default=Policy.alpha, help="default: 0.01")
    parser.add_argument("--effect", type=float, default=Policy.effect_ratio, metavar="RATIO",
                        help="smallest change that counts; default: 0.01")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="of one run; default: 60")
    parser.add_argument("--seed", type=int, help="default: a new one, recorded")


def run(args) -> Exit:
    sides = {"A": [parse_command(text) for text in args.a], "B": [parse_command(text) for text in args.b]}
    design = design_of(args)
    folder = new_folder(REPORTS)
    setting = Setting(mode="compare", host=host.read_host(), started_utc=now_utc(), arms=arms_of(sides),
                      rows_path=str(folder / "rows.jsonl"), calibration=calibration.citation())
    if are_identical(sides["A"][0], sides["B"][0]) and not args.measure_identical:
        doc = comparison_report.identical_document(design, setting, sides["A"][0].sha256)
        return finish(doc, folder, args.json)
    with tempfile.TemporaryDirectory(prefix="clinic-") as scratch:
        pair = prepare_pair(sides["A"], sides["B"], conditions_of(args), Path(scratch))
        with RowFile(folder / "rows.jsonl") as rows:
            campaign = measured(run_campaign, [case_of(pair, args.metric or ["wall"])], design, rows)
    doc = comparison_report.document(campaign, design, replace(setting, notes=pair.notes))
    return finish(doc, folder, args.json, rows.kept)


def measured(run_it, cases: list[Case], design: Design, rows: RowFile) -> Campaign:
    try:
        return run_it(cases, design, on_row=rows.add)
    except NothingToCompare as error:
        raise LabError(f"{error}; the runs so far are in {rows.path}", Exit.FAILED) from None


def design_of(args) -> Design:
    if args.pairs is not None and args.pairs < 1:
        raise UsageError(f"--pairs {args.pairs}: at least 1")
    if args.budget <= 0 or not 0 < args.alpha < 1 or args.effect < 0:
        raise UsageError("--budget must be above 0, --alpha between 0 and 1, --effect at least 0")
    return Design(seed=args.seed if args.seed is not None else secrets.randbits(32), budget_s=args.budget,
                  policy=Policy(alpha=args.alpha, effect_ratio=args.effect), cpu=host.measuring_cpu(),
                  blocks_count=None if args.pairs is None else -(-args.pairs // 2),
                  floor_ratio=calibration.floor_ratio())


def conditions_of(args) -> Conditions:
    for path in [args.stdin] if args.stdin else []:
        if not path.is_file():
            raise UsageError(f"--stdin {path}: there is no such file")
    return Conditions(cpu=host.measuring_cpu(), timeout_s=args.timeout, stdin=args.stdin, prepare=args.prepare,
                      setup=args.setup, expect=expectation(args.expect_output))


def expectation(text: str) -> str | bytes:
    if text in (SAME, ANY):
        return text
    try:
        return Path(text).read_bytes()
    except OSError as error:
        raise UsageError(f"--expect-output {text}: {error.strerror}; it is a file, same or any") from None


def case_of(pair: CommandPair, gating: list[str]) -> Case:
    watched = tuple(name for name in WATCHED if name not in gating)
    return Case("command", pair.observe, gating=tuple(gating), watched=watched,
                count=exact_counts(pair, (*gating, *watched)))


def arms_of(sides: dict[str, list[Command]]) -> dict[str, dict]:
    return {name: {"command": commands[0].text, "sha256": commands[0].sha256,
                   "builds": [command.sha256 for command in commands]} for name, commands in sides.items()}


def new_folder(parent: Path) -> Path:
    """TIME, and a number where two start in one second."""
    stamp = now_utc().replace(":", "").replace("-", "")
    for number in range(1, 1000):
        folder = parent / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
    raise LabError(f"{parent} has a thousand reports of this second")


def finish(doc: dict, folder: Path, json_path: Path | None, rows: list[dict] | None = None) -> Exit:
    """Documents, figures, terminal."""
    check(doc, str(folder / "comparison.json"))
    text = json.dumps(doc, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(folder / "comparison.json", text)
    write_text(folder / "comparison.md", comparison_report.markdown(doc))
    if json_path is not None:
        write_text(json_path, text)
    if rows:
        from labkit import figures_verdict
        figures_verdict.write_all(doc, rows, folder)
    print("\n".join(comparison_report.summary_lines(doc)))
    print(f"  {folder / 'comparison.md'}")
    return Exit(doc["exit_code"])
