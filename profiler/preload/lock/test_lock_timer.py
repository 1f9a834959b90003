"""`clinic record -e lock` is compared with locks whose owners, waits and order are known."""

import json
import re
import subprocess
import threading
from pathlib import Path

import pytest

CLINIC = Path("build/bin/clinic").resolve()
VICTIMS = Path("build/victims").resolve()


def record(directory: Path, *command: str) -> tuple[list[dict], str]:
    """The locks of one run, and the messages during it."""
    session = directory / "session.json"
    done = subprocess.run([CLINIC, "record", "-e", "lock", "-o", session, "--", *command],
                          capture_output=True, text=True, timeout=60)
    report = subprocess.run([CLINIC, "report", "--json", session], capture_output=True, text=True, check=True)
    return json.loads(report.stdout)["locks"], done.stderr


def test_a_lock_held_20_ms_by_a_known_owner(tmp_path):
    locks, _ = record(tmp_path, str(VICTIMS / "lock_held"))
    waits = [row for row in locks if row["name"] == "ledger" and row["contended_count"]]
    assert len(waits) == 1
    assert waits[0]["kind"] == "mutex" and waits[0]["contended_count"] == 1
    assert waits[0]["stack"][-1] == "want_ledger"
    assert waits[0]["owner_stack"][-1] == "hold_ledger"
    # A sleep lasts at least as long as was asked for, so no upper bound is tested.
    assert waits[0]["wait_ns"] >= 20_000_000
    assert waits[0]["longest_wait_ns"] == waits[0]["wait_ns"]


def test_uncontended_locks_are_counted(tmp_path):
    locks, _ = record(tmp_path, str(VICTIMS / "lock_held"))
    quiet = [row for row in locks if row["name"] == "quiet"]
    assert [(row["acquisitions_count"], row["contended_count"]) for row in quiet] == [(1000, 0)]
    ledger = [row for row in locks if row["name"] == "ledger"]
    assert sum(row["acquisitions_count"] for row in ledger) == 2
    text = subprocess.run([CLINIC, "report", tmp_path / "session.json"], capture_output=True, text=True,
                          check=True).stdout
    assert re.search(r"mutex quiet, no thread waited$", text, re.M) and re.search(r"mutex ledger at want_ledger", text)


def test_semaphores_and_joins_are_seen(tmp_path):
    locks, _ = record(tmp_path, str(VICTIMS / "lock_held"))
    assert sum(row["acquisitions_count"] for row in locks if row["name"] == "turnstile") == 1
    assert sum(row["acquisitions_count"] for row in locks if row["kind"] == "join") == 1


def record_deadlock(directory: Path, victim: str, *last_lines: str) -> str:
    """The messages about the victim, which ends when all of these texts have come, in any order."""
    command = [CLINIC, "record", "-e", "lock", "-o", directory / "session.json", "--", VICTIMS / victim]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as recorder:
        ends = threading.Timer(60, recorder.kill)
        ends.start()
        said = ""
        for line in recorder.stderr:
            said += line
            if all(last in said for last in last_lines) and not recorder.stdin.closed:
                recorder.stdin.close()
        ends.cancel()
    return said


def test_a_deadlock_is_told_while_it_lasts(tmp_path):
    said = record_deadlock(tmp_path, "lock_deadlock", "the order is inverted")
    assert "clinic: deadlock: 2 threads wait for each other" in said
    for function in ("left_then_right", "right_then_left"):
        assert re.search(rf"{function}\s+\S+lock_deadlock\.c:\d+", said)
    order = re.search(r"the order is inverted: thread \d+ takes (\w+), then (\w+); "
                      r"thread \d+ takes (\w+), then (\w+)", said)
    assert order and {order[1], order[2]} == {"left", "right"}
    assert (order[3], order[4]) == (order[2], order[1])
    assert said.count("clinic: deadlock:") == 1


def test_a_circle_of_three_is_told_whole(tmp_path):
    names = ("first_then_second", "second_then_third", "third_then_first")
    said = record_deadlock(tmp_path, "lock_ring", *(f"  {name}" for name in names))
    assert "clinic: deadlock: 3 threads wait for each other" in said
    for held, wanted, name in zip(("first", "second", "third"), ("second", "third", "first"), names):
        assert re.search(rf"holds {held}\b.*?waits for {wanted} at\n.*?{name}\s+\S+lock_ring\.c:\d+", said, re.S), said
    assert said.count("clinic: deadlock:") == 1


