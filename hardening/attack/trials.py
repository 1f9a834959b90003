"""trials.py - run one simulated campaign; its verdict and its number of runs.  scenario, number -> Outcome"""

import math
from dataclasses import dataclass
from zlib import crc32

from labkit.experiment import interleave
from labkit.experiment.campaign import TooShort, run_campaign
from labkit.experiment.design import Case, Design
from labkit.outcome import Exit
from labkit.verdicts.verdict import CHANGED, EQUIVALENT, REGRESSED

import scenarios
from simulated_machine import Machine

# The steal time of the real machine does not concern a simulated run, and reading it takes longer than the run.
interleave.steal_ns = lambda cpu=None: 0


@dataclass(frozen=True)
class Outcome:
    verdict: str
    runs_count: int
    covered: bool | None  # whether the printed interval contains the true ratio; None where there is none
    all_regressed: bool = False

    def is_a(self, event: str) -> bool:
        return {scenarios.DIFFERENT: self.verdict in CHANGED, scenarios.FOUND: self.all_regressed and self.verdict == REGRESSED,
                scenarios.EQUIVALENT: self.verdict == EQUIVALENT, scenarios.COVERED: bool(self.covered)}[event]


def seed_of(name: str, number: int) -> int:
    return crc32(f"{name}/{number}".encode())


def run_trial(scenario: scenarios.Scenario, number: int) -> Outcome:
    seed = seed_of(scenario.name, number)
    machine = Machine.seeded(seed, scenario.weather, scenario.program)
    cases = [Case(str(number), machine.observe, gating=("wall",), canary_of="A") for number in range(scenario.cases_count)]
    try:
        result = run_campaign(cases, Design(seed=seed, budget_s=scenario.budget_s), clock=machine.clock)
    except TooShort:  # the machine became too slow for the budget, so nothing was claimed
        return Outcome("too short", 0, None if scenario.truth is None else True)
    verdict = result.verdict if result.exit != Exit.ENVIRONMENT else "environment"
    return Outcome(verdict, len(result.rows), covers(result.cases[0].headline, scenario.truth),
                   all(case.verdict == REGRESSED for case in result.cases))


def covers(headline, truth: float | None) -> bool | None:
    if truth is None:
        return None
    return (headline.low or 0.0) <= truth <= (math.inf if headline.high is None else headline.high)
