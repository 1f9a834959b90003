"""backtraces.py - gdb's backtraces of all threads of a program that is about to exceed its time limit.

gdb stops the program after half of the limit, so that a run that ends by then is never touched. gdb has the other half of the time,
because the launcher kills the program at the limit. Where tracing is not permitted, the text is the reason.
"""

import os
import select
import subprocess
from dataclasses import dataclass

from labkit.descendants import children_of

KEPT_CHARACTERS = 20_000


@dataclass(frozen=True)
class HangWatch:
    """A watch for run_process(watch=): waits for the launcher and returns the backtraces if the run takes half of its time limit,
    otherwise an empty text."""

    timeout_s: float

    def __call__(self, launcher: subprocess.Popen) -> str:
        if ends_within(launcher, self.timeout_s / 2):
            launcher.wait()
            return ""
        seen = "\n".join(backtraces_of(pid, timeout_s=self.timeout_s / 2) for pid in children_of(launcher.pid))
        launcher.wait()
        return seen[:KEPT_CHARACTERS] or "The launcher had no process that could be looked at."


def ends_within(process: subprocess.Popen, seconds: float) -> bool:
    """Whether the process ends within so many seconds. It is awaited by descriptor, which wakes this process once; Popen.wait(timeout)
    would wake it every 50 ms beside a run that is timed. Without such descriptors (kernels before 5.3) it waits to the end."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except OSError:
        process.wait()
        return True
    ended = select.poll()
    ended.register(descriptor, select.POLLIN)
    try:
        return bool(ended.poll(seconds * 1000))
    finally:
        os.close(descriptor)


def backtraces_of(pid: int, *, timeout_s: float) -> str:
    """The backtraces of all threads of one process, or a sentence that says why gdb cannot give them."""
    argv = ["gdb", "-nx", "-q", "-batch", "-iex", "set auto-load off", "-iex", "set debuginfod enabled off", "-p", str(pid),
            "-ex", "thread apply all bt"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=timeout_s)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"Process {pid} cannot be looked at: {error}"
    at = done.stdout.find("\nThread ")
    return done.stdout[at + 1:] if at >= 0 else f"Process {pid} cannot be looked at: {done.stderr.strip()[-300:]}"
