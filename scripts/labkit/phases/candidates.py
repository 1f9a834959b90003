"""candidates.py - each change alone against the baseline: does it build, answer right, and what does it gain?

Answers before speed: a candidate that fails any of build, answer, crash or time limit is never timed, and
its evidence says why. The audit goes on.
"""

from dataclasses import dataclass
from pathlib import Path

from labkit.audit import audit_state
from labkit.audit.audit_state import AuditState
from labkit.audit.measure import Reference, RowLog, allocations_by_stage, interleaved, reference
from labkit.evidence import now_utc
from labkit.host import Finding
from labkit.instruments import counter
from labkit.phases import instructions
from labkit.progress import Progress
from labkit.workload import patient, variant
from labkit.workload.build import Binary, BuildFailed
from labkit.workload.manifest import Candidate


@dataclass(frozen=True)
class Known:
    """What every comparison needs of the baseline, measured once for all of them."""

    references: tuple[Reference, ...]  # one per size
    memory: tuple[dict, ...]
    instructions_count: int | None


def know_baseline(state: AuditState) -> Known:
    sizes = list(state.manifest.fixture.sizes)
    counted = instructions.count(state, state.baseline, [])
    return Known(tuple(reference(state, size) for size in sizes),
                 tuple(row for size in sizes for row in _allocations(state, state.baseline, size)),
                 counted["total_count"] if counted else None)


def measure(state: AuditState, folder: Path, one: Candidate, known: Known) -> None:
    started, name = now_utc(), f"candidates/{one.id}"
    findings: list[Finding] = []
    result = state.built[one.id]
    data = _described(state, one) | against_baseline(state, folder, name, result, known, findings,
                                                     main_blocks=state.budget.candidate_blocks,
                                                     other_blocks=state.budget.other_blocks)
    binaries = [state.baseline] if isinstance(result, BuildFailed) else [state.baseline, result]
    audit_state.write(state, folder, name, "candidate", data, started_utc=started,
                      inputs_sha256=state.wanted[name], binaries=binaries, findings=findings)


def against_baseline(state: AuditState, folder: Path, name: str, result: Binary | BuildFailed, known: Known,
                     findings: list[Finding], *, main_blocks: int, other_blocks: int) -> dict:
    """build, answers, failure, runs, memory, instructions_count: the measured part of a candidate or of the union."""
    measured = {"build": {"passed": True, "log": ""}, "answers": [], "failure": None, "runs": [], "memory": [],
                "instructions_count": None}
    if isinstance(result, BuildFailed):
        return measured | {"build": {"passed": False, "log": result.log},
                           "failure": {"reason": "build", "detail": result.log[-500:]}}
    blocks = {one.size: main_blocks if one.size == state.manifest.main_size else other_blocks
              for one in known.references}
    with Progress(name, 4 * sum(blocks.values()) + 2) as progress:
        measured["answers"], measured["failure"] = _check_answers(state, result, known)
        progress.advance("answers")
        if measured["failure"] is None:
            measured["runs"], measured["failure"] = _timed(state, folder, name, result, known, blocks, progress)
        if measured["failure"] is None:
            measured["memory"] = [*known.memory, *(row for one in known.references
                                                   for row in _allocations(state, result, one.size))]
            measured["instructions_count"] = _instructions(state, result, known, findings)
    return measured


def _timed(state: AuditState, folder: Path, name: str, binary: Binary, known: Known, blocks: dict[str, int],
           progress: Progress) -> tuple[list[dict], dict | None]:
    """Rows of every size, up to the first run that failed, and that failure."""
    log, runs = RowLog(folder, name), []

    def on_row(row: dict) -> None:
        log.add(row)
        progress.advance(row["size"])

    arms = {"A": (state.baseline, state.baseline.path), "B": (binary, binary.path)}
    for one in known.references:
        rows = interleaved(state, arms, one, blocks_count=blocks[one.size],
                           seed=state.seed(folder, f"{name}/{one.size}"), on_row=on_row)
        runs += rows
        failed = next((row for row in rows if row["failure"]), None)
        if failed is not None:
            log.close()
            return runs, _failed_run(failed)
    log.close()
    return runs, None


def _described(state: AuditState, one: Candidate) -> dict:
    before = variant.baseline(state.manifest)
    lines = variant.lines_changed(before.sources, variant.candidate(state.manifest, one).sources)
    return {
        "candidate": {"id": one.id, "title": one.title, "change": {one.change.kind: _plain(one.change.value)},
                      "targets": one.targets, "predicted_gain": one.predicted_gain, "risk": one.risk,
                      "risk_why": one.risk_why, "rollback": one.rollback},
        "lines": {"added_count": lines.added_count, "removed_count": lines.removed_count},
    }


def _plain(value):
    return list(value) if isinstance(value, tuple) else value


def _check_answers(state: AuditState, binary: Binary, known: Known) -> tuple[list[dict], dict | None]:
    """Both answers at every size, and the first thing that is wrong with the candidate's."""
    checked, failure = [], None
    for one in known.references:
        found = patient.answer_of(state.manifest, binary, one.size, cpu=state.cpu, timeout_s=state.budget.timeout_s)
        equal = found["answer"] == one.answer
        checked.append({"size": one.size, "baseline": one.answer, "candidate": found["answer"], "equal": equal})
        if found["failure"]:
            failure = {"reason": found["failure"], "detail": f"size {one.size}: {found['detail']}"}
        elif not equal:
            failure = {"reason": "answer", "detail": f"size {one.size}: the baseline answers {one.answer}, "
                                                     f"the candidate {found['answer']}"}
        if failure:
            break  # one is enough, and a hang costs its whole time limit
    return checked, failure


def _failed_run(row: dict) -> dict:
    return {"reason": row["failure"], "detail": f"size {row['size']}, block {row['block']}: {row['detail']}"}


def _allocations(state: AuditState, binary: Binary, size: str) -> list[dict]:
    if not counter.LIBRARY.exists():
        return []
    return allocations_by_stage(state, binary, size, counter.environment())


def _instructions(state: AuditState, binary: Binary, known: Known, findings: list[Finding]) -> dict | None:
    counted = instructions.count(state, binary, findings)
    if counted is None or known.instructions_count is None:
        return None
    return {"baseline": known.instructions_count, "candidate": counted["total_count"]}
