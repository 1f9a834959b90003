"""paired.py - exact tests on one number per block: its log ratio.

Labels were randomised (ABBA or BAAB), so under "no difference" each log ratio is symmetric about 0 and
these tests hold at every sample size, whatever the noise looks like.
"""

import math

import numpy as np

ROUNDING = 1e-9


def sign_test_p(values: np.ndarray) -> float:
    """Two-sided sign test of median 0 (Conover 1999, 3.4). A zero counts for neither side, which makes a finding less likely."""
    count = len(values)
    extreme = max(int(np.count_nonzero(values > 0)), int(np.count_nonzero(values < 0)))
    return min(1.0, 2 * binomial_tail(count, extreme))


def binomial_tail(count: int, at_least: int, probability: float = 0.5) -> float:
    """P(X >= at_least), X ~ Binomial(count, probability). Computed in logs, because the terms for a thousand runs exceed a float's range."""
    if probability in (0.0, 1.0):
        return float(at_least <= count * probability)
    log_odds = math.log(probability) - math.log1p(-probability)
    base = count * math.log1p(-probability) + math.lgamma(count + 1)
    return min(1.0, math.fsum(math.exp(base + k * log_odds - math.lgamma(k + 1) - math.lgamma(count - k + 1))
                              for k in range(max(0, at_least), count + 1)))


def sign_rank(count: int, confidence: float) -> int:
    """The r for which [r-th smallest, r-th largest] covers the median with this confidence; 0 if none does.

    Computed in logs: with exact integers, planning a comparison took longer than half of its runs.
    """
    tail, rank, log_term = 0.0, 0, -count * math.log(2)
    for k in range(count // 2):
        tail += math.exp(log_term)
        if 2 * tail > (1 - confidence) * (1 + ROUNDING):
            break
        rank, log_term = k + 1, log_term + math.log((count - k) / (k + 1))
    return rank


def median_interval(values: np.ndarray, confidence: float) -> tuple[float, float]:
    """Order-statistic interval of the median (Conover 1999, 3.2), dual to sign_test_p.

    Too few values for the confidence give (-inf, inf), not an error: 8 blocks are needed for 0.99, 6 for 0.95.
    """
    rank = sign_rank(len(values), confidence)
    if rank == 0:
        return -math.inf, math.inf
    ordered = np.sort(values)
    return float(ordered[rank - 1]), float(ordered[-rank])
