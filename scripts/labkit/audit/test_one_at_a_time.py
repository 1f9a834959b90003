"""Two audits of one tree do not run at the same time, and one that was killed does not block the next."""

import signal
import subprocess
import sys
from pathlib import Path

HOLD = "from labkit.audit.one_at_a_time import wait_for_turn; wait_for_turn(); print('mine', flush=True); input()"


def start(folder):
    return subprocess.Popen([sys.executable, "-B", "-c", HOLD], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": str(Path("scripts").resolve())})


def test_the_second_audit_names_the_first_waits_and_then_continues(tmp_path):
    with start(tmp_path) as first:
        assert first.stdout.readline() == "mine\n"
        with start(tmp_path) as second:
            assert f"another audit runs in this tree (process {first.pid})" in second.stderr.readline()
            first.communicate("\n")
            assert second.stdout.readline() == "mine\n"
            second.communicate("\n")


def test_a_killed_audit_does_not_block_the_next(tmp_path):
    with start(tmp_path) as first:
        first.stdout.readline()
        first.send_signal(signal.SIGKILL)
        first.wait()
    with start(tmp_path) as second:
        assert second.stdout.readline() == "mine\n"
        second.communicate("\n")
