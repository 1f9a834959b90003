"""Where the knee is, which of several attempts counts, and how much the histogram of response times rounds. No figure of time is measured."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.load_curve import Point, best_of, histogram_of, kept_points, knee_of, point_of, quantile


def point(offered: float, p99_ms: float, *, answered: float | None = None, failed: int = 0, invalid: str = "") -> Point:
    return Point(offered, offered if answered is None else answered, 1e6, 1e6, p99_ms * 1e6, 100, 0, failed, invalid)


def row(offered: float, times_ms: list[float], *, late: int = 0, attempt: int = 0) -> dict:
    times = histogram_of(round(one * 1e6) for one in times_ms)
    return {"offered_per_s": offered, "requests_count": len(times_ms), "ended_ns": round(1e9 * len(times_ms) / offered), "times": times,
            "late_count": late, "failed_count": 0, "attempt": attempt}


@pytest.mark.parametrize("points, knee", [
    ([point(50, 20), point(100, 25), point(200, 201)], 100), ([point(50, 20), point(100, 25)], 100),
    ([point(50, 20), point(100, 21, answered=80)], 50), ([point(50, 20, failed=1)], None),
    ([point(50, 20), point(100, 900, invalid="late"), point(200, 21)], 200), ([], None)])
def test_the_knee_is_the_last_load_that_was_kept_up_with(points, knee):
    assert knee_of(points) == knee


def test_a_schedule_that_was_not_kept_makes_the_point_invalid():
    assert point_of(row(100, [1] * 100, late=1)).invalid == ""
    assert point_of(row(100, [1] * 100, late=2)).invalid == ("the generator did not keep its schedule: 2 of 100 requests were sent late, and not because of the server")


def test_of_two_attempts_the_one_that_kept_up_counts_and_an_invalid_one_never_if_there_is_another():
    lowest, kept, behind, late = point(50, 20), point(100, 25), point(100, 900), point(100, 21, invalid="late")
    assert best_of([behind, kept], lowest) == kept and best_of([late, behind], lowest) == behind and best_of([late], None) == late
    rows = [row(50, [20] * 100), row(100, [900] * 100), row(100, [25] * 100, attempt=1)]
    assert [round(one.p99_ns / 1e6) for one in kept_points(rows)] == [20, 25]


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=300), st.sampled_from((0.5, 0.95, 0.99)))
def test_a_quantile_of_the_histogram_is_off_by_half_a_per_cent_at_most(times_ns, share):
    exact = float(np.quantile(times_ns, share, method="inverted_cdf"))
    assert abs(quantile(histogram_of(times_ns), share) - exact) <= 0.005 * exact


def test_every_response_is_in_the_histogram():
    found = histogram_of([12_345, 12_349, 999, 0])
    assert found == {"ns": [0, 999, 12_300], "counts": [1, 1, 2]}
