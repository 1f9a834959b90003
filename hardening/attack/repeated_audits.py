"""repeated_audits.py - the same audit twice: how many candidates get the same decision?  simulated machines -> Agreement

An audit judges CANDIDATES, whose true gains are known, with one campaign each and Holm's correction over all, and compares the
interval with the gain that the policy requires. The true gains may differ a little between sessions, which no interval contains.
"""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from labkit.audit.head_to_head import SINGLE_LOOK
from labkit.experiment.campaign import run_campaign
from labkit.experiment.design import SELECTION_LOOKS, Case, Design
from labkit.verdicts.verdict import IMPROVED, VerdictPolicy, judge_together

import simulated_machine as m
from trials import seed_of

REQUIRED = 0.02
# The true gains are as far from the required gain as those of telemetry's ten candidates were when they were first measured.
CANDIDATES = tuple((1 + REQUIRED) * margin - 1 for margin in (0.95, 0.986, 1.005, 1.011, 1.045, 1.066, 1.066, 1.076, 1.137, 1.19))
POLICY = VerdictPolicy(alpha=0.05)
AUDITS_COUNT = 10
CONDITIONS = tuple((noise, session) for noise in (0.01, 0.0212) for session in (0.0, 0.005))  # sigma of a run's log time, and between sessions


@dataclass(frozen=True)
class Manner:
    """How an audit is made. looks: the share of alpha of each look. candidate_s: seconds for a candidate. three_ways: it may also
    leave a candidate undecided."""

    name: str
    looks: tuple[float, ...]
    candidate_s: float
    three_ways: bool


MANNERS = (Manner("one look, accepted or rejected, as engine 1 did", SINGLE_LOOK, 18.0, False),
           Manner("several looks, the time saved goes on", SELECTION_LOOKS, 36.0, True))  # the names are seeds


@dataclass(frozen=True)
class Agreement:
    name: str
    same_count: int
    opposite_count: int  # accepted by one and rejected by the other
    pairs_count: int
    undecided_count: int
    decisions_count: int
    audit_s: float  # the median duration of an audit, on the simulated clock


def repeat(manner: Manner, noise: float, session_sigma: float, audits_count: int = AUDITS_COUNT) -> Agreement:
    name = name_of(manner, noise, session_sigma)
    audits = [audit(manner, noise, session_sigma, seed_of(name, number)) for number in range(audits_count)]
    pairs = [(one, other) for (first, _), (second, _) in combinations(audits, 2) for one, other in zip(first, second)]
    decisions = [one for found, _ in audits for one in found]
    return Agreement(name, sum(one == other for one, other in pairs),
                     sum({one, other} == {"accepted", "rejected"} for one, other in pairs), len(pairs),
                     decisions.count("undecided"), len(decisions), float(np.median([took_s for _, took_s in audits])))


def name_of(manner: Manner, noise: float, session_sigma: float) -> str:
    return f"{manner.name}; noise {noise * math.sqrt(2):.1%} a pair, sessions differ by {session_sigma:.1%}"


def audit(manner: Manner, noise: float, session_sigma: float, seed: int) -> tuple[list[str], float]:
    """(the decision about each candidate, seconds on the simulated clock)"""
    source, found, spare_s, total_s = np.random.default_rng(seed), [], 0.0, 0.0
    for number, gain in enumerate(CANDIDATES):
        ratio = math.exp(source.normal(0, session_sigma)) / (1 + gain)
        machine = m.Machine.seeded(seed + number, m.normal(noise), m.planted(ratio - 1))
        design = Design(seed=seed + number, budget_s=manner.candidate_s + spare_s, policy=POLICY,
                        family_count=len(CANDIDATES), look_shares=manner.looks, insists_on_pilot=True)
        single = manner.looks == SINGLE_LOOK
        case = Case("0", machine.observe, gating=("wall",), undecided_ratio=None if single else 1 / (1 + REQUIRED))
        found.append(run_campaign([case], design, clock=machine.clock).cases[0].first_stage[0])
        spare_s = 0.0 if single else max(0.0, design.budget_s - machine.now_s)
        total_s += machine.now_s
    return [decision(c, manner.three_ways) for c in judge_together(found, POLICY)], total_s


def decision(c, three_ways: bool) -> str:
    if c.verdict == IMPROVED and c.gain_low >= 1 + REQUIRED:
        return "accepted"
    return "undecided" if three_ways and c.gain_high >= 1 + REQUIRED else "rejected"
