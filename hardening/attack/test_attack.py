"""The attack gives the same figures every time, its bounds can break, and it has the scenarios that once broke the engine."""

import re
from pathlib import Path

import pytest

import attack
import repeated_audits
import scenarios
import simulated_machine as m
from labkit.gate import few_builds
from scenarios import CAMPAIGNS, DIFFERENT, FOUND, Bound, Scenario
from trials import Outcome, run_trial


def named(name):
    return next(one for one in CAMPAIGNS if one.name == name)


def outcomes(verdict, count):
    return [Outcome(verdict, 100, True)] * count


@pytest.mark.slow
def test_two_audits_never_decide_opposite_ways():
    """Engine 1 accepted a candidate in one audit and rejected it in another one of the same commit."""
    before, after, back = (repeated_audits.repeat(manner, 0.01, 0.0, audits_count=4) for manner in repeated_audits.MANNERS)
    assert after.opposite_count == 0 < before.opposite_count and after.same_count > before.same_count
    assert back.opposite_count == 0 and back.undecided_count <= after.undecided_count


def test_names_are_unique_for_they_are_the_seeds():
    assert len({one.name for one in CAMPAIGNS}) == len(CAMPAIGNS)


def test_a_trial_is_the_same_every_time():
    scenario = named("layout 1 % per block")
    assert run_trial(scenario, 3) == run_trial(scenario, 3)


@pytest.mark.parametrize("different_count, broken_count", [(0, 0), (8, 0), (9, 1)])
def test_a_bound_breaks_only_when_the_whole_interval_is_beyond_it(different_count, broken_count):
    """The interval of 8 in 400 contains 1 %, that of 9 in 400 does not."""
    scenario = Scenario("x", m.normal(0.01), m.planted(0.0), 1.0, (Bound(DIFFERENT, at_most=0.01),))
    found = outcomes("improved", different_count) + outcomes("equivalent", 400 - different_count)
    assert len(attack.broken_bounds(scenario, found)) == broken_count


def test_a_row_marks_a_broken_bound():
    scenario = Scenario("x", m.normal(0.01), m.planted(0.05), 1.05, (Bound(FOUND, at_least=0.9),))
    row = attack.row(scenario, outcomes("inconclusive", 100))
    assert row == ("| x | 100 | 0 [0.0%, 3.6%] | 0 [0.0%, 3.6%] ✗ at least 90% | 0 [0.0%, 3.6%] | "
                   "100 [96.4%, 100.0%] | 100 |")


@pytest.mark.parametrize("name", [f"{count} comparisons judged together, all twice as slow" for count in (51, 60)])
@pytest.mark.slow
def test_a_large_family_finds_what_is_twice_as_slow(name):
    assert run_trial(named(name), 0).all_regressed


def committed_rows():
    return {name: [cell.strip() for cell in row.split("|")[2:-1]] for name, row in attack.kept_rows().items()}


def count_of(name, column):
    return int(committed_rows()[name][column].split()[0])


def test_the_decision_record_has_the_figures_of_the_committed_page():
    """ADR 8 said 40 of 450 opposite decisions where the page said 25."""
    record = " ".join(Path("hardening/adr/0008-the-verdict-under-attack.md").read_text().split())
    quiet, sessions, noisy, noisy_sessions = (
        [name for name in attack.agreement_names() if f"noise {noise} a pair, sessions differ by {session}" in name]
        for noise, session in (("1.4%", "0.0%"), ("1.4%", "0.5%"), ("3.0%", "0.0%"), ("3.0%", "0.5%")))
    same, opposite = ({name: count_of(name, column) for name in attack.agreement_names()} for column in (0, 1))
    before, after, _ = quiet
    assert f"opposite decisions went from {opposite[before]} of 450 to {opposite[after]}, and equal decisions from {same[before]} to {same[after]};" in record
    before, after, _ = sessions
    assert f"where sessions differ by 0.5 %, from {opposite[before]} to {opposite[after]} and from {same[before]} to {same[after]}" in record
    (before, after, back), (with_sessions, after_sessions, _) = noisy, noisy_sessions
    undecided = {name: count_of(name, 2) for name in (after, back)}
    assert f"undecided went from {undecided[after]} of 100 to {undecided[back]}" in record
    assert (f"equal decisions went from {same[before]} to {same[after]}, but from {same[with_sessions]} to {same[after_sessions]} where "
            "sessions differ") in record
    for layout, place in (("layout 2 % per block, +2%", "is now found in {}; under 1 %"), ("layout 1 % per block, +2%", "under 1 %, in {} instead of 85")):
        assert place.format(round(count_of(layout, 2) / 4)) in record
    assert f"identical arms {count_of('noise 1.4 % a pair', 5)} instead of 134" in record
    assert f"+5 % takes {count_of('noise 1.4 % a pair, +5%', 5)} runs instead of 270" in record


