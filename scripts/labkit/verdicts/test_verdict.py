"""The engine on simulated data whose true ratio is known. Error rates have exact intervals."""

import json
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labkit.experiment.interleave import plan_blocks, run_blocks
from labkit.stats.power import blocks_for_power
from labkit.stats.proportions import clopper_pearson
from labkit.verdicts.verdict import (EQUIVALENT, IDENTICAL, IMPROVED, INCONCLUSIVE, REGRESSED, NothingToCompare,
                                     VerdictPolicy, compare, compare_blocks, judge_together)


def blocks_of(seed, blocks_count, ratio, noise, drift=0.0):
    """Rows of a plan on a simulated machine: log-normal noise, drift per run, a bump in one run of fifty."""
    source, clock = np.random.default_rng(seed), iter(range(1 << 30))

    def observe(slot):
        bump = 0.3 if source.random() < 0.02 else 0.0
        scale = ratio if slot.arm == "B" else 1.0
        return {"wall_ns": 5e7 * scale * math.exp(source.normal(0, noise) + bump + drift * next(clock))}

    return run_blocks(plan_blocks(blocks_count, seed), observe)


def rates(trials_count, **machine):
    verdicts = Counter(compare(blocks_of(seed, **machine)).verdict
                       for seed in range(trials_count))
    print(machine, dict(verdicts))
    return verdicts


@pytest.mark.slow
@pytest.mark.parametrize("machine", [
    dict(noise=0.01), dict(noise=0.03), dict(noise=0.03, drift=0.0005), dict(noise=0.1)], ids=str)
def test_identical_programs_are_rarely_called_different(machine):
    verdicts = rates(400, blocks_count=16, ratio=1.0, **machine)
    low, _ = clopper_pearson(verdicts[IMPROVED] + verdicts[REGRESSED], 400, 0.999)
    assert low <= 0.01


@pytest.mark.slow
def test_a_planted_two_percent_is_found_at_the_planned_size():
    """2 % noise per run is 2.8 % per pair and 2 % in a block's log ratio; the size is planned for 95 %, because the simulated
    disturbances cost some power."""
    blocks_count = blocks_for_power(0.02, 0.02, alpha=0.01, power=0.95, threshold=0.01, blocks_max=100)
    verdicts = rates(200, blocks_count=blocks_count, ratio=1.02, noise=0.02)
    assert clopper_pearson(verdicts[REGRESSED], 200, 0.999)[1] >= 0.9
    assert verdicts[IMPROVED] == verdicts[EQUIVALENT] == 0


@pytest.mark.slow
def test_a_planted_two_percent_in_too_few_noisy_runs_is_never_equivalent():
    verdicts = rates(300, blocks_count=10, ratio=1.02, noise=0.05)
    assert verdicts[EQUIVALENT] == 0
    assert verdicts[INCONCLUSIVE] > 200


@pytest.mark.slow
def test_drift_does_not_become_a_difference():
    verdicts = rates(200, blocks_count=16, ratio=1.0, noise=0.005, drift=0.002)
    assert verdicts[IMPROVED] + verdicts[REGRESSED] <= 4


@pytest.mark.parametrize("ratio, verdict", [(0.8, IMPROVED), (1.25, REGRESSED), (1.0, EQUIVALENT)])
def test_clear_cases(ratio, verdict):
    result = compare(blocks_of(1, 20, ratio, 0.003))
    assert result.verdict == verdict
    assert result.low <= ratio <= result.high
    assert result.gain_ratio == pytest.approx(1 / result.ratio)
    assert result.pairs_count == 40 and result.blocks_count == 20


def test_too_few_blocks_say_how_many_would_do_and_are_valid_json():
    result = compare(blocks_of(1, 5, 1.5, 0.003))
    assert result.verdict == INCONCLUSIVE and "8 could" in result.reason
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert document["high"] is document["mde_ratio"] is None and document["low"] == 0


def test_a_real_effect_below_the_floor_is_not_a_change():
    rows = blocks_of(2, 40, 1.03, 0.003)
    assert compare(rows).verdict == REGRESSED
    below = compare(rows, floor_ratio=0.05)
    assert below.verdict == INCONCLUSIVE and "5.00%" in below.reason


arrays_of_blocks = arrays(float, st.tuples(st.just(2), st.integers(8, 12), st.just(2)), elements=st.floats(0.9, 1.2))


