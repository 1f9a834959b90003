"""campaign.py - one experiment from pilot to verdict.  interleave, verdict -> campaign -> compare, gate, calibrate

Stages   pilot    some blocks of every case: how noisy is it, what does a block cost
         main     as many more as the wanted power needs, or as the budget allows; chosen once, nobody peeks
         confirm  only where something regressed: half as many blocks again, all fresh, from another seed
All cases (workloads, sizes) share one plan: their blocks alternate, so no case owns the quiet minutes.
The pilot's rows count: its sample size is chosen from differences that do not say which arm is which
(stats/power.py, pilot_sigma).
"""

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from labkit.experiment.covariates import UNSTABLE_RATIO, Limits, disturbed_ratio, limits_from
from labkit.experiment.interleave import CANARY, Block, Row, Slot, plan_blocks, run_blocks
from labkit.outcome import Exit, LabError
from labkit.stats.power import blocks_at_least, blocks_for_power, pilot_sigma
from labkit.verdicts.metrics import METRICS, kept_rows, paired_arrays
from labkit.verdicts.verdict import (EQUIVALENT, IDENTICAL, IMPROVED, INCONCLUSIVE, REGRESSED, Comparison,
                                     NothingToCompare, Policy, compare, judge_together)

PILOT_BLOCKS = 12
PRICE_BLOCKS = 2
CANARY_COST = 1.5  # six runs in place of four
BUDGET_MARGIN = 3  # pilot, half as much again to confirm, and what the first blocks did not show
COUNT_RUNS = 2
BLOCKS_MAX = 2000
ENVIRONMENT = "environment invalid"
CANARY_SHARE = 0.25
CONFIRM_SHARE = 1.5  # of the first stage's blocks: a real regression should not fail here, and most are not real


@dataclass(frozen=True)
class Case:
    """One pair to compare. observe runs an arm once; count (if any) gives its exact metrics, run twice an arm.

    gating: the metrics that decide, headline first. watched: reported, and found to have changed, but not failing.
    """

    name: str
    observe: Callable[[Slot], Row]
    gating: tuple[str, ...] = ("time",)
    watched: tuple[str, ...] = ()
    count: Callable[[str], Row] | None = None

    @property
    def headline(self) -> str:
        return self.gating[0]

    @property
    def timed(self) -> str:
        """What the number of blocks is chosen for, and the canary judged by: counts need no blocks."""
        return next((name for name in (*self.gating, *self.watched) if METRICS[name].noise == "sampled"), "wall")

    @property
    def sampled_gating(self) -> list[str]:
        return [name for name in self.gating if METRICS[name].noise == "sampled"]


@dataclass(frozen=True)
class Design:
    """All that is decided before the first run. blocks_count replaces the choice by pilot and power."""

    seed: int
    budget_s: float
    policy: Policy = Policy()
    cpu: int | None = None
    blocks_count: int | None = None
    floor_ratio: float = 0.0
    reruns_share: float = 0.25


@dataclass(frozen=True)
class CaseResult:
    """comparisons: as they stand at the end, gating metrics first. first_stage: before the confirmation."""

    name: str
    verdict: str
    reason: str
    comparisons: tuple[Comparison, ...]
    gating: tuple[str, ...] = ()
    first_stage: tuple[Comparison, ...] = ()
    canary: Comparison | None = None

    @property
    def headline(self) -> Comparison:
        return self.comparisons[0]

    @property
    def regressions(self) -> list[Comparison]:
        return [c for c in self.comparisons if c.verdict == REGRESSED]


@dataclass(frozen=True)
class Campaign:
    verdict: str
    reason: str
    exit: Exit
    cases: tuple[CaseResult, ...]
    rows: tuple[Row, ...] = ()
    blocks: dict[str, int] = field(default_factory=dict)
    reruns: tuple[str, ...] = ()


class TooShort(LabError):
    """The budget cannot decide anything; needed_s could."""

    def __init__(self, budget_s: float, needed_s: float):
        super().__init__(f"a budget of {budget_s:g} s cannot decide; about {math.ceil(needed_s)} s could: "
                         f"--budget {math.ceil(needed_s)}", Exit.INCONCLUSIVE)
        self.needed_s = needed_s


class Stopwatch:
    """What is left of the budget."""

    def __init__(self, budget_s: float, clock: Callable[[], float]):
        self.clock, self.budget_s, self.started = clock, budget_s, clock()

    @property
    def left_s(self) -> float:
        return self.budget_s - (self.clock() - self.started)


