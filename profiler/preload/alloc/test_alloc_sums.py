"""test_alloc_sums.py - tables of one recording agree, and the peak over several threads is right within its margin."""

import json

import pytest
from recorded_session import VICTIMS, read_session, run


def record(directory, *command) -> tuple[dict, str]:
    done = run("record", "-e", "alloc", "-o", directory / "s.json", "--", *command, cwd=directory)
    assert done.returncode == 0, done.stderr
    return read_session(directory / "s.json"), done.stderr


def total(session: dict, table: str, column: str) -> int:
    return sum(session[table].get(column, [0]))


@pytest.mark.parametrize("how", ["barrier", "sleep"])
def test_threads_that_stop_together_have_an_exact_peak(tmp_path, how):
    """Bug: each thread adds its bytes in portions of 4 KiB, and 12 960 of 200 000 bytes were reported, without a margin."""
    session, said = record(tmp_path, VICTIMS / "alloc_together", how)
    quality = session["quality"]
    assert quality["peak_bytes"] >= 200_000, said
    assert total(session, "allocations", "peak_bytes") >= 200_000, "its call sites too"
    assert quality["peak_bytes"] >= total(session, "allocations", "leaked_bytes")
    report = json.loads(run("report", "--json", tmp_path / "s.json").stdout)["allocations"]
    assert (report["peak_bytes"], report["peak_margin_bytes"]) == (quality["peak_bytes"], quality["peak_margin_bytes"])
    margin = quality["peak_margin_bytes"]
    for text in (said, run("report", tmp_path / "s.json").stdout):
        assert not margin or f"to within {margin} bytes" in text, text


def test_one_thread_has_a_peak_without_a_margin(tmp_path):
    session, said = record(tmp_path, VICTIMS / "alloc_23")
    assert session["quality"]["peak_margin_bytes"] == 0 and "to within" not in said


@pytest.mark.parametrize("victim", ["alloc_threads", "alloc_stages", "alloc_signals", "alloc_fork"])
def test_sizes_and_call_sites_have_one_sum(tmp_path, victim):
    session, _ = record(tmp_path, VICTIMS / victim)
    assert total(session, "allocations", "allocations_count") == total(session, "allocation_sizes", "allocations_count")
    assert session["quality"]["lost_allocations_count"] == 0


def test_what_has_no_room_has_a_row_and_one_count(tmp_path):
    """Bug: the table had 29 960 allocations, sizes for 30 003, and 35 140 lost ones."""
    session, said = record(tmp_path, "bash", "-c", f"ulimit -f 4096; exec {VICTIMS / 'many_stacks'}")
    counted = total(session, "allocations", "allocations_count")
    lost = session["quality"]["lost_allocations_count"]
    assert counted >= 20_000 and counted == total(session, "allocation_sizes", "allocations_count")
    assert 0 < lost < counted
    assert f"{counted} allocations" in said and f"{lost} allocations have no call stack" in said
    sites = json.loads(run("report", "--json", tmp_path / "s.json").stdout)["call_sites"]
    assert sum(site["allocations_count"] for site in sites) == counted
    assert sum(site["allocations_count"] for site in sites if not site["stack"]) == lost
