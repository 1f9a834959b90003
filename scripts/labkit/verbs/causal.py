"""causal - find out what a faster function would gain in a program with threads, by virtual speed-ups

lab causal --function NAME [options] -- COMMAND: the words after -- are the command and its arguments, which run without a shell.

While the function runs, all other threads are delayed; without these delays, the run takes as long as with a faster function. Runs with and without a
speed-up alternate in random order. Beside the gain that they show stands the gain that Amdahl's law promises for the function's share of the CPU time.
Where both differ, threads wait for each other or for something else. The machine needs as many idle CPUs as the program has busy threads: if the
threads wait for CPUs, nothing is concluded.

The exit code is 3 if the runs do not decide the gain of a function, and 4 if they could not be measured.
"""

import json
import math
import secrets
from pathlib import Path

from labkit.analysis import tidy
from labkit.analysis.causal_numbers import CausalNumbers, causal_numbers
from labkit.evidence import write_text
from labkit.experiment.arguments import check_input, cpus_of
from labkit.experiment.virtual_speedups import run_speedups, runs_count
from labkit.foreign_text import for_terminal
from labkit.instruments import Unavailable
from labkit.instruments.virtual_speedup import Work
from labkit.named_output import probe
from labkit.outcome import Exit, LabError, UsageError
from labkit.progress import Progress
from labkit.terminal_output import Line, Part, Table, show
from labkit.wording import percent, times

SPEEDUPS, BLOCKS = "25,50", 8


def add_arguments(parser) -> None:
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="the program and its arguments, after --")
    parser.add_argument("--function", required=True, action="append", metavar="NAME", help="the function that is to be faster; repeat it for more")
    parser.add_argument("--speedups", default=SPEEDUPS, metavar="PERCENT,PERCENT",
                        help=f"by how much of its time the function is to be faster; the default is {SPEEDUPS}")
    parser.add_argument("--progress", metavar="STAGE",
                        help="a piece of work is from one beginning of this stage (clinic/stage.h) to the next; the default is the whole run")
    parser.add_argument("--file", type=Path, metavar="PATH", help="the program or library that has the functions; the default is the first word of COMMAND")
    parser.add_argument("--blocks", type=int, default=BLOCKS, metavar="COUNT",
                        help=f"blocks of runs, each with two runs of each speed-up and two without one; the default is {BLOCKS}")
    parser.add_argument("--cpus", default="all", metavar="one|all|LIST", help="the CPUs that a run may use: all (the default), one, or numbers as 0,2")
    parser.add_argument("--stdin", type=Path, metavar="FILE", help="the file that every run reads as its standard input")
    parser.add_argument("--expect-exit", type=int, default=0, metavar="CODE", help="the exit code that each run must end with; the default is 0")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="a run that takes longer is killed; the default is 60")
    parser.add_argument("--seed", type=int, metavar="NUMBER", help="the seed of the order of runs; without it a new one is drawn")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows of all runs and the result to this file as JSON")


def run(args) -> Exit:
    work, speedups = work_of(args), speedups_of(args.speedups)
    probe("--json", args.json)
    seed = args.seed if args.seed is not None else secrets.randbits(32)
    rows = measured(work, args.function, speedups, args.blocks, seed)
    found = [causal_numbers([row for row in rows if row["function"] == one]) for one in dict.fromkeys(args.function)]
    show(parts_of(found))
    if args.json:
        document = {"schema": 1, "command": list(work.argv), "progress": work.progress, "seed": seed,
                    "functions": found, "rows": rows}
        write_text(args.json, json.dumps(tidy(document), indent=1) + "\n")
    return Exit.INCONCLUSIVE if any(one.is_open for one in found) else Exit.PASSED


def work_of(args) -> Work:
    if args.blocks < 1:
        raise UsageError(f"--blocks {args.blocks}: at least 1")
    if not 0 < args.timeout < math.inf:
        raise UsageError(f"--timeout {args.timeout:g}: it must be above 0")
    if not 0 <= args.expect_exit <= 255:
        raise UsageError(f"--expect-exit {args.expect_exit}: an exit code is from 0 to 255")
    for option, path in (("--stdin", args.stdin), ("--file", args.file)):
        if path:
            check_input(option, path)
    return Work(tuple(args.command), args.file, args.progress, cpus_of(args.cpus), args.timeout, args.stdin, expect_exit=args.expect_exit)


def speedups_of(text: str) -> list[int]:
    try:
        found = sorted({int(one) for one in text.split(",")} - {0})
    except ValueError:
        found = []
    if not found or not 1 <= found[0] <= found[-1] <= 100:
        raise UsageError(f"--speedups {text}: whole numbers from 1 to 100, separated by commas")
    return found


def measured(work: Work, functions: list[str], speedups: list[int], blocks: int, seed: int) -> list[dict]:
    rows: list[dict] = []
    wanted = list(dict.fromkeys(functions))
    with Progress("causal", len(wanted) * runs_count(speedups, blocks), is_logged=False) as progress:
        for function in wanted:
            try:
                rows += run_speedups(work, function, speedups, blocks, seed=seed, on_row=lambda row: progress.advance(row["function"]))
            except Unavailable as reason:
                raise LabError(f"{function}: {reason}") from None
    return rows


def parts_of(found: list[CausalNumbers]) -> list[Part]:
    rows, below = [], {}
    for one in found:
        for gain in one.gains:
            interval = f"[{times(gain.low)}, {times(gain.high)}]" if gain.low is not None else "too few blocks"
            rows.append((for_terminal(one.function), percent(one.share_ratio), times(one.ceiling_ratio), f"{gain.speedup_percent} %", times(gain.amdahl_ratio),
                         times(gain.ratio), interval))
        below[len(rows) - 1] = [for_terminal(one.says)]
    head = ("function", "share of CPU time", "Amdahl's ceiling", "is faster by", "Amdahl's gain", "measured gain", "95 % interval")
    return [Table(head, rows, frozenset((1, 2, 3, 4, 5)), below),
            Line(f"gains of the whole work, of up to {max(one.threads_count for one in found)} threads, in {found[0].blocks_count} blocks of runs")]
