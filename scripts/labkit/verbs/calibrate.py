"""calibrate - measure this gate's own error rates on this machine, beside other tools

Identical programs and programs with planted slowdowns go through the whole procedure. Every run is kept in
reports/calibration/; a calibration that was stopped continues where it stopped.
"""

import json
import time
from pathlib import Path

from labkit import error_rates, host
from labkit.calibration import calibration_page, calibration_rates
from labkit.calibration.calibration_trials import SIZES, Size, missing_trials, run_trials
from labkit.calibration.criterion_trials import missing_criterion, run_criterion_trials
from labkit.calibration.trial_file import pack, read_trials
from labkit.evidence import write_text
from labkit.experiment.budget_words import budget_seconds, list_words
from labkit.instruments import Unavailable, gbench_compare
from labkit.outcome import Exit, UsageError
from labkit.progress import Progress
from labkit.schemas import check
from labkit.terminal_output import Line, show
from labkit.trial_records import read_head


BUDGETS_S = {"quick": 300, "standard": 1800, "thorough": 7200}


def add_arguments(parser) -> None:
    parser.add_argument("--size", default="documented", choices=list(SIZES),
                        help="quick takes minutes and proves nothing; documented, the default, takes hours")
    parser.add_argument("--budget", type=budget_seconds(BUDGETS_S), default="standard", metavar="SECONDS",
                        help=f"stop after this time, in seconds or {list_words(BUDGETS_S)}, and continue at the next call; the default is standard")
    parser.add_argument("--render-only", action="store_true", help="run no trials; compute the rates and draw the figure from the trials so far")


def run(args) -> Exit:
    if args.budget < 0:
        raise UsageError(f"--budget {args.budget:g}: it must not be negative")
    size = SIZES[args.size]
    path = runs_path(size.name)
    if not args.render_only:
        measure(size, path, args.budget)
    if not read_trials(path):
        raise UsageError(f"{path} has no trials yet; run make calibrate")
    summary = render(path, size.name)
    show(map(Line, summary_lines(summary)))
    if missing_count := count_missing(size, path):
        print(f"calibrate: {missing_count} trials are still missing; the same command continues")
        return Exit.INCONCLUSIVE
    if path.exists():
        pack(path)
    return Exit.PASSED


def runs_path(size: str) -> Path:
    """The file of the trials. A quick calibration has its own, so that it neither mixes with nor replaces a documented one."""
    name = host.fingerprint()[:16] + ("" if size == "documented" else f".{size}")
    return error_rates.FOLDER / f"{name}.jsonl"


def measure(size: Size, path: Path, budget_s: float) -> None:
    ends = time.monotonic() + budget_s
    with Progress("calibrate", len(missing_trials(size, path))) as progress:
        run_trials(size, path, ends=ends, on_trial=progress.advance)
    with Progress("calibrate: criterion", len(missing_criterion(path))) as progress:
        run_criterion_trials(path, ends=ends, on_trial=progress.advance)


def count_missing(size: Size, path: Path) -> int:
    return len(missing_trials(size, path)) + len(missing_criterion(path))


def render(path: Path, size: str) -> dict:
    """Write the rates to path.json, and the page to path.md and path.svg."""
    trials = read_trials(path)
    summary = calibration_rates.summarise(read_head(path), trials, compare_py_of(trials), size)
    check(summary, str(path.with_suffix(".json")))
    write_text(path.with_suffix(".json"), json.dumps(summary, indent=1) + "\n")
    write_text(path.with_suffix(".md"), calibration_page.page(summary, path.stem))
    from labkit.figures import figures_calibration  # imported late, because importing matplotlib takes a second

    figures_calibration.draw(summary, path.with_suffix(".svg"))
    return summary


def compare_py_of(trials: list[dict]) -> dict[str, float]:
    pairs = calibration_rates.rival_pairs(trials)
    try:
        return gbench_compare.p_values(pairs) if pairs else {}
    except Unavailable as reason:
        print(f"calibrate: compare.py is left out: {reason}")
        return {}


def summary_lines(summary: dict) -> list[str]:
    lines = [error_rates.citation_text(summary), f"noise floor {summary['floor_ratio']:.2%}"]
    for condition, noise in summary["noise"].items():
        lines.append(f"{condition}: {noise['pair_noise_ratio']:.2%} noise per pair, {noise['blocks_count']:.0f} blocks "
                     f"and {noise['trial_s']:.1f} s per comparison")
    return lines
