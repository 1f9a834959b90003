"""verdict.py - two arms, one metric: improved, regressed, equivalent, inconclusive or identical.

rows -> metrics -> verdict -> decide, render

Units    ratio is B / A of the metric as a cost (time per operation, bytes, counts): below 1 is better, for every
         metric; of sampled metrics the median over blocks of the ratio within the block, which need not be
         b_median / a_median. gain_ratio is 1 / ratio: throughput of B over throughput of A. effect_ratio, floor_ratio,
         mde_ratio and equivalence_ratio are distances from 1: 0.02 means 2 %.
Interval low and high are the hull of the exact order-statistic interval of the median and of its block bootstrap, at
         1 - alpha / factor, where factor is Holm's for this comparison within its family: the printed interval decides.
Changed  needs an interval that excludes 1 and a point estimate beyond the larger of policy and noise floor. Equivalent
         (in the median) needs the hull at 1 - 2 equivalence_alpha inside +-equivalence_ratio, and no one-sided odd runs.
Pure     no disk, no clock, nothing random; the same rows give the same Comparison.
"""

import dataclasses
import math
from dataclasses import dataclass, field

import numpy as np

from labkit.metrics import METRICS, Metric
from labkit.stats.bootstrap import block_logs, bootstrap_interval
from labkit.stats.equivalence import within_margin
from labkit.stats.multiplicity import Adjusted, holm_adjust
from labkit.stats.other_tests import lag1_autocorrelation, welch_log_p
from labkit.stats.paired import median_interval, sign_test_p
from labkit.stats.power import blocks_at_least, detectable_effect, robust_sigma
from labkit.verdicts.odd_runs import OddRuns, covariate_runs, slow_runs
from labkit.verdicts.paired_rows import kept_rows, paired_arrays

ENGINE = 2  # version of the rules that turn rows into verdicts; a report names the version that judged it
IMPROVED, REGRESSED, EQUIVALENT = "improved", "regressed", "equivalent"
INCONCLUSIVE, IDENTICAL = "inconclusive", "identical"
CHANGED = (IMPROVED, REGRESSED)
# The power of one stage for the effect that "would have been seen". With a confirmation, which has half as many blocks
# again, the effect is then seen 95 times in 100.
SEEN_POWER = 0.97


@dataclass(frozen=True)
class VerdictPolicy:
    """The limits of a verdict, fixed before the first run. The defaults are those whose error rates `make calibrate` measures.

    power is that of one stage: a regression must pass two stages, and 0.95 twice is 0.90.
    """

    alpha: float = 0.01
    effect_ratio: float = 0.01
    equivalence_ratio: float = 0.01
    equivalence_alpha: float = 0.05
    power: float = 0.95
    power_effect_ratio: float = 0.02


@dataclass(frozen=True)
class Comparison:
    """The verdict on one metric. Infinite interval ends (too few blocks) are None in JSON. JSON has no block_logs, because the
    rows contain them.

    confidence: that of the interval, corrected for its family. family_factor: the factor by which Holm multiplied p_exact.
    alpha_share: the part of alpha that this look at the data may spend, where there are several looks. mean_ratio: the ratio
    of the means of all runs, a_mean and b_mean. odd_runs: slow runs first.
    """

    metric: str
    unit: str
    verdict: str
    reason: str
    a_median: float
    b_median: float
    ratio: float
    low: float
    high: float
    confidence: float
    family_factor: int
    alpha_share: float
    gain_ratio: float
    gain_low: float
    gain_high: float
    p_exact: float
    p_adjusted: float
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
    mean_ratio: float = math.nan
    a_mean: float = math.nan
    b_mean: float = math.nan
    odd_runs: tuple[OddRuns, ...] = ()
    block_logs: tuple[float, ...] = field(default=(), repr=False)

    def to_json(self) -> dict:
        return {key: None if isinstance(value, float) and not math.isfinite(value) else value
                for key, value in dataclasses.asdict(self).items() if key != "block_logs"}

    @property
    def changed(self) -> bool:
        return self.verdict in CHANGED


class NothingToCompare(ValueError):
    """No block of both arms is complete."""


def compare(rows: list[dict], *, metric: str = "time", a: str = "A", b: str = "B", policy: VerdictPolicy = VerdictPolicy(),
            floor_ratio: float = 0.0, alpha_share: float = 1.0) -> Comparison:
    """Judge arm b against arm a on one metric. rows: all rows of interleave.py, including repeated attempts and failures.

    floor_ratio: the difference that this machine class shows between identical programs (labkit/calibration), 0 if unknown.
    NothingToCompare if no block is complete.
    """
    chosen = METRICS[metric]
    kept = kept_rows(rows)
    left, right, blocks = paired_arrays(kept, chosen, a, b)
    if not blocks:
        raise NothingToCompare(f"no block in which {a} and {b} both gave a {chosen.title}; "
                               f"look at the rows' failures")
    if chosen.noise == "exact":
        return compare_exact(left.ravel(), right.ravel(), chosen)
    complete = set(blocks)
    return compare_blocks(left, right, metric=chosen, policy=policy, floor_ratio=floor_ratio, alpha_share=alpha_share,
                          interfered=covariate_runs([row for row in kept if row["block"] in complete], a, b))


