"""arguments.py - the arguments that `lab compare` and `lab gate` share, and their meaning.

parser -> arguments -> Design, Conditions
"""

import contextlib
import math
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from labkit import error_rates, host
from labkit.evidence import now_utc
from labkit.experiment.budget_words import budget_seconds, list_words
from labkit.experiment.commands import ANY, SAME, Conditions
from labkit.experiment.design import Design
from labkit.outcome import LabError, UsageError
from labkit.process import Cpus
from labkit.untrusted_file import read_bytes
from labkit.verdicts.verdict import VerdictPolicy

# Time for the work beside the runs, mainly for four figures, so that --budget holds for the whole command.
REPORT_S, REPORT_SHARE = 2.0, 0.1


def add_condition_arguments(parser) -> None:
    """Add the arguments that say how a command is run."""
    parser.add_argument("--setup", metavar="SH", help="a shell command that runs once, before anything else")
    parser.add_argument("--prepare", metavar="SH", help="a shell command that runs before each run and is not timed")
    parser.add_argument("--stdin", type=Path, metavar="FILE", help="the file that every run reads as its standard input")
    parser.add_argument("--expect-output", default=SAME, metavar="FILE|same|any",
                        help="the output that each run must print: the text of FILE, the same as A (the default), or any")
    parser.add_argument("--expect-exit", type=int, default=0, metavar="CODE",
                        help="the exit code with which each run must end, for example 1 for a grep that finds nothing; the default is 0")
    parser.add_argument("--cpus", default="one", metavar="one|all|LIST",
                        help="the CPUs that a run may use: one (the default), all, or numbers as 0,2; for programs with threads")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="a run that takes longer is killed; the default is 60")
    parser.add_argument("--measure-identical", action="store_true", help="measure even if both are the same program, byte for byte")


def add_design_arguments(parser, words: Mapping[str, float], covers: str = "the most time that the whole command may take") -> None:
    """Add the arguments that say how much is measured, and what counts as a change. words: quick, standard and thorough in seconds.
    covers: what the budget limits."""
    parser.add_argument("--budget", type=budget_seconds(words), default="standard", metavar="SECONDS",
                        help=f"{covers}, in seconds or as {list_words(words)}; the default is standard")
    parser.add_argument("--pairs", type=int, metavar="COUNT", help="how many pairs of runs to measure; without it, the pilot chooses")
    parser.add_argument("--alpha", type=float, default=VerdictPolicy.alpha, metavar="P", help="the share of equal programs that may be called different; the default is 0.01")
    parser.add_argument("--effect", type=float, default=VerdictPolicy.effect_ratio, metavar="RATIO",
                        help="the smallest change that counts, as a ratio; the default is 0.01")
    parser.add_argument("--seed", type=int, metavar="NUMBER", help="the seed of everything random; without it a new one is drawn and recorded")


def design_of(args) -> Design:
    if args.pairs is not None and args.pairs < 1:
        raise UsageError(f"--pairs {args.pairs}: at least 1")
    if args.budget <= 0 or not 0 < args.alpha < 1 or not 0 <= args.effect < math.inf:
        raise UsageError("--budget must be above 0, --alpha between 0 and 1, --effect at least 0")
    return Design(seed=args.seed if args.seed is not None else secrets.randbits(32), budget_s=args.budget,
                  policy=VerdictPolicy(alpha=args.alpha, effect_ratio=args.effect), cpu=cpus_of(args.cpus),
                  blocks_count=None if args.pairs is None else -(-args.pairs // 2),
                  floor_ratio=error_rates.floor_ratio(), reserved_s=min(REPORT_S, REPORT_SHARE * args.budget))


def conditions_of(args) -> Conditions:
    if args.stdin:
        check_input("--stdin", args.stdin)
    if not 0 < args.timeout < math.inf:
        raise UsageError(f"--timeout {args.timeout:g}: it must be above 0")
    if not 0 <= args.expect_exit <= 255:
        raise UsageError(f"--expect-exit {args.expect_exit}: it is from 0 to 255")
    return Conditions(cpu=cpus_of(args.cpus), timeout_s=args.timeout, stdin=args.stdin, prepare=args.prepare,
                      setup=args.setup, expect=expectation(args.expect_output), expect_exit=args.expect_exit)


def cpus_of(text: str) -> Cpus:
    """The CPUs that --cpus names; only CPUs that this process may use are accepted."""
    if text == "one":
        return host.measuring_cpu()
    usable = os.sched_getaffinity(0)
    if text == "all":
        return tuple(sorted(usable))
    if not re.fullmatch(r"\d{1,5}(,\d{1,5})*", text) or not (numbers := set(map(int, text.split(",")))) <= usable:
        raise UsageError(f"--cpus {text}: it is one, all, or some of {','.join(map(str, sorted(usable)))}")
    return tuple(sorted(numbers))


def expectation(text: str) -> str | bytes:
    if text in (SAME, ANY):
        return text
    check_input("--expect-output", Path(text), "; it is a file, same or any")
    return read_bytes(Path(text).resolve())


def check_input(option: str, path: Path, hint: str = "") -> None:
    """Check that the path is a readable regular file: every run reads it, which would empty a pipe."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{option} {path}: it is not a regular file{hint}")
        with open(path, "rb"):
            pass
    except OSError as error:
        raise UsageError(f"{option} {path}: {error.strerror}{hint}") from None


@contextlib.contextmanager
def report_folder(parent: Path) -> Iterator[Path]:
    """A new folder for a report, which is removed again if nothing was written to it."""
    folder = new_folder(parent)
    try:
        yield folder
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()


def new_folder(parent: Path) -> Path:
    """Make a folder named by the time, with a number where two start in one second."""
    stamp = now_utc().replace(":", "").replace("-", "")
    for number in range(1, 1000):
        folder = parent / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
    raise LabError(f"{parent} has a thousand reports of this second")
