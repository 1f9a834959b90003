"""test_recorder_memory.py - a day of recording in seconds: the C test of the recorder on its simulated clock, longer."""

import os
import subprocess
from pathlib import Path

import pytest


@pytest.mark.slow
def test_a_day_at_999_hz_on_two_cores_reaches_no_limit():
    test = Path("build/tests/recorder_memory_test")
    if not test.exists():
        pytest.skip("the C tests of the release build are not there: make c-tests")
    done = subprocess.run([test], env=os.environ | {"CLINIC_TEST_SECONDS": "86400"}, capture_output=True, text=True,
                          timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
