"""Plans are mirrored, seeded and balanced; runs lose no row; re-runs are whole blocks."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.experiment.interleave import CANARY, plan_blocks, run_blocks
from labkit.verdicts.paired_rows import kept_rows


@given(st.integers(1, 40), st.integers(0, 2**32), st.integers(2, 5), st.floats(0, 1))
def test_every_block_is_a_mirror_and_runs_each_arm_twice(blocks_count, seed, arms_count, canary_share):
    arms = [f"arm{i}" for i in range(arms_count)]
    for block in plan_blocks(blocks_count, seed, arms, canary_share=canary_share):
        assert block.arms == block.arms[::-1]
        assert all(block.arms.count(arm) == 2 for arm in arms)


@given(st.integers(1, 200), st.floats(0, 1))
def test_canary_runs_in_its_share_of_blocks(blocks_count, share):
    with_canary = sum(CANARY in block.arms for block in plan_blocks(blocks_count, 1, canary_share=share))
    assert abs(with_canary - blocks_count * share) < 1


def test_two_arms_give_abba_and_baab_about_equally_often():
    orders = Counter(block.order for block in plan_blocks(400, seed=7))
    assert set(orders) == {"ABBA", "BAAB"}
    assert 140 < orders["ABBA"] < 260


def test_the_seed_is_the_plan():
    assert plan_blocks(20, 5) == plan_blocks(20, 5)
    assert plan_blocks(20, 5) != plan_blocks(20, 6)


def test_equivalent_builds_take_equal_turns():
    turns = Counter(block.build % 3 for block in plan_blocks(30, 5))
    assert set(turns.values()) == {10}


def test_a_second_plan_numbers_on_and_differs_from_the_first():
    first, second = plan_blocks(20, 5), plan_blocks(20, 5, first_block=20)
    assert [block.index for block in second] == list(range(20, 40))
    assert [block.order for block in first] != [block.order for block in second]


def test_rows_carry_slot_and_observation_and_arrive_one_by_one():
    seen = []
    rows = run_blocks(plan_blocks(2, 1), lambda slot: {"wall_ns": len(seen) + 1}, seen.append)
    assert rows == seen
    assert [row["wall_ns"] for row in rows] == list(range(1, 9))
    assert [row["position"] for row in rows] == [0, 1, 2, 3] * 2
    assert len({row["environment_bytes"] for row in rows[:4]}) == 1
    assert {"arm", "block", "order", "attempt", "steal_ns", "build"} <= set(rows[0])


def test_a_disturbed_block_runs_again_whole_and_its_rows_stay():
    def disturbed(rows):
        return "steal" if rows[0]["block"] == 1 and rows[0]["attempt"] == 0 else None

    rows = run_blocks(plan_blocks(3, 1), lambda slot: {}, disturbed=disturbed, reruns_max=5)
    assert len(rows) == 16
    assert Counter((row["block"], row["attempt"]) for row in rows) == {(0, 0): 4, (1, 0): 4, (1, 1): 4, (2, 0): 4}
    assert {(row["block"], row["attempt"]) for row in kept_rows(rows)} == {(0, 0), (1, 1), (2, 0)}


def test_reruns_end_at_their_limit_and_the_last_attempt_counts():
    rows = run_blocks(plan_blocks(2, 1), lambda slot: {}, disturbed=lambda rows: "always", reruns_max=3)
    assert len(rows) == 4 * (2 + 3)
    assert {(row["block"], row["attempt"]) for row in kept_rows(rows)} == {(0, 3), (1, 0)}


def test_an_interrupted_run_keeps_what_it_measured():
    seen = []

    def observe(slot):
        if len(seen) == 5:
            raise KeyboardInterrupt
        return {}

    with pytest.raises(KeyboardInterrupt):
        run_blocks(plan_blocks(3, 1), observe, seen.append)
    assert len(seen) == 5
