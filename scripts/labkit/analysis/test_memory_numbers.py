"""The memory part of the report: call sites of a batch, stages without allocations, contention, other tools' counts."""

import copy
import json

import pytest

from example_evidence import LEAN, MAIN, assertions, changed, example_documents, write_example
from labkit.analysis import analyse
from labkit.analysis.witnesses import count_witnesses
from labkit.analysis.evidence_set import read_evidence_set
from labkit.report.publish import numbers_text
from labkit.report.render import render_pages


@pytest.fixture(scope="module")
def documents():
    return example_documents(candidates=LEAN)


def audit_of(documents, folder):
    return analyse(read_evidence_set(write_example(folder, documents)))


def page_of(audit):
    return render_pages(json.loads(numbers_text(audit)))["audit.md"]


def with_locks(documents, locks):
    heap = copy.deepcopy(documents["memory"]["data"]["heap"]) | {"locks": locks}
    return changed(documents, "memory", heap=heap)


def waits(name, contended, wait_ns):
    return {"kind": "mutex", "name": name, "acquisitions_count": 100, "contended_count": contended, "wait_ns": wait_ns,
            "longest_wait_ns": wait_ns, "hold_ns": 5000, "waiter": ["want", "start"] if contended else [],
            "owner": ["hold", "main"] if contended else []}


def test_a_batch_is_the_difference_of_two_recordings_so_set_up_cancels(documents, tmp_path):
    heap = audit_of(documents, tmp_path)["memory"]["heap"]
    assert heap["batches_count"] == 20
    assert [(one["stage"], one["before"]["allocations_count"], one["after"]["allocations_count"])
            for one in heap["sites"]["shown"]] == [("parse", 3000, 1350), ("emit", 2000, 900), ("sort", 1000, 450)]
    assert heap["sizes"] == [{"up_to_bytes": 64, "before": 6000, "after": 2700}]


def test_a_call_through_the_library_counts_for_the_line_of_the_program(documents, tmp_path):
    sites = audit_of(documents, tmp_path)["memory"]["heap"]["sites"]["shown"]
    emit = next(one for one in sites if one["stage"] == "emit")
    assert (emit["function"], emit["via"], emit["lines"]) == ("emit_record", "strdup", [10])
    assert emit["caller"] == "emit_batch"


def test_a_moved_line_is_the_same_site_and_another_caller_is_not(documents, tmp_path):
    heap = copy.deepcopy(documents["rebench"]["data"]["heap"])
    for recording in heap["recordings"]:
        parse, sort = recording["sites"][0], recording["sites"][1]
        parse["frames"][0]["line"] = 99
        sort["frames"][1]["function"] = "sort_runs"
    sites = audit_of(changed(documents, "rebench", heap=heap), tmp_path)["memory"]["heap"]["sites"]["shown"]
    parse = next(one for one in sites if one["stage"] == "parse")
    assert parse["lines"] == [10] and parse["after"]["allocations_count"] == 1350
    assert sorted((one["caller"], one["before"]["allocations_count"], one["after"]["allocations_count"])
                  for one in sites if one["stage"] == "sort") == [("sort_batch", 1000, 0), ("sort_runs", 0, 450)]


@pytest.mark.parametrize("document, variant, count", [("memory", "baseline", 3000), ("rebench", "union", 1350)])
def test_sites_that_do_not_add_up_to_their_stage_are_reported(documents, tmp_path, document, variant, count):
    heap = copy.deepcopy(documents[document]["data"]["heap"])
    heap["recordings"][1]["sites"][0]["allocations_count"] -= 20
    audit = audit_of(changed(documents, document, heap=heap), tmp_path)
    assert audit["memory"]["sites_unaccounted"] == [
        {"variant": variant, "stage": "parse", "by_stage": count, "by_site": count - 1}]
    assert "**The sites do not add up" in page_of(audit)


def test_many_sites_are_summed_in_the_last_row(documents, tmp_path):
    heap = copy.deepcopy(documents["memory"]["data"]["heap"])
    for recording in heap["recordings"]:
        first = recording["sites"][0]
        recording["sites"] += [{**first, "frames": [{"function": f"f{i}", "file": None, "line": None}]}
                               for i in range(30)]
    found = audit_of(changed(documents, "memory", heap=heap), tmp_path)["memory"]["heap"]["sites"]
    assert len(found["shown"]) == 15 and found["others"]["sites_count"] == 18
    whole = sum(one["before"]["allocations_count"] for one in (*found["shown"], found["others"]))
    assert whole == 6000 + 30 * 3000


def test_a_heap_that_peaks_higher_got_worse(documents, tmp_path):
    heap = copy.deepcopy(documents["rebench"]["data"]["heap"])
    for recording in heap["recordings"]:
        recording["totals"]["peak_bytes"] *= 2
    audit = audit_of(changed(documents, "rebench", heap=heap), tmp_path)
    assert [one["metric"] for one in audit["trade_offs"]["regressions"]] == ["heap_peak"]
    assert "**What got worse:** peak of the heap +100" in page_of(audit)


def test_the_worst_case_is_answered_with_data(documents, tmp_path):
    found = audit_of(documents, tmp_path)["defence"]["allocations"]
    assert found["burst"]["stage"] == "parse" and found["burst"]["allocations_count"] == 512
    assert found["peak"]["sites"][0]["bytes"] == 9000
    assert found["sizes"] == {"common_up_to_bytes": 64, "common_ratio": 1.0, "largest_up_to_bytes": 64}
    assert found["rate"]["allocations_per_s"] > 0


