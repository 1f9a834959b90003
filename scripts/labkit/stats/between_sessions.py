"""between_sessions.py - the variation between sessions, which no interval of one session contains, and a prediction for the next one.

Units  logs are log ratios, one per session; errors are their standard errors within the session.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BetweenSessions:
    """sigma_ratio: standard deviation between sessions, beyond what their errors explain (moments: Hedges & Olkin 1985).
    next_low, next_high: 95 % prediction interval of a further session's ratio, by Student's t for this number of sessions."""

    sessions_count: int
    low_ratio: float
    high_ratio: float
    sigma_ratio: float
    next_low_ratio: float
    next_high_ratio: float


def between_sessions(logs: Sequence[float], errors: Sequence[float]) -> BetweenSessions | None:
    """None for fewer than two sessions."""
    count = len(logs)
    if count < 2:
        return None
    from scipy.special import stdtrit
    values = np.asarray(logs, dtype=float)
    variance = float(values.var(ddof=1))
    beyond = max(0.0, variance - float(np.mean(np.square(errors))))
    reach = float(stdtrit(count - 1, 0.975)) * math.sqrt(variance * (1 + 1 / count))
    middle = float(values.mean())
    return BetweenSessions(count, math.exp(values.min()), math.exp(values.max()), math.expm1(math.sqrt(beyond)),
                           math.exp(middle - reach), math.exp(middle + reach))


def error_of_interval(low_ratio: float, high_ratio: float, confidence: float) -> float:
    """The standard error for which a normal interval has this width."""
    from scipy.special import ndtri
    return math.log(high_ratio / low_ratio) / (2 * float(ndtri((1 + confidence) / 2)))
