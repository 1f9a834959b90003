"""The verdict of a benchmark is PASS, MISSED or UNDECIDED as its rounds require."""

from pathlib import Path

import pytest

from bench_rows import Row, exit_code, median_interval, verdict

NOISY = [0.97, 0.98, 0.99, 0.99, 1.0, 1.0, 1.01, 1.01, 1.02, 2.0]


def judged(values: list[float], most: float | None = 1.005) -> str:
    return verdict(Row("r", "times", values, most))


def test_one_round_at_half_the_clock_moves_no_verdict():
    quiet = [1.001, 1.002, 1.0, 0.999, 1.001, 1.002, 1.0, 1.001, 0.998, 1.0]
    assert judged(quiet) == judged([*quiet[:-1], 2.0]) == judged([*quiet[:-1], 0.5]) == "PASS"


def test_ten_rounds_leave_out_one_at_either_end():
    # 2 * (1 + 10) / 2**10 = 0.021 lies outside of them, and 0.109 outside of the next.
    interval = median_interval(NOISY)
    assert (interval.low, interval.high, interval.says) == (0.98, 1.02, "95%")


def test_too_few_rounds_must_agree():
    assert median_interval([3.0, 1.0, 2.0]).says == "all 3"
    assert [judged(values) for values in ([1.0, 1.0, 1.001], [1.0, 1.0, 1.1], [1.1, 1.2, 1.1])] == [
        "PASS", "UNDECIDED", "MISSED"]


@pytest.mark.parametrize("values,code", [([[1.0] * 6], 0), ([[1.0] * 6, NOISY], 3), ([NOISY, [2.0] * 6], 1)])
def test_the_worst_row_decides_the_exit_code(values, code):
    rows = [Row("r", "times", one, 1.005) for one in values]
    assert exit_code([*rows, Row("rival", "times", [9.0] * 6)]) == code


def test_what_the_machine_takes_itself_is_taken_off(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent / "collect")
    from bench_taken import taken_rows

    both_ways = {"plain": 8e6, "ours": 14e6, "theirs": 20e6}, {"plain": 10e6, "ours": 18e6, "theirs": 24e6}
    ratio, ours, theirs = taken_rows([both_ways], "plain", "ours", "theirs")
    assert (ours.values, theirs.values) == ([7.0], [13.0]) and ratio.values == [pytest.approx(7 / 13)]