def compare_blocks(a: np.ndarray, b: np.ndarray, *, metric: Metric = METRICS["time"], policy: VerdictPolicy = VerdictPolicy(),
                   floor_ratio: float = 0.0, alpha_share: float = 1.0, interfered: tuple[OddRuns, ...] = ()) -> Comparison:
    """Judge a sampled metric. a, b: shape (blocks, runs per block), positive, row i of both from block i. interfered: odd runs
    by the kernel's counts."""
    logs = block_logs(a, b)
    ratio, p_exact, p_welch = math.exp(np.median(logs)), sign_test_p(logs), welch_log_p(a.ravel(), b.ravel()) if a.size > 1 else math.nan
    nothing = math.nan
    alone = Comparison(
        metric=metric.name, unit=metric.unit, verdict=INCONCLUSIVE, reason="",
        a_median=float(np.median(a)), b_median=float(np.median(b)),
        ratio=ratio, low=nothing, high=nothing, confidence=nothing, family_factor=1, alpha_share=alpha_share,
        gain_ratio=1 / ratio, gain_low=nothing, gain_high=nothing,
        p_exact=p_exact, p_adjusted=p_exact, p_welch=p_welch,
        welch_disagrees=(p_welch <= policy.alpha) != (p_exact <= policy.alpha),
        autocorrelation=lag1_autocorrelation(logs),
        noise_ratio=math.expm1(robust_sigma(logs) * math.sqrt(a.shape[1])), mde_ratio=nothing,
        floor_ratio=floor_ratio, effect_ratio=max(policy.effect_ratio, metric.tolerance_ratio),
        equivalence_ratio=max(policy.equivalence_ratio, metric.tolerance_ratio),
        pairs_count=a.size, blocks_count=len(a), mean_ratio=float(b.mean() / a.mean()), a_mean=float(a.mean()), b_mean=float(b.mean()),
        odd_runs=(slow_runs(a, b), *interfered), block_logs=tuple(logs.tolist()))
    return judged(alone, policy, Adjusted(spent_p(alone), 1))


def spent_p(c: Comparison) -> float:
    """The exact p, corrected for several looks at the data. The looks' shares of alpha add up to 1, so the result is valid over
    all looks (Bonferroni), whatever the reason for another look was."""
    return min(1.0, c.p_exact / c.alpha_share)


def judged(c: Comparison, policy: VerdictPolicy, adjusted: Adjusted) -> Comparison:
    """The comparison with its interval, its verdict and the reason, judged as a member of its family."""
    logs, alpha = np.array(c.block_logs), policy.alpha * c.alpha_share / adjusted.factor
    low, high = hull(logs, 1 - alpha)
    placed = dataclasses.replace(
        c, low=low, high=high, gain_low=divide(1.0, high), gain_high=divide(1.0, low), confidence=1 - alpha,
        family_factor=adjusted.factor, p_adjusted=adjusted.p,
        mde_ratio=bounded_exp(detectable_effect(logs, alpha=alpha, power=SEEN_POWER,
                                                threshold=math.log1p(max(c.effect_ratio, c.floor_ratio)))) - 1)
    verdict, reason = decide(placed, policy)
    return dataclasses.replace(placed, verdict=verdict, reason=reason)


def hull(logs: np.ndarray, confidence: float) -> tuple[float, float]:
    """The hull of both intervals of the ratio: the lower of the lower ends, the higher of the higher ends. The exact interval
    is valid at every sample size; it is (0, inf) where there are too few blocks."""
    exact, bootstrap = median_interval(logs, confidence), bootstrap_interval(logs, confidence)
    return bounded_exp(min(exact[0], bootstrap[0])), bounded_exp(max(exact[1], bootstrap[1]))


def decide(c: Comparison, policy: VerdictPolicy) -> tuple[str, str]:
    threshold, proven = max(c.effect_ratio, c.floor_ratio), excludes_one(c.low, c.high)
    interval = f"the {percent_text(c.confidence)} interval [{c.low:.4f}, {c.high:.4f}]"
    if proven and abs(math.log(c.ratio)) > math.log1p(threshold):
        return (IMPROVED if c.ratio < 1 else REGRESSED,
                f"{interval} excludes 1 and the effect is beyond {threshold:.2%}")
    narrow, confidence = equivalence_interval(c, policy)
    if within_margin(*narrow, c.equivalence_ratio):
        return in_the_median(c, f"the {percent_text(confidence)} interval [{narrow[0]:.4f}, "
                                f"{narrow[1]:.4f}] lies within {c.equivalence_ratio:.2%} of 1")
    needed = blocks_at_least(policy.alpha * c.alpha_share / c.family_factor)
    if c.blocks_count < needed:
        among = f", one of {c.family_factor} judged together" if c.family_factor > 1 else ""
        return INCONCLUSIVE, f"{c.blocks_count} blocks cannot decide at alpha {policy.alpha:g}{among}; {needed} could"
    if proven:
        return INCONCLUSIVE, f"{interval} excludes 1, but the effect is not beyond {threshold:.2%}"
    return INCONCLUSIVE, f"{interval} contains 1; an effect of {c.mde_ratio:.2%} or more would have been seen 95 times in 100"


