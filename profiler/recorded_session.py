"""recorded_session.py - how tests run `clinic record`, a session file as columns, and how near a share must come.

Read next: conftest.py, whose fixtures record.
"""

import gzip
import json
import math
import os
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CLINIC = ROOT / "build/bin/clinic"
VICTIMS = ROOT / "build/victims"
BACKENDS = ["perf", "timer"]
# Where both hand the same to the same unwinder, `make check` tries one.
BOTH_IN_FULL = ["perf", pytest.param("timer", marks=pytest.mark.slow)]
RUN_TIMEOUT_S = 120
# Nobody in particular: no privilege, and no process of its own.
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]

TRUNCATED, GUESSED, KERNEL, ALTERNATE_STACK = 1, 2, 4, 8
# 99.99 % two-sided: of all shares checked with it, one in 10 000 may fall out by chance.
Z_SCORE = 3.89


@dataclass(frozen=True)
class Session:
    """A session file as columns, with its stacks resolved to names."""

    file: dict
    stdout: str
    stderr: str
    returncode: int

    @cached_property
    def stacks(self) -> list[tuple[str, ...]]:
        """Function names of each stack, innermost first."""
        rows, frames, strings = self.file["stacks"], self.file["frames"], self.file["strings"]
        stacks = [()]
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
        """Of all weight, what has the function anywhere on its stack."""
        return self.weight_where(lambda names: function in names) / self.weight_where(lambda names: True)

    def weight_where(self, wanted) -> int:
        return sum(weight for stack, weight in self.samples if wanted(self.stacks[stack]))

    def complete_ratio(self) -> float:
        """Of all samples before exit(), which runs code of the compiler's that has no tables: a victim ends where a
        timer is due, and one sample there is 3 % of those of a short run."""
        flags = [flag for (stack, _), flag in zip(self.samples, self.flags()) if "exit" not in self.stacks[stack]]
        return sum(not flag & (TRUNCATED | GUESSED) for flag in flags) / len(flags)

    def named_ratio(self) -> float:
        named = sum(bool(self.stacks[stack] and self.stacks[stack][0]) for stack, _ in self.samples)
        return named / len(self.samples)

    def reconciliation(self) -> float:
        return self.weight_where(lambda names: True) / self.file["quality"]["accounted_cpu_ns"]


def run(*command, prefix=(), **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run([*map(str, prefix), str(CLINIC), *map(str, command)], capture_output=True, text=True,
                          timeout=RUN_TIMEOUT_S, **kwargs)


def start(*command) -> subprocess.Popen:
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def read_session(path: Path) -> dict:
    data = path.read_bytes()
    return json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)


def needs_root() -> None:
    if os.geteuid():
        pytest.skip("drops privileges, so it must have some")


def share_margin(share: float, *sample_counts: int) -> float:
    """Half the binomial interval of a share; of two recordings, of their difference."""
    return Z_SCORE * math.sqrt(share * (1 - share) * sum(1 / count for count in sample_counts))


def assert_split(session: Session, shares: dict[str, float]) -> None:
    """Each share within its binomial interval of what the victim itself measured."""
    truth = {name: int(took) for name, took in (line.split() for line in session.stdout.splitlines())}
    count = len(session.samples)
    for name, share in shares.items():
        expected = truth[name] / sum(truth.values())
        margin = share_margin(expected, count) + 1 / count
        assert abs(share - expected) <= margin, f"{name}: {share:.3f}, really {expected:.3f} +- {margin:.3f}"


def assert_split_by_function(session: Session) -> None:
    """Of the victim split_functions."""
    assert_split(session, {name: session.share(name) for name in ("burn_seventy", "burn_twenty", "burn_ten")})
