"""The bisection of a quick audit finds the rate that offering every rate finds, with a logarithm of the measurements."""

import pytest

from labkit.audit.rate_search import bisect

RATES = (100, 200, 300, 400, 600, 800, 1200, 1600, 2400, 3200, 4800, 6400)


@pytest.mark.parametrize("capacity", [50, *RATES, 10000])
def test_it_finds_the_last_rate_that_is_kept_up_with(capacity):
    asked = []
    found = bisect(RATES, lambda rate: asked.append(rate) is None and rate <= capacity)
    assert found == max((rate for rate in RATES if rate <= capacity), default=None)
    assert len(asked) <= 5 and asked[0] == RATES[0] and len(set(asked)) == len(asked)