def equivalence_interval(c: Comparison, policy: VerdictPolicy) -> tuple[tuple[float, float], float]:
    """The interval of the ratio that has to lie within the margin of equivalence, and its confidence."""
    confidence = 1 - 2 * policy.equivalence_alpha
    return hull(np.array(c.block_logs), confidence), confidence


def in_the_median(c: Comparison, text: str) -> tuple[str, str]:
    """Equivalent, unless odd runs, which the median hides, are one-sided."""
    skewed = [odd.text for odd in c.odd_runs if odd.one_sided and odd.withholds]
    if skewed:
        return INCONCLUSIVE, f"equal in the median ({text}), but not in {'; '.join(skewed)}"
    return EQUIVALENT, f"equivalent in the median: {text}"


def percent_text(confidence: float) -> str:
    """A confidence as per cent: 99 %, or 99.98 % in a large family."""
    return f"{100 * confidence:.6g} %"


def excludes_one(low: float, high: float) -> bool:
    return high < 1 or low > 1


def bounded_exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


def compare_exact(a: np.ndarray, b: np.ndarray, metric: Metric) -> Comparison:
    """Judge counts that should not vary. a, b: shape (n,), n >= 1. Where they vary, only disjoint ranges are a change."""
    ratio = divide(float(np.median(b)), float(np.median(a)))
    low, high = divide(b.min(), a.max()), divide(b.max(), a.min())
    varies = a.min() != a.max() or b.min() != b.max()
    verdict, reason = decide_exact(ratio, low, high, varies, metric)
    return Comparison(
        metric=metric.name, unit=metric.unit, verdict=verdict, reason=reason, a_median=float(np.median(a)),
        b_median=float(np.median(b)), ratio=ratio, low=low, high=high, confidence=1.0, family_factor=1, alpha_share=1.0,
        gain_ratio=divide(1.0, ratio), gain_low=divide(1.0, high), gain_high=divide(1.0, low),
        p_exact=math.nan, p_adjusted=math.nan, p_welch=math.nan, welch_disagrees=False, autocorrelation=0.0,
        noise_ratio=divide(a.max(), a.min()) - 1, mde_ratio=max(high / ratio - 1 if ratio else 0.0,
                                                                metric.tolerance_ratio),
        floor_ratio=0.0, effect_ratio=metric.tolerance_ratio, equivalence_ratio=metric.tolerance_ratio,
        pairs_count=a.size, blocks_count=a.size)


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
    """The ratio of two counts: 0 / 0 is 1, because nothing changed; n / 0 is infinite."""
    if denominator == 0:
        return 1.0 if numerator == 0 else math.inf
    return float(numerator / denominator)


def judge_together(comparisons: list[Comparison], policy: VerdictPolicy) -> list[Comparison]:
    """Apply Holm's correction to all sampled comparisons that decide together; each gets the interval that agrees with it."""
    sampled = [c for c in comparisons if c.block_logs]
    family = iter(holm_adjust([spent_p(c) for c in sampled], policy.alpha))
    return [judged(c, policy, next(family)) if c.block_logs else c for c in comparisons]


def judge_as_one_of(c: Comparison, family_count: int, policy: VerdictPolicy) -> Comparison:
    """Judge c with the largest correction that Holm can apply in a family of this size."""
    if not c.block_logs:
        return c
    return judged(c, policy, Adjusted(min(1.0, family_count * spent_p(c)), family_count))


CLEARANCE = 1.3  # factor on the estimated number of blocks, because the estimate is too small as often as it is too large


def blocks_to_clear(c: Comparison, ratio: float) -> int:
    """The factor on the number of blocks after which the interval excludes a ratio, if the estimate stays the same: the
    width of an interval falls with the root of that number."""
    if not c.block_logs or c.ratio == ratio or not 0 < c.low <= c.high < math.inf:
        return 0
    distance = abs(math.log(c.ratio / ratio))
    width = math.log(c.ratio / c.low) if c.ratio > ratio else math.log(c.high / c.ratio)
    return max(0, math.ceil(CLEARANCE * c.blocks_count * (width / distance) ** 2) - c.blocks_count)
