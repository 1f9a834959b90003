"""investigation_state.py - the data that all phases of an investigation share, and which phases are missing or stale.  manifest, host, build -> InvestigationState

As in any other audit, a phase whose inputs have not changed is not run again.
"""

import functools
import importlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from labkit import evidence, host
from labkit.audit import audit_state, budget, version
from labkit.audit.one_at_a_time import wait_for_turn
from labkit.evidence import now_utc
from labkit.host import Finding
from labkit.outcome import LabError
from labkit.phases import INVESTIGATION_PHASES, Phase
from labkit.self_trace import PHASE, span
from labkit.workload import investigation
from labkit.workload.build import Binary, BuildFailed
from labkit.workload.investigation import Investigation

RUNS_COUNT = {"quick": 3, "standard": 20, "thorough": 50}  # runs of each program, by budget
AT_ONCE = {"quick": 3}  # witnesses at the same time, by budget; otherwise one
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class InvestigationState:
    """faulty, faulty_test: the program and the regression test, built from the sources without a repair."""

    manifest: Investigation
    budget: budget.Budget
    host: host.Host
    cpu: int
    faulty: Binary
    faulty_test: Binary
    fixture: dict[str, str] = field(default_factory=dict)

    @property
    def runs_count(self) -> int:
        return RUNS_COUNT[self.budget.name]

    def each(self, observe: Callable[[T], U], items: Sequence[T]) -> Iterable[U]:
        """The observation of each item, in their order. A quick investigation makes several at once: most of its time, programs that hang wait for
        their limit. Runs whose times are evidence are not made this way: verify refuses runs that overlap."""
        at_once = AT_ONCE.get(self.budget.name, 1)
        if at_once == 1:
            return map(observe, items)
        with ThreadPoolExecutor(max_workers=at_once) as pool:
            return list(pool.map(observe, items))

    @functools.cached_property
    def wanted(self) -> dict[str, str]:
        """{name of the evidence: inputs_sha256, the hash over all that it depends on}"""
        folder = self.manifest.folder
        files = {str(path.relative_to(folder)): evidence.sha256_of(path) for path in sorted(folder.rglob("*"))
                 if path.is_file() and path.suffix in (".c", ".h", ".gdb")}
        return {name: evidence.digest([name, files, repr(self.manifest), repr(self.budget), self.host.fingerprint,
                                       self.faulty.sha256, self.faulty_test.sha256]) for name in INVESTIGATION_PHASES}

    def seed(self, folder: Path, name: str) -> int:
        """Always 0, because an investigation draws no random numbers."""
        return 0


@span(PHASE, "preparation")
def load(workload: str, budget_name: str) -> InvestigationState:
    """Reads the manifest and builds the faulty program and its test, without running them. Waits while another audit runs in this
    tree. UsageError: the manifest is wrong. LabError: the program does not compile."""
    wanted = investigation.load(workload)
    wait_for_turn()
    before = investigation.faulty(wanted)
    try:
        programs = investigation.build_program(wanted, before), investigation.build_test(wanted, before)
    except BuildFailed as failed:
        raise LabError(f"the faulty program of {workload} does not compile, so it cannot be investigated:\n{failed.log}") from failed
    return InvestigationState(wanted, budget.load(budget_name), host.read_host(), host.measuring_cpu(), *programs)


def standing(state: InvestigationState) -> Path | None:
    """The latest version, if it is sealed and all its inputs are unchanged; otherwise None."""
    last = version.latest(state.manifest.name)
    if last is None or not version.is_sealed(last):
        return None
    return last if all(version.is_fresh(last, name, inputs) for name, inputs in state.wanted.items()) else None


def run(state: InvestigationState) -> Path:
    """Runs each phase that is missing or stale, and returns the folder of the open version."""
    folder = version.open_version(state.manifest.name, state.wanted)
    for phase in INVESTIGATION_PHASES.values():
        if version.is_fresh(folder, phase.name, state.wanted[phase.name]):
            print(f"{phase.name}: unchanged")
        else:
            with span(PHASE, phase.name):
                _measure(state, folder, phase)
    return folder


def _measure(state: InvestigationState, folder: Path, phase: Phase) -> None:
    module, _, function = phase.measure.partition(":")
    started_utc, findings = now_utc(), list[Finding]()
    data = getattr(importlib.import_module(module), function)(state, folder, findings)
    audit_state.write(state, folder, phase.name, phase.evidence_kind, data, started_utc=started_utc,
                      inputs_sha256=state.wanted[phase.name], binaries=[state.faulty, state.faulty_test], findings=findings)
