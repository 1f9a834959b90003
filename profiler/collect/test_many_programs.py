"""test_many_programs.py - in a run of very many programs, arenas of ended ones are removed, and the sums stay exact."""

import re

import pytest
from recorded_session import VICTIMS, read_session, run

pytestmark = pytest.mark.slow
WAITING, ENDING, KILLED, ARENAS_MOST = 5, 150, 40, 128  # the last: CLINIC_ARENAS_MOST
LOOP = f"""
i=0; while [ $i -lt {WAITING} ]; do $1; i=$((i+1)); done
while [ $i -lt {ENDING} ]; do $2; i=$((i+1)); done
i=0; while [ $i -lt {KILLED} ]; do sh -c 'kill -KILL $$'; i=$((i+1)); done
for folder in /dev/shm/clinic-alloc-* /tmp/clinic-alloc-*; do
    case $CLINIC_ALLOC_RAW in $folder*) set -- "$folder"/*; echo $#;; esac
done
"""


def total(table: dict, column: str) -> int:
    return sum(table.get(column, [0]))


def test_ended_programs_become_sums(tmp_path):
    """Bug: until the end of the recording, each arena took 4 MiB of shared memory, and some 20 files were read for it."""
    done = run("record", "-e", "alloc,lock", "-o", tmp_path / "s.json", "--",
               "sh", "-c", LOOP, "sh", VICTIMS / "lock_forms", VICTIMS / "alloc_23")
    session = read_session(tmp_path / "s.json")
    assert done.returncode == 0, done.stderr
    retired = re.search(r"(\d+) programs that ended early in the recording are summed up", done.stderr)
    assert retired and int(retired[1]) >= ENDING + KILLED - ARENAS_MOST, done.stderr
    assert int(done.stdout.split()[-1]) < ENDING, "files that are there at the end"
    assert f"{KILLED} processes are without a recorded end" in done.stderr

    allocations, changes = session["allocations"], session["allocation_changes"]
    for column in ("allocations_count", "bytes", "frees_count"):
        assert total(allocations, column) == total(changes, column) > 0, column
    assert total(session["allocation_sizes"], "allocations_count") == total(allocations, "allocations_count")
    for column in ("acquisitions_count", "contended_count", "wait_ns", "hold_ns"):
        assert total(session["locks"], column) == total(session["lock_changes"], column) > 0, column
