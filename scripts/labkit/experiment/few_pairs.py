"""few_pairs.py - compare programs that take too long for a campaign, in as many single pairs as the budget allows.  design -> few_pairs -> compare

A campaign's pilot and confirmation take fifty pairs. A huge effect needs only eight: if all of them agree, their exact p is
2 / 2^8 = 0.0078. Each pair is therefore a block of its own, in random order. There is a look at the fewest pairs that can decide,
and one at the end if the budget allows enough further pairs. Both spend their part of alpha, so that the error rate holds. The
report states what is missing compared with a campaign: the canary, and the confirmation on fresh processes.
Units    _s seconds.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from labkit.experiment.campaign import (CANARY_COST, Campaign, conclude, count_exactly, gating_count, is_decided,
                                        judge_stage)
from labkit.experiment.design import PILOT_BLOCKS, Case, Design
from labkit.experiment.interleave import Block, Row, run_blocks
from labkit.experiment.stage_runner import Experiment
from labkit.stats.power import blocks_at_least
from labkit.verdicts.stages import FIRST, MAIN

# Shares of alpha: the p of eight agreeing pairs at alpha 0.01, and the rest.
EARLY_SHARE, LATE_SHARE = 0.79, 0.21


@dataclass(frozen=True)
class PairCosts:
    """The time of one pair of each case, from the runs that checked the answers, and the available time. check_rows: the rows of
    those runs, which are the only ones where the budget does not allow a single pair."""

    pair_s: dict[str, float]
    available_s: float
    check_rows: Callable[[], list[Row]]

    @property
    def round_s(self) -> float:
        return sum(self.pair_s.values())


def needs_few_pairs(cases: list[Case], design: Design, pair_costs: PairCosts) -> bool:
    """Whether the budget is too small for a campaign's pilot and the shortest confirmation."""
    campaign_pairs = 2 * (CANARY_COST * PILOT_BLOCKS + max(PILOT_BLOCKS, blocks_at_least(design.policy.alpha)))
    return all(case.sampled_gating for case in cases) and campaign_pairs * pair_costs.round_s > pair_costs.available_s


@dataclass(frozen=True)
class Plan:
    """early_count: pairs at the first look; most_count: at the last. Both follow from the time of the first pair as a whole, not
    from which arm took it, so that the exact tests stay exact."""

    early_count: int
    most_count: int

    @property
    def has_two_looks(self) -> bool:
        return self.early_count < self.most_count


def plan_pairs(design: Design, room_count: int, together: int) -> Plan:
    alpha = design.policy.alpha / together
    early, late = blocks_at_least(EARLY_SHARE * alpha), blocks_at_least(LATE_SHARE * alpha)
    most = max(1, room_count if design.blocks_count is None else min(room_count, 2 * design.blocks_count))
    return Plan(early if most > max(early, late - 1) else most, most)


def run_few_pairs(cases: list[Case], design: Design, pair_costs: PairCosts, *, on_row: Callable[[Row], None] = lambda row: None,
                  clock: Callable[[], float] = time.monotonic) -> Campaign:
    """Measure and judge. No pair is begun that would end after the budget, except for the first one."""
    experiment = Experiment(cases, design, on_row, clock)
    ends_s = clock() + pair_costs.available_s
    if pair_costs.available_s > 0:
        look_at_pairs(experiment, ends_s)
    if any(not experiment.blocks_of(case.name, *FIRST) for case in cases):
        experiment.rows += pair_costs.check_rows()
    count_exactly(experiment)
    for name, pair_s in pair_costs.pair_s.items():
        experiment.block_costs_s.setdefault(name, [2 * pair_s])
    experiment.wanted = {name: experiment.blocks_of(name, *FIRST) for name in experiment.cases}
    judged = judge_stage(experiment, FIRST)
    return conclude(experiment, judged, judged)


def look_at_pairs(experiment: Experiment, ends_s: float) -> None:
    cases = list(experiment.cases.values())
    run_round(experiment)
    room_count = 1 + int(max(0.0, ends_s - experiment.watch.clock()) / round_cost_s(experiment))
    plan = plan_pairs(experiment.design, room_count, gating_count(experiment))
    made = run_rounds(experiment, 1, plan.early_count, ends_s)
    if plan.has_two_looks and made == plan.early_count:
        spend(experiment, EARLY_SHARE)
        if not all(is_decided(experiment, case) for case in cases):
            run_rounds(experiment, made, plan.most_count, ends_s)
            spend(experiment, LATE_SHARE)


def round_cost_s(experiment: Experiment) -> float:
    return sum(experiment.cost_s({name: 1}) for name in experiment.block_costs_s) / 2  # a block is two pairs


def spend(experiment: Experiment, share: float) -> None:
    experiment.alpha_shares[MAIN] = dict.fromkeys(experiment.cases, share)


def run_rounds(experiment: Experiment, made: int, until: int, ends_s: float) -> int:
    """Run one pair of every case per round; returns the number of rounds when the time or the plan ends."""
    while made < until and experiment.watch.clock() + round_cost_s(experiment) <= ends_s:
        run_round(experiment)
        made += 1
    return made


def run_round(experiment: Experiment) -> None:
    names = list(experiment.cases)
    source = random.Random(f"{experiment.design.seed}/pairs/{experiment.next_block}")
    source.shuffle(names)
    for name in names:
        run_pair(experiment, name, source)


def run_pair(experiment: Experiment, name: str, source: random.Random) -> None:
    def on_row(row: Row) -> None:
        row["stage"] = MAIN
        experiment.rows.append(row)
        experiment.on_row(row)

    block = Block(experiment.next_block, tuple(source.sample("AB", 2)), build=experiment.next_block,
                  environment_bytes=source.randrange(4096), case=name, seed=experiment.design.seed)
    experiment.next_block += 1
    before = experiment.watch.clock()
    run_blocks([block], experiment.cases[name].observe, on_row, cpu=experiment.design.cpu)
    experiment.note_cost(block, experiment.watch.clock() - before)