class Experiment:
    """The rows so far and how more are made. One use."""

    def __init__(self, cases: list[Case], design: Design, on_row: Callable[[Row], None],
                 clock: Callable[[], float]):
        self.cases = {case.name: case for case in cases}
        self.design, self.on_row = design, on_row
        self.watch = Stopwatch(design.budget_s, clock)
        self.rows: list[Row] = []
        self.limits = Limits()
        self.reruns: list[str] = []
        self.block_costs_s: dict[str, list[float]] = {}
        self.next_block = 0

    def run_stage(self, stage: str, blocks: dict[str, int], canary_share: float) -> None:
        """Blocks of all cases in one random order; rows get their stage and are handed on at once."""
        plan: list[Block] = []
        for name, count in blocks.items():
            plan += plan_blocks(count, self.design.seed, canary_share=canary_share, first_block=self.next_block,
                                case=name)
            self.next_block += count
        random.Random(f"{self.design.seed}/{stage}").shuffle(plan)
        reruns_max = math.ceil(self.design.reruns_share * len(plan))

        def on_row(row: Row) -> None:
            row["stage"] = stage
            self.rows.append(row)
            self.on_row(row)

        for block in plan:
            before = self.watch.clock()
            reruns_before = len(self.reruns)
            run_blocks([block], lambda slot: self.cases[slot.case].observe(slot), on_row, cpu=self.design.cpu,
                       disturbed=self.note_disturbance, reruns_max=max(0, reruns_max))
            reruns_max -= len(self.reruns) - reruns_before
            self.note_cost(block, self.watch.clock() - before)

    def note_disturbance(self, rows: list[Row]) -> str | None:
        reason = self.limits.disturbance(rows)
        if reason is not None:
            self.reruns.append(f"block {rows[0]['block']}: {reason}")
        return reason

    def note_cost(self, block: Block, took_s: float) -> None:
        """Re-runs included, the canary's share taken out."""
        self.block_costs_s.setdefault(block.case, []).append(took_s * 4 / len(block.arms))

    def cost_s(self, blocks: dict[str, int]) -> float:
        """What so many blocks of each case will take, by the mean of those so far."""
        return sum(count * float(np.mean(self.block_costs_s[name])) for name, count in blocks.items())

    def rows_of(self, name: str, *stages: str) -> list[Row]:
        return [row for row in self.rows if row["case"] == name and row["stage"] in stages]


def run_campaign(cases: list[Case], design: Design, *, on_row: Callable[[Row], None] = lambda row: None,
                 clock: Callable[[], float] = time.monotonic) -> Campaign:
    """Measure and judge. TooShort (exit 3) if the budget cannot decide; rows so far were handed to on_row anyway."""
    experiment = Experiment(cases, design, on_row, clock)
    pilot(experiment)
    wanted = {case.name: wanted_blocks(experiment, case) for case in cases}
    more = affordable(experiment, {name: count - PILOT_BLOCKS for name, count in wanted.items()})
    experiment.run_stage("main", more, CANARY_SHARE)
    count_exactly(experiment)
    first = judge_stage(experiment, ("pilot", "main"))
    return conclude(experiment, confirm(experiment, first), first)


def pilot(experiment: Experiment) -> None:
    """The first blocks tell the price of the rest; a canary in all of them, for it has to decide as well."""
    design = experiment.design
    experiment.run_stage("pilot", dict.fromkeys(experiment.cases, PRICE_BLOCKS), canary_share=1.0)
    cheapest_s = sum(min(costs) for costs in experiment.block_costs_s.values()) * CANARY_COST
    if cheapest_s * PILOT_BLOCKS > design.budget_s:
        raise TooShort(design.budget_s, BUDGET_MARGIN * cheapest_s * PILOT_BLOCKS)
    experiment.run_stage("pilot", dict.fromkeys(experiment.cases, PILOT_BLOCKS - PRICE_BLOCKS), canary_share=1.0)
    experiment.limits = limits_from(experiment.rows)


def wanted_blocks(experiment: Experiment, case: Case) -> int:
    """For the wanted power on the headline, at the alpha that Holm leaves in the worst case."""
    design, policy = experiment.design, experiment.design.policy
    if design.blocks_count is not None:
        return max(design.blocks_count, PILOT_BLOCKS)
    a, b, _ = paired_arrays(kept_rows(experiment.rows_of(case.name, "pilot")), METRICS[case.timed], "A", "B")
    if not case.sampled_gating:
        return PILOT_BLOCKS
    if len(a) < 2:
        raise NothingToCompare(f"{case.name}: the pilot has no complete block; {first_failure(experiment.rows)}")
    pairs = np.log(b / a)
    return blocks_for_power(
        pilot_sigma(pairs[:, 0] - pairs[:, -1]), math.log1p(policy.power_effect_ratio),
        alpha=policy.alpha / gating_count(experiment), power=policy.power,
        threshold=math.log1p(max(policy.effect_ratio, design.floor_ratio)), blocks_max=BLOCKS_MAX)


