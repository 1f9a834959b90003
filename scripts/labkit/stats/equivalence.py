"""equivalence.py - show that there is no relevant difference; a test that found none does not show that."""

import math


def within_margin(low: float, high: float, margin_ratio: float) -> bool:
    """Two one-sided tests (Schuirmann 1987): equivalent at alpha if the 1 - 2 alpha interval lies inside the margin.

    low, high: interval of a ratio, 0 <= low <= high. margin_ratio: 0.01 accepts 1/1.01 to 1.01, symmetric in logs.
    """
    margin = math.log1p(margin_ratio)
    return low > 0 and -margin < math.log(low) and math.log(high) < margin
