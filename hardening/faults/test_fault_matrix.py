"""Some cells of the matrix, its counts, and that a cell can fail; `make faults` runs the whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import lab_cells
import record_cells
from cell_place import Place, ends
from fault_cells import left_behind
from fault_matrix import KEPT, PAGE
from matrix_page import FAIL, NO_SENSE, NOT_HERE, PASS, Outcome, page, table

MATRIX = Path(__file__).with_name("fault_matrix.py")
# Of each kind of fault and each tool at least one that once failed or that ends quickly.
CELLS = ("SIGTERM in starting (alloc)", "SIGKILL in saving (cpu)", "SIGINT in naming (lock)", "SIGHUP in recording (timer)", "disk full in saving (alloc)",
         "read-only tree in recording (cpu)", "clock jump in recording (alloc)", "hostile input in naming (cpu)", "no /proc in starting (lock)",
         "no perf in starting (cpu)", "no ptrace in starting (timer)", "two at once in recording (alloc)")
OUTCOMES = [Outcome("disk full", "saving", "cpu", PASS, "", 1.0), Outcome("disk full", "saving", "alloc", FAIL, "shm/x is left behind", 1.0),
            Outcome("no perf", "saving", "cpu", NO_SENSE, "it is too late", 0), Outcome("no perf", "saving", "alloc", NOT_HERE, "no strace", 0)]


@pytest.mark.slow
def test_a_few_cells_pass(tmp_path):
    done = subprocess.run([sys.executable, "-B", MATRIX, "--only", *CELLS, "--json", tmp_path / "found.json"], capture_output=True, text=True, timeout=600)
    found = json.loads((tmp_path / "found.json").read_text())
    assert len(found) == len(CELLS) and done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    if reasons := {one["said"] for one in found if one["verdict"] == NOT_HERE}:
        pytest.skip(f"some cells were not run: {'; '.join(sorted(reasons))}")


def test_what_a_tool_leaves_behind_is_named(tmp_path):
    place = Place(tmp_path)
    try:
        ends(place.start(["sh", "-c", 'sleep 60 >/dev/null 2>&1 & touch "$TMPDIR/kept" .clinic-0.part']))
        assert left_behind(place, grace_s=0) == [f"{one} is left behind" for one in ("process sleep", "tree/.clinic-0.part", "tmp/kept")]
    finally:
        place.remove()
    assert place.living() == {}


def test_the_table_counts_only_what_was_run():
    full, perf, sums = ([cell.strip() for cell in line.split("|")[1:-1]] for line in table(OUTCOMES).splitlines()[2:])
    assert full == ["disk full", "·F", "1/2", "0", "0"] and perf == ["no perf", "-?", "0/0", "1", "1"]
    assert sums == ["passed/run", "1/2", "1/2", "1", "1"]


def test_the_page_follows_from_the_outcomes_and_every_cell_stands_in_it():
    kept = [Outcome(**one) for one in json.loads(KEPT.read_text())]
    assert PAGE.read_text() == page(kept)
    assert {(one.fault, one.phase, one.instrument) for one in kept} == {
        (cell.fault, cell.phase, cell.instrument) for cell in [*record_cells.cells(), *lab_cells.cells(None)]}


def test_the_page_names_every_cell_that_did_not_pass():
    text = page(OUTCOMES)
    assert "4 cells: 1 pass, 1 fail, 1 no sense, 1 not here." in text
    for said in ("shm/x is left behind: disk full, clinic record saving (alloc)", "it is too late: no perf", "no strace: no perf"):
        assert said in text
