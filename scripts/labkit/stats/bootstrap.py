"""bootstrap.py - the median of the blocks' ratios, by resampling whole blocks.

Percentile bootstrap (Efron 1979; blocks after Kuensch 1989): runs of one block share the machine's mood,
so the block, not the run, is drawn.

Why not the ratio of the arms' medians: where a host halves the clock for some blocks, both arms have two modes, and a
resample's medians may fall into different ones. Within a block the mood cancels (hardening/adr/0005).
"""

from dataclasses import dataclass

import numpy as np

RESAMPLES_COUNT = 10_000
CHUNK_COUNT = 1000


@dataclass(frozen=True)
class Interval:
    """estimate with low <= estimate <= high at the confidence asked for; p is two-sided for ratio = 1."""

    estimate: float
    low: float
    high: float
    p: float


def block_logs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """log(B / A) of each block, from geometric means within it: shape (blocks,).

    a, b: shape (blocks, runs per block), positive, any one unit. ValueError for other shapes or values.
    """
    if a.ndim != 2 or a.shape != b.shape or not len(a):
        raise ValueError(f"blocks differ: A has shape {a.shape}, B {b.shape}")
    if not (np.all(a > 0) and np.all(b > 0) and np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        raise ValueError("a ratio needs positive, finite values")
    return np.log(b).mean(axis=1) - np.log(a).mean(axis=1)


def median_ratio(logs: np.ndarray, *, seed: int, confidence: float, resamples_count: int = RESAMPLES_COUNT) -> Interval:
    """exp(median(logs)) with a percentile interval. logs: of block_logs, shape (blocks,), at least one."""
    medians = np.concatenate([np.median(logs[chosen], axis=1)
                              for chosen in draw_blocks(len(logs), seed, resamples_count)])
    tail = (1 - confidence) / 2
    low, high = np.exp(np.quantile(medians, [tail, 1 - tail]))
    extreme = min(np.count_nonzero(medians <= 0), np.count_nonzero(medians >= 0))
    return Interval(float(np.exp(np.median(logs))), float(low), float(high),
                    min(1.0, 2 * (extreme + 1) / (resamples_count + 1)))


def draw_blocks(blocks_count: int, seed: int, resamples_count: int):
    """Index arrays of shape (at most CHUNK_COUNT, blocks): in chunks, so that memory stays small."""
    source = np.random.default_rng(seed)
    for start in range(0, resamples_count, CHUNK_COUNT):
        yield source.integers(0, blocks_count, (min(CHUNK_COUNT, resamples_count - start), blocks_count))
