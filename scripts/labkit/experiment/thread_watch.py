"""thread_watch.py - count the threads that a run has at once, from outside.  launcher -> thread_watch -> note

It is used in runs whose time is not measured, because counting takes time, too. A thread that exists only between two counts is missed.
"""

import contextlib
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from labkit.descendants import descendants_of

# The time between two counts: short at first, and a fiftieth of the time so far in a long run.
LOOK_S, LOOKS_COUNT = 0.002, 50


@dataclass
class ThreadWatch:
    """Waits for a launcher, for run_process(watch=). most_count: the most threads of the program and its children at once."""

    most_count: int = 0

    def __call__(self, launcher: subprocess.Popen) -> None:
        started_s = time.monotonic()
        while True:
            self.most_count = max(self.most_count, threads_below(launcher.pid) - 1)  # without the launcher's own thread
            with contextlib.suppress(subprocess.TimeoutExpired):
                launcher.wait(max(LOOK_S, (time.monotonic() - started_s) / LOOKS_COUNT))
                return


def threads_below(pid: int) -> int:
    """The number of threads of the process and all its descendants; where the kernel does not list children, of the process alone."""
    return sum(_threads_count(one) for one in (pid, *descendants_of(pid)))


def _threads_count(pid: int) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return 0
