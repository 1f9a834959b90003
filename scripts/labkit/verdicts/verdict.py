"""verdict.py - two arms, one metric: improved, regressed, equivalent, inconclusive or identical.

rows -> metrics -> verdict -> decide, render

Units    ratio is B / A of the metric as a cost (time per operation, bytes, counts): below 1 is better, for every
         metric; of sampled metrics the median over blocks of the ratio within the block, which need not be
         b_median / a_median. gain_ratio is 1 / ratio: throughput of B over throughput of A. effect_ratio, floor_ratio,
         mde_ratio and equivalence_ratio are distances from 1: 0.02 means 2 %.
Changed  needs all of: the exact order-statistic interval excludes 1, the block-bootstrap interval excludes 1 (both at
         1 - alpha, after Holm where several metrics gate together), and a point estimate beyond the larger of policy
         and noise floor. Equivalent needs both 1 - 2 equivalence_alpha intervals inside +-equivalence_ratio.
Pure     no disk, no clock; the same rows and seed give the same Comparison.
"""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from labkit.stats.bootstrap import RESAMPLES_COUNT, Interval, block_logs, median_ratio
from labkit.stats.other_tests import lag1_autocorrelation, welch_log_p
from labkit.stats.equivalence import within_margin
from labkit.stats.multiplicity import holm_adjust
from labkit.stats.paired import median_interval, sign_test_p, signed_rank_p
from labkit.stats.power import blocks_at_least, detectable_effect, median_error, robust_sigma
from labkit.verdicts.metrics import METRICS, Metric, kept_rows, paired_arrays

IMPROVED, REGRESSED, EQUIVALENT = "improved", "regressed", "equivalent"
INCONCLUSIVE, IDENTICAL = "inconclusive", "identical"
CHANGED = (IMPROVED, REGRESSED)


@dataclass(frozen=True)
class Policy:
    """What counts, fixed before the first run. Defaults are those that `make calibrate` measures.

    power is of one stage: a regression passes two, and 0.95 twice is 0.90.
    """

    alpha: float = 0.01
    effect_ratio: float = 0.01
    equivalence_ratio: float = 0.01
    equivalence_alpha: float = 0.05
    power: float = 0.95
    power_effect_ratio: float = 0.02
    resamples_count: int = RESAMPLES_COUNT


@dataclass(frozen=True)
class Comparison:
    """One metric, judged. Infinite interval ends (too few blocks) are None in JSON."""

    metric: str
    unit: str
    verdict: str
    reason: str
    a_median: float
    b_median: float
    ratio: float
    low: float
    high: float
    exact_low: float
    exact_high: float
    confidence: float
    gain_ratio: float
    gain_low: float
    gain_high: float
    p_exact: float
    p_bootstrap: float
    p_adjusted: float
    p_signed_rank: float
    p_welch: float
    welch_disagrees: bool
    autocorrelation: float
    noise_ratio: float
    mde_ratio: float
    floor_ratio: float
    effect_ratio: float
    equivalence_ratio: float
    pairs_count: int
    blocks_count: int
    seed: int

    def to_json(self) -> dict:
        return {key: None if isinstance(value, float) and not math.isfinite(value) else value
                for key, value in dataclasses.asdict(self).items()}

    @property
    def changed(self) -> bool:
        return self.verdict in CHANGED


class NothingToCompare(ValueError):
    """No block of both arms is complete."""


def compare(rows: list[dict], *, metric: str = "time", a: str = "A", b: str = "B", policy: Policy = Policy(),
            seed: int, floor_ratio: float = 0.0) -> Comparison:
    """Judge arm b against arm a on one metric. rows: as interleave.py makes them, all attempts, failures included.

    floor_ratio: what this class of machine shows between identical programs (labkit/calibration), 0 if unknown.
    NothingToCompare if no block is complete.
    """
    chosen = METRICS[metric]
    left, right, blocks = paired_arrays(kept_rows(rows), chosen, a, b)
    if not blocks:
        raise NothingToCompare(f"no block in which {a} and {b} both gave a {chosen.title}; "
                               f"look at the rows' failures")
    if chosen.noise == "exact":
        return compare_exact(left.ravel(), right.ravel(), chosen, seed)
    return compare_blocks(left, right, metric=chosen, policy=policy, seed=seed, floor_ratio=floor_ratio)


