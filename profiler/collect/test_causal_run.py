"""`clinic causal` inserts the delays that the plan says, lets the right threads take them, and leaves the program as it is."""

import json
import subprocess
from pathlib import Path

import pytest

CLINIC = Path("build/bin/clinic").resolve()
VICTIMS = Path("build/victims").resolve()


def causal(folder: Path, *argv, code: int = 0) -> dict:
    """What one run has counted."""
    output = folder / "causal.json"
    done = subprocess.run([CLINIC, "causal", "-o", output, *argv], capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stderr
    return json.loads(output.read_text())


def rounds(folder: Path, speedup: int, *victim: str) -> dict:
    (process,) = causal(folder, "-f", "first_part", "-s", str(speedup), "--progress", "round", "--", VICTIMS / "causal_rounds", *victim)["processes"]
    print(f"causal_rounds {' '.join(victim)} at {speedup} %: {process}")
    return process


def test_without_a_speedup_nobody_is_delayed(tmp_path):
    found = rounds(tmp_path, 0, "sleep", "20", "1", "5")
    assert found["inserted_ns"] == found["slept_ns"] == 0
    assert found["function_cpu_ns"] > 0 and found["ready_ns"] >= 0 and found["progress_count"] == 5 and found["threads_count"] == 3


@pytest.mark.few
@pytest.mark.parametrize("speedup", [50, 10, 100])
def test_the_delays_are_the_planned_share_of_the_functions_time(tmp_path, speedup):
    """Only one thread runs the function, so that all delays come from it; each is rounded down."""
    found = rounds(tmp_path, speedup, "sleep", "20", "1", "5")
    wanted_ns = found["function_cpu_ns"] * speedup / 100
    assert wanted_ns - found["samples_count"] <= found["inserted_ns"] <= wanted_ns


def test_the_thread_that_others_wait_for_takes_every_delay(tmp_path):
    """The second thread is longer in each round, so that nobody waits for first_part(): it sleeps for what a faster first_part() would save."""
    found = rounds(tmp_path, 50, "sleep", "10", "120", "5")
    assert found["slept_ns"] > 0.5 * found["inserted_ns"] > 0


def test_a_thread_that_waits_anyway_is_not_delayed(tmp_path):
    """The second thread waits for first_part() at the barrier, where the delays are credited to it."""
    found = rounds(tmp_path, 50, "sleep", "80", "5", "5")
    assert found["slept_ns"] < 0.5 * found["inserted_ns"]


def test_one_thread_is_never_delayed(tmp_path):
    (found,) = causal(tmp_path, "-f", "burn_seventy", "-s", "50", "--", VICTIMS / "split_functions", "300")["processes"]
    assert found["threads_count"] == 1 and found["slept_ns"] == 0 and found["inserted_ns"] > 0
    assert found["ended_ns"] > found["begun_ns"]


@pytest.mark.parametrize("victim", ["lock_forms", "lock_held", "lock_timed", "cancelled_threads"])
def test_a_program_with_locks_ends_as_it_would_alone(tmp_path, victim):
    """Every function of locks is replaced by one that settles or credits delays."""
    alone = subprocess.run([VICTIMS / victim], capture_output=True, text=True, timeout=60)
    command = [CLINIC, "causal", "-f", "main", "-s", "50", "-o", tmp_path / "causal.json", "--", VICTIMS / victim]
    under = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (under.returncode, under.stdout) == (alone.returncode, alone.stdout), under.stderr


def test_the_exit_code_is_the_programs(tmp_path):
    causal(tmp_path, "-f", "first_part", "--file", VICTIMS / "causal_rounds", "--", "/bin/sh", "-c", f"{VICTIMS}/causal_rounds sleep 1 1 2; exit 7", code=7)


def test_each_process_that_loads_the_file_has_a_result(tmp_path):
    twice = f"{VICTIMS}/causal_rounds sleep 5 1 2; {VICTIMS}/causal_rounds sleep 5 1 3; :"
    found = causal(tmp_path, "-f", "first_part", "--progress", "round", "--file", VICTIMS / "causal_rounds", "--", "/bin/sh", "-c", twice)
    assert sorted(one["progress_count"] for one in found["processes"]) == [2, 3]


def said(*argv) -> str:
    done = subprocess.run([CLINIC, "causal", "-o", "/dev/null", *argv], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2, done
    return done.stderr


def test_what_cannot_be_measured_is_a_sentence():
    victim = VICTIMS / "causal_rounds"
    assert "--function NAME says" in said("--", victim)
    assert "has no function 'nothing'; --file PATH names" in said("-f", "nothing", "--", victim)
    assert "cannot read no/such/file: No such file" in said("-f", "main", "--file", "no/such/file", "--", victim)
    assert "at most 100 per cent" in said("-f", "first_part", "-s", "101", "--", victim)
    assert "cannot find the program 'no_such_program'" in said("-f", "main", "--", "no_such_program")
    assert "the name of a stage has at most 47 bytes" in said("-f", "first_part", "--progress", "x" * 48, "--", victim)
    assert f"had loaded {victim} when it started" in said("-f", "first_part", "--file", victim, "--", "/bin/true")


def test_a_static_program_is_refused():
    static = VICTIMS / "alloc_static"
    if not static.exists():
        pytest.skip("this build has no static victim, because it has a sanitizer")
    assert "cannot be sped up virtually" in said("-f", "main", "--", static)
