"""The statistics against scipy, against enumeration, and against data whose truth is known. Seeds are in the tests."""

import itertools
import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import scipy  # scipy.stats takes half a second: the first test that uses it loads it
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labkit.stats.bootstrap import block_logs, bootstrap_interval, median_distribution
from labkit.stats.other_tests import lag1_autocorrelation, mann_whitney_p, welch_log_p
from labkit.stats.equivalence import within_margin
from labkit.stats.multiplicity import holm_adjust
from labkit.stats.paired import binomial_tail, median_interval, sign_rank, sign_test_p
from labkit.stats.power import (blocks_at_least, blocks_for_power, detectable_effect, pilot_sigma,
                                 pilot_sigma_of_blocks, robust_sigma, sign_test_power)
from labkit.stats.proportions import clopper_pearson
from labkit.stats.quantiles import run_quantile, tail_is_supported

pytestmark = pytest.mark.xdist_group("stats")  # one worker loads scipy.stats
TIMES = st.floats(1.0, 1e12)


def test_importing_the_statistics_does_not_import_scipy():
    code = "import sys, labkit.verdicts.verdict; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-B", "-c", code], env={"PYTHONPATH": ":".join(sys.path)}).returncode == 0


# --- exact paired tests

@pytest.mark.slow
@given(arrays(float, st.integers(1, 40), elements=st.floats(-1, 1)))
def test_sign_test_is_scipys_binomial_test_without_zeros(values):
    values = values[values != 0]
    if len(values):
        positive = int(np.count_nonzero(values > 0))
        assert sign_test_p(values) == pytest.approx(scipy.stats.binomtest(positive, len(values)).pvalue)


@given(arrays(float, st.integers(1, 40), elements=st.floats(-1, 1)), st.sampled_from([0.9, 0.95, 0.99]))
def test_median_interval_excludes_zero_exactly_when_the_sign_test_says_so(values, confidence):
    low, high = median_interval(values, confidence)
    assert (low > 0 or high < 0) == (sign_test_p(values) <= 1 - confidence)


@pytest.mark.parametrize("count, confidence", [(8, 0.99), (20, 0.95), (51, 0.99)])
def test_median_interval_covers_what_it_promises_exactly(count, confidence):
    rank = sign_rank(count, confidence)
    outside = 2 * scipy.stats.binom.cdf(rank - 1, count, 0.5)
    assert outside <= 1 - confidence < 2 * scipy.stats.binom.cdf(rank, count, 0.5)


