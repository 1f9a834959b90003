"""Allocation budgets: kept ones pass, and each kind of breach is reported with its line and exits with 97."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

LIBRARY = Path("build/lib/libclinic-preload.so").resolve()
CLINIC = Path("build/bin/clinic").resolve()
VICTIM = Path("build/victims/alloc_over_budget").resolve()
SOURCE = Path("profiler/preload/victims/alloc_over_budget.c").read_text().splitlines()


def run(case: str, library: Path | None = LIBRARY) -> subprocess.CompletedProcess:
    environment = os.environ | ({"LD_PRELOAD": str(library)} if library else {})
    return subprocess.run([VICTIM, case], env=environment, capture_output=True, text=True, timeout=30)


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(SOURCE, 1) if text in line)


def test_a_kept_budget_is_silent():
    done = run("kept")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("case", ["hot", "count", "bytes"])
def test_rules_cost_nothing_without_the_library(case):
    done = run(case, library=None)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stage_that_must_not_allocate():
    done = run("hot")
    assert done.returncode == 97
    lines = done.stderr.splitlines()
    assert lines[0] == 'clinic: stage "hot" must not allocate, and asked for 24 bytes at'
    assert "grow_in_secret" in lines[2]
    assert lines[2].endswith(f"alloc_over_budget.c:{line_of('the offending call')}")


@pytest.mark.parametrize("case,asked", [("count", 1), ("bytes", 60)])
def test_a_budget_of_count_and_bytes(case, asked):
    done = run(case)
    assert done.returncode == 97
    assert f"the first allocation beyond that asked for {asked} bytes at" in done.stderr
    assert "run_parse" in done.stderr


def test_without_clinic_beside_it_the_library_still_tells_where(tmp_path):
    library = shutil.copy(LIBRARY, tmp_path)
    done = run("hot", library=Path(library))
    assert done.returncode == 97
    assert f"{VICTIM}+0x" in done.stderr


def test_a_breach_is_told_while_a_library_is_being_loaded():
    """Bug: to print the message, the library asked the loader for its own place, and waited for a constructor that waited for the end."""
    program = VICTIM.parent / "budget_under_loader"
    done = subprocess.run([program, f"{program}.so"], env=os.environ | {"LD_PRELOAD": str(LIBRARY)}, capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == 97
    assert "budget_under_loader.c:" in done.stderr, done.stderr


def test_record_takes_the_stage_from_outside(tmp_path):
    victim = VICTIM.parent / "alloc_stages"
    command = [CLINIC, "record", "-e", "alloc", "-o", tmp_path / "s.json", "--assert-zero-alloc"]
    breached = subprocess.run([*command, "copy", "--", victim], capture_output=True, text=True, timeout=30)
    assert breached.returncode == 97 and "alloc_stages.c:" in breached.stderr


def test_an_asserted_stage_has_to_begin(tmp_path):
    """A misspelt stage never allocates, so its test would always pass."""
    command = [CLINIC, "record", "-e", "alloc", "-o", tmp_path / "s.json", "--assert-zero-alloc"]
    silent = subprocess.run([*command, "hot,inner", "--", VICTIM], capture_output=True, text=True, timeout=30)
    print(silent.stderr)
    misspelt = subprocess.run([*command, "hot,iner", "--", VICTIM], capture_output=True, text=True, timeout=30)
    assert (silent.returncode, misspelt.returncode) == (0, 2)
    assert "no stage 'iner' began" in misspelt.stderr
