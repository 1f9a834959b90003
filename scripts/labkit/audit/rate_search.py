"""rate_search.py - the highest of some rising rates that a server keeps up with, in few measurements.  rates, measure -> rate_search

Pure  no disk, no clock.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def bisect(rates: Sequence[T], keeps_up: Callable[[T], bool]) -> T | None:
    """None if keeps_up is false at the lowest rate, which is asked first. A rate at which nothing valid could be measured counts as one that is too
    high, because a generator that is late at one rate is late at the higher ones, too."""
    if not keeps_up(rates[0]):
        return None
    kept, above = 0, len(rates)
    while above - kept > 1:
        middle = (kept + above) // 2
        kept, above = (middle, above) if keeps_up(rates[middle]) else (kept, middle)
    return rates[kept]
