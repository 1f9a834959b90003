"""The benchmark of the instrument's own memory detects a planted leak, and reports none without it."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path("profiler/preload/alloc/bench_churn.py")


@pytest.mark.slow
@pytest.mark.parametrize("planted,exit_code", [((), 0), (("--plant-leak",), 1)], ids=["sound", "leaking"])
def test_a_leak_is_seen(planted, exit_code):
    done = subprocess.run([sys.executable, BENCH, "--seconds", "6", *planted], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == exit_code, done.stdout
    assert ("PASS", "MISSED")[exit_code] in done.stdout and "bytes an hour" in done.stdout
