"""candidates.py - each change alone against the baseline: does it build, answer right, and what does it gain?

Answers before speed: a candidate that fails any of build, answer, crash or time limit is never timed, and
its evidence says why. The audit goes on.
"""

from pathlib import Path

from labkit import audit_state, variant
from labkit.audit_state import AuditState
from labkit.build import Binary, BuildFailed
from labkit.evidence import now_utc
from labkit.host import Finding
from labkit.instruments import counter
from labkit.manifest import Candidate
from labkit.measure import RowLog, allocations_by_stage, answers, interleaved
from labkit.outcome import LabError
from labkit.phases import instructions
from labkit.progress import Progress


def measure(state: AuditState, folder: Path, one: Candidate) -> None:
    started, name = now_utc(), f"candidates/{one.id}"
    findings: list[Finding] = []
    result = state.built[one.id]
    if isinstance(result, BuildFailed):
        data = _described(state, one) | _nothing_measured()
        data |= {"build": {"passed": False, "log": result.log},
                 "failure": {"reason": "build", "detail": result.log[-500:]}}
        binaries = [state.baseline]
    else:
        data = _described(state, one) | {"build": {"passed": True, "log": ""}}
        data |= against_baseline(state, folder, name, result, state.budget.candidate_blocks, findings)
        binaries = [state.baseline, result]
    audit_state.write(state, folder, name, "candidate", data, started_utc=started,
                      inputs_sha256=state.wanted[name], binaries=binaries, findings=findings)


def against_baseline(state: AuditState, folder: Path, name: str, binary: Binary, blocks_count: int,
                     findings: list[Finding]) -> dict:
    """answers, failure, runs, memory, instructions_count: the measured part of a candidate or of the union."""
    sizes = list(state.manifest.fixture.sizes)
    log = RowLog(folder, name)
    with Progress(name, len(sizes) * (4 * blocks_count + 1) + 1) as progress:
        checked, failure = _check_answers(state, binary)
        progress.advance("answers")
        measured = _nothing_measured() | {"answers": checked, "failure": failure}
        if failure is not None:
            return measured
        arms = {"A": (state.baseline, state.baseline.path), "B": (binary, binary.path)}
        for size, answer in zip(sizes, checked):
            def on_row(row: dict) -> None:
                log.add(row)
                progress.advance(size)

            rows = interleaved(state, arms, size, blocks_count=blocks_count, expect=answer["baseline"],
                               seed=state.seed(folder, f"{name}/{size}"), on_row=on_row)
            measured["runs"] += rows
            failed = next((row for row in rows if row["failure"]), None)
            if failed is not None:
                return measured | {"failure": _failed_run(failed)}
            measured["memory"] += _memory(state, binary, size)
            progress.advance(size)
        measured["instructions_count"] = _instructions(state, binary, findings)
    log.close()
    return measured


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


def _nothing_measured() -> dict:
    return {"answers": [], "failure": None, "runs": [], "memory": [], "instructions_count": None}


def _check_answers(state: AuditState, binary: Binary) -> tuple[list[dict], dict | None]:
    right, given = answers(state, state.baseline), answers(state, binary)
    checked = [{"size": size, "baseline": right[size]["answer"], "candidate": given[size]["answer"],
                "equal": right[size]["answer"] is not None and right[size]["answer"] == given[size]["answer"]}
               for size in right]
    for size, found in right.items():
        if found["failure"]:
            raise LabError(f"the baseline fails on size {size} ({found['failure']}): {found['detail']}")
    for row in checked:
        found = given[row["size"]]
        if found["failure"]:
            return checked, {"reason": found["failure"], "detail": f"size {row['size']}: {found['detail']}"}
        if not row["equal"]:
            return checked, {"reason": "answer", "detail": f"size {row['size']}: the baseline answers "
                             f"{row['baseline']}, the candidate {row['candidate']}"}
    return checked, None


def _failed_run(row: dict) -> dict:
    return {"reason": row["failure"], "detail": f"size {row['size']}, block {row['block']}: {row['detail']}"}


def _memory(state: AuditState, binary: Binary, size: str) -> list[dict]:
    if not counter.LIBRARY.exists():
        return []
    return [row for one in (state.baseline, binary)
            for row in allocations_by_stage(state, one, size, counter.environment())]


def _instructions(state: AuditState, binary: Binary, findings: list[Finding]) -> dict | None:
    counted = {one.variant: instructions.count(state, one, findings) for one in (state.baseline, binary)}
    if None in counted.values():
        return None
    return {"baseline": counted[state.baseline.variant]["total_count"], "candidate": counted[binary.variant]["total_count"]}
