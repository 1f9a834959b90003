"""patient.py - what the phases of an audit ask of a workload: its programs, its runs, and how an instrument starts it.  manifest -> patient -> phases

A library is linked with our harness, which times its batches from inside; a command is a program that is started and waited for. The phases
measure both in the same way, so that one report has the numbers of either.
"""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from labkit.audit.budget import Budget
from labkit.host import Finding
from labkit.subject import Row, Subject
from labkit.workload.build import Binary, BuildFailed
from labkit.workload.command_runs import Invocation
from labkit.workload.link_orders import Layouts
from labkit.workload.manifest import Candidate, Manifest
from labkit.workload.variant import Lines, Variant

# The classes are named and not imported, because they import what needs this file.
KINDS = {"library": "labkit.audit.library_patient:LibraryPatient", "command": "labkit.audit.command_patient:CommandPatient"}


P_co = TypeVar("P_co", bound=Binary, covariant=True)


class AuditInProgress(Protocol[P_co]):
    """What of an AuditState a patient needs."""

    @property
    def manifest(self) -> Manifest: ...

    @property
    def budget(self) -> Budget: ...

    @property
    def cpu(self) -> int: ...

    @property
    def patient(self) -> "Patient": ...

    @property
    def baseline(self) -> P_co:
        """The unchanged program, as it was built."""


@dataclass(frozen=True)
class Reference:
    """The baseline's answer, the number of its runs that make one sample, the least number of samples per process, and the
    least time that a process takes samples."""

    size: str
    answer: str
    batch_count: int
    samples_count: int
    minimum_ms: int
    ops_count: int
    clock: dict


V = TypeVar("V", bound=Variant)
P = TypeVar("P", bound=Binary)


class Patient(ABC, Generic[V, P]):
    """V: a variant of this kind. P: its program. size: the name of a size. A row is as evidence stores it. counted_at_once: how many
    instruments that count, and do not measure time, may run the program at the same time."""

    counted_at_once = 2

    def __init__(self, manifest: Manifest):
        self.manifest = manifest

    @abstractmethod
    def baseline(self) -> V:
        """The unchanged program."""

    @abstractmethod
    def candidate(self, one: Candidate) -> V:
        """The baseline with one change."""

    @abstractmethod
    def union(self, accepted: list[Candidate]) -> V:
        """The baseline with the changes of all of these, best first, that do not contradict each other."""

    @abstractmethod
    def lines(self, changed: V) -> Lines:
        """How many lines of source differ from the baseline's."""

    @abstractmethod
    def fixtures(self) -> dict[str, str]:
        """{size: SHA-256} of the inputs, which exist afterwards."""

    @abstractmethod
    def build_all(self, variants: Sequence[V]) -> Mapping[str, P | BuildFailed]:
        """{variant: what runs, or why it does not build}"""

    @abstractmethod
    def identity(self) -> list[str]:
        """What phases depend on besides the program, its inputs and its stages."""

    def cpu(self, state: AuditInProgress) -> int | None:
        """The CPU to which a run is pinned; None: it may use all."""
        return state.cpu

    def own_path(self, binary: P, file: str | None) -> str | None:
        """The name of a source file as reports show it: one that does not depend on where it was built."""
        here = f"{Path.cwd()}/"  # the harness is built with the path of this checkout, which a report does not name
        return file.removeprefix(here) if file else file

    def findings(self, state: AuditInProgress) -> list[Finding]:
        """What a reader must know about a workload of this kind."""
        return []

    @abstractmethod
    def self_tests(self, state: AuditInProgress) -> list[dict]:
        """Tests of the clock and of the check of answers, on cases with a known result."""

    @abstractmethod
    def reference(self, state: AuditInProgress, size: str) -> Reference:
        """The baseline's answer, and how much of the work one observation does."""

    @abstractmethod
    def subject(self, state: AuditInProgress, builds: Mapping[str, Layouts[P]], known: Reference) -> Subject:
        """The subject of a comparison of these programs, each of which has to answer like the baseline."""

    @abstractmethod
    def copy(self, state: AuditInProgress, binary: P) -> P:
        """A copy that does not share its pages with the original, where one can be made."""

    @abstractmethod
    def layouts(self, state: AuditInProgress, changed: V, seed: int, folder: Path) -> Layouts[P]:
        """The layouts of a variant that was built."""

    @abstractmethod
    def canary(self, state: AuditInProgress, layouts: Layouts[P]) -> Layouts[P]:
        """Copies of all of these."""

    @abstractmethod
    def stage_runs(self, state: AuditInProgress, binary: P, size: str, expect: str) -> list[dict]:
        """Times of each stage; none where there are no stages."""

    @abstractmethod
    def timed_work(self, state: AuditInProgress, answers: Mapping[str, str], runs: Sequence[Row]) -> tuple[dict, list[Finding]]:
        """The machine code of the baseline, as the evidence has it, and what is wrong with what is timed. answers: of each size."""

    @abstractmethod
    def memory_run(self, state: AuditInProgress, binary: P, size: str, runs_count: int, batch_count: int = 0) -> Row:
        """A run for the peak of memory: runs_count samples of batch_count times the work (0: as many as the clock needs), or the work once."""

    @abstractmethod
    def observed(self, state: AuditInProgress, seconds: int) -> Invocation:
        """One process of the baseline whose memory can be watched, for about so many seconds or for one run."""

    @abstractmethod
    def allocations(self, state: AuditInProgress, binary: P, size: str) -> list[dict]:
        """Counts of one run, by stage, and of the whole. Unavailable where nothing can be counted."""

    @abstractmethod
    def assert_silence(self, state: AuditInProgress, binary: P, findings: list) -> list[dict]:
        """Whether each stage is free of allocations."""

    @abstractmethod
    def whole(self, state: AuditInProgress, binary: P) -> Invocation:
        """One run, as a person would start it."""

    @abstractmethod
    def sustained(self, state: AuditInProgress, binary: P, seconds: int) -> Invocation:
        """Work for about so many seconds."""

    @abstractmethod
    def counted(self, state: AuditInProgress, seconds: int) -> tuple[Invocation, int]:
        """Work for about so many seconds under counters, and how many operations it does."""

    @abstractmethod
    def heap_runs(self) -> tuple[int, ...]:
        """Of how much work the allocations are recorded, least first; 0: none, which needs no recording."""

    @abstractmethod
    def batches(self, binary: P, size: str, count: int) -> Invocation:
        """So many times the work in one process, for a tool that counts."""

    @abstractmethod
    def simulated(self, size: str, runs_count: int, count: Any) -> dict[str, int]:
        """Events of one run, from so many more runs than one where start-up has to be subtracted. count: a function from an Invocation to the events of its process."""

    @abstractmethod
    def instructions(self, binary: P, timeout_s: float) -> tuple[dict[str, int], int]:
        """({function: instructions}, of so many runs), at the size of the complaint."""


def patient_of(manifest: Manifest) -> Patient:
    """A kind that is not in the table is a library of some other maker."""
    module, _, name = KINDS.get(manifest.kind, KINDS["library"]).partition(":")
    return getattr(importlib.import_module(module), name)(manifest)
