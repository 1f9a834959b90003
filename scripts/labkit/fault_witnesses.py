"""fault_witnesses.py - the tools that can detect a fault, each described by one entry of a table.  fault_witnesses -> instruments, analysis

A witness runs a program and prints what it found. The printed text is evidence. Whether it is a complaint is decided here from that
text alone, so that a recomputation of a report decides it again.
"""

import re
import sys
from dataclasses import dataclass
from enum import Enum
from typing import Any, Mapping


@dataclass(frozen=True)
class Fault:
    """failure: the failure of a run that has this fault. word: the verb that says what the program does."""

    failure: str
    word: str


FAULTS = {"hang": Fault("timeout", "hangs"), "crash": Fault("signal", "crashes"), "lie": Fault("exit", "lies")}
"""By the name of the fault in a manifest. A program that lies checks its own statements and ends with an error."""
SCRIPT = "{script}"  # this word of a command stands for the script that the manifest names


class View(str, Enum):
    """The conclusion from a transcript."""

    COMPLAINS = "complains"
    CLEAN = "clean"
    NOT_ENDED = "did not end well"  # there is no complaint, but the program did not end as it should either
    UNMEASURED = "unmeasured"


@dataclass(frozen=True)
class Witness:
    """One tool.

    commands      the words before the program; they are tried in this order until one is permitted to observe the program.
    repaired      the same for a repaired program, because the script of the manifest may need the fault.
    cflags        compiler options with which the program is built again, for a tool that the compiler builds in.
    complaint     a pattern for the line of a transcript that names the fault.
    forbidden     a pattern for a line which states that the tool could not observe the program.
    refused_exit  an exit code with the same meaning.
    ended         a pattern for a line which states that the program ended well, if the exit code of the tool does not tell.
    blames        a pattern for a line of complaint, whose group "function" is the name of the function with the fault.
    is_proof      the report shows the transcript of the repaired program, too.
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
    interrupts: bool = False  # a program that hangs is interrupted, so that the tool's script continues
    blames: str = r"(?!)"
    is_proof: bool = False
    limit_s: float = 60.0  # under valgrind a program is about fifty times slower


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
    # ThreadSanitizer cannot start where the kernel randomises addresses too widely; setarch -R switches that off.
    Witness("tsan", "ThreadSanitizer", ((), ("setarch", "-R")), complaint=r"WARNING: ThreadSanitizer: [\w-]+",
            forbidden=r"FATAL: ThreadSanitizer|^setarch: ", cflags=("-fsanitize=thread",)),
    Witness("asan", "AddressSanitizer", ((),), complaint=r"ERROR: AddressSanitizer: [\w-]+",
            forbidden=r"AddressSanitizer failed to|Shadow memory range interleaves", cflags=("-fsanitize=address",),
            environment=(("ASAN_OPTIONS", "detect_leaks=0"),)),
    # Looks at the machine code and runs nothing.
    Witness("inspect", "lab inspect", ((sys.executable, "-B", "scripts/lab", "inspect"),), complaint=r"^pitfall: ", blames=r"^pitfall: (?P<function>\w+): ",
            forbidden=r"^lab: ", is_proof=True),
)}


def view_of(sight: Mapping[str, Any]) -> View:
    """The conclusion from one run of a witness. sight: as the evidence has it (instruments/witness_run.py)."""
    witness, text = WITNESSES[sight["tool"]], sight["transcript"]
    if sight["unmeasured"] is not None:
        return View.UNMEASURED
    if complaint_in(sight) is not None:
        return View.COMPLAINS
    if witness.ended:
        return View.CLEAN if re.search(witness.ended, text, re.M) else View.NOT_ENDED
    return View.CLEAN if sight["failure"] is None else View.NOT_ENDED


def complaint_in(sight: Mapping[str, Any]) -> str | None:
    """The first line of the transcript that names the fault, or None."""
    return line_with(WITNESSES[sight["tool"]].complaint, sight["transcript"])


def line_with(pattern: str, text: str) -> str | None:
    return next((line.strip() for line in text.splitlines() if re.search(pattern, line)), None)
