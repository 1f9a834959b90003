"""subject.py - a program in several arms, whose runs become rows for comparison.  runner -> subject -> experiment

A library workload, a command line and a program of another repository differ in how one run is made and read. Audit,
gate and compare use only the interface Subject. A new kind is a new class.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from labkit.process import ProcessRun
from labkit.runner import Finished, Run, RunBlock, Runner

ENVIRONMENT_VARIABLE = "CLINIC_PADDING"
PROCESS_FIELDS = ("started_ns", "wall_ns", "user_ns", "system_ns", "max_rss_bytes", "minor_faults_count",
                  "major_faults_count", "voluntary_switches_count", "involuntary_switches_count", "exit_code")
SUMMED_FIELDS = ("wall_ns", "user_ns", "system_ns", "minor_faults_count", "major_faults_count",
                 "voluntary_switches_count", "involuntary_switches_count")
"""Those that are added up where one observation is several runs."""

Row = dict
"""One observation as it is stored in evidence: the values that the subject read, and its place in the plan."""

KINDS: dict[str, type["Subject"]] = {}


@dataclass(frozen=True)
class Slot:
    """One run to be made."""

    arm: str
    block: int
    position: int
    order: str
    attempt: int
    build: int
    environment_bytes: int
    case: str = ""

    def environment(self, base: dict[str, str]) -> dict[str, str]:
        """base plus padding: the address of the stack changes the speed, so the padding varies for both arms alike."""
        return base | {ENVIRONMENT_VARIABLE: "x" * self.environment_bytes}

    def place(self) -> Row:
        """The fields of a row that describe its place in the plan."""
        place = {"arm": self.arm, "block": self.block, "position": self.position, "order": self.order,
                 "attempt": self.attempt, "build": self.build, "environment_bytes": self.environment_bytes}
        return place | ({"case": self.case} if self.case else {})


@dataclass(frozen=True)
class Answer:
    """The result that a program computed in one run. failure: answer, crash, timeout, exit or spawn. backtraces: of one that hung."""

    answer: str | None
    failure: str | None
    detail: str | None
    backtraces: str = ""


class Subject(ABC):
    """One thing to compare, in arms "A", "B" and their canary; each arm may have several equivalent builds.

    kind         its name; each class enters itself in the registry KINDS.
    in_manifest  a workload.toml may name this kind.
    """

    kind: ClassVar[str]
    in_manifest: ClassVar[bool] = False
    runner: Runner

    def __init_subclass__(cls) -> None:
        """A class that names a kind is registered; one that only varies another class is not."""
        super().__init_subclass__()
        if "kind" in vars(cls):
            KINDS[cls.kind] = cls

    @abstractmethod
    def run_of(self, arm: str, slot: Slot) -> Run:
        """The run to be made, as data."""

    @abstractmethod
    def row_of(self, arm: str, slot: Slot, finished: Finished) -> Row:
        """The row of a finished run. A crash, a hang or a wrong answer gives a row with its failure and detail; no row is left out."""

    @abstractmethod
    def count(self, arm: str, metrics: Iterable[str]) -> Row:
        """The exact metrics of one arm, in a row whose times are not to be used. LabError where they cannot be counted."""

    @abstractmethod
    def answer(self, arm: str, size: str) -> Answer:
        """The result that this arm computes at this size."""

    def files(self) -> Iterable[Path]:
        """The files that may not change during the measurement."""
        return ()

    def observe(self, arm: str, slot: Slot) -> Row:
        """Make one row of this arm outside of a block."""
        (row,) = self.rows([replace(slot, arm=arm)], seed=0)
        return row

    def rows(self, slots: Sequence[Slot], *, seed: int) -> Iterator[Row]:
        """Give a whole block to the runner and yield its rows as they arrive. seed: the seed of the block's plan."""
        block = RunBlock(tuple(self.run_of(slot.arm, slot) for slot in slots), seed)
        for slot, finished in zip(slots, self.runner.run(block)):
            yield (slot.place() | {"steal_ns": finished.steal_ns, "machine": finished.machine}
                   | self.row_of(slot.arm, slot, finished))


def manifest_kinds() -> tuple[str, ...]:
    """The kinds that a workload.toml may name."""
    return tuple(name for name, kind in KINDS.items() if kind.in_manifest)


def process_fields(process: ProcessRun) -> Row:
    return {name: getattr(process, name) for name in PROCESS_FIELDS}
