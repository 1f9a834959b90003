"""The instruments of memory on programs whose allocations are known."""

import json
import subprocess
from pathlib import Path

import pytest

from example_evidence import LEAN, changed, example_documents, write_example
from labkit.analysis import analyse
from labkit.analysis.evidence_set import read_evidence_set
from labkit.instruments import Unavailable, heap_session, heaptrack, lock_session, valgrind, zero_alloc
from labkit.report.publish import numbers_text
from labkit.report.render import render_pages

VICTIMS = Path("build/victims").resolve()


def victim(name: str) -> str:
    """Build the program like `make test`, so that this test does not depend on the order of others."""
    done = subprocess.run(["make", "-s", f"build/victims/{name}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return str(VICTIMS / name)


def page_with_locks(locks: list[dict], folder: Path) -> str:
    documents = example_documents(candidates=LEAN)
    heap = documents["memory"]["data"]["heap"] | {"locks": locks}
    audit = analyse(read_evidence_set(write_example(folder, changed(documents, "memory", heap=heap))))
    return render_pages(json.loads(numbers_text(audit)))["audit.md"]


def test_sites_of_a_program_add_up_to_its_totals_and_stages_are_kept_apart():
    found = heap_session.record([victim("alloc_stages")], timeout_s=60)
    stages = {}
    for site in found["sites"]:
        stages[site["stage"]] = stages.get(site["stage"], 0) + site["allocations_count"]
    assert stages["parse"] == 10 and stages["copy"] == 6
    assert sum(stages.values()) == found["totals"]["allocations_count"]
    assert sum(site["allocated_bytes"] for site in found["sites"]) == found["totals"]["allocated_bytes"]
    parse = next(site for site in found["sites"] if site["stage"] == "parse")
    assert parse["frames"][0]["function"] == "allocate" and parse["frames"][0]["file"].endswith("alloc_stages.c")
    assert not any((frame["file"] or "").startswith(str(Path.cwd())) for site in found["sites"]
                   for frame in site["frames"]), "a path of this machine would stand in the evidence"


def test_a_program_that_allocates_nothing_has_no_sites():
    found = heap_session.record(["/bin/true"], timeout_s=60)
    assert set(found["totals"].values()) == {0} and found["sites"] == found["sizes"] == []


def test_flame_graphs_are_drawn_by_weight(tmp_path):
    pictures = {weight: tmp_path / f"{weight}.svg" for weight in ("allocations", "peak")}
    heap_session.record([victim("alloc_stages")], pictures=pictures, timeout_s=60)
    assert all("alloc_stages" in path.read_text() for path in pictures.values())


def test_a_flame_graph_with_a_title_does_not_show_the_command(tmp_path):
    picture = tmp_path / "peak.svg"
    heap_session.record([victim("alloc_stages"), str(tmp_path)], pictures={"peak": picture}, title="a workload, large", timeout_s=60)
    assert "a workload, large" in picture.read_text() and str(tmp_path) not in picture.read_text()


def test_what_cannot_be_observed_is_unavailable_and_never_zero():
    with pytest.raises(Unavailable, match="cannot be observed.*static"):
        heap_session.record([victim("alloc_static")], timeout_s=60)


@pytest.mark.slow
def test_a_threaded_program_fills_the_table_of_contention(tmp_path):
    found = lock_session.record([victim("lock_held")], timeout_s=60)
    page = page_with_locks(found, tmp_path)
    assert "| mutex `ledger` | 1 of 1 |" in page and "want_ledger` | `" in page and "hold_ledger` |" in page
    assert "no thread waited for a lock" in page, "the union of the example has no locks, so both cases stand there"
    ledger = next(row for row in found if row["name"] == "ledger" and row["contended_count"])
    assert ledger["kind"] == "mutex" and ledger["longest_wait_ns"] == ledger["wait_ns"] > 0
    assert ledger["waiter"][0] == "want_ledger" and ledger["owner"][0] == "hold_ledger"
    assert next(row for row in found if row["name"] == "quiet")["acquisitions_count"] == 1000


@pytest.mark.slow
def test_the_assertion_names_the_first_call_and_holds_where_nothing_is_asked_for():
    broken = zero_alloc.check([victim("alloc_stages")], "copy", timeout_s=60)
    assert not broken["held"]
    assert 'stage "copy" must not allocate, and asked for 16 bytes at allocate' in broken["breach"]
    assert "alloc_stages.c:" in broken["breach"]
    kept = zero_alloc.check([victim("alloc_over_budget")], "inner", timeout_s=60)
    assert kept == {"stage": "inner", "held": True, "breach": None}


def test_a_program_that_fails_by_itself_neither_holds_nor_breaks_the_rule():
    with pytest.raises(Unavailable, match="exit code 3"):
        zero_alloc.check(["/bin/sh", "-c", "exit 3"], "parse", timeout_s=60)


@pytest.mark.slow
def test_all_tools_count_the_same_on_the_victim_of_23():
    argv = [victim("alloc_23"), "without-pvalloc"]
    ours = heap_session.record(argv, timeout_s=60)["totals"]
    assert (ours["allocations_count"], ours["leaked_count"], ours["leaked_bytes"]) == (23, 3, 300)
    for ask in (valgrind.heap_totals, valgrind.dhat_totals, valgrind.massif_peak):
        theirs = ask(argv, timeout_s=120)
        assert theirs == {key: ours[key] for key in theirs}, ask.__name__


RECORDING = """v 10400 3
s 4 feed
s 3 lib
s 5 parse
s 5 plain
i 1000 2 1 0 7 3 0 9
i 2000 2 4 0 5
t 1 2
t 2 0
a 10 1
a 200 2
+ 0
+ 0
+ 1
- 0
+ 1
- 1
- 1
- 0
""".splitlines()


def test_the_order_of_calls_gives_peak_and_longest_burst():
    found = heaptrack.follow(RECORDING)
    assert found["peak_bytes"] == 0x10 + 0x200 + 0x200
    assert found["burst"] == {"allocations_count": 3, "allocated_bytes": 0x10 + 0x10 + 0x200,
                              "stack": ["feed", "parse", "plain"]}


def test_what_libraries_allocate_before_main_is_live_and_no_burst():
    start = [line.replace("s 5 plain", "s 8 _dl_init") for line in RECORDING]
    found = heaptrack.follow(start)
    assert found["peak_bytes"] == 0x10 + 0x200 + 0x200
    assert found["burst"] == {"allocations_count": 0, "allocated_bytes": 0, "stack": []}


def test_a_recording_without_allocations_has_no_burst():
    assert heaptrack.follow([])["burst"] == {"allocations_count": 0, "allocated_bytes": 0, "stack": []}
