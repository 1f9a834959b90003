"""on_a_terminal.py - run a program with a controlling terminal of a given width, for tests.  argv, columns -> code, text"""

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

ROWS = 24


def run_on_terminal(argv: Sequence[str], *, columns: int = 80, environment: Mapping[str, str] | None = None, cwd: Path | None = None,
                    timeout_s: float = 120) -> tuple[int, str]:
    """The exit code, and all that was shown. environment: variables besides those of the test; TERM is xterm."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}

    def own_the_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    with subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, cwd=cwd, start_new_session=True, preexec_fn=own_the_terminal,
                          env=variables | {"TERM": "xterm"} | dict(environment or {})) as program:
        os.close(slave)
        shown = all_of(master)
        os.close(master)
        return program.wait(timeout=timeout_s), shown


def all_of(master: int) -> str:
    """Until the last program that has the terminal open has ended: reading then fails with EIO."""
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:
        pass
    return shown.decode().replace("\r\n", "\n")