def gating_count(experiment: Experiment) -> int:
    return max(1, sum(len(case.sampled_gating) for case in experiment.cases.values()))


def affordable(experiment: Experiment, more: dict[str, int]) -> dict[str, int]:
    """As wanted, or scaled down to what leaves room to confirm."""
    cost_s = experiment.cost_s(more)
    available_s = max(0.0, experiment.watch.left_s / (1 + CONFIRM_SHARE))
    scale = 1.0 if cost_s <= available_s else available_s / cost_s
    return {name: max(0, math.floor(count * scale)) for name, count in more.items()}


def count_exactly(experiment: Experiment) -> None:
    """Exact metrics, COUNT_RUNS times an arm: once to count and once to see that it is exact."""
    for case in experiment.cases.values():
        if case.count is None:
            continue
        for position, arm in enumerate("ABBA"[:2 * COUNT_RUNS]):
            row = {"arm": arm, "block": experiment.next_block, "position": position, "order": "ABBA", "attempt": 0,
                   "case": case.name, "stage": "count"} | case.count(arm)
            experiment.rows.append(row)
            experiment.on_row(row)
        experiment.next_block += 1


def judge_stage(experiment: Experiment, stages: tuple[str, ...]) -> dict[str, list[Comparison]]:
    """{case: comparisons, gating first}, Holm over everything that gates."""
    policy = experiment.design.policy
    judged = {name: [compare_metric(experiment, case, metric, stages) for metric in (*case.gating, *case.watched)]
              for name, case in experiment.cases.items()}
    judged = {name: [c for c in found if c is not None] for name, found in judged.items()}
    together = iter(judge_together([c for name, found in judged.items() for c in found
                                    if c.metric in experiment.cases[name].gating], policy))
    return {name: [next(together) if c.metric in experiment.cases[name].gating else c for c in found]
            for name, found in judged.items()}


def compare_metric(experiment: Experiment, case: Case, metric: str, stages: tuple[str, ...],
                   b: str = "B") -> Comparison | None:
    """None where the rows do not say (no samples inside a plain command); the headline has to be there."""
    exact = METRICS[metric].noise == "exact"
    rows = experiment.rows_of(case.name, *(("count",) if exact else stages))
    try:
        return compare(rows, metric=metric, b=b, policy=experiment.design.policy, seed=experiment.design.seed,
                       floor_ratio=0.0 if exact else experiment.design.floor_ratio)
    except NothingToCompare:
        if metric == case.headline and b == "B":
            raise NothingToCompare(f"{case.name}: {first_failure(rows)}") from None
        return None


def first_failure(rows: list[Row]) -> str:
    failed = next((row for row in rows if row.get("failure")), None)
    if failed is None:
        return "no run gave the metric"
    return f"{failed['arm']} failed ({failed['failure']}): {failed.get('detail') or 'it printed nothing'}"


def confirm(experiment: Experiment, first: dict[str, list[Comparison]]) -> dict[str, list[Comparison]]:
    """Every sampled regression that gates is measured again on fresh processes, in more blocks."""
    suspects = {name: suspected(experiment.cases[name], found) for name, found in first.items()}
    suspects = {name: metrics for name, metrics in suspects.items() if metrics}
    if not suspects:
        return first
    blocks = {name: math.ceil(CONFIRM_SHARE * first[name][0].blocks_count) for name in suspects}
    cost_s = experiment.cost_s(blocks)
    if cost_s > experiment.watch.left_s:
        scale = max(0.0, experiment.watch.left_s / cost_s)
        floor = blocks_at_least(experiment.design.policy.alpha)
        blocks = {name: max(floor, math.floor(count * scale)) for name, count in blocks.items()}
    experiment.run_stage("confirm", blocks, canary_share=0.0)
    return {name: [confirmed(experiment, name, c) if c.metric in suspects.get(name, ()) else c for c in found]
            for name, found in first.items()}


def suspected(case: Case, found: list[Comparison]) -> list[str]:
    return [c.metric for c in found if c.verdict == REGRESSED and c.metric in case.sampled_gating]


