"""gate_ending.py - how a gate that is written in Python ends: 0 with its evidence, 1 with what is wrong, 77 with what is missing.  used by gates/02, 03 and 12"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn


class Fault(Exception):
    """What the gate asserts is not true; the text says what is wrong."""


class Unavailable(Exception):
    """This machine lacks something that the gate needs; the text says what."""


def run(argv: Sequence[str | Path], **options) -> subprocess.CompletedProcess:
    """Runs a command and returns the finished process. Fault: its exit code is not 0."""
    done = subprocess.run([*map(str, argv)], capture_output=True, text=True, errors="replace", **options)
    if done.returncode:
        raise Fault(f"{done.stdout[-1500:]}{done.stderr[-1500:]}\n{' '.join(map(str, argv))} ends with {done.returncode}")
    return done


def end(gate: Callable[[], str]) -> NoReturn:
    """Runs the gate, prints the evidence that it returns, or its complaint, and exits."""
    try:
        print(gate())
    except Fault as fault:
        print(fault)
        sys.exit(1)
    except Unavailable as reason:
        print(reason)
        sys.exit(77)
    sys.exit(0)
