"""Growing memory is distinguished from memory that stays the same, and a straight line from a bound that is reached."""

import copy

import pytest

from example_evidence import LEAN, changed, example_documents, write_example
from labkit.analysis import analyse
from labkit.analysis.evidence_set import read_evidence_set
from labkit.analysis.growth_numbers import judge_growth
from labkit.report.render import render_pages


@pytest.mark.parametrize("peaks, verdict", [
    ((3000, 3100, 3149), "flat"), ((3149, 3000, 3100), "flat"), ((3000, 3000, 3000), "flat"), ((3000, 3000, 3151), "bent"),
    ((1000, 3000, 10_000), "linear"), ((1000, 3400, 10_000), "linear"), ((1000, 9000, 10_000), "bent"), ((10_000, 3000, 1000), "bent")])
def test_growth_is_flat_linear_or_bent(peaks, verdict):
    assert judge_growth(list(zip((1000, 3000, 10_000), peaks)))["verdict"] == verdict


def test_a_line_has_its_slope_and_what_it_grew_by():
    found = judge_growth([(1000, 6000), (3000, 16_000), (10_000, 51_000)])
    assert found == pytest.approx({"verdict": "linear", "bytes_per_op": 5.0, "misfit_ratio": 0.0, "growth_ratio": 7.5, "work_ratio": 10.0})


def rows(variant, per_op, massif=True):
    return [{"variant": variant, "size": size, "ops_count": ops, "max_rss_bytes": 2_000_000 + per_op * ops, "live_peak_bytes": 1000 + per_op * ops,
             "massif_peak_bytes": 1000 + per_op * ops if massif else None} for size, ops in (("small", 100), ("large", 1000), ("huge", 5000))]


def audit_with(documents, folder):
    return analyse(read_evidence_set(write_example(folder, documents)))


@pytest.mark.slow
def test_both_variants_are_judged_by_every_instrument_that_there_was(tmp_path):
    documents = changed(example_documents(candidates=LEAN), "memory", growth=rows("baseline", 1000))
    documents = changed(documents, "rebench", growth=rows("union", 0, massif=False))
    audit = audit_with(documents, tmp_path)
    growth = audit["memory"]["growth"]
    assert [one["verdict"] for one in growth["before"]] == ["linear"] * 3
    assert [(one["instrument"], one["verdict"]) for one in growth["after"]] == [("max_rss_bytes", "flat"), ("live_peak_bytes", "flat")]
    page = render_pages(audit)["audit.md"]
    assert "### Growth with the work" in page and "| union | peak resident memory |" in page


def test_a_complaint_about_time_has_no_growth(tmp_path):
    audit = audit_with(example_documents(candidates=LEAN), tmp_path)
    assert audit["memory"]["growth"] is None and "Growth with the work" not in render_pages(audit)["audit.md"]


def of_memory(metric, function, target):
    """The example audit, its complaint about memory, where the CPU profile has never heard of the function."""
    documents = copy.deepcopy(example_documents(candidates=LEAN))
    plan = documents["plan"]["data"]["manifest"]
    plan["metric"], plan["hypotheses"] = metric, [{"says": "It is this one.", "function": function}]
    for name, document in documents.items():
        if name.startswith("candidates/"):
            document["data"]["candidate"]["targets"] = target
    return documents


@pytest.mark.parametrize("metric, ratio", [("allocations", 0.5), ("peak_rss", 3 / 18)])
def test_a_complaint_about_memory_is_traced_in_the_heap_recording(tmp_path, metric, ratio):
    """Its shares were those of CPU time: what held most of the memory was refuted, for it took no time."""
    audit = audit_with(of_memory(metric, "parse_record", "parse_record"), tmp_path)
    (hypothesis,) = audit["hypotheses"]
    assert hypothesis["share"]["ratio"] == pytest.approx(ratio, rel=0.05) and hypothesis["share"]["low"] == hypothesis["share"]["high"]
    assert {one["traced_in"] for one in audit["candidates"]} == {"heap recording"}
    assert all(one["share"]["ratio"] == hypothesis["share"]["ratio"] for one in audit["candidates"])
    page = render_pages(audit)["audit.md"]
    assert "counted and not sampled" in page and "The ceiling is Amdahl's" not in page


def test_what_no_call_site_has_is_untraceable_for_a_complaint_about_memory(tmp_path):
    audit = audit_with(of_memory("peak_rss", "parse_record", "main_loop"), tmp_path)
    assert all(any("does not occur in the heap recording" in one["text"] for one in row["objections"]) for row in audit["candidates"]
               if row["rule"] not in ("answer", "crash", "build"))


def test_without_a_heap_recording_the_profile_answers(tmp_path):
    documents = of_memory("peak_rss", "parse_record", "parse_batch")
    audit = audit_with(changed(documents, "memory", heap=None), tmp_path)
    assert {one["traced_in"] for one in audit["candidates"]} == {"profile"}
