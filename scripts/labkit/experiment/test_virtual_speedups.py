"""`lab causal` on victims with known answers, and what it does where nothing can be measured."""

import json
import subprocess
from pathlib import Path

import pytest

from labkit import ROOT

VICTIM = "build/victims/causal_rounds"


def lab(*argv: str) -> subprocess.CompletedProcess:
    return subprocess.run(["scripts/lab", "causal", *argv], cwd=ROOT, capture_output=True, text=True, timeout=300)


def gain_of(output: Path, *victim: str, function: str = "first_part") -> dict:
    """The result of `lab causal` if the function takes half of its time, of a victim with these arguments."""
    done = lab("--function", function, "--speedups", "50", "--blocks", "6", "--progress", "round", "--seed", "1", "--json", str(output), "--", VICTIM, *victim)
    assert done.returncode in (0, 3), done.stderr
    found = json.loads(output.read_text())["functions"][0]
    print(f"{function} of causal_rounds {' '.join(victim)}: share {found['share_ratio']}, {found['gains']}")
    return found


@pytest.mark.slow
def test_only_the_part_for_which_the_other_thread_waits_gains(tmp_path):
    """first_part() is all of the CPU time in both, so Amdahl promises a factor of 2. It is reached (nearly, because the other thread sleeps for
    10 ms) where first_part() takes six times as long as the other thread, and nothing is gained where it takes a sixth."""
    shorter = gain_of(tmp_path / "shorter.json", "sleep", "10", "60", "6")
    longer = gain_of(tmp_path / "longer.json", "sleep", "60", "10", "6")
    assert shorter["share_ratio"] > 0.9 and longer["share_ratio"] > 0.9
    assert shorter["gains"][0]["verdict"] == ("open" if shorter["ready_ratio"] > 0.1 else "less")
    assert longer["gains"][0]["ratio"] > shorter["gains"][0]["ratio"]


@pytest.mark.slow
def test_the_shorter_of_two_busy_threads_gains_less_than_the_longer(tmp_path):
    """first_part() is a third of the CPU time, for which Amdahl promises 1.2, and gains nothing; second_part() is two thirds, for which Amdahl
    promises 1.5, and gains 2, because it is then as short as first_part(). With fewer than two idle CPUs, both numbers are nearer to Amdahl's."""
    shorter, longer = (gain_of(tmp_path / f"{function}.json", "work", "20", "40", "6", function=function) for function in ("first_part", "second_part"))
    assert 0.2 < shorter["share_ratio"] < 0.45 and 0.5 < longer["share_ratio"] < 0.8
    assert longer["gains"][0]["ratio"] > shorter["gains"][0]["ratio"]


@pytest.mark.slow
def test_a_function_for_which_another_thread_spins_gains_more_than_its_share(tmp_path):
    """first_part() has half of the CPU time, and the thread that spins until it is done has the other half. Amdahl promises 1.33, but everything waits
    for first_part(), so that the known gain is 2. It is seen where both threads have a CPU of their own."""
    found = gain_of(tmp_path / "spin.json", "spin", "60", "0", "6")
    gain, is_crowded = found["gains"][0], found["ready_ratio"] > 0.1
    assert 0.3 < found["share_ratio"] < 0.7 and gain["amdahl_ratio"] < 1.6
    assert gain["verdict"] == ("open" if is_crowded else "more")
    assert is_crowded or 1.6 < gain["ratio"] < 2.4


def test_a_function_that_does_not_exist_is_a_sentence():
    done = lab("--function", "no_such_part", "--", VICTIM, "sleep", "1", "1", "2")
    assert done.returncode == 4 and "has no function 'no_such_part'" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("wrong", [("--speedups", "0"), ("--speedups", "a"), ("--speedups", "50,101"), ("--blocks", "0"), ("--timeout", "0"), ("--expect-exit", "256"),
                                   ("--stdin", "no/such/file"), ("--file", "no/such/file")])
@pytest.mark.few(1)
def test_wrong_usage_is_a_sentence(wrong):
    done = lab("--function", "first_part", *wrong, "--", VICTIM)
    assert done.returncode == 2 and done.stderr.startswith("lab: ") and wrong[0] in done.stderr


@pytest.mark.slow
def test_a_stage_that_never_begins_is_a_sentence():
    done = lab("--function", "first_part", "--progress", "square", "--blocks", "1", "--", VICTIM, "sleep", "1", "1", "2")
    assert done.returncode == 4 and "the stage square began 0 times" in done.stderr


@pytest.mark.slow
def test_a_program_that_fails_is_a_sentence():
    done = lab("--function", "first_part", "--file", VICTIM, "--blocks", "1", "--", "/bin/sh", "-c", f"{VICTIM} sleep 1 1 2; exit 7")
    assert done.returncode == 4 and "exit code 7" in done.stderr


@pytest.mark.slow
def test_a_function_in_two_processes_is_refused():
    done = lab("--function", "first_part", "--file", VICTIM, "--blocks", "1", "--", "/bin/sh", "-c", f"{VICTIM} sleep 60 1 2; {VICTIM} sleep 60 1 2; :")
    assert done.returncode == 4 and "2 processes ran the function" in done.stderr
