"""thread_watch.py - how many threads a run has at once, looked at from outside.  launcher -> thread_watch -> note

For runs whose time does not count: who looks takes time too. A thread that lives for less than a look is missed.
"""

import contextlib
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

# Between looks: short, and for a long run a fiftieth of what it has taken so far.
LOOK_S, LOOKS_COUNT = 0.002, 50


@dataclass
class ThreadWatch:
    """Waits for a launcher, as run_process(watch=) asks. most_count: threads of the program and its children, at once."""

    most_count: int = 0

    def __call__(self, launcher: subprocess.Popen) -> None:
        started_s = time.monotonic()
        while True:
            self.most_count = max(self.most_count, threads_below(launcher.pid) - 1)  # the launcher's own
            with contextlib.suppress(subprocess.TimeoutExpired):
                launcher.wait(max(LOOK_S, (time.monotonic() - started_s) / LOOKS_COUNT))
                return


def threads_below(pid: int) -> int:
    """Of the process and of all its descendants; where the kernel does not list children, of the process alone."""
    count = 0
    with contextlib.suppress(OSError, ValueError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            count += 1
            with contextlib.suppress(OSError):
                count += sum(threads_below(int(child)) for child in (task / "children").read_text().split())
    return count
