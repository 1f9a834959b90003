"""A quick audit measures some sizes, and says what it does not measure."""

from dataclasses import fields
from pathlib import Path

import pytest

from labkit.analysis.headline import VERDICTS, sentence_of
from labkit.outcome import UsageError
from labkit.workload import manifest
from labkit.workload.quick_audit import findings, quick_audit, shortened


def test_the_largest_size_that_is_left_takes_the_place_of_the_complaints_and_nothing_else_changes():
    whole = manifest.load("strings")
    quick = shortened(whole)
    assert (quick.main_size, quick.complaint_size, list(quick.fixture.sizes)) == ("thousand", "ten_thousand", ["seven", "hundred", "thousand"])
    differing = {one.name for one in fields(whole) if getattr(whole, one.name) != getattr(quick, one.name)}
    assert differing == {"fixture", "main_size", "complaint_size"} and quick.fixture.sizes["thousand"] == 1000
    (said,) = findings(quick)
    assert said.level == "warning" and "judges at thousand" in said.text and "ten_thousand" in said.cost


def test_a_part_that_takes_too_long_is_left_out_by_name():
    quick = shortened(manifest.load("server"))
    assert quick.causal is None and quick.load is not None
    assert any("leaves out: causal" in one.text for one in findings(quick))


def test_a_workload_that_asks_for_nothing_is_measured_whole():
    whole = manifest.load("parser")
    assert shortened(whole) is whole and findings(whole) == []


def test_a_size_that_another_part_measures_is_not_left_out():
    table = manifest.Table(Path("workload.toml"), "quick.", {"sizes": ["small"]})
    with pytest.raises(UsageError, match=r"quick\.sizes: lacks 'large', which \[load\] measures"):
        quick_audit(table, ["small", "large"], {"load": "large"})


@pytest.mark.parametrize("verdict", ["closed", "not proven", "not closed"])
def test_a_verdict_at_another_size_is_none_about_the_complaint(verdict):
    assert "another size than the complaint's" in sentence_of(verdict, None, True) != VERDICTS[verdict]
