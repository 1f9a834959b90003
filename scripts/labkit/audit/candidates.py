"""candidates.py - each change alone against the baseline: does it build, is its answer right, and what does it gain?

Answers before speed: a candidate that does not build, answers wrongly, crashes or exceeds its time limit is never timed,
and its evidence states the reason. The audit continues. A candidate that is open when its budget ends is measured on in the time that the
others leave (continuation.py).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit import evidence, policy
from labkit.audit import audit_state, head_to_head, instructions, version
from labkit.audit.audit_state import AuditState
from labkit.audit.head_to_head import Measured, Plan, Unfinished
from labkit.audit.patient import Reference
from labkit.evidence import now_utc
from labkit.experiment.continuation import blocks_within
from labkit.host import Finding
from labkit.instruments import Unavailable, counter
from labkit.progress import Progress
from labkit.workload.build import Binary, BuildFailed
from labkit.workload.link_orders import OneLayout
from labkit.workload.manifest import Candidate
from labkit.workload.variant import Variant


@dataclass(frozen=True)
class Known:
    """The figures of the baseline that every comparison needs, measured once."""

    references: tuple[Reference, ...]  # one per size
    memory: tuple[dict, ...]
    instructions_count: int | None


def know_baseline(state: AuditState, folder: Path) -> Known:
    """folder: that of the version, whose evidence has the baseline's instructions, if they were counted."""
    sizes, references, memory = list(state.manifest.fixture.sizes), [], []
    with Progress("figures of the baseline", len(sizes), is_logged=False) as progress:
        for size in progress.over(sizes, str):
            references.append(state.patient.reference(state, size))
            memory += _allocations(state, state.baseline, size)
    return Known(tuple(references), tuple(memory), _counted_instructions(version.evidence_path(folder, "instructions")))


def _counted_instructions(path: Path) -> int | None:
    counted = evidence.read(path, "instructions")["data"]["variants"] if path.exists() else []
    return counted[0]["total_count"] if counted else None


@dataclass(frozen=True)
class OpenCandidate:
    """A candidate to which more blocks can be added. write: stores its evidence with these measurements in place of the first."""

    name: str
    unfinished: Unfinished
    write: Callable[[Measured], dict]


@dataclass(frozen=True)
class Outcome:
    """spare_s: the time left unused after this candidate. still_open: None where more time could not decide it."""

    spare_s: float
    still_open: OpenCandidate | None = None


def measure(state: AuditState, folder: Path, one: Candidate, known: Known, spare_s: float = 0.0) -> Outcome:
    """spare_s: time that earlier candidates left unused."""
    started, started_s, name = now_utc(), time.monotonic(), f"candidates/{one.id}"
    findings: list[Finding] = []
    changed, result = state.patient.candidate(one), state.built[one.id]
    described, rules = _described(state, one, changed), policy.parse(policy.load())
    plan = Plan((state.manifest.metric,), state.budget.candidate_s + spare_s, state.budget.pilot_blocks,
                state.budget.other_pilot_blocks, family_count=len(state.manifest.candidates),
                deciding_gain_ratio=rules.deciding_gain(one.risk, sum(described["lines"].values())),
                allowed_loss_ratio=rules.maximum_loss_ratio, counts_instructions=state.budget.counts_candidates)
    measured, unfinished = against_baseline(state, folder, name, changed, result, known, findings, plan)
    binaries = [state.baseline] if isinstance(result, BuildFailed) else [state.baseline, result]

    def write(more: Measured | None = None) -> dict:
        data = described | measured | ({} if more is None else timing(more))
        audit_state.write(state, folder, name, "candidate", data, started_utc=started, inputs_sha256=state.wanted[name],
                          binaries=binaries, findings=findings)
        return data

    head_to_head.refuse_invalid(name, write(), version.evidence_path(folder, name))
    return Outcome(max(0.0, plan.budget_s - (time.monotonic() - started_s)), OpenCandidate(name, unfinished, write) if unfinished else None)


