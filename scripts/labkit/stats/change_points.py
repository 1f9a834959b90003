"""change_points.py - find the places where a series of measurements changes its level.

E-divisive (Matteson & James 2014): split where the energy distance between the two sides is largest, keep the split
if random reorderings rarely reach that distance, then repeat this in both halves. MongoDB and Hunter use it for
performance data, with a small p, windows and a smallest step, as here. These are needed because points of one machine
are not independent: with an autocorrelation of 0.6, reorderings at p 0.01 alone report a change in a quarter to a third
of flat series.
"""

import numpy as np

SEGMENT_MIN = 3
REORDERINGS_COUNT = 1999
ALPHA = 0.001
WINDOW = 50
STEP_MIN = 0.02
STEP_NOISES = 3.0
MAD_TO_SIGMA = 1.4826


def change_points(values: np.ndarray, *, seed: int, alpha: float = ALPHA, step_min: float = STEP_MIN) -> list[int]:
    """Indices at which a new level begins, ascending. values: shape (n,), in the order of time; logs, if step_min is
    a ratio.

    The last SEGMENT_MIN - 1 values cannot be distinguished from outliers. Fewer than 2 SEGMENT_MIN values have no change
    points, and at least 12 are needed before any split can be significant at alpha.
    """
    values, source = np.asarray(values, dtype=float), np.random.default_rng(seed)
    found: set[int] = set()
    for start in range(0, max(1, len(values) - WINDOW // 2), WINDOW // 2):
        found |= set(_split(values[start:start + WINDOW], start, source, alpha))
    return _large_enough(values, sorted(found), step_min)


def _split(values: np.ndarray, offset: int, source: np.random.Generator, alpha: float) -> list[int]:
    if len(values) < 2 * SEGMENT_MIN:
        return []
    place, strength = best_split(values)
    as_strong = 1
    for _ in range(REORDERINGS_COUNT):
        as_strong += best_split(source.permutation(values))[1] >= strength
        if as_strong > alpha * (REORDERINGS_COUNT + 1):
            return []
    return [offset + place, *_split(values[:place], offset, source, alpha),
            *_split(values[place:], offset + place, source, alpha)]


def _large_enough(values: np.ndarray, changes: list[int], step_min: float) -> list[int]:
    """The changes whose step is at least step_min and at least STEP_NOISES times the noise about the levels. The smallest step
    is removed first, because its removal changes the neighbouring levels."""
    while changes:
        levels = [values[start:end] for start, end in zip([0, *changes], [*changes, len(values)])]
        middles = [float(np.median(level)) for level in levels]
        noise = MAD_TO_SIGMA * float(np.median(np.abs(np.concatenate(
            [level - middle for level, middle in zip(levels, middles)]))))
        steps = np.abs(np.diff(middles))
        smallest = int(np.argmin(steps))
        if steps[smallest] >= max(step_min, STEP_NOISES * noise):
            break
        changes = changes[:smallest] + changes[smallest + 1:]
    return changes


def best_split(values: np.ndarray) -> tuple[int, float]:
    """(first index of the right side, energy statistic) of the strongest split that leaves SEGMENT_MIN on each side."""
    distances = np.abs(values[:, None] - values[None, :])
    # Sums over the upper left k x k corner, for all k at once; the other sums follow from the row sums.
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