def compare_blocks(a: np.ndarray, b: np.ndarray, *, metric: Metric = METRICS["time"], policy: Policy = Policy(),
                   seed: int, floor_ratio: float = 0.0) -> Comparison:
    """The sampled metrics. a, b: shape (blocks, runs per block), positive, row i of both from block i."""
    logs = block_logs(a, b)
    confidence = 1 - policy.alpha
    bootstrap = median_ratio(logs, seed=seed, confidence=confidence, resamples_count=policy.resamples_count)
    exact = tuple(bounded_exp(end) for end in median_interval(logs, confidence))
    p_exact, p_welch = sign_test_p(logs), welch_log_p(a.ravel(), b.ravel())
    effect_ratio = max(policy.effect_ratio, metric.tolerance_ratio)
    margin_ratio = max(policy.equivalence_ratio, metric.tolerance_ratio)
    comparison = Comparison(
        metric=metric.name, unit=metric.unit, verdict=INCONCLUSIVE, reason="",
        a_median=float(np.median(a)), b_median=float(np.median(b)),
        ratio=bootstrap.estimate, low=bootstrap.low, high=bootstrap.high,
        exact_low=exact[0], exact_high=exact[1], confidence=confidence,
        gain_ratio=1 / bootstrap.estimate, gain_low=1 / bootstrap.high, gain_high=1 / bootstrap.low,
        p_exact=p_exact, p_bootstrap=bootstrap.p, p_adjusted=max(p_exact, bootstrap.p),
        p_signed_rank=signed_rank_p(logs), p_welch=p_welch,
        welch_disagrees=(p_welch <= policy.alpha) != (max(p_exact, bootstrap.p) <= policy.alpha),
        autocorrelation=lag1_autocorrelation(logs),
        noise_ratio=math.expm1(robust_sigma(logs) * math.sqrt(a.shape[1])),
        mde_ratio=detectable_ratio(logs, bootstrap, exact, policy, max(effect_ratio, floor_ratio)),
        floor_ratio=floor_ratio, effect_ratio=effect_ratio, equivalence_ratio=margin_ratio,
        pairs_count=a.size, blocks_count=len(a), seed=seed)
    return judged(comparison, policy, is_equivalent(logs, policy, seed, margin_ratio))


def detectable_ratio(logs: np.ndarray, bootstrap: Interval, exact: tuple[float, float], policy: Policy,
                     threshold_ratio: float) -> float:
    widths = [(math.log(high) - math.log(low)) / 2 if low > 0 and math.isfinite(high) else math.inf
              for low, high in ((bootstrap.low, bootstrap.high), exact)]
    error = median_error(robust_sigma(logs), len(logs))
    return bounded_exp(detectable_effect(max(widths), error, alpha=policy.alpha, power=policy.power,
                                         threshold=math.log1p(threshold_ratio))) - 1


def is_equivalent(logs: np.ndarray, policy: Policy, seed: int, margin: float) -> bool:
    """Both kinds of interval must agree here too."""
    confidence = 1 - 2 * policy.equivalence_alpha
    low, high = (bounded_exp(end) for end in median_interval(logs, confidence))
    if not within_margin(low, high, margin):
        return False
    interval = median_ratio(logs, seed=seed, confidence=confidence, resamples_count=policy.resamples_count)
    return within_margin(interval.low, interval.high, margin)


def judged(comparison: Comparison, policy: Policy, equivalent: bool) -> Comparison:
    """The same comparison with its verdict and the reason for it."""
    verdict, reason = decide(comparison, policy, equivalent)
    return dataclasses.replace(comparison, verdict=verdict, reason=reason)


