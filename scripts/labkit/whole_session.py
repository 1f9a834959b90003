"""whole_session.py - run a program that starts others, and let none of them outlive the wait for it.  argv -> CompletedProcess

The program gets a session of its own. If the wait ends early, by a time limit or by Ctrl-C, every process of this session ends: first
by SIGTERM, because a recorder then removes its shared memory, and after GRACE_S by SIGKILL.
"""

import os
import signal
import subprocess
from contextlib import suppress
from typing import Any

GRACE_S = 2.0


def run(argv: list[str], *, timeout_s: float | None = None, **how: Any) -> subprocess.CompletedProcess:
    """As subprocess.run with captured output as text; TimeoutExpired after timeout_s. how: further arguments of Popen."""
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True, **how) as process:
        try:
            stdout, stderr = process.communicate(timeout=timeout_s)
        except BaseException:
            end_session(process)
            raise
    return subprocess.CompletedProcess(argv, process.returncode, stdout, stderr)


def end_session(leader: subprocess.Popen) -> None:
    _signal(leader.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        leader.wait(GRACE_S)
    _signal(leader.pid, signal.SIGKILL)


def _signal(session: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(session, number)
