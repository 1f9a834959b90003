"""audit_state.py - the state that the phases of one audit share, read once.  manifest, host, fixture, build -> AuditState

It knows which evidence is needed and the hash of its inputs; a phase whose evidence has the same hash is skipped.
"""

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from labkit import evidence, host
from labkit.audit import budget, version
from labkit.audit.one_at_a_time import wait_for_turn
from labkit.audit.patient import Patient, patient_of
from labkit.outcome import LabError
from labkit.phases import BASELINE, PROFILE, of_groups
from labkit.row_file import RowFile
from labkit.self_trace import PHASE, span
from labkit.workload import manifest, quick_audit, variant
from labkit.workload.build import Binary, BuildFailed
from labkit.workload.load_manifest import FOLDER
from labkit.workload.manifest import Manifest

POLICY = Path("hardening/policy.toml")


@dataclass(frozen=True)
class AuditState:
    manifest: Manifest
    budget: budget.Budget
    host: host.Host
    cpu: int
    fixture: dict[str, str]
    built: Mapping[str, Binary | BuildFailed]
    repetition: int = 0  # number of a repeated audit

    @functools.cached_property
    def patient(self) -> Patient:
        return patient_of(self.manifest)

    @property
    def baseline(self) -> Binary:
        built = self.built[variant.BASELINE]
        if isinstance(built, BuildFailed):
            raise built
        return built

    @functools.cached_property
    def wanted(self) -> dict[str, str]:
        """Evidence name -> inputs_sha256, for all evidence except rebench, whose input is the evidence of the candidates."""
        inputs = {one.name: self._inputs(one.name, self.baseline.sha256, *self._needed_inputs(one.needs))
                  for one in of_groups(BASELINE, PROFILE) if one.applies_to(vars(self.manifest))}
        inputs["plan"] = self._inputs("plan", repr(self.manifest), evidence.sha256_of(POLICY), *self._needed_inputs("causal"))
        for one in self.manifest.candidates:
            result = self.built[one.id]
            outcome = result.log if isinstance(result, BuildFailed) else result.sha256
            inputs[f"candidates/{one.id}"] = self._inputs("candidate", self.baseline.sha256, outcome, repr(one))
        return inputs

    def rebench_inputs(self, folder: Path) -> str:
        """The hash over the evidence that decides which candidates are accepted: new measurements may accept others."""
        measured = [evidence.sha256_of(version.evidence_path(folder, name))
                    for name in sorted(self.wanted) if name in ("profile", "memory") or name.startswith("candidates/")]
        return self._inputs("rebench", evidence.sha256_of(POLICY), *measured, *self._load_inputs)

    def _needed_inputs(self, needs: str) -> list[str]:
        """What a phase depends on that measures a part of the manifest which only some workloads have."""
        if needs == "causal":
            return self._causal_inputs
        return self._load_inputs if needs else []

    @functools.cached_property
    def _causal_inputs(self) -> list[str]:
        """What virtual speed-ups depend on; a program of load/ is built from the files of an offered load."""
        check, budget = self.manifest.causal, self.budget
        if check is None:
            return []
        return [repr(check), repr((budget.causal_functions, budget.causal_blocks, budget.causal_s)), *(self._load_inputs if check.program else [])]

    @functools.cached_property
    def _load_inputs(self) -> list[str]:
        """What the measurement of an offered load depends on besides the variants."""
        load = self.manifest.load
        if load is None:
            return []
        return [repr(load), *(evidence.sha256_of(path) for path in sorted((self.manifest.folder / FOLDER).iterdir()))]

    def seed(self, folder: Path, name: str) -> int:
        """A seed that depends on version, phase and repetition only, so that it can be recomputed from them."""
        text = f"{self.manifest.name}/{folder.name}/{name}" + (f"/{self.repetition}" if self.repetition else "")
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")

    def _inputs(self, *parts: str) -> str:
        return evidence.digest([*parts, self.manifest.metric, self.fixture, repr(self.budget), self.host.fingerprint,
                                self.patient.identity()])


def load(workload: str, budget_name: str, repetition: int = 0) -> AuditState:
    """Read, build and check, without measuring anything. Waits while another audit runs in this tree."""
    return state_of(manifest.load(workload), budget_name, repetition)


@span(PHASE, "preparation")
def state_of(wanted: Manifest, budget_name: str, repetition: int = 0) -> AuditState:
    """Build and check what a manifest names, or what a quick audit takes of it."""
    wait_for_turn()
    protocol = budget.load(budget_name)
    wanted = quick_audit.shortened(wanted) if protocol.name == "quick" else wanted
    patient = patient_of(wanted)
    built = patient.build_all([patient.baseline(), *map(patient.candidate, wanted.candidates)])
    failed = built[variant.BASELINE]
    if isinstance(failed, BuildFailed):
        raise LabError(f"the baseline of {wanted.name} does not compile, so there is nothing to compare with:\n"
                       f"{failed.log}")
    return AuditState(wanted, protocol, host.read_host(), host.measuring_cpu(),
                      patient.fixtures(), built, repetition)


class Named(Protocol):
    @property
    def name(self) -> str: ...


class Measured(Protocol):
    """What evidence says about the audit that wrote it, of whatever kind."""

    @property
    def manifest(self) -> Named: ...

    @property
    def budget(self) -> budget.Budget: ...

    @property
    def host(self) -> host.Host: ...

    @property
    def fixture(self) -> dict[str, str]: ...

    def seed(self, folder: Path, name: str) -> int: ...


def write(state: Measured, folder: Path, name: str, kind: str, data: dict, *, started_utc: str, inputs_sha256: str,
          binaries: list[Binary], findings: list[host.Finding]) -> None:
    document = evidence.head(
        kind, started_utc=started_utc, host=state.host, workload=state.manifest.name, budget=state.budget.name,
        seed=state.seed(folder, name), inputs_sha256=inputs_sha256, fixture=state.fixture,
        binaries={one.variant: one.to_json() for one in binaries}, findings=findings)
    document["data"] = data
    drawn = sorted(evidence.figures_named_in(data))
    if drawn:
        document["figures"] = {path: evidence.sha256_of(folder / path) for path in drawn}
    evidence.write(version.evidence_path(folder, name), document)
    rows_path(folder, name).unlink(missing_ok=True)


def row_file(folder: Path, name: str) -> RowFile:
    """The rows of an unfinished phase: an interrupted run keeps its rows here until write() has stored the evidence."""
    path = rows_path(folder, name)
    with evidence.disk_errors(path):
        path.unlink(missing_ok=True)
    return RowFile(path)


def rows_path(folder: Path, name: str) -> Path:
    return folder / "evidence" / f".{name.replace('/', '-')}.rows.jsonl"