def measure_on(state: AuditState, folder: Path, one: OpenCandidate, spare_s: float) -> float:
    """Spend spare_s on a candidate that is open; returns what is left of it. If the environment becomes invalid meanwhile, the evidence of
    the first part stays."""
    if not blocks_within(one.unfinished.experiment, spare_s):
        return spare_s
    started_s = time.monotonic()
    with Progress(f"{one.name}, still open", spare_s, step_s=1.0) as progress:
        more = head_to_head.measure_on(state, folder, one.name, one.unfinished, spare_s, progress)
    if not (more.campaign and more.campaign["invalid"]):
        one.write(more)
    return max(0.0, spare_s - (time.monotonic() - started_s))


def timing(measured: Measured) -> dict:
    return {"runs": measured.rows, "campaign": measured.campaign, "failure": measured.failure}


def against_baseline(state: AuditState, folder: Path, name: str, changed: Variant, result: Binary | BuildFailed,
                     known: Known, findings: list[Finding], plan: Plan) -> tuple[dict, Unfinished | None]:
    """The measurements of a candidate or of the union: build, answers, failure, runs, campaign, memory,
    instructions_count; and how to add blocks to its campaign."""
    measured: dict[str, Any] = {"build": {"passed": True, "log": ""}, "answers": [], "failure": None, "runs": [], "campaign": None,
                "memory": [], "instructions_count": None}
    if isinstance(result, BuildFailed):
        return measured | {"build": {"passed": False, "log": result.log},
                           "failure": {"reason": "build", "detail": result.log[-500:]}}, None
    unfinished = None
    with Progress(name, plan.budget_s, step_s=1.0) as progress:
        measured["answers"], measured["failure"] = _check_answers(state, result, known)
        if measured["failure"] is None:
            timed = head_to_head.measure(state, folder, name, changed, known.references, plan, progress)
            measured |= timing(timed)
            unfinished = timed.unfinished
        if measured["failure"] is None:
            measured["memory"] = [*known.memory, *(row for one in known.references
                                                   for row in _allocations(state, result, one.size))]
            measured["instructions_count"] = _instructions(state, result, known, findings) if plan.counts_instructions else None
    return measured, unfinished


def _described(state: AuditState, one: Candidate, changed: Variant) -> dict:
    lines = state.patient.lines(changed)
    return {
        "candidate": {"id": one.id, "title": one.title, "change": {one.change.kind: _plain(one.change.value)},
                      "targets": one.targets, "predicted_gain": one.predicted_gain, "risk": one.risk,
                      "risk_why": one.risk_why, "rollback": one.rollback,
                      "is_yardstick": one.is_yardstick},
        "lines": {"added_count": lines.added_count, "removed_count": lines.removed_count},
    }


def _plain(value):
    return list(value) if isinstance(value, tuple) else value


def _check_answers(state: AuditState, binary: Binary, known: Known) -> tuple[list[dict], dict | None]:
    """Both answers at every size, and the first error of the candidate's answers, or None."""
    checked, failure = [], None
    for one in known.references:
        found = state.patient.subject(state, {"B": OneLayout(binary)}, one).answer("B", one.size)
        equal = found.answer == one.answer
        checked.append({"size": one.size, "baseline": one.answer, "candidate": found.answer, "equal": equal})
        if found.failure:
            failure = {"reason": found.failure, "detail": f"size {one.size}: {found.detail}"}
            failure |= {"backtraces": found.backtraces} if found.backtraces else {}
        elif not equal:
            failure = {"reason": "answer", "detail": f"size {one.size}: the baseline answers {one.answer}, "
                                                     f"the candidate {found.answer}"}
        if failure:
            break  # one failure is enough, and each hang would cost its whole time limit
    return checked, failure


def _allocations(state: AuditState, binary: Binary, size: str) -> list[dict]:
    """None where nothing can be counted, which the phase of memory has reported."""
    try:
        return state.patient.allocations(state, binary, size) if counter.LIBRARY.exists() else []
    except Unavailable:
        return []


def _instructions(state: AuditState, binary: Binary, known: Known, findings: list[Finding]) -> dict | None:
    counted = instructions.count(state, binary, findings) if known.instructions_count is not None else None
    if counted is None:
        return None
    return {"baseline": known.instructions_count, "candidate": counted["total_count"]}
