"""power.py - how many blocks the deciding sign test needs, and the smallest effect that it could have detected.

Units  sigma and effects are natural-log ratios per block: 0.02 is 2 % for small effects.
"""

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from labkit.stats.paired import binomial_tail, sign_rank

NORMAL = NormalDist()
MAD_TO_SIGMA = 1.4826
HALF_NORMAL_MAD_TO_SIGMA = 2.505
PILOT_CONFIDENCE = 0.8
WILD_RATIO = 0.1
SIGMA_CAUTION = 1.5  # in one case of ten, the robust sigma of n blocks is too small by more than 1.5 / sqrt(n)
SIGMA_MIN = 1e-9


def robust_sigma(values: np.ndarray) -> float:
    """Standard deviation from the MAD (1.4826 MAD), which ignores the far tails, as the sign test does."""
    return float(MAD_TO_SIGMA * np.median(np.abs(values - np.median(values))))


def pilot_sigma(half_differences: np.ndarray) -> float:
    """Noise of a block's log ratio, from the difference d1 - d2 of its two pairs; an upper 80 % bound.

    Swapping the labels A and B changes the sign of both d1 and d2 but not |d1 - d2|. The exact tests therefore stay
    exact when |d1 - d2| chooses the sample size, and the pilot's runs may be used in the tests. The bound is an order
    statistic, so that one or two outlying blocks do not demand a thousand more. half_differences: shape (n,), d1 - d2 per
    block, n >= 2.
    """
    count = len(half_differences)
    rank = next(r for r in range(1, count + 1) if binomial_tail(count, count - r + 1) >= PILOT_CONFIDENCE)
    # A block's log ratio is (d1 + d2) / 2, whose spread is half that of d1 - d2.
    return float(np.sort(np.abs(half_differences))[rank - 1]) / NORMAL.inv_cdf(0.75) / 2


def sign_test_power(blocks_count: int, sigma: float, effect: float, alpha: float, threshold: float = 0.0,
                    wild_ratio: float = 0.0) -> float:
    """Probability that the sign test at alpha (two-sided) finds `effect` and the median is beyond `threshold`.

    The result is the smaller of the two probabilities, as if one condition implied the other. wild_ratio: share of
    blocks in which a disturbance hides the effect, so that their sign is random.
    """
    rank = sign_rank(blocks_count, 1 - alpha)
    if rank == 0:
        return 0.0
    sigma = max(sigma, SIGMA_MIN)
    positive = (1 - wild_ratio) * NORMAL.cdf(effect / sigma) + wild_ratio / 2
    found = binomial_tail(blocks_count, blocks_count - rank + 1, positive)
    return min(found, NORMAL.cdf((effect - threshold) / median_error(sigma, blocks_count)))


def median_error(sigma: float, count: int) -> float:
    """Standard error of a median of normal values."""
    return sigma * math.sqrt(math.pi / 2 / count)


def blocks_for_power(sigma: float, effect: float, *, alpha: float, power: float, threshold: float,
                     blocks_max: int) -> int:
    """The fewest blocks with this power, or blocks_max if that many do not reach it; never too few to decide at all.

    One block in ten is assumed to be disturbed, so even a quiet pilot asks for more than the minimum.
    """
    count = blocks_at_least(alpha)
    while count < blocks_max and sign_test_power(count, sigma, effect, alpha, threshold, WILD_RATIO) < power:
        count += max(1, count // 16)
    return max(min(count, blocks_max), blocks_at_least(alpha))


def blocks_at_least(alpha: float) -> int:
    """The fewest blocks with which the sign test can reach alpha at all: 8 for 0.01, 6 for 0.05."""
    count = 1
    while sign_rank(count, 1 - alpha) == 0:
        count += 1
    return count


def detectable_effect(logs: np.ndarray, *, alpha: float, power: float, threshold: float) -> float:
    """Smallest log ratio that so many blocks of this noise show with this power: the sign test at alpha finds it, and the
    median is beyond threshold. Infinite where there are too few blocks. logs: shape (n,), of the blocks; their centre
    does not matter.

    The sign test finds a shift if the noise of sufficiently few blocks exceeds it, so a quantile of the noise decides.
    The larger of two estimates is used: an upper 80 % bound of the observed quantile, because a few blocks say little
    about the tail, and the quantile of a normal distribution.
    """
    count = len(logs)
    rank = sign_rank(count, 1 - alpha)
    if rank == 0:
        return math.inf
    contrary = contrary_share(count, rank, power)
    sigma = robust_sigma(logs) * (1 + SIGMA_CAUTION / math.sqrt(count))
    deviations = np.sort(np.abs(logs - np.median(logs)))
    seen = deviations[upper_rank(count, 1 - 2 * contrary) - 1]
    return max(float(seen), sigma * NORMAL.inv_cdf(1 - contrary),
               threshold + NORMAL.inv_cdf(power) * median_error(sigma, count))


@lru_cache(maxsize=1024)
def contrary_share(count: int, rank: int, power: float) -> float:
    """The largest probability of the opposite sign in a block with which the sign test still has this power."""
    low, high = 0.0, 0.5
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if 1 - binomial_tail(count, rank, middle) >= power else (low, middle)
    return low


def upper_rank(count: int, probability: float) -> int:
    """The rank of the order statistic that exceeds this quantile with PILOT_CONFIDENCE; the largest rank, if none does."""
    return next((rank for rank in range(1, count + 1)
                 if 1 - binomial_tail(count, rank, probability) >= PILOT_CONFIDENCE), count)


def pilot_sigma_of_blocks(logs: np.ndarray) -> float:
    """Noise of a block's log ratio that both pairs of a block share, such as the effect of a link order; the difference of the
    pairs (pilot_sigma) cannot show it. It comes from the MAD of the absolute log ratios, which do not change when the labels
    A and B are swapped. The result is sigma where the arms do not differ, and 1.7 sigma where they do."""
    sizes = np.abs(logs)
    return float(HALF_NORMAL_MAD_TO_SIGMA * np.median(np.abs(sizes - np.median(sizes))))
