"""stage_runner.py - run the blocks of a stage in random order and within the budget.  design, interleave -> stage_runner

It keeps every row, and the time of each block. A block that would end after its stage's share of the budget is left out,
judged by the times of the blocks so far. The time of a whole block does not change when its labels are swapped, so the
exact tests stay exact (hardening/adr/0007).
"""

import math
import random
from collections import Counter
from collections.abc import Callable

import numpy as np

from labkit.experiment.design import Case, Design
from labkit.experiment.interleave import Block, Row, plan_blocks, run_blocks
from labkit.experiment.looks import Looks
from labkit.verdicts.covariates import disturbance
from labkit.verdicts.stages import CONFIRM, MAIN


class Stopwatch:
    """The spent and the remaining part of the budget."""

    def __init__(self, budget_s: float, clock: Callable[[], float]):
        self.clock, self.budget_s, self.started = clock, budget_s, clock()

    @property
    def spent_s(self) -> float:
        return self.clock() - self.started

    @property
    def left_s(self) -> float:
        return max(0.0, self.budget_s - self.spent_s)


class Experiment:
    """The rows so far, and the way to make more. An object serves for one experiment."""

    def __init__(self, cases: list[Case], design: Design, on_row: Callable[[Row], None],
                 clock: Callable[[], float]):
        self.cases = {case.name: case for case in cases}
        self.design, self.on_row = design, on_row
        self.watch = Stopwatch(design.budget_s - design.reserved_s, clock)
        self.rows: list[Row] = []
        self.reruns: list[str] = []
        self.block_costs_s: dict[str, list[float]] = {}
        self.next_block = 0
        self.planned: Counter[str] = Counter()  # blocks of each case; cases may share the programs of a number
        self.wanted: dict[str, int] = {}
        self.wanted_s_at_pilot = 0.0  # the budget that has room for them, by the costs of the pilot's blocks
        self.alpha_shares: dict[str, dict[str, float]] = {MAIN: {}, CONFIRM: {}}  # of the last look, by stage and case
        self.looks: dict[str, Looks] = {}  # at the first stage of each case, if there may be several
        self.looks_count = 0  # taken so far

    def run_stage(self, stage: str, blocks: dict[str, int], canary_share: float, *, until_s: float = math.inf,
                  at_least: int = 0) -> int:
        """Run blocks of all cases in one random order; rows get their stage and are passed on at once.

        A block that would end after until_s of the budget is left out, unless its case has fewer than at_least blocks of this
        stage. Returns the number of blocks that were left out.
        """
        plan: list[Block] = []
        for name, count in blocks.items():
            plan += plan_blocks(count, self.design.seed, canary_share=canary_share, first_block=self.next_block,
                                first_build=self.planned[name], case=name)
            self.next_block += count
            self.planned[name] += count
        random.Random(f"{self.design.seed}/{stage}").shuffle(plan)
        reruns_max = math.ceil(self.design.reruns_share * len(plan))

        def on_row(row: Row) -> None:
            row["stage"] = stage
            self.rows.append(row)
            self.on_row(row)

        made: Counter[str] = Counter()
        for block in plan:
            if self.watch.spent_s + self.block_cost_s(block) > until_s and made[block.case] >= at_least:
                continue
            made[block.case] += 1
            before = self.watch.clock()
            reruns_before = len(self.reruns)
            run_blocks([block], self.cases[block.case].subject_of(stage), on_row, cpu=self.design.cpu,
                       disturbed=self.note_disturbance, reruns_max=max(0, reruns_max))
            reruns_max -= len(self.reruns) - reruns_before
            self.note_cost(block, self.watch.clock() - before)
        return len(plan) - made.total()

    def note_disturbance(self, rows: list[Row]) -> str | None:
        reason = disturbance(rows)
        if reason is not None:
            self.reruns.append(f"block {rows[0]['block']}: {reason}")
        return reason

    def note_cost(self, block: Block, took_s: float) -> None:
        """Record the time of a block, including re-runs, without the canary's share."""
        self.block_costs_s.setdefault(block.case, []).append(took_s * 4 / len(block.arms))

    def block_cost_s(self, block: Block) -> float:
        """The expected time of this block: the mean of its case so far, 0 for the first one."""
        costs_s = self.block_costs_s.get(block.case)
        return float(np.mean(costs_s)) * len(block.arms) / 4 if costs_s else 0.0

    def cost_s(self, blocks: dict[str, int]) -> float:
        """The expected time of these numbers of blocks, from the mean of those so far."""
        return sum(count * float(np.mean(self.block_costs_s[name])) for name, count in blocks.items())

    def rows_of(self, name: str, *stages: str) -> list[Row]:
        return [row for row in self.rows if row["case"] == name and row["stage"] in stages]

    def blocks_of(self, name: str, *stages: str) -> int:
        return len({row["block"] for row in self.rows_of(name, *stages)})