def confirmed(experiment: Experiment, name: str, first: Comparison) -> Comparison:
    """The second stage's own numbers: the first's are those that caught the eye."""
    second = compare_metric(experiment, experiment.cases[name], first.metric, ("confirm",))
    if second is None:
        return replace(first, verdict=INCONCLUSIVE, reason="no run of the confirmation gave the metric")
    if second.verdict == REGRESSED:
        return replace(second, reason=f"{second.reason}; confirmed on fresh processes (first stage "
                                      f"{first.ratio - 1:+.2%})")
    return replace(second, verdict=INCONCLUSIVE,
                   reason=f"the first stage saw {first.ratio - 1:+.2%}, fresh processes did not confirm it")


def conclude(experiment: Experiment, final: dict[str, list[Comparison]],
             first: dict[str, list[Comparison]]) -> Campaign:
    canaries = judge_canaries(experiment)
    cases = tuple(case_result(experiment.cases[name], found, first[name], canaries.get(name))
                  for name, found in final.items())
    verdict, reason = joint_verdict(cases)
    invalid = invalid_environment(experiment, canaries)
    if invalid is not None:
        verdict, reason = ENVIRONMENT, invalid
    return Campaign(verdict=verdict, reason=reason, exit=exit_of(verdict), cases=cases, rows=tuple(experiment.rows),
                    blocks={name: found[0].blocks_count for name, found in first.items()},
                    reruns=tuple(experiment.reruns))


def judge_canaries(experiment: Experiment) -> dict[str, Comparison]:
    found = {name: compare_metric(experiment, case, case.timed, ("pilot", "main"), b=CANARY)
             for name, case in experiment.cases.items()}
    present = {name: c for name, c in found.items() if c is not None}
    return dict(zip(present, judge_together(list(present.values()), experiment.design.policy)))


def invalid_environment(experiment: Experiment, canaries: dict[str, Comparison]) -> str | None:
    for name, canary in canaries.items():
        if canary.changed:
            return (f"the canary, a copy of A, differs from A by {canary.ratio - 1:+.2%} in {name}: this machine calls "
                    "equal programs different now; try when it is quieter")
    disturbed = disturbed_ratio(kept_rows(row for row in experiment.rows if row["stage"] != "count"),
                                experiment.limits)
    if disturbed > UNSTABLE_RATIO:
        return (f"{disturbed:.0%} of the blocks were disturbed even after re-runs "
                f"(last: {experiment.reruns[-1] if experiment.reruns else 'steal time'}); try when it is quieter")
    return None


def case_result(case: Case, found: list[Comparison], first: list[Comparison], canary: Comparison | None) -> CaseResult:
    gating = [c for c in found if c.metric in case.gating]
    verdict, reason = joint_of_metrics(gating)
    return CaseResult(case.name, verdict, reason, tuple(found), case.gating, tuple(first), canary)


def joint_of_metrics(gating: list[Comparison]) -> tuple[str, str]:
    """Any regression decides, and all are named, even when the headline improved; else the headline speaks."""
    regressed = [c for c in gating if c.verdict == REGRESSED]
    if regressed:
        return REGRESSED, "; ".join(f"{c.metric} {c.ratio - 1:+.2%} ({c.reason})" for c in regressed)
    headline = gating[0]
    if headline.verdict in (EQUIVALENT, IDENTICAL) and any(c.verdict == IMPROVED for c in gating):
        better = next(c for c in gating if c.verdict == IMPROVED)
        return IMPROVED, f"{better.metric} {better.ratio - 1:+.2%}, {headline.metric} unchanged"
    return headline.verdict, headline.reason


def joint_verdict(cases: tuple[CaseResult, ...]) -> tuple[str, str]:
    """Of several cases: regressed if any is; inconclusive if any is; improved if any is; equivalent if all are."""
    for verdict in (REGRESSED, INCONCLUSIVE, IMPROVED, EQUIVALENT, IDENTICAL):
        found = [case for case in cases if case.verdict == verdict]
        if found:
            return verdict, found[0].reason if len(cases) == 1 else joint_reason(verdict, found)
    raise LabError("there was no case to compare", Exit.USAGE)


def joint_reason(verdict: str, found: list[CaseResult]) -> str:
    """Every regression is named; of the others, which cases."""
    if verdict != REGRESSED:
        return f"{', '.join(case.name for case in found)}: {found[0].reason}"
    return "; ".join(f"{case.name}: " + ", ".join(f"{c.metric} {c.ratio - 1:+.2%}" for c in case.regressions
                                                  if c.metric in case.gating) for case in found)


def exit_of(verdict: str) -> Exit:
    return {REGRESSED: Exit.FAILED, INCONCLUSIVE: Exit.INCONCLUSIVE, ENVIRONMENT: Exit.ENVIRONMENT}.get(
        verdict, Exit.PASSED)
