"""campaign.py - one experiment from pilot to verdict.  stage_runner, verdict -> campaign -> compare, gate, calibrate

Stages   pilot    some blocks of every case, which show the noise and the time of a block
         main     as many more as the planned power needs, or as the budget allows
         confirm  only where something regressed: half as many blocks again, all fresh, from another seed
Looks    both stages are judged after PILOT_BLOCKS and at their end, an audit's first stage once more where that may
         decide; each look spends its own part of alpha (looks.py), so that looks do not raise the rate of false alarms.
All cases (workloads, sizes) share one plan: their blocks alternate, so that no case has only the quiet minutes.
The pilot's rows are used in the verdict: the sample size is chosen from numbers that do not depend on which arm is which
(stats/power.py, pilot_sigma and pilot_sigma_of_blocks).
The budget is a limit (stage_runner.py); the report names the blocks that it left out.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from labkit.experiment.design import LOOK_SHARES, PILOT_BLOCKS, Case, Design
from labkit.experiment.interleave import Row
from labkit.experiment.looks import Looks
from labkit.experiment.stage_runner import Experiment
from labkit.metrics import METRICS
from labkit.outcome import Exit, LabError, UsageError
from labkit.stats.power import blocks_at_least, blocks_for_power, pilot_sigma, pilot_sigma_of_blocks
from labkit.verdicts.paired_rows import kept_rows, paired_arrays
from labkit.verdicts.stages import (CONFIRM, COUNT, ENVIRONMENT, FIRST, MAIN, PILOT, canary_objection,
                                    disturbance_objection, judge_canary, settled)
from labkit.verdicts.verdict import (EQUIVALENT, IDENTICAL, IMPROVED, INCONCLUSIVE, REGRESSED, Comparison,
                                     NothingToCompare, blocks_to_clear, compare, judge_as_one_of, judge_together)

PRICE_BLOCKS = 2
CANARY_COST = 1.5  # a block with a canary has six runs instead of four
BUDGET_MARGIN = 3  # pilot, half as much again to confirm, and what the first blocks did not show
COUNT_RUNS = 2
BLOCKS_MAX = 2000
CANARY_SHARE = 0.1  # of the blocks after the pilot's: it speaks there, and is listened to until the end
CONFIRM_SHARE = 1.5  # of the first stage's blocks: a real regression should not fail here, and most are not real


@dataclass(frozen=True)
class CaseResult:
    """comparisons: the final ones, deciding metrics first. first_stage: those before the confirmation."""

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
    blocks: dict[str, int] = field(default_factory=dict)  # that the first stage ran, per case
    wanted: dict[str, int] = field(default_factory=dict)  # that the wanted power asks for
    wanted_s: float = 0.0  # the budget that has room for them, from the costs of all blocks
    wanted_s_at_pilot: float = 0.0  # the same from the pilot alone, hence before anything was judged; 0 without a pilot
    reruns: tuple[str, ...] = ()
    alpha_shares: dict[str, dict[str, float]] = field(default_factory=dict)  # of the last look, by stage and case
    was_interrupted: bool = False  # the user interrupted it, so the results so far are shown and nothing more is measured


class TooShort(LabError):
    """The budget is too small to decide anything; needed_s would be enough."""

    def __init__(self, budget_s: float, needed_s: float):
        super().__init__(f"a budget of {budget_s:g} s is too small to decide; about {math.ceil(needed_s)} s are enough: "
                         f"--budget {math.ceil(needed_s)}", Exit.INCONCLUSIVE)
        self.needed_s = needed_s


def run_campaign(cases: list[Case], design: Design, *, on_row: Callable[[Row], None] = lambda row: None,
                 clock: Callable[[], float] = time.monotonic) -> Campaign:
    """Measure and judge. TooShort (exit 3) if the budget cannot decide; rows so far were handed to on_row anyway."""
    return start(Experiment(cases, design, on_row, clock))


def start(experiment: Experiment) -> Campaign:
    """The campaign of an experiment that has no rows yet. It may be continued afterwards (continuation.py)."""
    refuse_unreachable_alpha(experiment)
    pilot(experiment)
    count_exactly(experiment)
    experiment.wanted = {name: wanted_blocks(experiment, case) for name, case in experiment.cases.items()}
    experiment.wanted_s_at_pilot = budget_for(experiment)
    first_stage(experiment)
    return confirm_and_conclude(experiment)


def confirm_and_conclude(experiment: Experiment) -> Campaign:
    first = judge_stage(experiment, FIRST)
    return conclude(experiment, confirm(experiment, first), first)


def refuse_unreachable_alpha(experiment: Experiment) -> None:
    """Raise an error where the number of blocks was given and is too small for any result to be called a change."""
    design, together = experiment.design, gating_count(experiment)
    fewest = blocks_at_least(design.policy.alpha / together)
    for case in experiment.cases.values():
        given = design.blocks_count and max(design.blocks_count, case.pilot_blocks)
        if given and given < fewest and case.sampled_gating:
            raise UsageError(f"{2 * given} pairs cannot decide at alpha {design.policy.alpha:g}"
                             + (f" among {together} comparisons" if together > 1 else "")
                             + f": their p ends at {2 * 2.0 ** -given:.2g}; --pairs {2 * fewest} can")


def pilot(experiment: Experiment) -> None:
    """Run the first blocks, which show the cost of the others. Most have a canary, which needs enough blocks for a verdict."""
    design, cases = experiment.design, experiment.cases
    experiment.run_stage(PILOT, dict.fromkeys(cases, PRICE_BLOCKS), canary_share=1.0)
    until_s = math.inf if design.insists_on_pilot else experiment.watch.budget_s - confirmation_cost_s(experiment)
    if pilot_cost_s(experiment, min) > until_s:
        raise TooShort(design.budget_s, BUDGET_MARGIN * pilot_cost_s(experiment, min))
    rest = {name: case.pilot_blocks - PRICE_BLOCKS for name, case in cases.items()}
    left_out = experiment.run_stage(PILOT, rest, design.pilot_canary_share, until_s=until_s)
    if left_out:
        raise TooShort(design.budget_s, BUDGET_MARGIN * pilot_cost_s(experiment, np.mean))


def pilot_cost_s(experiment: Experiment, middle: Callable[[list[float]], float]) -> float:
    """middle: the function that estimates the cost of the next block from those so far."""
    return CANARY_COST * sum(case.pilot_blocks * float(middle(experiment.block_costs_s[name]))
                             for name, case in experiment.cases.items())


def confirmation_cost_s(experiment: Experiment) -> float:
    """The least time that the confirmation of one regression takes; without it, no regression could be reported."""
    return max(experiment.cost_s({name: fewest_to_confirm(experiment)}) for name in experiment.cases)


def wanted_blocks(experiment: Experiment, case: Case) -> int:
    """The number of blocks for the planned power on the headline, at the alpha that Holm leaves in the worst case."""
    design, policy = experiment.design, experiment.design.policy
    if design.blocks_count is not None:
        return max(design.blocks_count, case.pilot_blocks)
    if not case.sampled_gating:
        return case.pilot_blocks
    a, b, _ = paired_arrays(kept_rows(experiment.rows_of(case.name, PILOT)), METRICS[case.timed], "A", "B")
    if len(a) < 2:
        raise NothingToCompare(f"{case.name}: the pilot has no complete block; {first_failure(experiment.rows)}")
    pairs = np.log(b / a)
    return blocks_for_power(
        max(pilot_sigma(pairs[:, 0] - pairs[:, -1]), pilot_sigma_of_blocks(pairs.mean(axis=1))), math.log1p(policy.power_effect_ratio),
        alpha=policy.alpha * design.look_shares[min(1, len(design.look_shares) - 1)] / gating_count(experiment), power=policy.power,
        threshold=math.log1p(max(policy.effect_ratio, design.floor_ratio)), blocks_max=BLOCKS_MAX)


def gating_count(experiment: Experiment) -> int:
    return max(1, experiment.design.family_count, sum(len(case.sampled_gating) for case in experiment.cases.values()))


def first_stage(experiment: Experiment) -> None:
    """Run blocks until every case is decided, or the looks or the budget end. A single look is not taken early."""
    if len(experiment.design.look_shares) == 1 or not any(after_the_pilot(experiment).values()):
        make_more(experiment, after_the_pilot(experiment))
        return
    experiment.looks = {name: Looks(experiment.design.policy.alpha / gating_count(experiment)) for name in experiment.cases}
    judge_looks(experiment, list(experiment.cases))


def judge_looks(experiment: Experiment, undecided: list[str]) -> None:
    """Take the looks that are left, as long as a case is undecided and the blocks after which it would be decided are affordable."""
    shares = experiment.design.look_shares
    while True:
        for name in undecided:
            experiment.alpha_shares[MAIN][name] = experiment.looks[name].spend(shares[experiment.looks_count], experiment.blocks_of(name, *FIRST))
        experiment.looks_count += 1
        if experiment.looks_count == len(shares):
            break
        more = blocks_of_open(experiment, undecided, after_the_pilot(experiment) if experiment.looks_count == 1 else in_sight(experiment))
        if not more:
            break
        make_more(experiment, more)
        undecided = list(more)
    experiment.alpha_shares[MAIN] = {name: one.final_share for name, one in experiment.looks.items()}


def blocks_of_open(experiment: Experiment, names: list[str], blocks: dict[str, int]) -> dict[str, int]:
    """The blocks of those of these cases that are undecided."""
    return {name: blocks[name] for name in names if blocks[name] and not is_decided(experiment, experiment.cases[name])}


def make_more(experiment: Experiment, more: dict[str, int]) -> None:
    """Run this many more blocks, but leave enough time to confirm, even if blocks become slower."""
    ours_s = experiment.watch.left_s / (1 + CONFIRM_SHARE)
    experiment.run_stage(MAIN, scaled(more, main_cost_s(experiment, more), ours_s), CANARY_SHARE,
                         until_s=experiment.watch.spent_s + ours_s)


def is_decided(experiment: Experiment, case: Case) -> bool:
    """Whether all deciding metrics are decided at this look, at the smallest alpha that Holm can give them, so that no later
    look at the other cases can change it."""
    found = [compare_metric(experiment, case, metric, FIRST) for metric in case.sampled_gating]
    together = gating_count(experiment)
    return all(c is not None and decides(judge_as_one_of(c, together, experiment.design.policy), case) for c in found)


def decides(c: Comparison, case: Case) -> bool:
    return c.changed if case.undecided_ratio is None else not c.low <= case.undecided_ratio <= c.high


def in_sight(experiment: Experiment) -> dict[str, int]:
    """Blocks after which the interval would exclude the deciding ratio, if the estimate is right; none where the budget is too
    small for them, because a look that cannot decide would only spend its share of alpha."""
    wanted = {}
    for case in experiment.cases.values():
        c = compare_metric(experiment, case, case.timed, FIRST)
        more = blocks_to_clear(c, case.undecided_ratio or 1.0) if c and case.sampled_gating else 0
        affordable = main_cost_s(experiment, {case.name: more}) <= experiment.watch.left_s / (1 + CONFIRM_SHARE)
        wanted[case.name] = more if affordable else 0
    return wanted


def after_the_pilot(experiment: Experiment) -> dict[str, int]:
    """The needed blocks that the pilot did not run."""
    return {name: max(0, experiment.wanted[name] - case.pilot_blocks) for name, case in experiment.cases.items()}


def main_cost_s(experiment: Experiment, blocks: dict[str, int]) -> float:
    return experiment.cost_s(blocks) * (1 + CANARY_SHARE * (CANARY_COST - 1))


def budget_for(experiment: Experiment) -> float:
    """The budget in which the first stage could run all needed blocks, from the costs of the blocks so far."""
    return (experiment.design.reserved_s + pilot_cost_s(experiment, np.mean)
            + (1 + CONFIRM_SHARE) * main_cost_s(experiment, after_the_pilot(experiment)))


def scaled(blocks: dict[str, int], cost_s: float, available_s: float) -> dict[str, int]:
    share = 1.0 if cost_s <= available_s else available_s / cost_s
    return {name: math.floor(count * share) for name, count in blocks.items()}


def count_exactly(experiment: Experiment) -> None:
    """Count the exact metrics of each arm COUNT_RUNS times: once to count, and again to check that the count is exact."""
    for case in experiment.cases.values():
        if case.count is None:
            continue
        for position, arm in enumerate("ABBA"[:2 * COUNT_RUNS]):
            row = {"arm": arm, "block": experiment.next_block, "position": position, "order": "ABBA", "attempt": 0,
                   "case": case.name, "stage": COUNT} | case.count(arm)
            experiment.rows.append(row)
            experiment.on_row(row)
        experiment.next_block += 1


def judge_stage(experiment: Experiment, stages: tuple[str, ...]) -> dict[str, list[Comparison]]:
    """{case: comparisons, deciding metrics first}. Deciding and watched metrics of all cases are two families, each with its own
    Holm correction, so that watched metrics do not reduce the power of the deciding ones."""
    families = ([(case, metric) for case in experiment.cases.values() for metric in case.gating],
                [(case, metric) for case in experiment.cases.values() for metric in case.watched])
    judged: dict[str, list[Comparison]] = {name: [] for name in experiment.cases}
    for family in families:
        found = [(case.name, compare_metric(experiment, case, metric, stages)) for case, metric in family]
        present = [(name, comparison) for name, comparison in found if comparison is not None]
        together = judge_together([comparison for _, comparison in present], experiment.design.policy)
        for (name, _), comparison in zip(present, together):
            judged[name].append(comparison)
    return judged


def compare_metric(experiment: Experiment, case: Case, metric: str, stages: tuple[str, ...]) -> Comparison | None:
    """None where the rows lack the metric (a plain command has no samples inside); the headline must exist."""
    exact = METRICS[metric].is_exact
    rows = experiment.rows_of(case.name, *((COUNT,) if exact else stages))
    shares = experiment.alpha_shares[CONFIRM if CONFIRM in stages else MAIN]
    try:
        return compare(rows, metric=metric, policy=experiment.design.policy, alpha_share=shares.get(case.name, 1.0),
                       floor_ratio=0.0 if exact else experiment.design.floor_ratio)
    except NothingToCompare:
        if metric == case.headline:
            raise NothingToCompare(f"{case.name}: {first_failure(rows)}") from None
        return None


def first_failure(rows: list[Row]) -> str:
    failed = next((row for row in rows if row.get("failure")), None)
    if failed is None:
        return "no run gave the metric"
    return f"{failed['arm']} failed ({failed['failure']}): {failed.get('detail') or 'it printed nothing'}"


def confirm(experiment: Experiment, first: dict[str, list[Comparison]]) -> dict[str, list[Comparison]]:
    """Measure every regression of a deciding sampled metric again on fresh processes; even where the budget is spent, enough
    blocks are run to decide."""
    suspects = {name: suspected(experiment.cases[name], found) for name, found in first.items()}
    suspects = {name: metrics for name, metrics in suspects.items() if metrics}
    if not suspects:
        return first
    wanted = {name: math.ceil(CONFIRM_SHARE * max(experiment.blocks_of(name, *FIRST), experiment.wanted[name]))
              for name in suspects}
    early = {name: min(fewest_to_confirm(experiment), count) for name, count in wanted.items()}
    confirm_in(experiment, early, {name: LOOK_SHARES[0] if wanted[name] > early[name] else 1.0 for name in wanted})
    late = {name: wanted[name] - early[name] for name in wanted if not is_confirmed(experiment, name, suspects[name])}
    confirm_in(experiment, late, dict.fromkeys((name for name, count in late.items() if count), LOOK_SHARES[1]))
    return {name: [after_confirmation(experiment, name, c) if c.metric in suspects.get(name, ()) else c for c in found]
            for name, found in first.items()}


def confirm_in(experiment: Experiment, wanted: dict[str, int], shares: dict[str, float]) -> None:
    """Run fresh blocks within the remaining time, but at least those of the first look, because fewer cannot decide."""
    fewest = 0 if any(experiment.blocks_of(name, CONFIRM) for name in wanted) else fewest_to_confirm(experiment)
    blocks = {name: max(min(fewest, wanted[name]), count)
              for name, count in scaled(wanted, experiment.cost_s(wanted), experiment.watch.left_s).items()}
    experiment.run_stage(CONFIRM, blocks, canary_share=0.0, until_s=experiment.watch.budget_s, at_least=fewest)
    experiment.alpha_shares[CONFIRM] |= shares


def fewest_to_confirm(experiment: Experiment) -> int:
    return max(PILOT_BLOCKS, blocks_at_least(LOOK_SHARES[1] * experiment.design.policy.alpha))


def is_confirmed(experiment: Experiment, name: str, metrics: list[str]) -> bool:
    found = [compare_metric(experiment, experiment.cases[name], metric, (CONFIRM,)) for metric in metrics]
    return all(c is not None and c.verdict == REGRESSED for c in found)


def after_confirmation(experiment: Experiment, name: str, first: Comparison) -> Comparison:
    return settled(first, compare_metric(experiment, experiment.cases[name], first.metric, (CONFIRM,)))


def suspected(case: Case, found: list[Comparison]) -> list[str]:
    return [c.metric for c in found if c.verdict == REGRESSED and c.metric in case.sampled_gating]


def conclude(experiment: Experiment, final: dict[str, list[Comparison]],
             first: dict[str, list[Comparison]]) -> Campaign:
    canaries = judge_canaries(experiment)
    cases = tuple(case_result(experiment.cases[name], found, first[name],
                              canaries.get(experiment.cases[name].canary_name))
                  for name, found in final.items())
    verdict, reason = joint_verdict(cases)
    invalid = invalid_environment(experiment, canaries)
    if invalid is not None:
        verdict, reason = ENVIRONMENT, invalid
    return Campaign(alpha_shares=experiment.alpha_shares, verdict=verdict, reason=reason, exit=exit_of(verdict), cases=cases, rows=tuple(experiment.rows),
                    blocks={name: experiment.blocks_of(name, *FIRST) for name in experiment.cases},
                    wanted=experiment.wanted, wanted_s=budget_for(experiment), wanted_s_at_pilot=experiment.wanted_s_at_pilot,
                    reruns=tuple(experiment.reruns))


def judge_canaries(experiment: Experiment) -> dict[str, Comparison]:
    """{canary: comparison}, Holm over the canaries."""
    design = experiment.design
    found = {}
    for name in dict.fromkeys(case.canary_name for case in experiment.cases.values()):
        cases = [case for case in experiment.cases.values() if case.canary_name == name]
        found[name] = judge_canary([row for case in cases for row in experiment.rows_of(case.name, *FIRST)],
                                   metric=cases[0].timed, policy=design.canary_policy,
                                   floor_ratio=design.floor_ratio)
    present = {name: c for name, c in found.items() if c is not None}
    return dict(zip(present, judge_together(list(present.values()), design.canary_policy)))


def invalid_environment(experiment: Experiment, canaries: dict[str, Comparison]) -> str | None:
    objections = [canary_objection(name, canary) for name, canary in canaries.items()]
    last = experiment.reruns[-1] if experiment.reruns else "steal time"
    objections.append(disturbance_objection(experiment.rows, last))
    return next((one for one in objections if one), None)


def case_result(case: Case, found: list[Comparison], first: list[Comparison], canary: Comparison | None) -> CaseResult:
    gating = [c for c in found if c.metric in case.gating]
    verdict, reason = joint_of_metrics(gating)
    return CaseResult(case.name, verdict, reason, tuple(found), case.gating, tuple(first), canary)


def joint_of_metrics(gating: list[Comparison]) -> tuple[str, str]:
    """The joint verdict of several metrics: any regression decides, and all are named; otherwise the headline decides."""
    regressed = [c for c in gating if c.verdict == REGRESSED]
    if regressed:
        return REGRESSED, "; ".join(f"{c.metric} {c.ratio - 1:+.2%} ({c.reason})" for c in regressed)
    headline = gating[0]
    if headline.verdict in (EQUIVALENT, IDENTICAL) and any(c.verdict == IMPROVED for c in gating):
        better = next(c for c in gating if c.verdict == IMPROVED)
        return IMPROVED, f"{better.metric} {better.ratio - 1:+.2%}, {headline.metric} unchanged"
    return headline.verdict, headline.reason


def joint_verdict(cases: tuple[CaseResult, ...]) -> tuple[str, str]:
    """The verdict of several cases: regressed if any is, else inconclusive if any is, else improved if any is, else equivalent."""
    for verdict in (REGRESSED, INCONCLUSIVE, IMPROVED, EQUIVALENT, IDENTICAL):
        found = [case for case in cases if case.verdict == verdict]
        if found:
            return verdict, found[0].reason if len(cases) == 1 else joint_reason(verdict, found)
    raise LabError("there was no case to compare", Exit.USAGE)


def joint_reason(verdict: str, found: list[CaseResult]) -> str:
    """The reason of a joint verdict: all regressions with their metrics; otherwise the cases with this verdict."""
    if verdict != REGRESSED:
        return f"{', '.join(case.name for case in found)}: {found[0].reason}"
    return "; ".join(f"{case.name}: " + ", ".join(f"{c.metric} {c.ratio - 1:+.2%}" for c in case.regressions
                                                  if c.metric in case.gating) for case in found)


def exit_of(verdict: str) -> Exit:
    return {REGRESSED: Exit.FAILED, INCONCLUSIVE: Exit.INCONCLUSIVE, ENVIRONMENT: Exit.ENVIRONMENT}.get(
        verdict, Exit.PASSED)
