"""fault_cells.py - what a cell of the matrix is: one fault in one phase of one tool; and the programs with which faults are made.

A cell is run (passed, failed), makes no sense (with the reason), or cannot be run on this machine (with the reason). Only the first two say
something about the tool.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cell_place import GRACE_S, Place, is_isolated

ROOT = Path(__file__).resolve().parents[2]
CLINIC = ROOT / "build/bin/clinic"
FAULTED = Path(__file__).with_name("faulted.c")
CLOCK_JUMP = Path(__file__).with_name("clock_jump.c")
FORBID = ROOT / "profiler/collect/victims/forbid_perf.c"

DISK_FULL, READ_ONLY, CLOCK = "disk full", "read-only tree", "clock jump"
SIGNALS = {"SIGINT": 2, "SIGTERM": 15, "SIGHUP": 1}
KILLED, INPUT = "SIGKILL", "hostile input"
NO_PROC, NO_PERF, NO_PTRACE, TWO = "no /proc", "no perf", "no ptrace", "two at once"
FAULTS = (DISK_FULL, READ_ONLY, CLOCK, *SIGNALS, KILLED, INPUT, NO_PROC, NO_PERF, NO_PTRACE, TWO)

SAYS_NOTHING = ("Traceback", "AddressSanitizer", "runtime error:", "a defect of lab itself", "Segmentation fault", "it hung for")


@dataclass(frozen=True)
class Tools:
    """What the cells share: built once, before the first one. folder: where it stands."""

    folder: Path

    @cached_property
    def victim(self) -> Path:
        """Stripped, with a build id that no server knows: its naming asks one."""
        return self._compiled("faulted", FAULTED, "-s", "-Wl,--build-id", "-lpthread")

    @cached_property
    def forbid_perf(self) -> Path:
        return self._compiled("forbid_perf", FORBID)

    @cached_property
    def forbid_ptrace(self) -> Path:
        return self._compiled("forbid_ptrace", FORBID, "-DFORBIDDEN_CALL=SYS_ptrace")

    @cached_property
    def clock_jump(self) -> Path:
        return self._compiled("clock_jump.so", CLOCK_JUMP, "-shared", "-fPIC")

    def build(self) -> None:
        """Compiles all of it now, because cells run at the same time."""
        _ = self.victim, self.forbid_perf, self.forbid_ptrace, self.clock_jump

    def _compiled(self, name: str, source: Path, *options: str) -> Path:
        path = self.folder / name
        subprocess.run(["gcc", "-O1", "-D_GNU_SOURCE", source, "-o", path, *options], check=True)
        return path


@dataclass(frozen=True)
class Cell:
    """run: does it, and returns what went wrong, one sentence each. instrument: "" for the phases of lab."""

    fault: str
    phase: str
    instrument: str = ""
    run: Callable[[Tools, Place], list[str]] | None = None
    makes_no_sense: str = ""
    needs: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.fault, "in", self.phase, self.instrument and f"({self.instrument})")))

    @property
    def missing(self) -> str:
        """Why this cell cannot be run on this machine; "" if it can."""
        return next((NEEDS[one][1] for one in self.needs if not NEEDS[one][0]()), "")


def may_trace() -> bool:
    return shutil.which("strace") is not None and subprocess.run(
        ["strace", "-o", "/dev/null", "-e", "inject=mkdir:error=EPERM", "true"], capture_output=True).returncode == 0


NEEDS: dict[str, tuple[Callable[[], object], str]] = {
    "mounts": (is_isolated, "this user may not mount a file system in a namespace"),
    "strace": (may_trace, "strace is not installed or may not trace"),
}


def spoken(error_output: str) -> list[str]:
    """Complaints about an error output that is not written for its reader."""
    return [f"it prints {word!r}: {error_output.strip().splitlines()[-1][:200]}" for word in SAYS_NOTHING if word in error_output]


def left_behind(place: Place, grace_s: float = GRACE_S) -> list[str]:
    return [f"{one} is left behind" for one in [*place.processes(grace_s), *place.left()]]


class Clock:
    """A wall clock for the programs of one cell that can be set while they run."""

    def __init__(self, place: Place, tools: Tools):
        self.file = place.folder / "clock"
        self.environment = {"LD_PRELOAD": str(tools.clock_jump), "CLOCK_JUMP_FILE": str(self.file)}
        self.file.write_bytes(bytes(8))

    def go_back_ten_years(self) -> None:
        with open(self.file, "r+b") as file:  # in place, because it is mapped
            file.write((-10 * 365 * 86400).to_bytes(8, sys.byteorder, signed=True))


def all_of(*sentences: list[str]) -> list[str]:
    return list(dict.fromkeys(one for some in sentences for one in some))
