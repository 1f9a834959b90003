"""multiplicity.py - many tests that gate together: Holm."""

from collections.abc import Sequence


def holm_adjust(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the order given (Holm 1979): reject those at or below alpha.

    The chance of even one false alarm in the family stays below alpha, whatever the dependence.
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for step, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - step) * p_values[index]))
        adjusted[index] = running
    return adjusted
