"""gate_ending.py - how a gate that is written in Python ends: 0 with its evidence, 1 with what is wrong, 77 with what is missing.  used by gates/02, 03, 09 to 12"""

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


def all_of(*parts: Callable[[], str]) -> str:
    """The evidence of all parts of a gate; each is run, whatever another one has found. Fault: all complaints. Unavailable: all that is missing."""
    found, faults, absent = [], [], []
    for part in parts:
        try:
            found.append(part())
        except Fault as fault:
            faults.append(str(fault))
        except Unavailable as reason:
            absent.append(str(reason))
    if faults:
        raise Fault("\n".join(faults))
    if absent:
        raise Unavailable(f"{'; '.join(absent)}; right as far as tried: {'; '.join(found)}")
    return "; ".join(found)


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
