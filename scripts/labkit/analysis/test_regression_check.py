"""The line for a log: what it compares, and that it can be FAIL."""

import copy

import pytest

from labkit.analysis.regression_check import regression_check

# One worker makes what they share.
pytestmark = pytest.mark.xdist_group("recorded")


@pytest.fixture
def audit(recorded_audit):
    return copy.deepcopy(recorded_audit)


@pytest.mark.slow
def test_it_names_both_programs_at_the_size_of_the_complaint(audit):
    found = regression_check(audit)
    assert found["passed"] is True and found["line"] == audit["regression_check"]["line"]
    assert found["line"].startswith("regression-check: PASS (") and " improvement): baseline/telemetry_large p95 " in found["line"]
    batches = audit["rebench"]["single_batches"]
    assert (found["p95_before_ns"], found["p95_after_ns"]) == (batches["baseline"]["p95_ns"], batches["union"]["p95_ns"])


def test_where_p95_is_the_complaint_its_values_are_those_of_the_verdict(audit):
    audit["rebench"]["main"] |= {"metric": "p95", "a_median": 4000.0, "b_median": 1000.0}
    assert regression_check(audit)["line"] == ("regression-check: PASS (75.0 % improvement): baseline/telemetry_large p95 4.000 µs → "
                                               "optimized/telemetry_large p95 1.000 µs")


def lose(audit, metric):
    one = next(one for one in audit["rebench"]["effects"] if one["size"] == "large")
    one |= {"metric": metric, "verdict": "regressed"}


@pytest.mark.parametrize("metric, passed", [("throughput", False), ("p95", False), ("peak_rss", True)])
def test_a_confirmed_loss_of_the_metric_or_of_p95_fails_it(audit, metric, passed):
    lose(audit, metric)
    found = regression_check(audit)
    assert found["passed"] is passed
    assert passed or f"FAIL (worse on fresh processes: {metric} at large)" in found["line"]


def test_a_union_that_fails_or_answers_otherwise_fails_it(audit):
    audit["rebench"]["answers"][0]["equal"] = False
    assert "FAIL (the union gives other answers" in regression_check(audit)["line"]
    audit["rebench"]["failure"] = {"reason": "crash", "detail": ""}
    assert "FAIL (the union failed: crash)" in regression_check(audit)["line"]


def test_without_a_union_there_is_nothing_to_check(audit):
    audit["rebench"]["accepted"] = []
    assert regression_check(audit)["passed"] is None and "NONE (no candidate was accepted" in regression_check(audit)["line"]
    audit["rebench"] = None
    assert regression_check(audit)["passed"] is None


def test_a_union_that_is_slower_without_proof_says_so(audit):
    audit["rebench"]["main"] |= {"metric": "p95", "a_median": 1000.0, "b_median": 1010.0}
    assert "PASS (1.0 % slower, and no regression was confirmed)" in regression_check(audit)["line"]