def test_a_stage_that_the_union_made_allocate_turns_the_guard_red(documents, tmp_path):
    broken = assertions("baseline") + assertions("union", silent=())
    audit = audit_of(changed(documents, "rebench", assertions=broken), tmp_path)
    row = audit["checklist"][12]
    assert not row["passed"] and 'check: clinic: stage "check" must not allocate' in row["seen"]
    assert audit["trade_offs"]["guard"]["silence_command"] is None


def test_a_stage_that_the_union_silenced_is_held_from_now_on(documents, tmp_path):
    silenced = assertions("baseline") + assertions("union", silent=("check", "emit"))
    audit = audit_of(changed(documents, "rebench", assertions=silenced), tmp_path)
    assert audit["checklist"][12]["passed"]
    assert "--assert-zero-alloc check,emit " in audit["trade_offs"]["guard"]["silence_command"]
    assert audit["trade_offs"]["guard"]["silence_command"] in page_of(audit)


def test_without_a_silent_stage_the_row_says_so(documents, tmp_path):
    loud = assertions("baseline", silent=()) + assertions("union", silent=())
    row = audit_of(changed(documents, "rebench", assertions=loud), tmp_path)["checklist"][12]
    assert row["passed"] and "zero cannot be asserted of any" in row["seen"]


def test_a_single_thread_is_reported_with_its_evidence(documents, tmp_path):
    page = page_of(audit_of(documents, tmp_path))
    assert "single-threaded: one thread was seen in each of 100 looks" in page
    assert f"watched 25 batches at {MAIN}" in page and "**Baseline**: no thread waited for a lock" in page


def test_waits_stand_in_a_table_longest_first(documents, tmp_path):
    series = [one | {"threads_count": 4} for one in documents["memory"]["data"]["rss_series"]]
    threaded = changed(with_locks(documents, [waits("short", 2, 1000), waits("quiet", 0, 0), waits("long", 7, 9000)]),
                       "memory", rss_series=series)
    audit = audit_of(threaded, tmp_path)
    baseline = audit["memory"]["contention"]["variants"][0]
    assert [one["name"] for one in baseline["waits"]] == ["long", "short"]
    assert (baseline["contended_count"], baseline["acquisitions_count"], baseline["locks_count"]) == (9, 300, 3)
    page = page_of(audit)
    assert "Up to 4 threads at once" in page and "single-threaded" not in page
    assert "| mutex `long` | 7 of 100 |" in page and "`start → want` | `main → hold`" in page


def test_threads_that_wait_at_one_place_are_one_row(documents, tmp_path):
    """The server's four workers were four rows that said the same."""
    audit = audit_of(with_locks(documents, [waits("shop", 2, 1000), waits("shop", 5, 9000)]), tmp_path)
    (row,) = audit["memory"]["contention"]["variants"][0]["waits"]
    assert (row["contended_count"], row["acquisitions_count"], row["wait_ns"]) == (7, 200, 10000)
    ended = audit_of(with_locks(documents, [waits("thread", 1, 9000) | {"kind": "join"}]), tmp_path)
    assert ended["memory"]["contention"]["variants"][0]["waits"] == [], "who waits for the end of a thread waits for no lock"


@pytest.mark.parametrize("witness, own, difference, unexplained", [
    (100, 0, 0, 0), (101, 1, -1, 0), (103, 1, -3, -2), (99, 0, 1, 1), (100, 1, 0, 0)])
def test_only_what_a_witness_counts_of_itself_explains_a_difference(witness, own, difference, unexplained):
    data = {"counter": {"allocations_count": 100}, "rss_series": [],
            "heaptrack": {"allocations_count": witness, "own": {"allocations_count": own}}}
    pair = count_witnesses(data)[0]["counts"]["allocations_count"]
    assert (pair["difference"], pair["unexplained"]) == (difference, unexplained)


@pytest.mark.parametrize("threads, difference, unexplained", [(1, 64, 64), (5, 64, 0), (5, 65, 1), (5, 0, 0), (3, 64, 32)])
def test_a_slot_for_the_preload_in_each_thread_s_storage_explains_its_bytes(threads, difference, unexplained):
    """The audit of the server failed its checklist for 64 bytes: four workers, 16 each."""
    data = {"counter": {"allocated_bytes": 1000 + difference}, "valgrind": {"allocated_bytes": 1000},
            "rss_series": [{"time_ns": 0, "rss_bytes": 1, "threads_count": threads}]}
    assert count_witnesses(data)[0]["counts"]["allocated_bytes"]["unexplained"] == unexplained


@pytest.mark.parametrize("threads, compared", [(1, {"peak_bytes"}), (2, set())])
def test_peaks_are_compared_where_they_can_be_equal(threads, compared):
    data = {"counter": {"peak_bytes": 100}, "massif": {"peak_bytes": 101},
            "rss_series": [{"time_ns": 0, "rss_bytes": 1, "threads_count": threads}]}
    assert {key for one in count_witnesses(data) for key in one["counts"]} == compared


def test_evidence_from_before_call_sites_were_recorded_still_reads(documents, tmp_path):
    older = copy.deepcopy(documents)
    del older["memory"]["data"]["heap"], older["rebench"]["data"]["heap"], older["rebench"]["data"]["assertions"]
    audit = audit_of(older, tmp_path)
    assert audit["memory"]["heap"] is None and not audit["checklist"][12]["passed"]
    assert "### Call sites and peak\n\nCall sites were not recorded" in page_of(audit)
