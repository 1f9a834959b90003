"""fault_witnesses.py - the tools that look at a fault: one entry says all that is known about each.  fault_witnesses -> instruments, analysis

A witness runs a program and prints what it saw. What it printed is evidence; whether that is a complaint is read from it here, so that
whoever recomputes a report reads it again.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, Mapping

FAULTS = {"hang": "timeout", "crash": "signal"}
"""What a manifest may call its fault, to the failure that a run of the program has by it."""
SCRIPT = "{script}"  # in a command: the file that the manifest names


class View(str, Enum):
    """What a transcript comes to."""

    COMPLAINS = "complains"
    CLEAN = "clean"
    NOT_ENDED = "did not end well"  # nothing was complained of, and the program was not seen to end as it should
    UNMEASURED = "unmeasured"


@dataclass(frozen=True)
class Witness:
    """One tool.

    commands   what stands before the program, tried in this order until one may look.
    repaired   the same for a repaired program, whose script would ask for what only the faulty one has.
    cflags     with which the program is compiled anew, for a tool that the compiler builds in.
    complaint  a line of its transcript that names the fault.
    forbidden  a line that says that it could not look, which is not to have seen nothing; refused_exit an exit code that says so.
    ended      a line that a program leaves that ended well, where its exit code does not say it.
    """

    name: str
    title: str
    commands: tuple[tuple[str, ...], ...]
    complaint: str
    repaired: tuple[tuple[str, ...], ...] = ()
    forbidden: str = r"(?!)"
    refused_exit: int | None = None
    cflags: tuple[str, ...] = ()
    ended: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    interrupts: bool = False  # a program that hangs is interrupted, so that the tool's script goes on
    limit_s: float = 60.0  # valgrind is fifty times slower than a program


WITNESSES: dict[str, Witness] = {one.name: one for one in (
    Witness("locks", "clinic record -e lock", (("build/bin/clinic", "record", "-e", "lock", "-d", "1", "-o", "/dev/null", "--"),),
            complaint=r"^clinic: deadlock: \d+ threads wait for each other",
            refused_exit=2, limit_s=5.0),
    Witness("gdb", "gdb", (("gdb", "-q", "-nx", "-batch", "-iex", "set startup-with-shell off", "-x", SCRIPT, "--args"),),
            repaired=(("gdb", "-q", "-nx", "-batch", "-iex", "set startup-with-shell off", "-ex", "run", "-ex", "thread apply all backtrace", "--args"),),
            complaint=r"received signal (?:SIG(?!TRAP)\w+)", ended=r"exited normally\]",
            forbidden=r"ptrace: |Could not trace the inferior|Operation not permitted\.$|Couldn't get registers",
            environment=(("DEBUGINFOD_URLS", ""),), interrupts=True),
    Witness("helgrind", "helgrind", (("valgrind", "--tool=helgrind"),),
            complaint=r"lock order .* violated|Possible data race", forbidden=r"^valgrind: "),
    Witness("memcheck", "valgrind (memcheck)", (("valgrind", "--tool=memcheck"),),
            complaint=r"Invalid (?:read|write) of size \d+|uninitialised value", forbidden=r"^valgrind: "),
    # Where addresses are drawn from too many, ThreadSanitizer cannot start; setarch draws none.
    Witness("tsan", "ThreadSanitizer", ((), ("setarch", "-R")), complaint=r"WARNING: ThreadSanitizer: [\w-]+",
            forbidden=r"FATAL: ThreadSanitizer|^setarch: ", cflags=("-fsanitize=thread",)),
    Witness("asan", "AddressSanitizer", ((),), complaint=r"ERROR: AddressSanitizer: [\w-]+",
            forbidden=r"AddressSanitizer failed to|Shadow memory range interleaves", cflags=("-fsanitize=address",),
            environment=(("ASAN_OPTIONS", "detect_leaks=0"),)),
)}


def view_of(sight: Mapping[str, Any]) -> View:
    """sight: one run of a witness, as evidence keeps it."""
    witness, text = WITNESSES[sight["tool"]], sight["transcript"]
    if sight["unmeasured"] is not None:
        return View.UNMEASURED
    if complaint_in(sight) is not None:
        return View.COMPLAINS
    if witness.ended:
        return View.CLEAN if re.search(witness.ended, text, re.M) else View.NOT_ENDED
    return View.CLEAN if sight["failure"] is None else View.NOT_ENDED


def complaint_in(sight: Mapping[str, Any]) -> str | None:
    """The first line that names the fault."""
    return line_with(WITNESSES[sight["tool"]].complaint, sight["transcript"])


def line_with(pattern: str, text: str) -> str | None:
    return next((line.strip() for line in text.splitlines() if re.search(pattern, line)), None)
