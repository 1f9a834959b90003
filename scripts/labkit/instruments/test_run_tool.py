"""Tools end with the lab that started them, and end as themselves."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labkit.descendants import descendants_of
from labkit.instruments import Unavailable, run_tool

RUN = "from labkit.instruments import run_tool; run_tool(['sleep', '60'], timeout_s=60)"


def comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    """A zombie, which nobody reaps in some containers, has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition, timeout_s: float = 20) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_a_tool_ends_when_lab_is_killed():
    """Bug: after SIGKILL of an audit, its recorder went on."""
    with subprocess.Popen([sys.executable, "-B", "-c", RUN], env={"PYTHONPATH": str(Path("scripts").resolve()), "PATH": "/usr/bin:/bin"}) as lab:
        assert wait_until(lambda: "sleep" in map(comm, descendants_of(lab.pid)))
        tool = next(pid for pid in descendants_of(lab.pid) if comm(pid) == "sleep")
        lab.send_signal(signal.SIGKILL)
        lab.wait()
    assert wait_until(lambda: not is_alive(tool))


def test_exit_code_and_output_are_those_of_the_tool():
    done = run_tool(["sh", "-c", "echo said; exit 3"], timeout_s=20, expect_exit=3)
    assert (done.returncode, done.stdout) == (3, "said\n")


def test_the_program_of_a_tool_that_takes_too_long_ends_with_it(tmp_path):
    """Bug: perf was killed at Ctrl-C and at its time limit, and the program that it observed ran on."""
    program = tmp_path / "program.pid"
    with pytest.raises(Unavailable, match="did not finish within 1 s"):
        run_tool(["sh", "-c", f"sh -c 'echo $$ >{program}; sleep 60; true'; true"], timeout_s=1)
    assert wait_until(lambda: not is_alive(int(program.read_text())))