@pytest.mark.parametrize("alpha, blocks_count", [(0.05, 6), (0.01, 8)])
def test_fewest_blocks_that_can_decide(alpha, blocks_count):
    assert blocks_at_least(alpha) == blocks_count
    assert median_interval(np.arange(blocks_count - 1.0), 1 - alpha) == (-math.inf, math.inf)
    assert math.isfinite(median_interval(np.arange(float(blocks_count)), 1 - alpha)[0])


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99, 1 - 2 / 256, 1 - 18 / 256])
def test_sign_rank_is_what_exact_integers_give(confidence):
    def exact(count):
        tails = itertools.accumulate(Fraction(math.comb(count, k), 2 ** count) for k in range(count // 2))
        return sum(2 * tail <= Fraction(1 - confidence) for tail in tails)

    for count in (1, 5, 8, 9, 40, 131, 600):
        assert sign_rank(count, confidence) == exact(count)


# --- bootstrap

def simulated_blocks(source, blocks_count, ratio, noise=0.02):
    """Two runs an arm and block, log-normal, all four scaled by the block's own state of the machine."""
    mood = source.normal(0, 0.05, (blocks_count, 1))
    a = np.exp(mood + source.normal(0, noise, (blocks_count, 2)))
    return a, ratio * np.exp(mood + source.normal(0, noise, (blocks_count, 2)))


@pytest.mark.parametrize("truth", [1.0, 1.05])
def test_bootstrap_interval_covers_the_truth_as_often_as_it_says(truth):
    """The interval is asked for at 95 %; at 20 blocks the percentile bootstrap of a median is a little conservative."""
    source, trials_count, covered = np.random.default_rng(20), 400, 0
    for _ in range(trials_count):
        low, high = bootstrap_interval(block_logs(*simulated_blocks(source, 20, truth)), 0.95)
        covered += low <= math.log(truth) <= high
    low, high = clopper_pearson(covered, trials_count, 0.999)
    print(f"covered {covered} of {trials_count}, true rate {low:.3f} to {high:.3f}")
    assert high >= 0.93 and low <= 0.995


@pytest.mark.parametrize("count", [39, 40])
def test_bootstrap_is_the_plain_percentile_bootstrap_of_scipy(count):
    logs = block_logs(*simulated_blocks(np.random.default_rng(3), count, 1.1))
    theirs = scipy.stats.bootstrap((logs,), np.median, n_resamples=9999, method="percentile", confidence_level=0.99,
                                   vectorized=True, random_state=1).confidence_interval
    assert np.exp(bootstrap_interval(logs, 0.99)) == pytest.approx(np.exp(theirs), rel=0.003)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_the_exact_bootstrap_is_the_enumeration_of_all_resamples(count):
    values = np.random.default_rng(count).normal(size=count)
    medians = [float(np.median(resample)) for resample in itertools.product(values, repeat=count)]
    found, chances = median_distribution(np.sort(values))
    for median, chance in zip(found, chances):
        assert chance == pytest.approx(sum(abs(one - median) < 1e-12 for one in medians) / len(medians))
    assert chances.sum() == pytest.approx(1.0)


def test_a_host_with_two_speeds_does_not_widen_the_interval():
    """Half of the blocks ran at half the clock, in both arms: the arms' medians would jump, the blocks' ratios do not."""
    source = np.random.default_rng(4)
    a, b = simulated_blocks(source, 20, 1.05, noise=0.01)
    slow = source.permutation(np.arange(20) % 2)[:, None] + 1
    even, bimodal = (np.exp(bootstrap_interval(block_logs(a * speed, b * speed), 0.95)) for speed in (np.ones((20, 1)), slow))
    assert bimodal == pytest.approx(even) and bimodal[0] > 1.02


@pytest.mark.parametrize("a, b", [
    (np.ones((3, 2)), np.ones((4, 2))), (np.ones(3), np.ones(3)), (np.zeros((3, 2)), np.ones((3, 2))),
    (np.full((3, 2), np.nan), np.ones((3, 2))), (np.ones((0, 2)), np.ones((0, 2)))])
def test_blocks_that_have_no_ratio_are_refused(a, b):
    with pytest.raises(ValueError):
        block_logs(a, b)


# --- other tests

@given(arrays(float, st.integers(2, 20), elements=TIMES), arrays(float, st.integers(2, 20), elements=TIMES))
def test_welch_is_scipys(a, b):
    if np.log(a).std() > 1e-6 and np.log(b).std() > 1e-6:
        expected = scipy.stats.ttest_ind(np.log(a), np.log(b), equal_var=False).pvalue
        assert welch_log_p(a, b) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_welch_without_any_noise():
    assert welch_log_p(np.ones(5), np.ones(5)) == 1.0
    assert welch_log_p(np.ones(5), np.full(5, 2.0)) == 0.0


def test_mann_whitney_is_exact_for_small_samples():
    assert mann_whitney_p(np.array([1.0, 2, 3]), np.array([4.0, 5, 6])) == pytest.approx(0.1)


def test_autocorrelation_finds_a_planted_one():
    source, series = np.random.default_rng(8), [0.0]
    for _ in range(5000):
        series.append(0.6 * series[-1] + source.normal())
    assert lag1_autocorrelation(np.array(series)) == pytest.approx(0.6, abs=0.04)
    assert abs(lag1_autocorrelation(source.normal(size=5000))) < 0.05
    assert lag1_autocorrelation(np.ones(10)) == 0.0


# --- multiplicity, equivalence, proportions, quantiles

def test_holm_on_its_textbook_example():
    """Holm's own rule by hand: 4 x 0.01, 3 x 0.02 ..., made monotone."""
    assert [one.p for one in holm_adjust([0.01, 0.04, 0.03, 0.02], 0.05)] == pytest.approx([0.04, 0.06, 0.06, 0.06])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_lies_between_none_and_bonferroni(p_values):
    for raw, adjusted in zip(p_values, holm_adjust(p_values, 0.05)):
        assert raw <= adjusted.p <= min(1.0, raw * len(p_values)) + 1e-12
        assert (raw * adjusted.factor <= 0.05) == (adjusted.p <= 0.05)


def test_holm_keeps_the_family_error_rate():
    source, trials_count = np.random.default_rng(11), 2000
    errors = sum(min(one.p for one in holm_adjust(source.random(7), 0.05)) <= 0.05 for _ in range(trials_count))
    low, _ = clopper_pearson(errors, trials_count, 0.999)
    assert low <= 0.05


@pytest.mark.parametrize("low, high, inside", [
    (0.995, 1.005, True), (0.995, 1.02, False), (0.98, 1.0, False), (1.002, 1.008, True), (0.0, 1.0, False)])
def test_margin(low, high, inside):
    assert within_margin(low, high, 0.01) is inside


def test_tost_calls_a_difference_at_the_margin_equivalent_at_most_at_its_alpha():
    source, trials_count, wrong = np.random.default_rng(12), 1000, 0
    for _ in range(trials_count):
        low, high = median_interval(source.normal(math.log(1.01), 0.01, 40), 0.90)
        wrong += within_margin(math.exp(low), math.exp(high), 0.01)
    assert clopper_pearson(wrong, trials_count, 0.999)[0] <= 0.05


@pytest.mark.parametrize("hits, trials, low, high", [(1, 60, 0.0004, 0.0894), (4, 400, 0.0027, 0.0254),
                                                     (0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0), (0, 0, 0.0, 1.0)])
def test_clopper_pearson_against_published_values(hits, trials, low, high):
    assert clopper_pearson(hits, trials) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.slow
@given(st.integers(1, 300), st.data())
def test_clopper_pearson_is_scipys(trials, data):
    hits = data.draw(st.integers(0, trials))
    theirs = scipy.stats.binomtest(hits, trials).proportion_ci(0.95, "exact")
    assert clopper_pearson(hits, trials) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_quantiles_of_a_run():
    assert run_quantile(np.arange(101.0), 0.95) == 95
    assert not tail_is_supported(999, 0.99) and tail_is_supported(1000, 0.99)
    with pytest.raises(ValueError):
        run_quantile(np.array([]), 0.5)


# --- power

@pytest.mark.parametrize("blocks_count, effect", [(10, 0.02), (30, 0.01), (60, 0.005)])
def test_power_formula_is_what_simulation_finds(blocks_count, effect):
    source, trials_count = np.random.default_rng(30), 2000
    found = sum(sign_test_p(source.normal(effect, 0.015, blocks_count)) <= 0.01 for _ in range(trials_count))
    low, high = clopper_pearson(found, trials_count, 0.999)
    assert low <= sign_test_power(blocks_count, 0.015, effect, 0.01) <= high


def test_planned_blocks_reach_their_power_and_fewer_do_not():
    count = blocks_for_power(0.02, 0.02, alpha=0.01, power=0.9, threshold=0.01, blocks_max=1000)
    assert sign_test_power(count, 0.02, 0.02, 0.01, 0.01) >= 0.9
    assert sign_test_power(count * 3 // 4, 0.02, 0.02, 0.01, 0.01) < 0.9


@pytest.mark.parametrize("sigma, blocks_max, expected", [(0.0, 500, 15), (10.0, 40, 40), (10.0, 3, 8)])
def test_planned_blocks_stay_between_floor_and_budget(sigma, blocks_max, expected):
    assert blocks_for_power(sigma, 0.02, alpha=0.01, power=0.9, threshold=0.01, blocks_max=blocks_max) == expected


def test_the_pilot_is_more_often_cautious_than_hopeful():
    """Noise of 3 % a pair is 3 / sqrt(2) % in a block's log ratio; the bound lies above it eight times in ten."""
    source, sigma, above = np.random.default_rng(31), 0.03, 0
    for _ in range(2000):
        first, second = source.normal(0, sigma, (2, 12))
        above += pilot_sigma(first - second) >= sigma / math.sqrt(2)
    assert clopper_pearson(above, 2000, 0.999)[1] >= 0.80 and above < 1800


def test_two_wild_blocks_do_not_inflate_the_pilot():
    half_differences = np.random.default_rng(33).normal(0, 0.02, 12)
    wild = half_differences.copy()
    wild[:2] = 9.0
    assert pilot_sigma(wild) < 2.5 * pilot_sigma(half_differences)


@given(arrays(float, 8, elements=st.floats(-1, 1)), arrays(bool, 8))
def test_the_pilot_does_not_see_which_arm_is_which(half_differences, swapped):
    """power.pilot_sigma relies on this: swapping the labels in any block changes nothing."""
    assert pilot_sigma(np.where(swapped, -half_differences, half_differences)) == pilot_sigma(half_differences)


def test_robust_sigma_ignores_a_few_wild_values():
    source = np.random.default_rng(32)
    values = np.append(source.normal(0, 0.02, 2000), np.full(40, 5.0))
    assert robust_sigma(values) == pytest.approx(0.02, rel=0.1)


def test_detectable_effect_grows_with_noise_and_never_falls_below_policy():
    source = np.random.default_rng(34)
    small, large = (detectable_effect(source.normal(0, sigma, 15), alpha=0.01, power=0.9, threshold=0.01)
                    for sigma in (0.001, 0.1))
    assert 0.01 < small < large
    assert detectable_effect(source.normal(0, 0.01, 7), alpha=0.01, power=0.9, threshold=0.01) == math.inf


NOISES = {"normal": lambda source, count: source.normal(0, 0.01, count),
          "t2": lambda source, count: 0.007 * source.standard_t(2, count),
          "a fifth wild": lambda source, count: np.where(source.random(count) < 0.2, source.normal(0, 0.1, count),
                                                         source.normal(0, 0.008, count)),
          "every fourth run": lambda source, count: source.choice([-0.2, 0, 0, 0.2], count) + source.normal(0, 0.007, count)}


@pytest.mark.slow
@pytest.mark.parametrize("count", [12, 15, 26, 60])
@pytest.mark.parametrize("noise", NOISES)
def test_the_effect_that_would_have_been_seen_is_seen(noise, count):
    """The effect should be found 95 times in 100; at these numbers of blocks it was found 58 to 91 times."""
    source, found, trials_count = np.random.default_rng(count), 0, 400
    for _ in range(trials_count):
        effect = detectable_effect(NOISES[noise](source, count), alpha=0.01, power=0.95, threshold=math.log1p(0.01))
        again = NOISES[noise](source, count) + effect
        found += median_interval(again, 0.99)[0] > 0 and np.median(again) > math.log1p(0.01)
    print(f"{noise}, {count} blocks: {found} of {trials_count}")
    assert clopper_pearson(found, trials_count)[1] >= 0.95


@given(arrays(float, 8, elements=st.floats(-1, 1)), arrays(bool, 8))
def test_the_noise_of_a_block_does_not_tell_which_arm_is_which(logs, swapped):
    assert pilot_sigma_of_blocks(np.where(swapped, -logs, logs)) == pilot_sigma_of_blocks(logs)


def test_noise_that_both_pairs_of_a_block_share_is_seen():
    source, count = np.random.default_rng(35), 400
    shared, pairs = source.normal(0, 0.02, count), source.normal(0, 0.005, (count, 2))
    logs = (shared[:, None] + pairs).mean(axis=1)
    assert pilot_sigma(pairs[:, 0] - pairs[:, 1]) < 0.006
    assert pilot_sigma_of_blocks(logs + 0.5) == pytest.approx(1.69 * 0.02, rel=0.15)
    assert pilot_sigma_of_blocks(logs) == pytest.approx(0.02, rel=0.15)


def test_binomial_tail_is_scipys():
    for count, at_least, probability in ((50, 30, 0.4), (5000, 2600, 0.51), (8, 8, 1.0), (8, 0, 0.3), (8, 1, 0.0)):
        expected = scipy.stats.binom.sf(at_least - 1, count, probability)
        assert binomial_tail(count, at_least, probability) == pytest.approx(expected)
