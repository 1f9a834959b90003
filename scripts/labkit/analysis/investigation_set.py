"""investigation_set.py - the evidence of one investigation, read once and checked.  evidence/*.json -> investigation_set -> InvestigationSet

Errors  EvidenceError names the file that is missing, is not JSON or does not match its schema.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from labkit.analysis.evidence_set import Document, EvidenceFile, list_files, read_phase
from labkit.phases import INVESTIGATION_PHASES
from labkit.schemas import EvidenceError


@dataclass(frozen=True)
class InvestigationSet:
    by_phase: Mapping[str, Document]
    files: tuple[EvidenceFile, ...]

    @property
    def plan(self) -> Document:
        return self.by_phase["plan"]

    @property
    def manifest(self) -> Mapping[str, Any]:
        return self.plan["data"]["manifest"]

    @property
    def documents(self) -> tuple[tuple[str, Document], ...]:
        """(path, document) of all, in the order of the workflow."""
        return tuple((f"evidence/{name}.json", document) for name, document in self.by_phase.items())


def read_investigation_set(report: Path) -> InvestigationSet:
    found: dict[str, Document] = {}
    for phase in INVESTIGATION_PHASES.values():
        path = report / "evidence" / f"{phase.name}.json"
        document = read_phase(path, phase)
        if document is None:
            raise EvidenceError(f"{path} is missing, and no report can be written without it; run `make audit`, which measures what is missing")
        found[phase.name] = document
    return InvestigationSet(found, list_files(report))
