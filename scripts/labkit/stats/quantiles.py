"""quantiles.py - the quantiles of the many samples of one process run."""

import numpy as np

SAMPLES_FOR_TAIL = {0.5: 1, 0.95: 100, 0.99: 1000}


def run_quantile(samples_ns: np.ndarray, probability: float) -> float:
    """The quantile of one run's samples (Hyndman & Fan type 7, numpy's default).

    samples_ns: shape (n,), nanoseconds, n >= 1, else ValueError. Samples of one process are not independent:
    the result is one observation, however large n is.
    """
    samples_ns = np.asarray(samples_ns, dtype=float)
    if samples_ns.ndim != 1 or samples_ns.size == 0:
        raise ValueError("a quantile needs at least one sample in one dimension")
    ordered = np.sort(samples_ns)  # computed here, because a report needs thousands of quantiles, and np.quantile takes 0.3 ms for each
    position = (ordered.size - 1) * probability
    below = int(position)
    above = min(below + 1, ordered.size - 1)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (position - below))


def tail_is_supported(samples_count: int, probability: float) -> bool:
    """Whether a run has enough samples for this quantile: p99 of 50 samples is merely their maximum."""
    return samples_count >= SAMPLES_FOR_TAIL.get(probability, 1)
