"""campaign.py - one experiment from pilot to verdict.  stage_runner, verdict -> campaign -> compare, gate, calibrate

Stages   pilot    some blocks of every case: how noisy is it, what does a block cost
         main     as many more as the wanted power needs, or as the budget allows
         confirm  only where something regressed: half as many blocks again, all fresh, from another seed
Looks    both stages are looked at after PILOT_BLOCKS and at their end, an audit's first stage once more where that may
         decide; each look spends its own part of alpha (looks.py), so that looking costs nothing in false alarms.
All cases (workloads, sizes) share one plan: their blocks alternate, so no case owns the quiet minutes.
The pilot's rows count: its sample size is chosen from numbers that do not say which arm is which (stats/power.py,
pilot_sigma and pilot_sigma_of_blocks).
The budget is a limit (stage_runner.py); what it left out, the report says.
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
CANARY_COST = 1.5  # six runs in place of four
BUDGET_MARGIN = 3  # pilot, half as much again to confirm, and what the first blocks did not show
COUNT_RUNS = 2
BLOCKS_MAX = 2000
CANARY_SHARE = 0.1  # of the blocks after the pilot's: it speaks there, and is listened to until the end
CONFIRM_SHARE = 1.5  # of the first stage's blocks: a real regression should not fail here, and most are not real


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
    blocks: dict[str, int] = field(default_factory=dict)  # that the first stage ran, per case
    wanted: dict[str, int] = field(default_factory=dict)  # that the wanted power asks for
    wanted_s: float = 0.0  # the budget that has room for them
    reruns: tuple[str, ...] = ()
    alpha_shares: dict[str, dict[str, float]] = field(default_factory=dict)  # of the last look, by stage and case
    was_interrupted: bool = False  # by the user, who wants to see what there is and no more of it


class TooShort(LabError):
    """The budget cannot decide anything; needed_s could."""

    def __init__(self, budget_s: float, needed_s: float):
        super().__init__(f"a budget of {budget_s:g} s cannot decide; about {math.ceil(needed_s)} s could: "
                         f"--budget {math.ceil(needed_s)}", Exit.INCONCLUSIVE)
        self.needed_s = needed_s


def run_campaign(cases: list[Case], design: Design, *, on_row: Callable[[Row], None] = lambda row: None,
                 clock: Callable[[], float] = time.monotonic) -> Campaign:
    """Measure and judge. TooShort (exit 3) if the budget cannot decide; rows so far were handed to on_row anyway."""
    experiment = Experiment(cases, design, on_row, clock)
    refuse_unreachable_alpha(experiment)
    pilot(experiment)
    count_exactly(experiment)
    experiment.wanted = {case.name: wanted_blocks(experiment, case) for case in cases}
    first_stage(experiment)
    first = judge_stage(experiment, FIRST)
    return conclude(experiment, confirm(experiment, first), first)


def refuse_unreachable_alpha(experiment: Experiment) -> None:
    """Where the number of blocks was said beforehand, and no result of so many could be called a change."""
    design, together = experiment.design, gating_count(experiment)
    fewest = blocks_at_least(design.policy.alpha / together)
    for case in experiment.cases.values():
        given = design.blocks_count and max(design.blocks_count, case.pilot_blocks)
        if given and given < fewest and case.sampled_gating:
            raise UsageError(f"{2 * given} pairs cannot decide at alpha {design.policy.alpha:g}"
                             + (f" among {together} comparisons" if together > 1 else "")
                             + f": their p ends at {2 * 2.0 ** -given:.2g}; --pairs {2 * fewest} can")


def pilot(experiment: Experiment) -> None:
    """The first blocks tell the price of the rest; a canary in most of them, for it has to decide as well."""
    design, cases = experiment.design, experiment.cases
    experiment.run_stage(PILOT, dict.fromkeys(cases, PRICE_BLOCKS), canary_share=1.0)
    until_s = math.inf if design.insists_on_pilot else experiment.watch.budget_s - confirmation_price_s(experiment)
    if pilot_price_s(experiment, min) > until_s:
        raise TooShort(design.budget_s, BUDGET_MARGIN * pilot_price_s(experiment, min))
    rest = {name: case.pilot_blocks - PRICE_BLOCKS for name, case in cases.items()}
    left_out = experiment.run_stage(PILOT, rest, design.pilot_canary_share, until_s=until_s)
    if left_out:
        raise TooShort(design.budget_s, BUDGET_MARGIN * pilot_price_s(experiment, np.mean))


def pilot_price_s(experiment: Experiment, middle: Callable[[list[float]], float]) -> float:
    """middle: of the costs of a block so far, which to take for the next."""
    return CANARY_COST * sum(case.pilot_blocks * float(middle(experiment.block_costs_s[name]))
                             for name, case in experiment.cases.items())


def confirmation_price_s(experiment: Experiment) -> float:
    """The least that confirming one regression takes: without it, nothing could be called one within the budget."""
    return max(experiment.cost_s({name: fewest_to_confirm(experiment)}) for name in experiment.cases)


def wanted_blocks(experiment: Experiment, case: Case) -> int:
    """For the wanted power on the headline, at the alpha that Holm leaves in the worst case."""
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
    """Blocks until every case is decided, or the looks or the budget end. A single look is not taken early."""
    if len(experiment.design.look_shares) == 1 or not any(after_the_pilot(experiment).values()):
        make_more(experiment, after_the_pilot(experiment))
        return
    looks = {name: Looks(experiment.design.policy.alpha / gating_count(experiment)) for name in experiment.cases}
    take_looks(experiment, looks)
    experiment.alpha_shares[MAIN] = {name: one.final_share for name, one in looks.items()}


def take_looks(experiment: Experiment, looks: dict[str, Looks]) -> None:
    shares, undecided = experiment.design.look_shares, list(experiment.cases)
    for number, share in enumerate(shares):
        for name in undecided:
            experiment.alpha_shares[MAIN][name] = looks[name].take(share, experiment.blocks_of(name, *FIRST))
        if number + 1 == len(shares):
            return
        undecided = [name for name in undecided if not is_decided(experiment, experiment.cases[name])]
        more = after_the_pilot(experiment) if number == 0 else in_sight(experiment)
        more = {name: more[name] for name in undecided if more[name]}
        if not more:
            return
        make_more(experiment, more)
        undecided = list(more)


def make_more(experiment: Experiment, more: dict[str, int]) -> None:
    """As many more blocks; scaled down to what leaves room to confirm, and held to it when the pace drops."""
    ours_s = experiment.watch.left_s / (1 + CONFIRM_SHARE)
    experiment.run_stage(MAIN, scaled(more, main_price_s(experiment, more), ours_s), CANARY_SHARE,
                         until_s=experiment.watch.spent_s + ours_s)


def is_decided(experiment: Experiment, case: Case) -> bool:
    """Of all that gates, at this look, and at the strictest alpha that Holm can come to: so no later look at the other
    cases can take it back."""
    found = [compare_metric(experiment, case, metric, FIRST) for metric in case.sampled_gating]
    together = gating_count(experiment)
    return all(c is not None and decides(judge_as_one_of(c, together, experiment.design.policy), case) for c in found)


def decides(c: Comparison, case: Case) -> bool:
    return c.changed if case.undecided_ratio is None else not c.low <= case.undecided_ratio <= c.high


def in_sight(experiment: Experiment) -> dict[str, int]:
    """Blocks that would take the interval off the ratio that decides, if the effect is what it seems; none where the
    budget has no room for them: a look that cannot decide is not worth its share of alpha."""
    wanted = {}
    for case in experiment.cases.values():
        c = compare_metric(experiment, case, case.timed, FIRST)
        more = blocks_to_clear(c, case.undecided_ratio or 1.0) if case.sampled_gating else 0
        affordable = main_price_s(experiment, {case.name: more}) <= experiment.watch.left_s / (1 + CONFIRM_SHARE)
        wanted[case.name] = more if affordable else 0
    return wanted


def after_the_pilot(experiment: Experiment) -> dict[str, int]:
    """Of the blocks wanted; none where the pilot has more than that already."""
    return {name: max(0, experiment.wanted[name] - case.pilot_blocks) for name, case in experiment.cases.items()}


def main_price_s(experiment: Experiment, blocks: dict[str, int]) -> float:
    return experiment.cost_s(blocks) * (1 + CANARY_SHARE * (CANARY_COST - 1))


def budget_for(experiment: Experiment) -> float:
    """In which main() could have made all blocks that were wanted, by the pace seen."""
    return (experiment.design.reserved_s + pilot_price_s(experiment, np.mean)
            + (1 + CONFIRM_SHARE) * main_price_s(experiment, after_the_pilot(experiment)))


def scaled(blocks: dict[str, int], cost_s: float, available_s: float) -> dict[str, int]:
    share = 1.0 if cost_s <= available_s else available_s / cost_s
    return {name: math.floor(count * share) for name, count in blocks.items()}


def count_exactly(experiment: Experiment) -> None:
    """Exact metrics, COUNT_RUNS times an arm: once to count and once to see that it is exact."""
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
    """{case: comparisons, gating first}. Two families, each with its own Holm: all that gates, of all cases, and all
    that is only watched. What does not decide must not cost what decides its power."""
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
    """None where the rows do not say (no samples inside a plain command); the headline has to be there."""
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
    """Every sampled regression that gates is measured again on fresh processes, in more blocks; in as many as can
    decide even where the budget is spent."""
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
    """Fresh blocks, within what is left; the first look's even where the budget is spent, for fewer cannot decide."""
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
                    wanted=experiment.wanted, wanted_s=budget_for(experiment), reruns=tuple(experiment.reruns))


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
