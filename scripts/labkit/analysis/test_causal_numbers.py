"""What virtual speed-ups say beside Amdahl's law, from rows whose answer is known."""

import pytest

from labkit.analysis.causal_numbers import ALIKE, LESS, MORE, OPEN, amdahl, causal_numbers

NOISE = (0.99, 1.01, 1.0, 1.02, 0.98, 1.0, 1.01, 0.99)


def rows(periods: dict[int, float], share: float, *, blocks: int = 8, wobble: float = 0.0) -> list[dict]:
    """Two rows of each speed-up in each block. wobble: by how much the sped-up runs of every second block are slower, and of the others faster."""
    found = []
    for block in range(blocks):
        for speedup, period in periods.items():
            factor = NOISE[block % len(NOISE)] * (1 + wobble * (-1) ** block * (speedup > 0))
            found += [{"function": "f", "block": block, "speedup_percent": speedup, "period_ns": period * factor, "cpu_ns": 1000,
                       "function_cpu_ns": round(1000 * share), "threads_count": 3}] * 2
    return found


def test_amdahls_gain_is_that_of_the_share():
    assert amdahl(0.5, 50) == pytest.approx(4 / 3) and amdahl(1.0, 100) == float("inf") and amdahl(0.0, 50) == 1.0


def test_the_shorter_of_two_threads_gains_nothing():
    """A third of the CPU time, for which nobody waits."""
    found = causal_numbers(rows({0: 40.0, 25: 40.0, 50: 40.0}, 1 / 3))
    assert [one.verdict for one in found.gains] == [LESS, LESS]
    assert found.ceiling_ratio == pytest.approx(1.5, rel=0.01) and found.gains[-1].amdahl_ratio == pytest.approx(1.2, rel=0.01)
    assert "gains nothing" in found.says and "33.3" in found.says


def test_the_longer_of_two_threads_gains_more_than_its_share():
    found = causal_numbers(rows({0: 40.0, 50: 20.0}, 2 / 3))
    assert found.gains[-1].ratio == pytest.approx(2.0) and found.gains[-1].verdict == MORE
    assert "other threads wait for it" in found.says


def test_one_thread_gains_what_amdahl_promises():
    found = causal_numbers(rows({0: 40.0, 25: 35.0, 50: 30.0}, 0.5))
    assert [one.verdict for one in found.gains] == [ALIKE, ALIKE] and not found.is_open


def test_a_part_of_the_share_is_gained():
    found = causal_numbers(rows({0: 40.0, 50: 36.0}, 0.5))
    assert found.gains[-1].verdict == LESS and "for a part of its time" in found.says


def test_what_makes_the_work_slower_is_said():
    found = causal_numbers(rows({0: 40.0, 50: 44.0}, 0.5))
    assert found.gains[-1].verdict == LESS and "slower" in found.says


def test_too_few_blocks_decide_nothing():
    found = causal_numbers(rows({0: 40.0, 50: 30.0}, 0.5, blocks=5))
    assert found.is_open and found.gains[-1].low is None and "at least 6 blocks" in found.says


def test_noise_that_contains_both_answers_decides_nothing():
    found = causal_numbers(rows({0: 40.0, 50: 39.0}, 0.1, wobble=0.2))
    assert found.gains[-1].verdict == OPEN and "do not decide" in found.says


def test_a_block_that_is_not_complete_is_left_out():
    kept = rows({0: 40.0, 50: 30.0}, 0.5)
    assert causal_numbers([row for row in kept if not (row["block"] == 3 and row["speedup_percent"] == 50)]).blocks_count == 7
