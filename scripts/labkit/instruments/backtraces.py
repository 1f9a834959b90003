"""backtraces.py - where every thread of a program stands that is about to run into its time limit, as gdb sees it.

Half of the limit is waited for before gdb stops the program to look, so that a run that ends in time is never touched; the other half
is gdb's, for a launcher that reaches the limit kills the program. Whoever may not trace the program gets the reason in place of the text.
"""

import os
import select
import subprocess
from dataclasses import dataclass

from labkit.descendants import children_of

KEPT_CHARACTERS = 20_000


@dataclass(frozen=True)
class HangWatch:
    """Waits for a launcher, as run_process(watch=) asks; returns the backtraces of a run that took half of its time limit."""

    timeout_s: float

    def __call__(self, launcher: subprocess.Popen) -> str:
        if ends_within(launcher, self.timeout_s / 2):
            launcher.wait()
            return ""
        seen = "\n".join(backtraces_of(pid, timeout_s=self.timeout_s / 2) for pid in children_of(launcher.pid))
        launcher.wait()
        return seen[:KEPT_CHARACTERS] or "No process was there to be looked at."


def ends_within(process: subprocess.Popen, seconds: float) -> bool:
    """By descriptor, which wakes once. Popen.wait(timeout) would wake every 50 ms beside a run that is timed. A kernel without
    such descriptors waits to the end."""
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
    """All threads of one process, or why they cannot be seen."""
    argv = ["gdb", "-nx", "-q", "-batch", "-iex", "set auto-load off", "-iex", "set debuginfod enabled off", "-p", str(pid),
            "-ex", "thread apply all bt"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=timeout_s)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"Process {pid} cannot be looked at: {error}"
    at = done.stdout.find("\nThread ")
    return done.stdout[at + 1:] if at >= 0 else f"Process {pid} cannot be looked at: {done.stderr.strip()[-300:]}"