@settings(max_examples=15, deadline=None)
@given(arrays_of_blocks)
def test_swapping_the_arms_inverts_the_ratio(pair):
    a, b = pair
    forward = compare_blocks(a, b)
    backward = compare_blocks(b, a)
    assert forward.ratio == pytest.approx(1 / backward.ratio)
    assert forward.low == pytest.approx(1 / backward.high)
    assert forward.p_exact == backward.p_exact


@settings(max_examples=15, deadline=None)
@given(arrays_of_blocks, st.integers(-20, 20))
def test_the_unit_does_not_matter(pair, exponent):
    a, b = pair
    scale = 2.0 ** exponent
    one, other = (compare_blocks(a * s, b * s) for s in (1.0, scale))
    assert one.verdict == other.verdict
    assert (one.ratio, one.low, one.high) == pytest.approx((other.ratio, other.low, other.high), rel=1e-12)


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(random):
    rows = blocks_of(3, 10, 1.02, 0.01)
    shuffled = rows[:]
    random.shuffle(shuffled)
    assert compare(shuffled) == compare(rows)


def test_the_same_rows_and_seed_give_the_same_numbers():
    rows = blocks_of(3, 10, 1.02, 0.01)
    assert compare(rows) == compare(rows)


def test_an_incomplete_block_is_left_out_whole():
    rows = blocks_of(3, 10, 1.02, 0.01)
    result = compare(rows[:-1])
    assert result.blocks_count == 9
    assert result == compare(rows[:-4])


def test_nothing_to_compare_is_said():
    rows = [row | {"failure": "timeout"} for row in blocks_of(3, 2, 1.0, 0.01)]
    with pytest.raises(NothingToCompare, match="failures"):
        compare(rows)


def test_library_rows_are_judged_by_their_median_per_operation():
    """A row's wall time includes set-up: it must not decide where the harness gave samples."""
    source = np.random.default_rng(5)

    def observe(slot):
        one = 1000 * (0.5 if slot.arm == "B" else 1.0)
        return {"wall_ns": 1e9, "samples_ns": list(one * 4 * 10 * source.lognormal(0, 0.01, 20)),
                "batch_count": 4, "ops_count": 10}

    result = compare(run_blocks(plan_blocks(10, 1), observe))
    assert result.verdict == IMPROVED
    assert result.a_median == pytest.approx(1000, rel=0.01)


@pytest.mark.parametrize("b, verdict", [(23, IDENTICAL), (24, REGRESSED), (22, IMPROVED)])
def test_exact_metrics_take_any_change_for_a_finding(b, verdict):
    rows = run_blocks(plan_blocks(1, 1), lambda slot: {"allocations_count": 23 if slot.arm == "A" else b})
    assert compare(rows, metric="allocations").verdict == verdict


def test_exact_metrics_that_vary_are_not_believed():
    counts = {"A": iter([10, 12]), "B": iter([11, 9])}
    rows = run_blocks(plan_blocks(1, 1), lambda slot: {"allocations_count": next(counts[slot.arm])})
    result = compare(rows, metric="allocations")
    assert result.verdict == INCONCLUSIVE and "vary" in result.reason


def test_from_no_allocation_to_one_is_infinitely_more():
    rows = run_blocks(plan_blocks(1, 1), lambda slot: {"allocations_count": int(slot.arm == "B")})
    result = compare(rows, metric="allocations")
    assert result.verdict == REGRESSED
    json.dumps(result.to_json(), allow_nan=False)


def test_the_margin_that_is_named_is_the_one_that_was_used():
    """Resident memory has a tolerance of 2 %, but the printed reason named 1 %."""
    source = np.random.default_rng(1)
    rows = run_blocks(plan_blocks(20, 1), lambda slot: {
        "max_rss_bytes": (1.015 if slot.arm == "B" else 1.0) * 1e7 * source.lognormal(0, 0.001)})
    found = compare(rows, metric="peak_rss")
    assert found.verdict == EQUIVALENT and found.equivalence_ratio == 0.02 and "within 2.00%" in found.reason


def rows_with(b_slow, fields, count=20):
    """B takes b_slow times as long in every tenth of its runs; the noise is small enough to be equivalent otherwise."""
    source, runs = np.random.default_rng(5), iter(range(10**6))

    def observe(slot):
        slow = slot.arm == "B" and next(runs) % 10 == 0
        return {"wall_ns": 5e7 * (b_slow if slow else 1.0) * source.lognormal(0, 0.003), "involuntary_switches_count": 2,
                "major_faults_count": 0} | (fields if slow else {})

    return run_blocks(plan_blocks(count, 1), observe)


