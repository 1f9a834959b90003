"""Each unit is written one way; numbers never break from their units."""

import pytest

from labkit import wording

GAP = wording.GAP


@pytest.mark.parametrize("value, text", [
    (0, "0 ns"), (24, "24 ns"), (24.0, "24.00 ns"), (1500.0, "1.500 µs"), (304_123, "304.1 µs"),
    (12_345_678, "12.35 ms"),
    (2.5e9, "2.500 s"), (None, "–")])
def test_durations(value, text):
    assert wording.duration(value).replace(GAP, " ") == text


@pytest.mark.parametrize("value, text", [(0, "0 B"), (1023, "1023 B"), (1024, "1.000 KiB"), (3_500_000, "3.338 MiB"),
                                         (5 * 2**30, "5.000 GiB")])
def test_sizes(value, text):
    assert wording.size(value).replace(GAP, " ") == text


@pytest.mark.parametrize("value, text", [(1234, "1234"), (12345, "12\u202f345"), (-12345, "−12\u202f345"), (0.5, "0.5"),
                                         (1234.5, "1234"), (None, "–")])
def test_counts(value, text):
    assert wording.count(value) == text


@pytest.mark.parametrize("ratio, text", [(0.05, "+5.0 %"), (-0.05, "−5.0 %"), (0.0, "0.0 %"), (-0.0001, "0.0 %"),
                                         (float("inf"), "–"), (None, "–")])
def test_changes_carry_their_sign(ratio, text):
    assert wording.change(ratio).replace(GAP, " ") == text


@pytest.mark.parametrize("low, high, text", [(0.884, 0.99968, "[0.884, 0.9997]"), (1.00001, 1.2, "[1.00001, 1.200]"), (1.0, 1.0, "[1.000, 1.000]")])
def test_an_interval_that_excludes_1_is_seen_to_exclude_it(low, high, text):
    """A page called a growth a regression, with the interval [0.884, 1.000]."""
    assert wording.gain_interval(0.95, low, high).replace(GAP, " ") == f"0.950× {text}"


def test_an_interval_takes_the_unit_of_its_estimate():
    assert wording.duration_interval(950.0, 900.0, 1100.0).replace(GAP, " ") == "950.0 ns [900.0, 1100]"
    assert wording.duration_interval(950.0, None, None).replace(GAP, " ") == "950.0 ns [no interval]"


@pytest.mark.parametrize("name, value, text", [("steal_ratio", 0.05, "5.00 %"), ("frequency_mhz", 2500.0, "2500 MHz"),
                                               ("memory_available_bytes", 2**30, "1.000 GiB"), ("aslr", 2, "2"),
                                               ("load1_ratio", 1.5, "1.50 per core"), ("kernel", "6.1", "6.1")])
def test_the_unit_stands_in_the_name(name, value, text):
    assert wording.quantity(value, name).replace(GAP, " ") == text


def test_a_small_change_for_the_worse_is_not_shown_as_none():
    """A report said: what got worse: peak of the heap 0.0 %."""
    assert [wording.worsening(ratio).replace(GAP, " ") for ratio in (0.0001, 0.002)] == ["by less than 0.1 %", "+0.2 %"]


@pytest.mark.parametrize("value, text", [(0.00001, "< 0.0001"), (0.0019, "0.0019"), (0.049, "0.049"), (1.0, "1.000")])
def test_p_values(value, text):
    assert wording.p_value(value) == text
    assert wording.p_is(value) == (f"p {text}" if text[0] == "<" else f"p = {text}")


def test_words():
    assert wording.plural(1, "process") == "1 process" and wording.plural(2, "process") == "2 processes"
    assert wording.listing([]) == "none" and wording.listing(["a", "b", "c"]) == "a, b and c"
    assert wording.sentence("no counters") == "No counters." and wording.sentence("") == ""
    assert wording.sentence("request_read reaches recv") == "request_read reaches recv."
