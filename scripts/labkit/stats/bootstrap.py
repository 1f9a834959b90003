"""bootstrap.py - the median of the blocks' ratios, and its exact bootstrap.

Bootstrap (Efron 1979; blocks after Kuensch 1989): the runs of one block share the state of the machine, so blocks, not
runs, are resampled. The bootstrap distribution of a median has a closed form (Maritz & Jarrett 1978). Nothing is drawn
at random, so there is no seed, and p is not limited by a number of resamples.

Why not the ratio of the arms' medians: where a host halves the clock for some blocks, both arms have two modes, and the
medians of a resample may fall into different ones. Within a block the speed of the machine cancels (hardening/adr/0005).
"""

import math
from functools import lru_cache

import numpy as np


def block_logs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """log(B / A) of each block, from geometric means within it: shape (blocks,).

    a, b: shape (blocks, runs per block), positive, any one unit. ValueError for other shapes or values.
    """
    if a.ndim != 2 or a.shape != b.shape or not len(a):
        raise ValueError(f"blocks differ: A has shape {a.shape}, B {b.shape}")
    if not (np.all(a > 0) and np.all(b > 0) and np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        raise ValueError("a ratio needs positive, finite values")
    return np.log(b).mean(axis=1) - np.log(a).mean(axis=1)


def bootstrap_interval(values: np.ndarray, confidence: float) -> tuple[float, float]:
    """Percentile interval of the median over all possible resamples. values: shape (n,), n >= 1."""
    medians, chances = median_distribution(np.sort(values))
    order = np.argsort(medians)
    tail = (1 - confidence) / 2
    return first_reaching(medians[order], chances[order], tail), first_reaching(medians[order][::-1], chances[order][::-1], tail)


def first_reaching(values: np.ndarray, chances: np.ndarray, tail: float) -> float:
    """The first value at which the cumulative probability reaches the tail."""
    place = int(np.searchsorted(np.cumsum(chances), tail))
    return float(values[min(place, len(values) - 1)])


def median_distribution(ordered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(possible medians of a resample, their probabilities). ordered: shape (n,), ascending.

    For an even count the median is the mean of the two middle values, so all n (n + 1) / 2 pairs are listed.
    """
    chances = median_chances(len(ordered))
    if len(ordered) % 2:
        return ordered, chances
    row, column = np.triu_indices(len(ordered))
    return (ordered[row] + ordered[column]) / 2, chances


@lru_cache(maxsize=256)
def median_chances(count: int) -> np.ndarray:
    """The probability of each value to be a resample's median; for an even count, of each pair (i, j), i <= j, to be its two
    middle values."""
    middle = count // 2 + count % 2  # the rank of the (lower) middle value, counted from the smallest
    lower = np.diff(at_least_chances(count, middle))
    if count % 2:
        return lower
    pairs = middle_pair_chances(count)
    np.fill_diagonal(pairs, np.maximum(0.0, lower - pairs.sum(axis=1)))
    return pairs[np.triu_indices(count)]


def at_least_chances(count: int, least: int) -> np.ndarray:
    """P(X >= least), X ~ Binomial(count, k / count), for k = 0 ... count."""
    hits, share = np.arange(least, count + 1)[:, None], np.arange(1, count) / count
    log_choose = np.array([math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1) for k in hits[:, 0]])
    inner = np.exp(log_choose[:, None] + hits * np.log(share) + (count - hits) * np.log1p(-share)).sum(axis=0)
    return np.concatenate([[0.0], np.minimum(1.0, inner), [1.0]])


def middle_pair_chances(count: int) -> np.ndarray:
    """P(lower middle is the i-th and upper middle the j-th of the values), i < j: shape (count, count). Computed in logs,
    because the factors exceed a float's range."""
    half, rank = count // 2, np.arange(1, count + 1)
    log_choose = math.lgamma(count + 1) - 2 * math.lgamma(half + 1)
    with np.errstate(divide="ignore"):
        below = half * np.log(rank / count) + np.log1p(-((rank - 1) / rank) ** half)
    chances = np.exp(np.minimum(0.0, log_choose + below[:, None] + below[::-1][None, :]))
    return np.triu(chances, 1)