@pytest.mark.parametrize("b_slow, fields, said", [
    (10.0, {}, "1.5 times the median of all: 0 of 40 of A, 4 of 40 of B"),
    (1.3, {"involuntary_switches_count": 300}, "28 involuntary switches: 0 of 40 of A, 4 of 40 of B"),
    (1.3, {"major_faults_count": 40}, "major faults: 0 of 40 of A, 4 of 40 of B")])
def test_equivalence_is_withheld_where_odd_runs_stand_on_one_side(b_slow, fields, said):
    """B ten times slower in a tenth of its runs was called equivalent."""
    found = compare(rows_with(b_slow, fields))
    assert found.verdict == INCONCLUSIVE and "equal in the median" in found.reason and said in found.reason
    assert found.mean_ratio > 1.02
    json.dumps(found.to_json(), allow_nan=False)
    plain = compare(rows_with(1.0, {}))
    assert plain.verdict == EQUIVALENT and "equivalent in the median" in plain.reason


def test_minor_faults_of_one_side_are_reported_and_withhold_nothing():
    rows = [row | {"minor_faults_count": 2000 if row["arm"] == "B" else 300} for row in rows_with(1.0, {})]
    found = compare(rows)
    assert found.verdict == EQUIVALENT and found.odd_runs[-1].one_sided and found.odd_runs[-1].b_count == 40


def test_throughput_is_operations_over_total_time():
    """One batch in ten takes ten times as long: the median batch does not see it, the throughput does."""
    def observe(slot):
        samples = [1000 + slot.block] * 9 + [10_000 if slot.arm == "B" else 1000]
        return {"samples_ns": samples, "batch_count": 1, "ops_count": 10, "wall_ns": sum(samples)}

    rows = run_blocks(plan_blocks(12, 1), observe)
    assert compare(rows, metric="throughput").ratio == pytest.approx(1.9, rel=0.01)
    assert compare(rows, metric="p50").ratio == 1.0


def test_judging_many_metrics_together_withdraws_what_holm_does_not_allow():
    rows = run_blocks(plan_blocks(8, 1), lambda slot: {"wall_ns": (110 if slot.arm == "B" else 100) + slot.block % 3})
    close = compare(rows)
    assert close.verdict == REGRESSED and close.p_exact == pytest.approx(2 / 2**8)
    together = judge_together([close] * 3, VerdictPolicy())
    assert {c.verdict for c in together} == {INCONCLUSIVE}
    assert "8 blocks cannot decide" in together[0].reason and "10 could" in together[0].reason


@pytest.mark.few(2)
@pytest.mark.parametrize("family_count", [51, 60, 200])
def test_a_large_family_can_still_find_what_is_twice_as_slow(family_count):
    """Holm multiplied the bootstrap's p, which was never below 2 of 10001 resamples, so families of 51 or more found nothing."""
    twice = [compare(blocks_of(seed, 20, 2.0, 0.01)) for seed in range(family_count)]
    assert {c.verdict for c in judge_together(twice, VerdictPolicy())} == {REGRESSED}


def test_an_alpha_that_more_blocks_reach_is_reached():
    twice = blocks_of(1, 15, 2.0, 0.01)
    assert compare(twice, policy=VerdictPolicy(alpha=0.0001)).verdict == REGRESSED
    refused = compare(twice, policy=VerdictPolicy(alpha=0.00001))
    assert refused.verdict == INCONCLUSIVE and "15 blocks cannot decide" in refused.reason and "18 could" in refused.reason


def families():
    return st.lists(st.tuples(st.integers(0, 999), st.sampled_from([0.97, 1.0, 1.01, 1.02, 1.05]), st.integers(8, 30)),
                    min_size=1, max_size=8)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(families())
def test_the_printed_interval_decides_and_agrees_with_the_printed_p(family):
    """A candidate was shown as [1.013, 1.023] and called insignificant: its interval was not its family's."""
    found = judge_together([compare(blocks_of(seed, count, ratio, 0.01)) for seed, ratio, count in family],
                           VerdictPolicy())
    for c in found:
        excludes = c.low > 1 or c.high < 1
        assert not excludes or c.p_adjusted <= 0.01
        assert c.verdict not in (IMPROVED, REGRESSED) or excludes
        assert f"[{c.low:.4f}, {c.high:.4f}]" in c.reason or c.verdict == EQUIVALENT or "cannot decide" in c.reason
        assert "excludes 1" not in c.reason or excludes
