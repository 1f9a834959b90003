"""A block is run again for what the machine did to it, and never for the time it took."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.verdicts.covariates import Limits, disturbed_ratio, limits_from


def block(index=0, **fields):
    return [{"arm": arm, "block": index, "wall_ns": 10_000_000, "steal_ns": 0, "involuntary_switches_count": 2,
             "major_faults_count": 0} | fields for arm in "ABBA"]


@pytest.mark.parametrize("fields, reason", [
    ({"steal_ns": 2_000_000}, "steal time 20% of the block"),
    ({"involuntary_switches_count": 500}, "500 involuntary switches"),
    ({"major_faults_count": 1}, "1 major faults"),
    ({}, None)])
def test_reasons(fields, reason):
    found = Limits().disturbance(block(**fields))
    assert found is None if reason is None else reason in found


@given(st.lists(st.integers(1, 10**12), min_size=4, max_size=4))
def test_time_itself_is_never_a_reason(wall_ns):
    assert Limits().disturbance([row | {"wall_ns": time_ns} for row, time_ns in zip(block(), wall_ns)]) is None


def test_steal_is_judged_over_the_block_for_its_clock_is_slow():
    rows = block()
    rows[0]["steal_ns"] = 3_000_000  # 30 % of that run, 7.5 % of the block
    assert Limits().disturbance(rows) is None


def test_what_is_usual_for_an_arm_is_not_a_disturbance():
    """A program with threads is preempted often, one that maps a file faults: both arms must stay measurable."""
    busy = block(involuntary_switches_count=300, major_faults_count=5)
    assert Limits().disturbance(busy) is not None
    assert limits_from(busy * 3).disturbance(busy) is None
    assert limits_from(busy * 3).disturbance(block(involuntary_switches_count=5000)) is not None


def test_share_of_blocks_that_stay_disturbed():
    rows = block(0) + block(1, steal_ns=9_000_000) + block(2) + block(3, major_faults_count=2)
    assert disturbed_ratio(rows, Limits()) == 0.5
    assert disturbed_ratio([], Limits()) == 0.0
