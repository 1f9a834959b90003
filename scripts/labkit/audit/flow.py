"""flow.py - find the phases whose evidence is missing or stale, and run only those, in order.  audit_state, phases -> flow -> evidence

As make does with files, a phase whose inputs have not changed is skipped, and one whose inputs have changed runs again.
"""

import functools
import importlib
from pathlib import Path
from typing import Callable, TypeVar

from labkit.analysis import decisions_of
from labkit.analysis.decide import UNDECIDED
from labkit.audit import audit_state, candidates, rebench, version
from labkit.audit.audit_state import AuditState
from labkit.audit.candidates import Known, Outcome
from labkit.evidence import now_utc
from labkit.host import Finding
from labkit.phases import BASELINE, PLAN, PROFILE, Phase, of_groups
from labkit.progress import expecting
from labkit.self_trace import PHASE, span

T = TypeVar("T")


def is_complete(state: AuditState, folder: Path) -> bool:
    """True when nothing of this version has to be measured."""
    return all(version.is_fresh(folder, name, inputs) for name, inputs in state.wanted.items()) and \
        version.is_fresh(folder, "rebench", state.rebench_inputs(folder))


def standing(state: AuditState) -> Path | None:
    """The latest version if it is sealed and its evidence is still fresh, else None."""
    last = version.latest(state.manifest.name)
    if last is None or not version.is_sealed(last) or not is_complete(state, last):
        return None
    return last


def open_folder(state: AuditState) -> Path:
    """The open version; its plan is written before anything is measured."""
    folder = version.open_version(state.manifest.name, state.wanted)
    for phase in of_groups(PLAN):
        if not version.is_fresh(folder, phase.name, state.wanted[phase.name]):
            with span(PHASE, phase.name):
                _measure(state, folder, phase)
    return folder


def open_version(workload: str, budget: str, run: Callable[[AuditState, Path], None]) -> Path:
    """Run one target of the workflow: read and build everything, then let run() measure the evidence that is missing."""
    state = audit_state.load(workload, budget)
    folder = open_folder(state)
    run(state, folder)
    return folder


def run_baseline(state: AuditState, folder: Path) -> None:
    _run_group(state, folder, BASELINE)


def run_profile(state: AuditState, folder: Path) -> None:
    _run_group(state, folder, PROFILE)


def run_optimize(state: AuditState, folder: Path) -> None:
    _run_candidates(state, folder, _known(state, folder))


def run_rebench(state: AuditState, folder: Path) -> None:
    known = _known(state, folder)
    _run_candidates(state, folder, known)
    if not version.is_fresh(folder, "rebench", state.rebench_inputs(folder)):
        with span(PHASE, "rebench"):
            rebench.measure(state, folder, decisions_of(folder), known())


def _run_candidates(state: AuditState, folder: Path, known: Callable[[], Known]) -> None:
    run_baseline(state, folder)
    run_profile(state, folder)
    still_open: list[candidates.OpenCandidate] = []
    spare_s = 0.0  # a candidate that is decided early leaves its time to the others
    for one in state.manifest.candidates:
        made = _unless_fresh(state, folder, f"candidates/{one.id}",
                             lambda: candidates.measure(state, folder, one, known(), spare_s), Outcome(spare_s))
        spare_s, still_open = made.spare_s, [*still_open, *filter(None, [made.still_open])]
    undecided = {f"candidates/{one.id}" for one in decisions_of(folder) if one.verdict == UNDECIDED} if still_open else set()
    for open_one in still_open:
        if open_one.name in undecided:
            spare_s = candidates.measure_on(state, folder, open_one, spare_s)


def _known(state: AuditState, folder: Path) -> Callable[[], Known]:
    """A function that measures the baseline's figures once, when the first comparison needs them."""
    return functools.lru_cache(lambda: candidates.know_baseline(state, folder))


def _run_group(state: AuditState, folder: Path, group: str) -> None:
    for phase in (one for one in of_groups(group) if one.name in state.wanted):
        _unless_fresh(state, folder, phase.name, lambda: _measure(state, folder, phase), None)


def _unless_fresh(state: AuditState, folder: Path, name: str, measure: Callable[[], T], otherwise: T) -> T:
    """The result of measure, or `otherwise` where the evidence is fresh."""
    if version.is_fresh(folder, name, state.wanted[name]):
        print(f"{name}: unchanged")
        return otherwise
    with span(PHASE, name):
        return measure()


def _measure(state: AuditState, folder: Path, phase: Phase) -> None:
    """Run one phase that measures the baseline alone, and write its evidence; its findings are stored in the head."""
    module, _, function = phase.measure.partition(":")
    started_utc, findings = now_utc(), list[Finding]()
    with expecting(version.seconds_before(folder, phase.name, state.budget.name)):
        data = getattr(importlib.import_module(module), function)(state, folder, findings)
    audit_state.write(state, folder, phase.name, phase.evidence_kind, data, started_utc=started_utc,
                      inputs_sha256=state.wanted[phase.name], binaries=[state.baseline], findings=findings)
