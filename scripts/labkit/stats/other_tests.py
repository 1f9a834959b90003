"""other_tests.py - the tests that other tools print, shown beside the verdict; none of them decides.

They assume that process runs are independent samples of one distribution, which runs on one machine are not.
"""

import math

import numpy as np


def welch_log_p(a: np.ndarray, b: np.ndarray) -> float:
    """Two-sided Welch's t test of the mean logs. a, b: shape (n,), n >= 2, positive, else ValueError."""
    return welch_p(np.log(a), np.log(b))


def welch_p(a: np.ndarray, b: np.ndarray) -> float:
    """Two-sided Welch's t test (Welch 1947) of the means, as hyperfine's welch_ttest.py does. n >= 2 on each side."""
    if a.size < 2 or b.size < 2:
        raise ValueError("Welch's t needs at least two runs on each side")
    from scipy.special import stdtr
    errors = [x.var(ddof=1) / x.size for x in (a, b)]
    if sum(errors) == 0:
        return 1.0 if a.mean() == b.mean() else 0.0
    t = (b.mean() - a.mean()) / math.sqrt(sum(errors))
    degrees = sum(errors) ** 2 / sum(e ** 2 / (x.size - 1) for e, x in zip(errors, (a, b)))
    return float(2 * stdtr(degrees, -abs(t)))


def mann_whitney_p(a: np.ndarray, b: np.ndarray) -> float:
    """Two-sided Mann-Whitney U (exact for small samples without ties, as benchstat and compare.py use it)."""
    from scipy.stats import mannwhitneyu
    return float(mannwhitneyu(a, b, alternative="two-sided").pvalue)


def lag1_autocorrelation(values: np.ndarray) -> float:
    """Correlation of each value with the next (Box & Jenkins r1); 0 for fewer than 3 values or no variation."""
    centred = values - values.mean()
    variation = float(centred @ centred)
    if values.size < 3 or variation == 0:
        return 0.0
    return float(centred[:-1] @ centred[1:]) / variation
