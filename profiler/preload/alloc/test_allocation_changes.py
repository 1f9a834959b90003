"""test_allocation_changes.py - the changes of all drains add up to the exact sums, and lie on the time axis."""

import json
from collections import Counter
from pathlib import Path

import pytest
from recorded_session import VICTIMS, read_session, run

COUNTS = ("allocations_count", "bytes", "frees_count")
LOCK_COUNTS = ("acquisitions_count", "contended_count", "wait_ns", "hold_ns")


def recorded(tmp_path: Path, events: str, *command) -> dict:
    done = run("record", "-e", events, "-o", tmp_path / "s.json", "--", *command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return read_session(tmp_path / "s.json")


def rows(session: dict, table: str) -> list[dict]:
    columns = session.get(table, {})
    count = len(next(iter(columns.values()), []))
    return [{name: values[i] for name, values in columns.items()} for i in range(count)]


def sums(session: dict, table: str, keys: tuple, counts: tuple) -> Counter:
    """The sums of the rows by these keys, as a Counter, in which a missing row is equal to zero."""
    total: Counter = Counter()
    for row in rows(session, table):
        for name in counts:
            total[(*(row.get(key, 0) for key in keys), name)] += row.get(name, 0)
    return +total


@pytest.mark.few(3)
@pytest.mark.parametrize("command", [
    ["alloc_23"], ["alloc_fork"], ["alloc_handover"], ["alloc_raw_fork"], ["alloc_signals"], ["alloc_stages"],
    ["alloc_threads"], ["alloc_churn"]], ids=lambda command: command[0])
def test_changes_add_up_to_the_sums(tmp_path, command):
    session = recorded(tmp_path, "alloc", VICTIMS / command[0], *command[1:])
    by_site = sums(session, "allocations", ("stack", "stage"), COUNTS)
    assert by_site, "nothing was counted"
    assert sums(session, "allocation_changes", ("stack", "stage"), COUNTS) == by_site


def test_lock_changes_add_up_to_the_sums(tmp_path):
    session = recorded(tmp_path, "lock", VICTIMS / "lock_held")
    keys = ("kind", "name", "stack", "owner_stack", "stage", "thread")
    by_place = sums(session, "locks", keys, LOCK_COUNTS)
    assert by_place, "nothing was waited for"
    assert sums(session, "lock_changes", keys, LOCK_COUNTS) == by_place


@pytest.mark.slow
def test_changes_lie_in_the_time_of_the_run_and_windows_add_up(tmp_path):
    """The program allocates for the time of several drains."""
    session = recorded(tmp_path, "alloc", "lua5.4", "-e",
                       "local stop = os.clock() + 0.6 while os.clock() < stop do local t = {} t[1] = {} end")
    about, time_ns, times = session["about"], 0, []
    for difference in session["allocation_changes"]["time_ns"]:
        time_ns += difference
        times.append(time_ns)
    assert times == sorted(times)
    assert about["started_ns"] <= times[0] and times[-1] <= about["ended_ns"]
    assert len(set(times)) >= 3, "the drains of one run"

    middle_s = (sorted(set(times))[1] - about["started_ns"]) / 1e9
    parts = [allocations(tmp_path, "--to", f"{middle_s:.6f}"), allocations(tmp_path, "--from", f"{middle_s:.6f}")]
    assert all(parts), "each part has some"
    assert sum(parts) == sum(session["allocations"]["allocations_count"])


def allocations(tmp_path: Path, *window: str) -> int:
    """The count that `clinic report` gives for a part of the time."""
    done = run("report", "--json", *window, tmp_path / "s.json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["allocations"]["allocations_count"]
