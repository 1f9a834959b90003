"""repeated_audits.py - the same audit twice: how many candidates get the same decision?  simulated machines -> Agreement

An audit judges CANDIDATES, whose true gains are known, with one campaign each and Holm's correction over all, and compares the
interval with the gain that the policy requires. The true gains may differ a little between sessions, which no interval contains.
"""

import math
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from labkit.audit.head_to_head import SINGLE_LOOK
from labkit.experiment.campaign import start
from labkit.experiment.continuation import blocks_within, go_on, may_go_on
from labkit.experiment.design import SELECTION_LOOKS, Case, Design
from labkit.experiment.stage_runner import Experiment
from labkit.verdicts.verdict import IMPROVED, Comparison, VerdictPolicy, judge_together

import simulated_machine as m
from scenarios import Bound
from trials import seed_of

REQUIRED = 0.02
# The true gains are as far from the required gain as those of telemetry's ten candidates were when they were first measured.
CANDIDATES = tuple((1 + REQUIRED) * margin - 1 for margin in (0.95, 0.986, 1.005, 1.011, 1.045, 1.066, 1.066, 1.076, 1.137, 1.19))
POLICY = VerdictPolicy(alpha=0.05)
AUDITS_COUNT = 10
CONDITIONS = tuple((noise, session) for noise in (0.01, 0.0212) for session in (0.0, 0.005))  # sigma of a run's log time, and between sessions


SAME, OPPOSITE, UNDECIDED = "same decision", "opposite", "undecided"
BOUNDS = (Bound(SAME, at_least=0.95), Bound(OPPOSITE, at_most=0.01), Bound(UNDECIDED, at_most=0.1))


@dataclass(frozen=True)
class Manner:
    """How an audit is made. looks: the share of alpha of each look. candidate_s: seconds for a candidate. three_ways: it may also
    leave a candidate undecided. bounds: what it must keep. goes_back: the time that is left at the end goes to undecided candidates.
    seeds_of: another manner, whose machines this one has, too."""

    name: str
    looks: tuple[float, ...]
    candidate_s: float
    three_ways: bool
    bounds: tuple[Bound, ...] = ()
    goes_back: bool = False
    seeds_of: str = ""


MANNERS = (Manner("one look, accepted or rejected, as engine 1 did", SINGLE_LOOK, 18.0, False),
           Manner("several looks, the time saved goes on", SELECTION_LOOKS, 36.0, True, BOUNDS),
           Manner("several looks, then back to what is undecided", SELECTION_LOOKS, 36.0, True, BOUNDS, goes_back=True,
                  seeds_of="several looks, the time saved goes on"))  # the names are seeds


@dataclass(frozen=True)
class Agreement:
    name: str
    same_count: int
    opposite_count: int  # accepted by one and rejected by the other
    pairs_count: int
    undecided_count: int
    decisions_count: int
    audit_s: float  # the median duration of an audit, on the simulated clock
    bounds: tuple[Bound, ...] = ()

    def hits_of(self, event: str) -> tuple[float, float]:
        """(how often, of how many independent ones). An audit stands in several pairs, so only as many pairs are independent as are
        disjoint; the rate is that of all."""
        if event == UNDECIDED:
            return self.undecided_count, self.decisions_count
        count = self.same_count if event == SAME else self.opposite_count
        independent = self.decisions_count / 2
        return count / self.pairs_count * independent, independent


def repeat(manner: Manner, noise: float, session_sigma: float, audits_count: int = AUDITS_COUNT) -> Agreement:
    name, seeds = (name_of(one, noise, session_sigma) for one in (manner, replace(manner, name=manner.seeds_of or manner.name)))
    audits = [audit(manner, noise, session_sigma, seed_of(seeds, number)) for number in range(audits_count)]
    pairs = [(one, other) for (first, _), (second, _) in combinations(audits, 2) for one, other in zip(first, second)]
    decisions = [one for found, _ in audits for one in found]
    return Agreement(name, sum(one == other for one, other in pairs),
                     sum({one, other} == {"accepted", "rejected"} for one, other in pairs), len(pairs),
                     decisions.count("undecided"), len(decisions), float(np.median([took_s for _, took_s in audits])), manner.bounds)


def name_of(manner: Manner, noise: float, session_sigma: float) -> str:
    return f"{manner.name}; noise {noise * math.sqrt(2):.1%} a pair, sessions differ by {session_sigma:.1%}"


def audit(manner: Manner, noise: float, session_sigma: float, seed: int) -> tuple[list[str], float]:
    """(the decision about each candidate, seconds on the simulated clock)"""
    source, experiments, found, spare_s = np.random.default_rng(seed), [], [], 0.0
    for number, gain in enumerate(CANDIDATES):
        ratio = math.exp(source.normal(0, session_sigma)) / (1 + gain)
        experiments.append(experiment_of(manner, ratio, noise, seed + number, manner.candidate_s + spare_s))
        found.append(start(experiments[-1]).cases[0].first_stage[0])
        spare_s = 0.0 if manner.looks == SINGLE_LOOK else max(0.0, experiments[-1].design.budget_s - experiments[-1].watch.clock())
    if manner.goes_back:
        go_back(experiments, found, spare_s)
    return decisions(found, manner.three_ways), sum(one.watch.clock() for one in experiments)


def experiment_of(manner: Manner, ratio: float, noise: float, seed: int, budget_s: float) -> Experiment:
    machine = m.Machine.seeded(seed, m.normal(noise), m.planted(ratio - 1))
    design = Design(seed=seed, budget_s=budget_s, policy=POLICY, family_count=len(CANDIDATES), look_shares=manner.looks, insists_on_pilot=True)
    case = Case("0", machine.observe, gating=("wall",), undecided_ratio=None if manner.looks == SINGLE_LOOK else 1 / (1 + REQUIRED))
    return Experiment([case], design, lambda row: None, machine.clock)


def go_back(experiments: list[Experiment], found: list[Comparison], spare_s: float) -> None:
    """Spend the time that was left on the undecided candidates, as audit/flow.py does. found: is changed."""
    for number, word in enumerate(decisions(found, three_ways=True)):
        one = experiments[number]
        if word == "undecided" and may_go_on(one) and blocks_within(one, spare_s):
            before_s = one.watch.clock()
            found[number] = go_on(one, spare_s).cases[0].first_stage[0]
            spare_s = max(0.0, spare_s - (one.watch.clock() - before_s))


def decisions(found: list[Comparison], three_ways: bool) -> list[str]:
    return [decision(c, three_ways) for c in judge_together(found, POLICY)]


def decision(c: Comparison, three_ways: bool) -> str:
    if c.verdict == IMPROVED and c.gain_low >= 1 + REQUIRED:
        return "accepted"
    return "undecided" if three_ways and c.gain_high >= 1 + REQUIRED else "rejected"
