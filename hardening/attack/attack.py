"""attack.py - `make attack`: the verdict engine against simulated machines.  scenarios -> trials -> table

Every trial runs the real campaign on a simulated clock. Its seeds are fixed, so the table is the same on any machine and under any
load. The exit code is 1 where a bound is broken.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

from labkit.evidence import write_text
from labkit.progress import Progress
from labkit.stats.proportions import clopper_pearson

from repeated_audits import AUDITS_COUNT, BOUNDS, CONDITIONS, MANNERS, OPPOSITE, SAME, UNDECIDED, Agreement, name_of, repeat
from scenarios import CAMPAIGNS, COVERED, DIFFERENT, EQUIVALENT, FOUND, Bound, Scenario
from trials import Outcome, run_trial

TRIALS_COUNT = 400
CHUNK_COUNT = 20
AUDITS = "the same audit twice"
PAGE = Path("reports/attack/attack.md")
EVENTS = (DIFFERENT, FOUND, EQUIVALENT, COVERED)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=TRIALS_COUNT, help=f"the number of trials of each scenario; the default is {TRIALS_COUNT}")
    parser.add_argument("--only", default="", metavar="TEXT", help="run only scenarios whose names contain TEXT; the other rows of the page stay")
    args = parser.parse_args()
    chosen = [one for one in CAMPAIGNS if args.only in one.name]
    started = time.monotonic()
    outcomes = run_all(chosen, args.trials)
    agreements = all_agreements() if args.only in AUDITS else []
    rows = kept_rows() | {scenario.name: row(scenario, found) for scenario, found in outcomes} | {
        one.name: agreement_row(one) for one in agreements}
    write_text(PAGE, page(rows))
    print("\n".join(rows[name] for name in [*(one.name for one in chosen), *(one.name for one in agreements)]))
    broken = [line for scenario, found in outcomes for line in broken_bounds(scenario, found)]
    broken += [line for one in agreements for line in broken_agreement(one)]
    print("\n".join([*broken, f"attack: {time.monotonic() - started:.0f} s, {len(broken)} bounds broken"]), file=sys.stderr)
    return 1 if broken else 0


def run_all(chosen: list[Scenario], trials_count: int) -> list[tuple[Scenario, list[Outcome]]]:
    counts = {one.name: min(trials_count, one.trials_count or trials_count) for one in chosen}
    places = [(CAMPAIGNS.index(one), start, min(start + CHUNK_COUNT, counts[one.name]))
              for one in chosen for start in range(0, counts[one.name], CHUNK_COUNT)]
    found: dict[int, list[Outcome]] = {}
    with Progress("attack", len(places)) as progress, ProcessPoolExecutor(os.cpu_count()) as pool:
        for (index, _, _), outcomes in zip(places, pool.map(run_chunk, places)):
            found.setdefault(index, []).extend(outcomes)
            progress.advance()
    return [(CAMPAIGNS[index], outcomes) for index, outcomes in found.items()]


def run_chunk(place: tuple[int, int, int]) -> list[Outcome]:
    index, start, end = place
    return [run_trial(CAMPAIGNS[index], number) for number in range(start, end)]


def kept_rows() -> dict[str, str]:
    """{scenario: row}, read from the page that exists."""
    lines = PAGE.read_text().splitlines() if PAGE.exists() else []
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines if line.startswith("| ")}


def page(rows: dict[str, str]) -> str:
    lines = ["# The verdict engine under attack", "",
             "Each trial is a whole campaign (pilot, main, confirmation, canary) on a simulated machine with a fixed seed: `make "
             "attack` gives these figures on any machine. In brackets stands the exact 95 % interval of the rate (Clopper and Pearson). *different*: B was "
             "called improved or regressed; *found*: B is slower and was called regressed; *covered*: the printed interval contains "
             "the true ratio, which it promises in 99 of 100 campaigns; *runs*: the median number of runs of a campaign; ✗: the rate "
             "violates the bound that stands beside it.", "",
             "| scenario | trials | different | found | equivalent | covered | runs |", "|---|---:|---:|---:|---:|---:|---:|"]
    lines += [rows[one.name] for one in CAMPAIGNS if one.name in rows]
    lines += ["", "## The same audit twice", "",
              f"{AUDITS_COUNT} audits judge ten candidates whose true gains are as far from the gain that the policy requires as "
              "telemetry's are. Every pair of audits is compared, candidate by candidate. *Opposite*: one audit accepted the candidate, "
              "the other rejected it. An audit stands in several pairs, so the intervals of pairs are as wide as those of the "
              f"{AUDITS_COUNT // 2} disjoint pairs of audits would be. Seconds are those of the simulated clock. Bounds of the "
              f"ways with several looks: {', '.join(f'{one.event} {limit_text(one)}' for one in BOUNDS)}; ✗ as above.", "",
              "| audit | same decision | opposite | undecided | seconds an audit |", "|---|---:|---:|---:|---:|"]
    lines += [rows[name] for name in agreement_names() if name in rows]
    return "\n".join(lines) + "\n"


def agreement_names() -> list[str]:
    return [name_of(manner, *condition) for condition in CONDITIONS for manner in MANNERS]


def all_agreements() -> list[Agreement]:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(repeat, *zip(*((manner, *condition) for condition in CONDITIONS for manner in MANNERS))))


def agreement_row(one: Agreement) -> str:
    cells = {SAME: f"{one.same_count} of {one.pairs_count} ({one.same_count / one.pairs_count:.1%})", OPPOSITE: f"{one.opposite_count}",
             UNDECIDED: f"{one.undecided_count} of {one.decisions_count}"}
    shown = [f"{text} {interval(*one.hits_of(event), bound_of(one.bounds, event))}" for event, text in cells.items()]
    return f"| {one.name} | {' | '.join(shown)} | {one.audit_s:.0f} |"


def row(scenario: Scenario, found: list[Outcome]) -> str:
    hits = {event: sum(one.is_a(event) for one in found) for event in EVENTS}
    return row_of_counts(scenario, hits, len(found), median(one.runs_count for one in found))


def row_of_counts(scenario: Scenario, hits: dict[str, int], trials_count: int, runs_count: float) -> str:
    cells = [cell(scenario, event, hits[event], trials_count) for event in EVENTS]
    return f"| {scenario.name} | {trials_count} | {' | '.join(cells)} | {runs_count:.0f} |"


def cell(scenario: Scenario, event: str, hits_count: int, trials_count: int) -> str:
    """A count with the interval of its rate."""
    if event == COVERED and scenario.truth is None or event == FOUND and scenario.truth in (1.0, None):
        return "—"
    return f"{hits_count} {interval(hits_count, trials_count, bound_of(scenario.bounds, event))}"


def interval(hits_count: float, trials_count: float, bound: Bound | None) -> str:
    low, high = clopper_pearson(hits_count, trials_count)
    broken = f" ✗ {limit_text(bound)}" if bound is not None and not holds(bound, hits_count, trials_count) else ""
    return f"[{low:.1%}, {high:.1%}]{broken}"


def bound_of(bounds: tuple[Bound, ...], event: str) -> Bound | None:
    return next((one for one in bounds if one.event == event), None)


def holds(bound: Bound, hits_count: float, trials_count: float) -> bool:
    low, high = clopper_pearson(hits_count, trials_count)
    return low <= bound.at_most and high >= bound.at_least


def limit_text(bound: Bound) -> str:
    return f"at most {bound.at_most:.2%}" if bound.at_most < 1 else f"at least {bound.at_least:.0%}"


def broken_bounds(scenario: Scenario, found: list[Outcome]) -> list[str]:
    hits = {bound: sum(one.is_a(bound.event) for one in found) for bound in scenario.bounds}
    return [f"attack: {scenario.name}: {bound.event} in {count} of {len(found)}, {limit_text(bound)}"
            for bound, count in hits.items() if not holds(bound, count, len(found))]


def broken_agreement(one: Agreement) -> list[str]:
    rates = {bound: one.hits_of(bound.event) for bound in one.bounds}
    return [f"attack: {one.name}: {bound.event} in {hits / trials:.1%}, {limit_text(bound)}"
            for bound, (hits, trials) in rates.items() if not holds(bound, hits, trials)]


if __name__ == "__main__":
    sys.exit(main())
