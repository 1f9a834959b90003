"""test_lost_at_the_end.py - records for which a ring had no room are counted, even if no record follows."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from recorded_session import CLINIC, RUN_TIMEOUT_S, needs_perf, read_session


def child_of(pid: int) -> int:
    """Waits until the recorder has started its target, and returns the target's number."""
    for _ in range(500):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.01)
    raise AssertionError("no target was started")


def has_ended(pid: int) -> bool:
    return re.search(r"\) (\S)", Path(f"/proc/{pid}/stat").read_text())[1] == "Z"


# A program that works on one CPU for so many seconds, and ends on another one, whose ring has room.
MOVES = """
import os, time
first, *_, last = sorted(os.sched_getaffinity(0))
os.sched_setaffinity(0, {first})
while time.process_time() < 1.5:
    pass
os.sched_setaffinity(0, {last})
"""


@pytest.mark.slow
def test_the_last_losses_are_counted(tmp_path):
    """Bug: the kernel reports losses before the next record that has room, so those at the end were not counted."""
    needs_perf()
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("there is one CPU for us: what comes last comes into the same ring")
    recorder = subprocess.Popen([CLINIC, "record", "--backend=perf", "-o", tmp_path / "s.json", "--", "/usr/bin/python3", "-c",
                                 MOVES], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    target = child_of(recorder.pid)
    time.sleep(0.5)
    os.kill(recorder.pid, signal.SIGSTOP)
    while not has_ended(target):
        time.sleep(0.05)
    os.kill(recorder.pid, signal.SIGCONT)
    _, said = recorder.communicate(timeout=RUN_TIMEOUT_S)
    lost = read_session(tmp_path / "s.json")["quality"]["lost_count"]
    assert lost > 100 and f", {lost} lost" in said, said
