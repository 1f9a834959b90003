"""ratio_of_medians.py - the gate's first statistic, as a rival on the gate's own runs.  runs -> calibration_rates

What hardening/adr/0005 decided against: median(B) / median(A) over all runs of an arm, blocks resampled. Everything else is
the gate's first stage: the exact interval of the blocks' log ratios, both beyond 1, the effect beyond policy and floor.
"""

import math

import numpy as np

from labkit.stats.bootstrap import block_logs
from labkit.stats.paired import median_interval
from labkit.verdicts.verdict import VerdictPolicy, excludes_one

RESAMPLES_COUNT = 10_000
CHUNK_COUNT = 1000


def slower_or_faster(a: np.ndarray, b: np.ndarray, *, policy: VerdictPolicy, floor_ratio: float, seed: int) -> int:
    """1 slower, -1 faster, 0 neither. a, b: shape (blocks, runs per block), of one unit.

    The cheap conditions come first: of identical programs few need the bootstrap.
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
    """Percentile interval of the ratio of medians; whole blocks are drawn, for both arms the same."""
    ratios = np.concatenate([median_of_each(b[chosen]) / median_of_each(a[chosen])
                             for chosen in draw_blocks(len(a), seed)])
    tail = (1 - confidence) / 2
    low, high = np.quantile(ratios, [tail, 1 - tail])
    return float(low), float(high)


def draw_blocks(blocks_count: int, seed: int):
    """Index arrays of shape (CHUNK_COUNT, blocks): in chunks, so that memory stays small."""
    source = np.random.default_rng(seed)
    for _ in range(0, RESAMPLES_COUNT, CHUNK_COUNT):
        yield source.integers(0, blocks_count, (CHUNK_COUNT, blocks_count))


def median_of_each(resamples: np.ndarray) -> np.ndarray:
    """resamples: shape (resamples, blocks, runs); one median over all runs of each."""
    return np.median(resamples.reshape(len(resamples), -1), axis=1)
