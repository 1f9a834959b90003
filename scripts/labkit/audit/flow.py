"""flow.py - which phases are missing or stale, and running just those, in order.  audit_state, phases -> flow -> evidence

What make does with files: a phase whose inputs have not changed is skipped, one whose inputs have is redone.
"""

import functools
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from labkit.audit import version
from labkit.audit.audit_state import AuditState

if TYPE_CHECKING:
    from labkit.phases.candidates import Known

BASELINE = ("baseline", "command")
PROFILE = ("profile", "counters", "instructions", "memory")


def is_complete(state: AuditState, folder: Path) -> bool:
    """True when nothing of this version has to be measured."""
    return all(version.is_fresh(folder, name, inputs) for name, inputs in state.wanted.items()) and \
        version.is_fresh(folder, "rebench", state.rebench_inputs(folder))


def standing(state: AuditState) -> Path | None:
    """The latest version, when it is sealed and still holds for what is here now."""
    last = version.latest(state.manifest.name)
    if last is None or not version.is_sealed(last) or not is_complete(state, last):
        return None
    return last


def open_folder(state: AuditState) -> Path:
    """The open version, its plan written down before anything is measured."""
    from labkit.phases import plan

    folder = version.open_version(state.manifest.name, state.wanted)
    if not version.is_fresh(folder, "plan", state.wanted["plan"]):
        plan.measure(state, folder)
    return folder


def run_baseline(state: AuditState, folder: Path) -> None:
    _run_phases(state, folder, BASELINE)


def run_profile(state: AuditState, folder: Path) -> None:
    _run_phases(state, folder, PROFILE)


def run_optimize(state: AuditState, folder: Path) -> None:
    _run_candidates(state, folder, _known(state))


def _run_candidates(state: AuditState, folder: Path, known: Callable[[], "Known"]) -> None:
    from labkit.phases import candidates

    run_baseline(state, folder)
    run_profile(state, folder)
    for one in state.manifest.candidates:
        _unless_fresh(state, folder, f"candidates/{one.id}", lambda: candidates.measure(state, folder, one, known()))


def run_rebench(state: AuditState, folder: Path) -> None:
    from labkit.analysis import decisions_of
    from labkit.phases import rebench

    known = _known(state)
    _run_candidates(state, folder, known)
    if not version.is_fresh(folder, "rebench", state.rebench_inputs(folder)):
        rebench.measure(state, folder, decisions_of(folder), known())


def _known(state: AuditState) -> Callable[[], "Known"]:
    """Measured once, and only if there is something to compare with it."""
    from labkit.phases import candidates

    return functools.lru_cache(lambda: candidates.know_baseline(state))


def _run_phases(state: AuditState, folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        # Late: a phase brings its instruments, and one that is skipped need not.
        _unless_fresh(state, folder, name,
                      lambda: importlib.import_module(f"labkit.phases.{name}").measure(state, folder))


def _unless_fresh(state: AuditState, folder: Path, name: str, measure: Callable[[], None]) -> None:
    if version.is_fresh(folder, name, state.wanted[name]):
        print(f"{name}: unchanged")
    else:
        measure()
