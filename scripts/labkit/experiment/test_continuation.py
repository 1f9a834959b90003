"""A campaign whose budget ended goes on in the time that others leave: its looks spend what is left of alpha, and no more."""

import math

import pytest

from labkit.experiment.campaign import start
from labkit.experiment.continuation import blocks_within, go_on, may_go_on
from labkit.experiment.design import SELECTION_LOOKS, Case, Design
from labkit.experiment.stage_runner import Experiment
from labkit.experiment.test_campaign import Machine
from labkit.stats.proportions import clopper_pearson
from labkit.verdicts.stages import FIRST, MAIN
from labkit.verdicts.verdict import IMPROVED, VerdictPolicy

LIMIT = 1.03
POLICY = VerdictPolicy(alpha=0.05)


def experiment(gain, seed=1, budget_s=6.0, family_count=1):
    """A candidate with this gain, which has to be decided against LIMIT."""
    machine = Machine(seed=seed, noise=0.02, slow={"B": 1 / gain})
    case = Case("only", machine.observe, gating=("wall",), undecided_ratio=1 / LIMIT)
    design = Design(seed=seed, budget_s=budget_s, policy=POLICY, look_shares=SELECTION_LOOKS, insists_on_pilot=True, family_count=family_count)
    return Experiment([case], design, lambda row: None, machine.clock)


def accepted(campaign):
    found = campaign.cases[0].first_stage[0]
    return found.verdict == IMPROVED and found.gain_low >= LIMIT


def test_what_was_open_when_its_budget_ended_is_decided_in_the_time_that_is_left():
    """dedup-reuse was undecided while half of the ten minutes was left, because only later candidates got that time."""
    one, rows = experiment(1.045), []
    one.on_row = rows.append
    first = start(one)
    blocks = one.blocks_of("only", *FIRST)
    assert not accepted(first) and may_go_on(one) and blocks_within(one, 300.0)
    second = go_on(one, 300.0)
    assert accepted(second) and one.blocks_of("only", *FIRST) > blocks and len(rows) == len(second.rows)
    assert len({(row["block"], row["position"]) for row in rows}) == len(rows) and one.design.budget_s == 306.0
    assert sum(SELECTION_LOOKS[:one.looks_count]) <= 1 and second.alpha_shares[MAIN]["only"] < 1


@pytest.mark.parametrize("gain, budget_s, family_count, why", [
    (1.2, 6.0, 1, "it was decided"), pytest.param(1.03, 600.0, 1, "no look is left", marks=pytest.mark.slow),
    (1.045, 0.5, 1000, "no look could spend, so the last took all of alpha")])
def test_a_campaign_that_is_over_does_not_go_on(gain, budget_s, family_count, why):
    one = experiment(gain, budget_s=budget_s, family_count=family_count)
    start(one)
    assert not may_go_on(one) or not blocks_within(one, 1000.0), why


def test_time_that_is_too_short_for_what_is_in_sight_is_not_spent():
    one = experiment(1.045)
    start(one)
    assert blocks_within(one, 300.0) and not blocks_within(one, 0.1)


@pytest.mark.slow
def test_going_on_accepts_no_more_often_what_lies_at_the_limit():
    """A gain that equals the limit may be accepted, wrongly, in one audit of twenty, however often its candidate is measured on."""
    trials_count, hits = 400, 0
    for seed in range(trials_count):
        one = experiment(LIMIT, seed=seed)
        campaign = start(one)
        if may_go_on(one) and not accepted(campaign) and blocks_within(one, 60.0):
            campaign = go_on(one, 60.0)
        hits += accepted(campaign)
    assert clopper_pearson(hits, trials_count)[0] <= POLICY.alpha and hits <= math.ceil(POLICY.alpha * trials_count)
