"""recorded_session.py - runs `clinic record` for tests, reads the session file, and checks shares within their intervals.

Read next: conftest.py, whose fixtures make recordings.
"""

import gzip
import json
import math
import os
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
CLINIC = BUILD / "bin/clinic"
VICTIMS = BUILD / "victims"
BACKENDS = ["perf", "timer"]
# If both backends give the same data to the same unwinder, `make check` uses only one of them.
BOTH_IN_FULL = ["perf", pytest.param("timer", marks=pytest.mark.slow)]
RUN_TIMEOUT_S = 120
A_FEW_TICKS_NS = 5 * 4_000_000  # at 250 Hz, as Debian has it
UNSAMPLED = "[kernel, unsampled]"

TRUNCATED, GUESSED, KERNEL, ALTERNATE_STACK = 1, 2, 4, 8
# 99.99 % two-sided: of all shares checked with it, one in 10 000 may fall out by chance.
Z_SCORE = 3.89


@dataclass(frozen=True)
class Caller:
    """The user who runs `clinic`: the words in front of its command line, and a build folder that this user can read."""

    prefix: tuple[str, ...]
    build: Path

    @property
    def clinic(self) -> Path:
        return self.build / "bin/clinic"

    @property
    def victims(self) -> Path:
        return self.build / "victims"


OURSELVES = Caller((), BUILD)


@dataclass(frozen=True)
class Session:
    """The columns of a session file, and its stacks as names."""

    file: dict
    stdout: str
    stderr: str
    returncode: int

    @cached_property
    def stacks(self) -> list[tuple[str, ...]]:
        """Function names of each stack, innermost first."""
        rows, frames, strings = self.file["stacks"], self.file["frames"], self.file["strings"]
        stacks: list[tuple[str, ...]] = [()]
        for parent, frame in list(zip(rows["parent"], rows["frame"]))[1:]:
            stacks.append((strings[frames["function"][frame]], *stacks[parent]))
        return stacks

    @property
    def samples(self) -> list[tuple[int, int]]:
        """(stack, weight_ns) of each sample."""
        rows = self.file["samples"]
        return list(zip(rows["stack"], rows["weight_ns"]))

    def flags(self) -> list[int]:
        rows = self.file["samples"]
        return rows.get("flags", [0] * len(rows["stack"]))

    def share(self, function: str) -> float:
        """The share of all weight whose stack has the function anywhere."""
        return self.weight_where(lambda names: function in names) / self.weight_where(lambda names: True)

    def share_of_code(self, binary: Path, wanted) -> float:
        """The share of the weight in the code of one file whose stacks are as wanted. The start of a program is not included, because the
        time that the kernel and the dynamic linker take for it depends on the machine."""
        inside = [(self.stacks[stack], weight) for stack, weight in self.samples if self.library(stack) == str(binary)]
        return sum(weight for names, weight in inside if wanted(names)) / sum(weight for _, weight in inside)

    def library(self, stack: int) -> str:
        """The file of the innermost frame."""
        library = self.file["frames"]["library"][self.file["stacks"]["frame"][stack]]
        return self.file["strings"][self.file["libraries"]["path"][library]]

    def weight_where(self, wanted) -> int:
        return sum(weight for stack, weight in self.samples if wanted(self.stacks[stack]))

    def complete_ratio(self) -> float:
        """The share of complete stacks among all samples before exit(). exit() runs code of the compiler that has no unwind tables; a timer
        is due when a victim ends, and one sample there is 3 % of those of a short run."""
        flags = [flag for (stack, _), flag in zip(self.samples, self.flags()) if "exit" not in self.stacks[stack]]
        return sum(not flag & (TRUNCATED | GUESSED) for flag in flags) / len(flags)

    def named_ratio(self) -> float:
        named = sum(bool(self.stacks[stack] and self.stacks[stack][0]) for stack, _ in self.samples)
        return named / len(self.samples)

    def sees_kernel(self) -> bool:
        return bool(self.file["quality"].get("kernel_visible"))

    def reconciliation(self) -> float:
        return self.weight_where(lambda names: True) / self.file["quality"]["accounted_cpu_ns"]

    def is_reconciled(self) -> bool:
        """Whether the sum of the samples is within five per cent of the accounted CPU time, or within a few clock ticks where timers fire only
        at ticks. Without permission to see the kernel, user and kernel time are separated by ticks, too, which matters in a short run."""
        within = 0.05 if self.sees_kernel() else 0.2
        if self.file["about"]["backend"] == "timer":
            within += A_FEW_TICKS_NS / self.file["quality"]["accounted_cpu_ns"]
        return abs(self.reconciliation() - 1) < within


def run(*command, by=OURSELVES, prefix=(), **kwargs) -> subprocess.CompletedProcess:
    """prefix: further words in front of the command line, after those of the caller, for example to forbid something."""
    return subprocess.run([*by.prefix, *map(str, prefix), str(by.clinic), *map(str, command)], capture_output=True,
                          text=True, timeout=RUN_TIMEOUT_S, **kwargs)


def start(*command) -> subprocess.Popen:
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def read_session(path: Path) -> dict:
    data = path.read_bytes()
    return json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)


def needs_root() -> None:
    if os.geteuid():
        pytest.skip("only root may do this")


@cache
def why_no_perf(by: Caller) -> str:
    """The reason for which perf events are refused to this caller; "" if they work."""
    doctor = json.loads(run("doctor", "--json", by=by, cwd="/").stdout)
    if doctor["backend"] == "perf":
        return ""
    return f"perf events are refused here (perf_event_paranoid {doctor['settings']['kernel.perf_event_paranoid']})"


def needs_perf(by: Caller = OURSELVES) -> None:
    if why_no_perf(by):
        pytest.skip(why_no_perf(by))


def share_margin(share: float, *sample_counts: int) -> float:
    """Half the width of the binomial interval of a share, or, for two recordings, of the difference of their shares."""
    return Z_SCORE * math.sqrt(share * (1 - share) * sum(1 / count for count in sample_counts))


def assert_split(session: Session, shares: dict[str, float]) -> None:
    """Each share must lie within its binomial interval around the share that the victim itself measured."""
    truth = {name: int(took) for name, took in (line.split() for line in session.stdout.splitlines())}
    count = len(session.samples)
    for name, share in shares.items():
        expected = truth[name] / sum(truth.values())
        margin = share_margin(expected, count) + 1 / count
        assert abs(share - expected) <= margin, f"{name}: {share:.3f}, really {expected:.3f} +- {margin:.3f}"


def assert_split_by_function(session: Session) -> None:
    """Checks the shares of the functions of the victim split_functions."""
    assert_split(session, {name: session.share(name) for name in ("burn_seventy", "burn_twenty", "burn_ten")})