def test_the_end_of_a_thread_closes_a_circle(tmp_path):
    """Bug: a join had no owner, so a deadlock of two threads that wait for each other's end was not reported."""
    said = record_deadlock(tmp_path, "lock_join_circle", "  main", "  want_kept")
    assert "clinic: deadlock: 2 threads wait for each other" in said
    assert re.search(r"thread (\d+) \(.*\) has a thread that waits for its end\n  and waits for kept at\n  want_kept", said), said
    assert re.search(r"holds kept\n  and waits for the end of thread \d+ at\n  main", said), said
    assert "the order is inverted" not in said


def test_no_deadlock_where_there_is_none(tmp_path):
    _, said = record(tmp_path, str(VICTIMS / "lock_held"))
    assert "clinic: deadlock" not in said


def test_allocations_and_locks_in_one_run(tmp_path):
    session = tmp_path / "both.json"
    subprocess.run([CLINIC, "record", "-e", "alloc,lock", "-o", session, "--", VICTIMS / "alloc_threads"],
                   check=True, capture_output=True, timeout=60)
    report = json.loads(subprocess.run([CLINIC, "report", "--json", session], capture_output=True, text=True,
                                       check=True).stdout)
    assert report["allocations"]["allocations_count"] > 8000
    assert sum(row["acquisitions_count"] for row in report["locks"] if row["kind"] == "join") == 8


@pytest.mark.slow
def test_waits_with_a_deadline_and_those_of_c11(tmp_path):
    """Bug: these waits were not seen, and a circle that ends by itself was reported as a deadlock."""
    locks, said = record(tmp_path, str(VICTIMS / "lock_timed"))
    waited = {row["name"]: row for row in locks if row["contended_count"]}
    for name in ("timed", "clocked", "readers", "writers", "eleven"):
        assert waited[name]["contended_count"] == 1, (name, locks)
        assert waited[name]["stack"][-1] == "wait_for_each"
    assert waited["expired"]["wait_ns"] > 0, "ended by its deadline, and a wait all the same"
    assert "clinic: deadlock" not in said


def test_each_way_to_wait(tmp_path):
    """Bug: barriers, and semaphores and joins with a deadline on any clock, were not seen; a mutex that was taken twice was held only until its first unlock."""
    locks, said = record(tmp_path, VICTIMS / "lock_forms")
    waits = {(row["kind"], row["name"]): row for row in locks if row["contended_count"] and row["kind"] != "join"}
    waited = {("sem", "clocked_sem"): 1, ("sem", "expired_sem"): 0, ("barrier", "barrier"): 1,
              ("mutex", "recursive"): 1, ("mutex", "place"): 1, ("sem", "place"): 1}
    assert {lock: row["acquisitions_count"] for lock, row in waits.items()} == waited
    assert all(row["wait_ns"] > 0 for row in waits.values()), waits
    assert waits["sem", "expired_sem"]["wait_ns"] > 20_000_000, "until its deadline"
    assert waits["mutex", "recursive"]["hold_ns"] >= 60_000_000, "until its last unlock"
    at_once = {(row["kind"], row["name"]): row["acquisitions_count"] for row in locks if not row["contended_count"]}
    assert at_once["rwlock", "tried_rwlock"] == 2 and at_once["sem", "tried_sem"] == 1
    joins = [row for row in locks if row["kind"] == "join"]
    assert sum(row["acquisitions_count"] for row in joins) == 7
    assert [row["stack"][-1] for row in joins if row["contended_count"] and not row["acquisitions_count"]] == \
        ["join_threads"]
    assert "clinic: deadlock" not in said


@pytest.mark.slow
def test_more_locks_than_there_is_room_for(tmp_path):
    """Bug: there was no room for a lock that a thread waited for, and this was not reported."""
    locks, said = record(tmp_path, VICTIMS / "lock_many")
    mutexes = [row for row in locks if row["kind"] == "mutex"]
    waited = [row for row in mutexes if row["contended_count"]]
    assert len(waited) == 1 and waited[0]["wait_ns"] > 0 and waited[0]["stack"][-1] == "want_last"
    # The join gets no place either, because its thread has ended already.
    lost = 200_003 - sum(row["acquisitions_count"] for row in locks)
    assert f"warning: {lost} acquisitions of locks and waits for them were not counted" in said
    report = subprocess.run([CLINIC, "report", tmp_path / "session.json"], capture_output=True, text=True, check=True)
    assert f"{lost} acquisitions of locks" in report.stdout
    quality = json.loads((tmp_path / "session.json").read_text())["quality"]
    assert quality["lost_locks_count"] == lost
