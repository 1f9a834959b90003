"""within_budget.py - run a campaign with progress and a time limit, and show its numbers in any case.  campaign -> within_budget -> compare, gate

Where the budget is too small to decide, the measurements are shown with the budget that would be enough. Measuring ends at once
where a program fails repeatedly or its file changes. A budget is overrun by one pair of runs at the most.
Units    _s seconds.
"""

import contextlib
import dataclasses
import math
import sys
import time
from collections import Counter

from labkit.experiment.campaign import Campaign, CaseResult, TooShort, count_exactly, judge_stage, run_campaign
from labkit.experiment.design import Case, Design
from labkit.experiment.few_pairs import PairCosts, needs_few_pairs, run_few_pairs
from labkit.experiment.stage_runner import Experiment
from labkit.experiment.unchanged_files import UnchangedFiles
from labkit.metrics import METRICS
from labkit.outcome import Exit, LabError
from labkit.progress import Progress
from labkit.row_file import RowFile
from labkit.stats.power import blocks_at_least
from labkit.subject import Row, Subject
from labkit.verdicts.stages import COUNT, FIRST
from labkit.verdicts.verdict import CHANGED, INCONCLUSIVE, Comparison, NothingToCompare
from labkit.wording import plural

FAILURES_IN_A_ROW = 2
MARGIN = 1.1
BUDGET_ENDED = "the budget ended"
FEW_PAIRS_NOTE = ("these programs take too long for a whole campaign in this budget: {count} single pairs were judged, at the alpha "
                  "that eight of eight allow (p = 0.0078), without a canary and without a confirmation on fresh processes")


class BudgetSpent(Exception):
    """The budget is overrun by one pair and the campaign has not ended. A pair that was begun is completed."""


@dataclasses.dataclass
class RowWatch:
    """Checks each new row."""

    rows: RowFile
    progress: Progress
    ends_s: float
    files: UnchangedFiles
    failures: Counter = dataclasses.field(default_factory=Counter)

    def __call__(self, row: Row) -> None:
        self.rows.add(row)
        self.files.check(self.rows.path)
        self.check_failures(row)
        now = time.monotonic()
        spent_s = now - self.progress.started
        self.progress.reach(spent_s, f"{len(self.rows.kept)} runs")
        if now > self.ends_s + 2 * spent_s / len(self.rows.kept) and row["position"] % 2:
            raise BudgetSpent

    def check_failures(self, row: Row) -> None:
        """A single failure excludes its block; a program that fails repeatedly ends the measurement."""
        arm = (row.get("case"), row["arm"])
        self.failures[arm] = self.failures[arm] + 1 if row.get("failure") else 0
        if self.failures[arm] == FAILURES_IN_A_ROW:
            raise LabError(f"{row['arm']} failed ({row['failure']}) in {FAILURES_IN_A_ROW} consecutive runs: "
                           f"{row.get('detail') or 'it printed nothing'}; the runs so far are in {self.rows.path}", Exit.FAILED)


def measured(cases: list[Case], design: Design, rows: RowFile, *, title: str, started_s: float, notes: list[str],
             pair_costs: PairCosts | None = None) -> Campaign:
    """Run the cases within design.budget_s, counted from started_s, which includes the work before the first run. pair_costs: the
    costs of pairs, where they are known beforehand. notes: receives the notes for the report."""
    design = dataclasses.replace(design, reserved_s=design.reserved_s + time.monotonic() - started_s)
    left_s = max(0.0, design.budget_s - design.reserved_s)
    files = [path for case in cases if isinstance(case.observe, Subject) for path in case.observe.files()]
    try:
        with Progress(title, max(1.0, left_s), step_s=1.0) as progress:
            watch = RowWatch(rows, progress, time.monotonic() + left_s, UnchangedFiles(files))
            if pair_costs and needs_few_pairs(cases, design, pair_costs):
                return few_pairs(cases, design, pair_costs, watch, notes)
            return whole_campaign(cases, design, watch, pair_costs)
    except NothingToCompare as error:
        code = Exit.FAILED if any(row.get("failure") for row in rows.kept) else Exit.INCONCLUSIVE
        raise LabError(f"{error}; the runs so far are in {rows.path}", code) from None
    except KeyboardInterrupt:
        return interrupted(cases, design, rows)


def interrupted(cases: list[Case], design: Design, rows: RowFile) -> Campaign:
    """The numbers so far, as at the end of a budget; nothing more is run or counted."""
    print(f"lab: interrupted, so nothing is concluded; the runs so far are in {rows.path}", file=sys.stderr)
    try:
        return dataclasses.replace(undecided(cases, design, rows.kept, None, ended_by="it was interrupted"), was_interrupted=True)
    except NothingToCompare:
        raise LabError("no pair of runs was complete, so there is nothing to show", Exit.INCONCLUSIVE) from None


