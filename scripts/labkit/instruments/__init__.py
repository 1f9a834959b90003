"""instruments - one module per external tool: its command line, and its output as plain data.

A tool that is missing or forbidden raises Unavailable with the reason; the phase continues without it and reports this.
"""

import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from labkit import whole_session
from labkit.host import has_tool
from labkit.runner import run_hook


# A tool that outlived a killed lab would measure on for nobody; valgrind may take minutes. SIGTERM, because a recorder passes it to its program.
ENDS_WITH_US = ("setpriv", "--pdeathsig", "TERM", "--")


class Unavailable(Exception):
    """A tool cannot be used; the message states the reason and what to do."""


def run_tool(argv: list[str], *, timeout_s: float, environment: dict[str, str] | None = None, cwd: Path | str | None = None,
             stdin: Path | None = None, expect_exit: int = 0, prepare: str | None = None) -> subprocess.CompletedProcess:
    """Run a tool; returns the finished run with stdout and stderr as text, or raises Unavailable. expect_exit: what it ends with where
    all is well, as a tool does that ends like the program it observes. prepare: a shell command that the program needs before it runs."""
    name = Path(argv[0]).name
    if not has_tool(argv[0]):
        raise Unavailable(f"{name} is not installed; run make setup")
    run_hook(prepare, "prepare")
    with ExitStack() as files:
        source: IO[bytes] | int = files.enter_context(open(stdin, "rb")) if stdin else subprocess.DEVNULL
        try:
            done = whole_session.run([*(ENDS_WITH_US if has_tool("setpriv") else ()), *argv], timeout_s=timeout_s, env=environment, cwd=cwd,
                                     stdin=source)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{name} did not finish within {timeout_s:.0f} s") from None
    if done.returncode != expect_exit:
        said = " ".join((done.stderr or done.stdout).split())[-300:]
        raise Unavailable(f"{name} failed with exit code {done.returncode}: {said}")
    return done
