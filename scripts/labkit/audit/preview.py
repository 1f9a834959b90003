"""preview.py - every candidate against the baseline in one process, in seconds and without evidence.  AuditState -> preview -> lines

A preview helps the author of a candidate. It accepts nothing: two programs in one process share caches and heap, so an audit has
to confirm the result in separate processes.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

from labkit import error_rates
from labkit.audit.audit_state import AuditState
from labkit.audit.measure import library_reference, load_of
from labkit.audit.patient import Reference
from labkit.experiment.campaign import TooShort, run_campaign
from labkit.experiment.design import Case, Design
from labkit.outcome import UsageError
from labkit.progress import Progress
from labkit.runner import LocalRunner
from labkit.verdicts.verdict import Comparison, NothingToCompare
from labkit.workload import build, variant
from labkit.workload.build import BuildFailed
from labkit.workload.library import LibrarySubject
from labkit.workload.link_orders import OneLayout, folder_of_layouts
from labkit.workload.manifest import Candidate
from labkit.workload.paired_process import PAIRED_MS, PairedPrograms, PairedSubject

BUDGET_S = 10.0  # limit for one candidate; most take two seconds
METRIC = "time"


@dataclass(frozen=True)
class Preview:
    """comparison: None where there is none; text then states the reason."""

    id: str
    comparison: Comparison | None
    text: str


def previews(state: AuditState) -> Iterator[Preview]:
    known = library_reference(state, state.manifest.main_size)
    for one in state.manifest.candidates:
        with Progress(f"preview of {one.id}", 1, is_logged=False):
            found = preview(state, one, known)
        yield found


def preview(state: AuditState, one: Candidate, known: Reference) -> Preview:
    if isinstance(failed := state.built[one.id], BuildFailed):
        return Preview(one.id, None, str(failed).splitlines()[0])
    seed = secrets.randbits(32)
    with folder_of_layouts(build.folder_of(state.manifest)) as folder:
        try:
            variants = {"A": variant.baseline(state.manifest), "B": variant.candidate(state.manifest, one)}
            case = Case(one.id, paired(state, PairedPrograms(state.manifest, variants, seed, folder), known), gating=(METRIC,))
            found = run_campaign([case], Design(seed=seed, budget_s=BUDGET_S, cpu=state.cpu, floor_ratio=error_rates.floor_ratio()))
        except (UsageError, BuildFailed, NothingToCompare, TooShort) as reason:
            return Preview(one.id, None, str(reason))
    compared = found.cases[0].first_stage[0]
    return Preview(one.id, compared, found.reason if found.exit == 4 else compared.reason)


def paired(state: AuditState, programs: PairedPrograms, known: Reference) -> PairedSubject:
    load, runner = load_of(known), LocalRunner(state.cpu)
    classical = LibrarySubject(state.manifest, {"A": OneLayout(state.baseline)}, load, runner, state.budget.timeout_s)
    return PairedSubject(state.manifest, programs, replace(load, minimum_ms=PAIRED_MS, batch_count=0), runner, classical, state.budget.timeout_s)
