"""multiplicity.py - several tests that are judged together: Holm's correction, and the intervals that agree with it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Adjusted:
    """p: Holm's corrected p, to be compared with alpha. factor: the interval at confidence 1 - alpha / factor excludes 1
    exactly where p is at most alpha."""

    p: float
    factor: int


def holm_adjust(p_values: Sequence[float], alpha: float) -> list[Adjusted]:
    """The corrected values in the order given (Holm 1979). The probability of any false alarm in the family stays below alpha,
    however the tests depend on each other. All tests from the first that is not rejected share its factor (Strassburger &
    Bretz 2008)."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [Adjusted(1.0, 1)] * len(p_values)
    running, factor = 0.0, len(p_values)
    for step, index in enumerate(order):
        multiplier = len(p_values) - step
        if running <= alpha:
            factor = multiplier
        running = max(running, min(1.0, multiplier * p_values[index]))
        adjusted[index] = Adjusted(running, factor)
    return adjusted