def test_the_warning_about_few_builds_has_the_figures_of_the_committed_page():
    one, three, many = (f"relinked, 1 % per binary, {links}" for links in ("one link", "3 links", "a link for each block"))
    assert {1: count_of(one, 1), 3: count_of(three, 1)} == few_builds.FALSE_ALARMS
    assert count_of(many, 1) == few_builds.FALSE_ALARMS_MANY and count_of(one, 0) == few_builds.COMPARISONS


@pytest.mark.parametrize("scenario", CAMPAIGNS, ids=lambda one: one.name)
def test_every_bound_can_break_and_the_committed_page_breaks_none(scenario):
    """A power of at least 0 and a share of at most 1 were bounds that nothing could break."""
    cells = dict(zip(attack.EVENTS, committed_rows()[scenario.name][1:5]))
    for bound in scenario.bounds:
        finds_nothing = bound.event == FOUND and "every fourth run" in scenario.name  # the canary objects, as it should
        assert finds_nothing or bound.at_most < 1 or bound.at_least > 0
        low, high = (float(end) / 100 for end in re.search(r"\[([\d.]+)%, ([\d.]+)%\]", cells[bound.event]).groups())
        assert low <= bound.at_most and high >= bound.at_least


def test_every_count_of_the_committed_page_has_its_interval():
    """Only those with a bound had one."""
    rates = {one.name: slice(1, 5) for one in CAMPAIGNS} | {name: slice(0, 3) for name in attack.agreement_names()}
    for name, cells in committed_rows().items():
        for cell in cells[rates[name]] if name in rates else ():
            assert cell == "—" or re.search(r"\d \[[\d.]+%, [\d.]+%\]|\) \[", cell), (name, cell)


def agreement(name, bounds):
    """The row of the committed page."""
    same, opposite, undecided = (int(count_of(name, column)) for column in (0, 1, 2))
    return repeated_audits.Agreement(name, same, opposite, 450, undecided, 100, 0.0, bounds)


def test_repeated_audits_keep_bounds_that_engine_1_breaks():
    before, *after = ([agreement(repeated_audits.name_of(manner, *condition), repeated_audits.BOUNDS) for condition in repeated_audits.CONDITIONS]
                      for manner in repeated_audits.MANNERS)
    assert not any(map(attack.broken_agreement, sum(after, []))) and sum(map(bool, map(attack.broken_agreement, before))) >= 3


@pytest.mark.parametrize("counts, word", [((380, 0, 0), "same"), ((450, 40, 0), "opposite"), ((450, 0, 30), "undecided")])
def test_each_bound_of_repeated_audits_can_break(counts, word):
    same, opposite, undecided = counts
    (line,) = attack.broken_agreement(repeated_audits.Agreement("x", same, opposite, 450, undecided, 100, 0.0, repeated_audits.BOUNDS))
    assert word in line


def test_the_committed_page_has_today_s_scenarios():
    page = attack.PAGE.read_text()
    for one in CAMPAIGNS:
        assert f"| {one.name} | " in page, f"{one.name}: run make attack"
    assert scenarios.BLIND_MAX == 5 / 400
