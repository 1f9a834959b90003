"""A block is run again because of steal time, never because of its own time or of anything that a program can cause."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.verdicts.covariates import disturbance, disturbed_ratio
from labkit.verdicts.odd_runs import covariate_runs, slow_runs, stand_on_one_side


def block(index=0, **fields):
    return [{"arm": arm, "block": index, "wall_ns": 10_000_000, "steal_ns": 0, "involuntary_switches_count": 2,
             "major_faults_count": 0} | fields for arm in "ABBA"]


@pytest.mark.parametrize("fields, reason", [
    ({"steal_ns": 2_000_000}, "steal time 20% of the block"), ({"involuntary_switches_count": 500}, None),
    ({"major_faults_count": 1}, None), ({}, None)])
def test_only_the_hypervisor_is_a_reason(fields, reason):
    assert disturbance(block(**fields)) == reason


@given(st.lists(st.integers(1, 10**12), min_size=4, max_size=4))
def test_time_itself_is_never_a_reason(wall_ns):
    assert disturbance([row | {"wall_ns": time_ns} for row, time_ns in zip(block(), wall_ns)]) is None


def test_steal_is_judged_over_the_block_for_its_clock_is_slow():
    rows = block()
    rows[0]["steal_ns"] = 3_000_000  # 30 % of one run, 7.5 % of the block
    assert disturbance(rows) is None


def test_share_of_blocks_that_stay_disturbed():
    rows = block(0) + block(1, steal_ns=9_000_000) + block(2) + block(3, steal_ns=8_000_000)
    assert disturbed_ratio(rows) == 0.5
    assert disturbed_ratio([]) == 0.0


@pytest.mark.parametrize("a, b, one_sided", [(0, 2, False), (0, 3, True), (3, 0, True), (1, 3, False), (1, 12, True),
                                             (40, 50, False), (40, 90, True), (0, 0, False)])
def test_when_odd_runs_stand_on_one_side(a, b, one_sided):
    assert stand_on_one_side(a, b) is one_sided


def test_slow_runs_are_counted_for_each_arm():
    a, b = np.full((10, 2), 1.0), np.full((10, 2), 1.0)
    b[:3, 0] = 10.0
    found = slow_runs(a, b)
    assert (found.a_count, found.b_count, found.one_sided) == (0, 3, True)
    assert found.text == "runs with more than 1.5 times the median of all: 0 of 20 of A, 3 of 20 of B"


@pytest.mark.parametrize("b_slow, one_sided", [(1.6, False), (10.0, True)])
def test_a_single_run_is_too_many_only_where_it_moves_the_mean(b_slow, one_sided):
    a, b = np.full((15, 2), 1.0), np.full((15, 2), 1.0)
    b[3, 0] = b_slow
    assert slow_runs(a, b).one_sided is one_sided and slow_runs(b, a).one_sided is one_sided


def test_what_both_arms_have_is_no_skew_and_what_one_has_is():
    """Both are preempted often, as programs with threads are; then B alone; and B always, and A never."""
    both = [row for index in range(6) for row in block(index, involuntary_switches_count=300)]
    assert not any(one.one_sided for one in covariate_runs(both, "A", "B"))
    sometimes = [row | {"major_faults_count": 40} if row["arm"] == "B" and row["block"] < 2 else row for row in both]
    assert [one.one_sided for one in covariate_runs(sometimes, "A", "B")] == [False, True]
    more = [row | {"minor_faults_count": 900 if row["arm"] == "B" else 210} for row in both]
    skewed = covariate_runs(more, "A", "B")[2]
    assert skewed.one_sided and not skewed.withholds and skewed.text.startswith("runs with more than 415 minor faults: 0 of 12 of A, 12 of 12 of B")
    always = [row | {"involuntary_switches_count": 2} if row["arm"] == "A" else row for row in both]
    assert [one.one_sided for one in covariate_runs(always, "A", "B")] == [True, False]
