"""diagnose - run one command under every instrument: where its time goes and what to try first; no manifest is needed

lab diagnose [options] -- COMMAND: the words after -- are the command and its arguments, which run without a shell.

Writes diagnosis.md, diagnosis.json and flamegraph.svg to reports/diagnose/TIME/ and, with --try, a comparison to reports/compare/.
"""

import argparse
import os
import shlex
from pathlib import Path
from typing import Any

from labkit import host
from labkit.diagnose import diagnosis_page, opportunities
from labkit.diagnose.observe import Deadline, Observations, Target, observe
from labkit.diagnose.tries import changes_for, comparison_arguments, split_by_answer
from labkit.evidence import now_utc
from labkit.experiment.arguments import check_input, report_folder
from labkit.experiment.budget_words import budget_seconds, list_words
from labkit.experiment.commands import find_program
from labkit.foreign_text import for_terminal
from labkit.outcome import Exit, LabError, UsageError
from labkit.terminal_output import Line, Table, show
from labkit.untrusted_file import read_json
from labkit.verbs import compare
from labkit.wording import ABSENT, times

REPORTS = Path("reports/diagnose")
BUDGETS_S = {"quick": 60, "standard": 300, "thorough": 900}
TRY_SHARE = 0.5  # the share of the budget for --try
LEAST_TRY_S = 5.0
ROWS_SHOWN = 6


def add_arguments(parser) -> None:
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="the program and its arguments, after --")
    parser.add_argument("--stdin", type=Path, metavar="FILE", help="the file that every run reads as its standard input")
    parser.add_argument("--expect-exit", type=int, default=0, metavar="CODE", help="the exit code that each run must end with; the default is 0")
    parser.add_argument("--budget", type=budget_seconds(BUDGETS_S), default="standard", metavar="SECONDS",
                        help=f"the most time that the whole diagnosis may take, in seconds or as {list_words(BUDGETS_S)}; the default is standard")
    parser.add_argument("--try", action="store_true", dest="tries",
                        help="also try changes that need no source code (other allocators, huge pages, the C locale) and judge each")


def run(args) -> Exit:
    target, deadline = target_of(args), Deadline(args.budget)
    started_utc, machine = now_utc(), host.read_host()
    with report_folder(REPORTS) as folder:
        found = observe(target, Deadline(args.budget * (1 - TRY_SHARE * args.tries)), folder)
        doc = diagnosis_page.document(target, found, opportunities.find(target, found), machine, started_utc)
        diagnosis_page.write(folder, doc)  # written before the changes are tried, which may be interrupted
        if args.tries:
            doc["tried"] = try_changes(target, found, deadline, folder)
            diagnosis_page.write(folder, doc)
        print_summary(doc, folder)
    return Exit.PASSED


def target_of(args) -> Target:
    if args.budget <= 0:
        raise UsageError("--budget must be above 0")
    if not 0 <= args.expect_exit <= 255:
        raise UsageError(f"--expect-exit {args.expect_exit}: an exit code is from 0 to 255")
    if args.stdin:
        check_input("--stdin", args.stdin)
    return Target(tuple(args.command), find_program(args.command[0], None), args.stdin, args.expect_exit)


def try_changes(target: Target, found: Observations, deadline: Deadline, folder: Path) -> dict[str, Any]:
    """The verdicts on the changes, by `lab compare`, which also prints them and writes its own report to reports/compare/."""
    changes, refused = split_by_answer(target, found, changes_for(found), deadline.left_s())
    if not changes:
        return {"changes": [], "refused": refused, "page": None}
    parser, result = argparse.ArgumentParser(), folder / "tried.json"
    compare.add_arguments(parser)
    _, *options = comparison_arguments(target, changes, "--budget", f"{max(LEAST_TRY_S, deadline.left_s()):g}", "--json", str(result),
                                       *([] if found.stdout_sha256 else ["--expect-output", "any"]))
    try:
        compare.run(parser.parse_args(options))
    except LabError as error:  # the diagnosis itself remains valid
        return {"changes": [], "refused": [*refused, for_terminal(f"the comparison failed: {error}")], "page": None}
    comparison = read_json(result)
    return {"changes": tried_rows(comparison), "refused": refused,
            "page": os.path.relpath(Path(comparison["rows"]).with_name("comparison.md"), folder)}


def tried_rows(comparison: dict[str, Any]) -> list[dict[str, Any]]:
    """The verdict of the comparison on the first metric of each change; a gain above 1 means faster."""
    return [{"name": case["name"] or "the change", "verdict": case["verdict"]}
            | {key: case["comparisons"][0].get(key) for key in ("gain_ratio", "gain_low", "gain_high", "confidence")} for case in comparison["cases"]]


def print_summary(doc: dict[str, Any], folder: Path) -> None:
    show([Line(for_terminal(shlex.join(doc["command"]))), *map(Line, doc["limits"]), Line("")])
    found = doc["opportunities"][:ROWS_SHOWN]
    if found:
        rows = [(times(one["ceiling"]) if one["ceiling"] is not None else ABSENT, one["what"]) for one in found]
        show([Table(("ceiling", "what to try first; in brackets: 95 % interval"), rows, frozenset((0,)), {number: [one["because"]] for number, one in enumerate(found)}), Line("")])
    show([*(Line(f"note: {note}") for note in doc["notes"]), Line(f"{folder}/diagnosis.md has all results, and the command that tests each change")])
