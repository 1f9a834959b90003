"""subject.py - what is compared: a program in several arms, run by a runner, as rows.  runner -> subject -> experiment

A library workload, a command line and a program of another repository differ in how one run is made and read. Whatever
compares them (audit, gate, compare) knows a Subject alone. A new kind is a new class.
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

Row = dict
"""One observation as evidence keeps it: what the subject read, and where it stood in the plan."""

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
        """base plus padding: where the stack starts changes speed, so no arm may own one lucky size."""
        return base | {ENVIRONMENT_VARIABLE: "x" * self.environment_bytes}

    def place(self) -> Row:
        """What a row says about where it stood in the plan."""
        place = {"arm": self.arm, "block": self.block, "position": self.position, "order": self.order,
                 "attempt": self.attempt, "build": self.build, "environment_bytes": self.environment_bytes}
        return place | ({"case": self.case} if self.case else {})


@dataclass(frozen=True)
class Answer:
    """What a program computes, checked in one run. failure: answer, crash, timeout, exit or spawn."""

    answer: str | None
    failure: str | None
    detail: str | None


class Subject(ABC):
    """One thing to compare, in arms "A", "B" and their canary; each arm may have several equivalent builds.

    kind         what it is called; the registry KINDS is filled by the classes.
    in_manifest  a workload.toml may name this kind.
    """

    kind: ClassVar[str]
    in_manifest: ClassVar[bool] = False
    runner: Runner

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        KINDS[cls.kind] = cls

    @abstractmethod
    def run_of(self, arm: str, slot: Slot) -> Run:
        """The run to be made, as data."""

    @abstractmethod
    def row_of(self, arm: str, slot: Slot, finished: Finished) -> Row:
        """What it says; a crash, a hang or a wrong answer is a row with its failure and detail, never a gap."""

    @abstractmethod
    def count(self, arm: str, metrics: Iterable[str]) -> Row:
        """The exact metrics of one arm, in a row whose times say nothing. LabError where they cannot be counted."""

    @abstractmethod
    def answer(self, arm: str, size: str) -> Answer:
        """What this arm computes at this size."""

    def files(self) -> Iterable[Path]:
        """What may not change while it is measured."""
        return ()

    def observe(self, arm: str, slot: Slot) -> Row:
        """One row of this arm, where no block is planned."""
        (row,) = self.rows([replace(slot, arm=arm)], seed=0)
        return row

    def rows(self, slots: Sequence[Slot], *, seed: int) -> Iterator[Row]:
        """A block: handed to the runner as a whole, its rows as they come. seed: of the plan that the block is from."""
        block = RunBlock(tuple(self.run_of(slot.arm, slot) for slot in slots), seed)
        for slot, finished in zip(slots, self.runner.run(block)):
            yield (slot.place() | {"steal_ns": finished.steal_ns, "machine": finished.machine}
                   | self.row_of(slot.arm, slot, finished))


def manifest_kinds() -> tuple[str, ...]:
    """What a workload.toml may call itself."""
    return tuple(name for name, kind in KINDS.items() if kind.in_manifest)


def process_fields(process: ProcessRun) -> Row:
    return {name: getattr(process, name) for name in PROCESS_FIELDS}
