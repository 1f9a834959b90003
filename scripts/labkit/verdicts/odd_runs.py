"""odd_runs.py - find what a median hides: runs of one arm that are much slower, or in which the kernel interfered more.

If B is ten times slower in one run of ten, it still has A's median. Outlying runs are therefore counted for each arm;
where one arm has more of them than chance explains, the verdict is not "equivalent" (verdict.py).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from labkit.stats.paired import binomial_tail

SLOW_FACTOR = 1.5
ALONE_COUNT = 3
MEANS_APART_RATIO = 0.05
SKEW_ALPHA = 0.01


@dataclass(frozen=True)
class Covariate:
    """A count of one process run. A run is odd above allowance + factor times the median. withholds: whether one-sided odd runs
    withhold equivalence; otherwise they are reported only."""

    title: str
    allowance: int
    factor: float
    withholds: bool = True


# A program that uses more memory has more minor faults in each of its runs, at equal times, too, so they withhold nothing.
COVARIATES = {"involuntary_switches_count": Covariate("involuntary switches", 20, 4), "major_faults_count": Covariate("major faults", 0, 4),
              "minor_faults_count": Covariate("minor faults", 100, 1.5, withholds=False)}


@dataclass(frozen=True)
class OddRuns:
    """what: the property of an outlying run. one_sided: the arms' counts differ by more than chance explains. withholds: if so,
    the verdict is not "equivalent"."""

    what: str
    a_count: int
    b_count: int
    a_runs_count: int
    b_runs_count: int
    one_sided: bool
    withholds: bool = True

    @property
    def text(self) -> str:
        return (f"runs with {self.what}: {self.a_count} of {self.a_runs_count} of A, {self.b_count} of "
                f"{self.b_runs_count} of B")


def slow_runs(a: np.ndarray, b: np.ndarray) -> OddRuns:
    """a, b: any shape, one number per run. A run is slow if it takes more than SLOW_FACTOR times the median of all runs of
    both arms. A few slow runs are one-sided, too, if they are so slow that the means differ."""
    limit = SLOW_FACTOR * float(np.median(np.concatenate([a.ravel(), b.ravel()])))
    found = counted(f"more than {SLOW_FACTOR:g} times the median of all", a.ravel() > limit, b.ravel() > limit)
    alone = min(found.a_count, found.b_count) == 0 < max(found.a_count, found.b_count)
    return replace(found, one_sided=found.one_sided or alone and means_apart(a, b))


def means_apart(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether the means differ so much that even one slow run is not ignored. This happened in none of 673 comparisons of
    identical programs that `make calibrate` called equivalent; three slow runs on one side happened in 6."""
    return abs(math.log(b.mean() / a.mean())) > math.log1p(MEANS_APART_RATIO)


def covariate_runs(rows: Sequence[dict], a: str, b: str) -> tuple[OddRuns, ...]:
    """One entry for each covariate in the rows. The limit comes from the arm with the lower values: where B is always
    preempted more often than A, all its runs are odd."""
    found = []
    for name, one in COVARIATES.items():
        arms = [np.array([row[name] for row in rows if row["arm"] == arm and row.get(name) is not None]) for arm in (a, b)]
        if all(arm.size for arm in arms):
            limit = one.allowance + one.factor * min(float(np.median(arm)) for arm in arms)
            found.append(replace(counted(f"more than {limit:g} {one.title}", arms[0] > limit, arms[1] > limit), withholds=one.withholds))
    return tuple(found)


def counted(what: str, a_odd: np.ndarray, b_odd: np.ndarray) -> OddRuns:
    a_count, b_count = int(np.count_nonzero(a_odd)), int(np.count_nonzero(b_odd))
    return OddRuns(what, a_count, b_count, a_odd.size, b_odd.size, stand_on_one_side(a_count, b_count))


def stand_on_one_side(a_count: int, b_count: int) -> bool:
    """Whether the counts are one-sided. If one side has none, ALONE_COUNT on the other side suffice; this happens by chance
    in one case of four (three of three) and makes the verdict inconclusive. Otherwise the sign test decides, because on a
    noisy machine both sides have many such runs."""
    more, fewer = max(a_count, b_count), min(a_count, b_count)
    if fewer == 0:
        return more >= ALONE_COUNT
    return 2 * binomial_tail(more + fewer, more) <= SKEW_ALPHA
