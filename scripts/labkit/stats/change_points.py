"""change_points.py - where a series of measurements changed its level.

E-divisive (Matteson & James 2014): split where the energy distance between the two sides is largest, keep the split
if random reorderings rarely do as well, then look into both halves. As MongoDB and Hunter use it for performance.
"""

import numpy as np

SEGMENT_MIN = 3
REORDERINGS_COUNT = 999
ALPHA = 0.01


def change_points(values: np.ndarray, *, seed: int, alpha: float = ALPHA) -> list[int]:
    """Indices at which a new level begins, ascending. values: shape (n,), any unit, in the order of time.

    Fewer than 2 SEGMENT_MIN values have no change points; and at least 10 are needed before any split of distinct
    levels can be rarer than alpha among reorderings.
    """
    return sorted(_split(np.asarray(values, dtype=float), 0, np.random.default_rng(seed), alpha))


def _split(values: np.ndarray, offset: int, source: np.random.Generator, alpha: float) -> list[int]:
    if len(values) < 2 * SEGMENT_MIN:
        return []
    place, strength = best_split(values)
    as_strong = sum(best_split(source.permutation(values))[1] >= strength for _ in range(REORDERINGS_COUNT))
    if (as_strong + 1) / (REORDERINGS_COUNT + 1) > alpha:
        return []
    return [offset + place, *_split(values[:place], offset, source, alpha),
            *_split(values[place:], offset + place, source, alpha)]


def best_split(values: np.ndarray) -> tuple[int, float]:
    """(first index of the right side, energy statistic) of the strongest split that leaves SEGMENT_MIN on each side."""
    distances = np.abs(values[:, None] - values[None, :])
    # Sums over the upper left k x k corner, for all k at once; the rest follows from row sums.
    corner = np.cumsum(np.cumsum(distances, axis=0), axis=1).diagonal()
    rows = np.cumsum(distances.sum(axis=1))
    total, count = corner[-1], len(values)
    left = np.arange(SEGMENT_MIN, count - SEGMENT_MIN + 1)
    right = count - left
    within_left = corner[left - 1]
    between = rows[left - 1] - within_left
    within_right = total - within_left - 2 * between
    energy = 2 * between / (left * right) - within_left / left**2 - within_right / right**2
    statistic = left * right / count * energy
    best = int(np.argmax(statistic))
    return int(left[best]), float(statistic[best])
