"""Every stack of programs that are difficult for an unwinder reaches the outermost frame.

The programs are stripped and compiled with -O2 -fomit-frame-pointer; profiler/unwind/victims/ describes what each does to its stack.
"""

import json
import subprocess
from pathlib import Path

import pytest

CLINIC = Path("build/bin/clinic")
CPU_SECONDS = 1  # of CPU, not of a clock: a crowded machine only takes longer
FEWEST_SAMPLES = 100
COMPLETE_RATIO = 0.99
DEPTH = 1000  # of unwind_deep


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    def run(victim: str) -> Path:
        session = tmp_path_factory.mktemp(victim) / "session.json"
        subprocess.run([CLINIC, "record", "-o", session, "--", "prlimit", f"--cpu={CPU_SECONDS}",
                        f"build/victims/{victim}"], capture_output=True, text=True)
        return session

    return run


@pytest.mark.slow
@pytest.mark.parametrize("victim", sorted(path.stem for path in Path("profiler/unwind/victims").glob("*.c")))
def test_stacks_are_complete(victim, record):
    done = subprocess.run([CLINIC, "report", record(victim), "--json"], capture_output=True, text=True, check=True)
    quality = json.loads(done.stdout)["quality"]
    assert quality["samples_count"] >= FEWEST_SAMPLES, quality
    assert quality["complete_stacks_ratio"] >= COMPLETE_RATIO, quality


@pytest.mark.slow
def test_recursion_deeper_than_the_kernel_follows_is_all_there(record, tmp_path):
    collapsed = tmp_path / "deep.collapsed"
    subprocess.run([CLINIC, "export", record("unwind_deep"), "-o", collapsed], check=True, capture_output=True)
    stacks = [line.rpartition(" ") for line in collapsed.read_text().splitlines() if not line.startswith("#")]
    deepest = max(stack.count(";") for stack, _, _ in stacks)
    assert DEPTH < deepest < DEPTH + 20