def whole_campaign(cases: list[Case], design: Design, watch: RowWatch, pair_costs: PairCosts | None) -> Campaign:
    try:
        return run_campaign(cases, design, on_row=watch)
    except TooShort as error:
        watch.progress.say(f"lab: {error}")
        return undecided(cases, design, watch.rows.kept, error.needed_s)
    except BudgetSpent:
        try:
            return undecided(cases, design, watch.rows.kept, None)
        except NothingToCompare:
            return from_the_checks(cases, design, watch.rows.kept, pair_costs)


def from_the_checks(cases: list[Case], design: Design, rows: list[Row], pair_costs: PairCosts | None) -> Campaign:
    """Where the budget ended within the first block, only the runs that checked the answers can be compared: a run may cost more
    than its own time, for instance because what it leaves behind has to be killed."""
    if pair_costs is None or any(row.get("failure") for row in rows):
        raise NothingToCompare("the budget ended before one block of runs was complete")
    return undecided(cases, design, pair_costs.check_rows(), None)


def few_pairs(cases: list[Case], design: Design, pair_costs: PairCosts, watch: RowWatch, notes: list[str]) -> Campaign:
    try:
        campaign = run_few_pairs(cases, design, pair_costs, on_row=watch)
    except BudgetSpent:
        campaign = None
    fewest, rows = fewest_pairs(cases, design), [row for row in watch.rows.kept if row["stage"] != COUNT]
    pairs_count = len(rows) // (2 * len(cases))
    if campaign is not None and pairs_count >= fewest:
        notes.append(FEW_PAIRS_NOTE.format(count=pairs_count))
        return campaign
    took_s = (time.monotonic() - watch.progress.started) / max(1, pairs_count) if pairs_count else pair_costs.round_s
    error = TooShort(design.budget_s, design.reserved_s + MARGIN * took_s * fewest)
    watch.progress.say(f"lab: {error}")
    return undecided(cases, design, rows or pair_costs.check_rows(), error.needed_s)


def fewest_pairs(cases: list[Case], design: Design) -> int:
    return blocks_at_least(design.policy.alpha / max(1, sum(len(case.sampled_gating) for case in cases)))


def undecided(cases: list[Case], design: Design, rows: list[Row], needed_s: float | None, ended_by: str = BUDGET_ENDED) -> Campaign:
    """The result of the rows so far, with the verdict inconclusive. NothingToCompare if there is no complete pair."""
    experiment = Experiment(cases, design, lambda row: None, time.monotonic)
    experiment.rows = list(rows)
    with contextlib.suppress(LabError):  # a metric that cannot be counted is missing in the table
        if ended_by == BUDGET_ENDED and not any(row["stage"] == COUNT for row in rows):
            count_exactly(experiment)
    judged = judge_stage(experiment, FIRST)
    blocks = {name: experiment.blocks_of(name, *FIRST) for name in judged}
    found = tuple(undecided_case(experiment.cases[name], comparisons, open_question(comparisons[0], design, needed_s, ended_by))
                  for name, comparisons in judged.items())
    reason = found[0].reason if len(found) == 1 else "; ".join(f"{case.name}: {case.reason}" for case in found)
    return Campaign(INCONCLUSIVE, reason, Exit.INCONCLUSIVE, found, tuple(rows), blocks, blocks, needed_s or 0.0)


def undecided_case(case: Case, found: list[Comparison], question: str) -> CaseResult:
    reason = f"{comparison_text(found[0])}; {question}"
    open_ones = tuple(c if METRICS[c.metric].is_exact else dataclasses.replace(c, verdict=INCONCLUSIVE, reason=reason) for c in found)
    return CaseResult(case.name, INCONCLUSIVE, reason, open_ones, case.gating, open_ones)


def open_question(headline: Comparison, design: Design, needed_s: float | None, ended_by: str) -> str:
    if headline.verdict in CHANGED:
        return f"{plural(headline.pairs_count, 'pair')} showed it, but {ended_by} before fresh processes had confirmed it"
    more = f"about {math.ceil(needed_s)} s are enough: --budget {math.ceil(needed_s)}" if needed_s else ended_by
    return f"{plural(headline.pairs_count, 'pair')} cannot prove it at {100 * design.policy.alpha:g} %; {more}"


def comparison_text(c: Comparison) -> str:
    """"B took 1.9 times as long as A"."""
    if c.metric in ("wall", "time"):
        return f"B took {c.ratio:.3g} times as long as A"
    return f"B's {METRICS[c.metric].title} is {c.ratio:.3g} times A's"
