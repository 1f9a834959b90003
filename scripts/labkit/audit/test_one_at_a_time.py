"""Two audits of one tree do not run at the same time, and one that was killed does not block the next."""

import signal
import subprocess
import sys
from pathlib import Path

HOLD = "from labkit.audit.one_at_a_time import wait_for_turn; wait_for_turn(); print('mine', flush=True); input()"


def start(folder):
    return subprocess.Popen([sys.executable, "-B", "-c", HOLD], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": str(Path("scripts").resolve())})


def test_the_second_says_for_whom_it_waits_and_then_goes_on(tmp_path):
    with start(tmp_path) as first:
        assert first.stdout.readline() == "mine\n"
        with start(tmp_path) as second:
            assert f"another audit runs in this tree (process {first.pid})" in second.stderr.readline()
            first.communicate("\n")
            assert second.stdout.readline() == "mine\n"
            second.communicate("\n")


def test_one_that_was_killed_blocks_nobody(tmp_path):
    with start(tmp_path) as first:
        first.stdout.readline()
        first.send_signal(signal.SIGKILL)
        first.wait()
    with start(tmp_path) as second:
        assert second.stdout.readline() == "mine\n"
        second.communicate("\n")
