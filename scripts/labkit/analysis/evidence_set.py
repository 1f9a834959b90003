"""evidence_set.py - the evidence of one report, read once and checked.  evidence/*.json -> evidence_set.py -> EvidenceSet

All later steps (analysis, render, seal) read evidence only through an EvidenceSet.

Errors  EvidenceError naming the file: missing, not JSON, not of its schema.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from labkit import evidence
from labkit.analysis.shares import primary_sampling
from labkit.phases import OPTIMIZE, PHASES, Phase, single
from labkit.schemas import EvidenceError
from labkit.untrusted_file import read_bytes, read_packed_text, read_text

Document = Mapping[str, Any]
COUNT = re.compile(r"\d{1,18}", re.ASCII)
INLINED, KERNEL = "_[i]", "_[k]"


@dataclass(frozen=True)
class EvidenceFile:
    """A file of the evidence folder, named relative to the report."""

    path: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Stack:
    """One line of a collapsed file: a stack, and the number of samples with exactly this stack."""

    functions: frozenset[str]  # all functions on the stack, including inlined ones
    leaf: str  # the function whose code ran, including code inlined into it
    in_kernel: bool  # whether it ran in the kernel
    samples_count: int


@dataclass(frozen=True)
class EvidenceSet:
    """The documents of the phases of labkit/phases.py; evidence_set.profile is the one of the phase "profile"."""

    by_phase: Mapping[str, Document | None]  # all phases of phases.single(); None where a phase left no evidence
    candidates: tuple[Document, ...]  # in the manifest's order
    files: tuple[EvidenceFile, ...]  # all of them, by path
    paths: Mapping[str, str]  # kind, or candidates/<id>, to path
    stacks_by_instrument: Mapping[str, tuple[Stack, ...]]

    def __getattr__(self, name: str) -> Any:
        """The Document of a phase, or None where one that is not required left none. Phases are entries of a table and not fields of this
        class; other names raise AttributeError."""
        if name != "by_phase" and name in self.by_phase:
            return self.by_phase[name]
        raise AttributeError(f"an evidence set has no {name}")

    @property
    def manifest(self) -> Mapping[str, Any]:
        return self.plan["data"]["manifest"]

    @property
    def policy(self) -> Mapping[str, Any]:
        return self.plan["data"]["policy"]

    @property
    def stacks(self) -> tuple[Stack, ...]:
        """The stacks of the sampling from which shares are computed; empty when it kept none."""
        sampling = primary_sampling(self.profile)
        return self.stacks_by_instrument.get(sampling["instrument"], ()) if sampling else ()

    @property
    def documents(self) -> tuple[tuple[str, Document], ...]:
        """(path, document) of all evidence, in the order of the workflow."""
        named: list[tuple[str, Document | None]] = []
        for phase in PHASES.values():
            named += ([(f"candidates/{one['data']['candidate']['id']}", one) for one in self.candidates]
                      if phase.group == OPTIMIZE else [(phase.name, self.by_phase[phase.name])])
        return tuple((self.paths[name], document) for name, document in named if document is not None)


def read_evidence_set(report: Path) -> EvidenceSet:
    """Read all evidence under report/evidence. A candidate of the manifest without evidence is absent from the result."""
    folder = report / "evidence"
    documents: dict[str, Any] = {phase.name: read_phase(folder / f"{phase.name}.json", phase) for phase in single()}
    for name in (phase.name for phase in single() if phase.required and documents[phase.name] is None):
        raise EvidenceError(f"{folder / name}.json is missing, and no report can be made without it; "
                            "run `make audit`, which measures what is missing")
    order = [one["id"] for one in documents["plan"]["data"]["manifest"]["candidates"]]
    found = {one: read_phase(folder / "candidates" / f"{one}.json", PHASES["candidates"]) for one in order}
    names = [name for name, one in documents.items() if one] + [f"candidates/{one}" for one in order if found[one]]
    return EvidenceSet(documents, candidates=tuple(document for one in order if (document := found[one])),
                   files=list_files(report), stacks_by_instrument=_read_stacks(documents["profile"], report),
                   paths={name: f"evidence/{name}.json" for name in names})


def read_phase(path: Path, phase: Phase) -> Document | None:
    return evidence.read(path, phase.evidence_kind) if path.exists() else None


def _read_stacks(profile: Document | None, report: Path) -> dict[str, tuple[Stack, ...]]:
    found = {}
    for sampling in profile["data"]["samplings"] if profile else ():
        if not sampling.get("stacks"):
            continue
        path = report / "evidence" / sampling["stacks"]
        if path.parent != report / "evidence":
            raise EvidenceError(f"evidence/profile.json names a file of stacks outside its folder: {sampling['stacks'][:80]!r}")
        text = read_packed_text(path) if path.suffix == ".gz" else read_text(path)
        found[sampling["instrument"]] = tuple(_stack(line, path) for line in text.splitlines() if line)
    return found


def _stack(line: str, path: Path) -> Stack:
    """Parse one line of the collapsed format (Gregg): root;caller;callee COUNT; _[i] marks inlined functions, _[k] the kernel's."""
    stack, _, count = line.rpartition(" ")
    if not COUNT.fullmatch(count):
        raise EvidenceError(f"evidence/{path.name}: not a collapsed stack: {line[:80]!r}")
    frames = stack.split(";")
    physical = [frame for frame in frames if not frame.endswith(INLINED)] or frames
    return Stack(frozenset(frame.removesuffix(INLINED).removesuffix(KERNEL) for frame in frames),
                 physical[-1].removesuffix(INLINED).removesuffix(KERNEL), physical[-1].endswith(KERNEL), int(count))


def list_files(report: Path) -> tuple[EvidenceFile, ...]:
    paths = sorted(path for path in (report / "evidence").rglob("*") if not path.is_dir() and path.name[0] != ".")
    return tuple(EvidenceFile(path.relative_to(report).as_posix(), hashlib.sha256(content).hexdigest(), len(content))
                 for path in paths for content in [read_bytes(path)])
