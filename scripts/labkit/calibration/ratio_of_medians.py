"""ratio_of_medians.py - the gate's first statistic, as a rival on the gate's own runs.  runs -> calibration_rates

This is the statistic that hardening/adr/0005 decided against: median(B) / median(A) over all runs of an arm, with an interval from
resampled blocks. Everything else is as in the gate's first stage: that interval and the exact one of the blocks' log ratios
both exclude 1, and the effect is larger than the policy's smallest effect and the noise floor.
"""

import math

import numpy as np

from labkit.stats.bootstrap import block_logs
from labkit.stats.paired import median_interval
from labkit.verdicts.verdict import VerdictPolicy, excludes_one

RESAMPLES_COUNT = 10_000
CHUNK_COUNT = 1000


def slower_or_faster(a: np.ndarray, b: np.ndarray, *, policy: VerdictPolicy, floor_ratio: float, seed: int) -> int:
    """1: B is slower; -1: B is faster; 0: neither. a, b: shape (blocks, runs per block), times in the same unit.

    The cheap conditions come first, so that few comparisons of identical programs need the bootstrap.
    """
    ratio, confidence = ratio_of(a, b), 1 - policy.alpha
    if abs(math.log(ratio)) <= math.log1p(max(policy.effect_ratio, floor_ratio)):
        return 0
    exact_low, exact_high = median_interval(block_logs(a, b), confidence)
    if not (exact_low > 0 or exact_high < 0):
        return 0
    if not excludes_one(*bootstrap_interval(a, b, seed=seed, confidence=confidence)):
        return 0
    return 1 if ratio > 1 else -1


def ratio_of(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.median(b) / np.median(a))


def bootstrap_interval(a: np.ndarray, b: np.ndarray, *, seed: int, confidence: float) -> tuple[float, float]:
    """Percentile interval of the ratio of medians. Whole blocks are drawn, and the same blocks for both arms."""
    ratios = np.concatenate([median_of_each(b[chosen]) / median_of_each(a[chosen])
                             for chosen in draw_blocks(len(a), seed)])
    tail = (1 - confidence) / 2
    low, high = np.quantile(ratios, [tail, 1 - tail])
    return float(low), float(high)


def draw_blocks(blocks_count: int, seed: int):
    """Yields index arrays of shape (CHUNK_COUNT, blocks); chunks keep the memory small."""
    source = np.random.default_rng(seed)
    for _ in range(0, RESAMPLES_COUNT, CHUNK_COUNT):
        yield source.integers(0, blocks_count, (CHUNK_COUNT, blocks_count))


def median_of_each(resamples: np.ndarray) -> np.ndarray:
    """The median over all runs of each resample, shape (resamples,). resamples: shape (resamples, blocks, runs)."""
    return np.median(resamples.reshape(len(resamples), -1), axis=1)
