"""Whether an audit measures the situation of the complaint."""

import pytest

from labkit.analysis.complaint import complaint_numbers, rates_in
from labkit.analysis.defence_answers import load_answer
from labkit.analysis.function_names import aliases_of
from labkit.analysis.headline import sentence_of

TELEMETRY = "100 000 frames/s alone, 71 000 integrated. Where do 29 % go?"


def manifest(complaint, op="frame"):
    return {"complaint": complaint, "op": op, "main_size": "large", "measured": ""}


def baseline(per_op_ns):
    return {"sizes": [{"name": "large", "ops_count": 1000, "p50": {"median": 1000 * per_op_ns}}]}


@pytest.mark.parametrize("text, op, rates", [(TELEMETRY, "frame", [100_000]), ("2.5 Mframes per second", "frame", [2.5e6]),
                                             ("71,000 frames/s and 80\u202f000 frames a second", "frame", [71_000, 80_000]),
                                             ("It is slow: 29 % go.", "frame", []), ("9 queries/s", "query", []),
                                             ("12 k requests/s", "request", [12_000]), ("5 passes/s", "pass", [5])])
def test_rates_are_read_with_their_unit(text, op, rates):
    assert rates_in(text, op) == rates


def test_a_complaint_of_another_situation_is_not_called_closed():
    """The complaint of telemetry names 71 000 to 100 000 frames/s, but its baseline measures 1 820 000."""
    far = complaint_numbers(manifest(TELEMETRY), baseline(548))
    assert far["reproduced"] is False and round(far["measured_per_s"], -4) == 1_820_000
    assert "not reproduced" in sentence_of("closed", far["reproduced"]) and sentence_of("not closed", False) == "The complaint is not closed"
    assert complaint_numbers(manifest(TELEMETRY), baseline(12_000))["reproduced"] is True
    assert complaint_numbers(manifest("It is slow."), baseline(548))["reproduced"] is None
    assert sentence_of("closed", None) == "The complaint is closed"


def stages(*rows):
    """(stage, time per operation when small, when large, its share when large)"""
    return {"manifest": {"main_size": "large"}, "rebench": None, "baseline": {
        "sizes": [{"name": "small", "ops_count": 10}, {"name": "large", "ops_count": 100}], "single_batches": [],
        "stages": [{"stage": name, "size": size, "ops_count": ops, "p50": {"median": ops * ns}, "share_ratio": share}
                   for name, small_ns, large_ns, share in rows for size, ops, ns in (("small", 10, small_ns), ("large", 100, large_ns))]}}


def test_a_stage_of_two_percent_is_not_what_fails_first():
    found = load_answer(stages(("tidy", 1, 3, 0.02), ("sort", 10, 20, 0.6), ("send", 10, 11, 0.38)))
    assert found["first"]["stage"] == "sort" and [one["stage"] for one in found["small"]] == ["tidy"]


def test_one_stage_grows_more_than_no_other():
    found = load_answer(stages(("all", 10, 30, 1.0)))
    assert found["first"] is None and found["alone"]["stage"] == "all"
    assert load_answer(stages(("a", 10, 30, 0.01), ("b", 10, 20, 0.02)))["first"] is None


@pytest.mark.parametrize("wanted, seen, found", [
    ("strtoul", {"main", "____strtoul_l_internal"}, ["____strtoul_l_internal"]),
    ("vfprintf", {"__vfprintf_internal", "_IO_printf"}, ["__vfprintf_internal"]),
    ("memcpy", {"__memmove_avx_unaligned_erms"}, ["__memmove_avx_unaligned_erms"]),
    ("work", {"work.constprop.0", "worker"}, ["work.constprop.0"]), ("work", {"work", "work.part.0"}, ["work"]),
    ("snprintf", {"snprintf", "__snprintf"}, ["snprintf", "__snprintf"]), ("sum", {"sum", "_sum"}, ["sum"]),
    ("free", {"cfree", "main"}, []), ("list_l_internal", {"list"}, [])])
def test_a_function_is_known_under_its_other_names(wanted, seen, found):
    """A hypothesis about strtoul was "0 %, refuted" because the profile contained ____strtoul_l_internal."""
    assert aliases_of(wanted, seen) == found