def decide(c: Comparison, policy: Policy, equivalent: bool) -> tuple[str, str]:
    threshold = max(c.effect_ratio, c.floor_ratio)
    proven = c.p_adjusted <= policy.alpha and excludes_one(c.low, c.high) and excludes_one(c.exact_low, c.exact_high)
    beyond = abs(math.log(c.ratio)) > math.log1p(threshold)
    if proven and beyond:
        return (IMPROVED if c.ratio < 1 else REGRESSED,
                f"both intervals exclude 1 and the effect is beyond {threshold:.2%}")
    if equivalent:
        return EQUIVALENT, f"the intervals lie within {c.equivalence_ratio:.2%} of 1"
    needed = blocks_at_least(policy.alpha)
    if c.blocks_count < needed:
        return INCONCLUSIVE, f"{c.blocks_count} blocks cannot decide at alpha {policy.alpha:g}; {needed} could"
    if proven:
        return INCONCLUSIVE, f"the effect is real but not beyond {threshold:.2%}"
    return INCONCLUSIVE, f"an effect of {c.mde_ratio:.2%} or more would have been seen"


def excludes_one(low: float, high: float) -> bool:
    return high < 1 or low > 1


def bounded_exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


def compare_exact(a: np.ndarray, b: np.ndarray, metric: Metric, seed: int) -> Comparison:
    """Counts that should not vary. a, b: shape (n,), n >= 1. Where they do vary, only disjoint ranges are a finding."""
    ratio = divide(float(np.median(b)), float(np.median(a)))
    low, high = divide(b.min(), a.max()), divide(b.max(), a.min())
    varies = a.min() != a.max() or b.min() != b.max()
    verdict, reason = decide_exact(ratio, low, high, varies, metric)
    return Comparison(
        metric=metric.name, unit=metric.unit, verdict=verdict, reason=reason, a_median=float(np.median(a)),
        b_median=float(np.median(b)), ratio=ratio, low=low, high=high, exact_low=low, exact_high=high, confidence=1.0,
        gain_ratio=divide(1.0, ratio), gain_low=divide(1.0, high), gain_high=divide(1.0, low),
        p_exact=float("nan"), p_bootstrap=float("nan"), p_adjusted=float("nan"), p_signed_rank=float("nan"),
        p_welch=float("nan"), welch_disagrees=False, autocorrelation=0.0,
        noise_ratio=divide(a.max(), a.min()) - 1, mde_ratio=max(high / ratio - 1 if ratio else 0.0,
                                                                metric.tolerance_ratio),
        floor_ratio=0.0, effect_ratio=metric.tolerance_ratio, equivalence_ratio=metric.tolerance_ratio,
        pairs_count=a.size, blocks_count=a.size, seed=seed)


def decide_exact(ratio: float, low: float, high: float, varies: bool, metric: Metric) -> tuple[str, str]:
    margin = 1 + metric.tolerance_ratio
    if low == high == 1:
        return IDENTICAL, "the same count in every run"
    if high < 1 / margin or low > margin:
        return (IMPROVED if ratio < 1 else REGRESSED), "the counts differ in every run"
    if 1 / margin <= low and high <= margin:
        return EQUIVALENT, f"the counts differ by at most {metric.tolerance_ratio:.2%}"
    return INCONCLUSIVE, "the counts vary from run to run and their ranges overlap" if varies else "within tolerance"


def divide(numerator: float, denominator: float) -> float:
    """0 against 0 is no change; something against nothing is infinitely more."""
    if denominator == 0:
        return 1.0 if numerator == 0 else math.inf
    return float(numerator / denominator)


def judge_together(comparisons: list[Comparison], policy: Policy) -> list[Comparison]:
    """Holm over all sampled comparisons that gate together; a verdict that no longer holds becomes inconclusive."""
    sampled = [c for c in comparisons if not math.isnan(c.p_adjusted)]
    adjusted = dict(zip(map(id, sampled),
                        holm_adjust([max(c.p_exact, c.p_bootstrap) for c in sampled])))
    return [rejudge(c, adjusted[id(c)], policy) if id(c) in adjusted else c for c in comparisons]


def rejudge(c: Comparison, p_adjusted: float, policy: Policy) -> Comparison:
    updated = dataclasses.replace(c, p_adjusted=p_adjusted)
    if c.verdict not in CHANGED or p_adjusted <= policy.alpha:
        return updated
    reason = f"p is {p_adjusted:.3f} once all metrics that gate together are counted (Holm)"
    return dataclasses.replace(updated, verdict=INCONCLUSIVE, reason=reason)
