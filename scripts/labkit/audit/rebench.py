"""rebench.py - the accepted candidates together, against the baseline, on fresh processes: confirmation, not selection."""

from collections.abc import Sequence
from pathlib import Path

from labkit.analysis.decide import Decision
from labkit.audit import audit_state, candidates, command, growth, head_to_head, heap, load_curves, version
from labkit.audit.audit_state import AuditState
from labkit.audit.candidates import Known
from labkit.audit.head_to_head import Plan
from labkit.evidence import now_utc
from labkit.host import Finding
from labkit.metrics import shown_metrics
from labkit.workload.build import Binary, BuildFailed
from labkit.workload.variant import UNION, Variant


def measure(state: AuditState, folder: Path, decisions: Sequence[Decision], known: Known) -> None:
    started = now_utc()
    findings: list[Finding] = []
    merged = state.patient.union(accepted(state, decisions))
    built = state.patient.build_all([merged])[UNION]
    data = _described(state, merged)
    plan = Plan(shown_metrics(state.manifest.metric), state.budget.rebench_s, state.budget.rebench_pilot_blocks,
                state.budget.rebench_pilot_blocks)
    measured, _ = candidates.against_baseline(state, folder, "rebench", merged, built, known, findings, plan)
    data |= measured
    union = None if data["failure"] or isinstance(built, BuildFailed) else built
    data["stage_runs"] = _stages_of_both(state, union, data["answers"]) if union else []
    data["heap"] = heap.measure(state, folder, union, findings) if union else None
    data["growth"] = growth.measure(state, union, findings) if union else None
    data["load"] = load_curves.measure(state, merged, findings) if union else None
    data["assertions"] = [row for binary in (state.baseline, union) for row in state.patient.assert_silence(state, binary, findings)] if union else []
    binaries = [state.baseline] if isinstance(built, BuildFailed) else [state.baseline, built]
    data["command"] = command.time_whole(state, binaries, findings)
    audit_state.write(state, folder, "rebench", "rebench", data, started_utc=started,
                      inputs_sha256=state.rebench_inputs(folder), binaries=binaries, findings=findings)
    head_to_head.refuse_invalid("rebench", data, version.evidence_path(folder, "rebench"))


def _stages_of_both(state: AuditState, union: Binary, answers: list[dict]) -> list[dict]:
    """The time of each stage before and after, at the size of the complaint. These figures describe and are not tested."""
    size = state.manifest.main_size
    expect = next(one["baseline"] for one in answers if one["size"] == size)
    return [run for binary in (state.baseline, union) for run in state.patient.stage_runs(state, binary, size, expect)]


def accepted(state: AuditState, decisions: Sequence[Decision]):
    """The accepted candidates, best first: of two that change the same lines, the better one is kept."""
    by_id = {one.id: one for one in state.manifest.candidates}
    ranked = sorted((one for one in decisions if one.accepted), key=lambda one: (-one.gain_ratio, one.id))
    return [by_id[one.id] for one in ranked]


def _described(state: AuditState, merged: Variant) -> dict:
    lines = state.patient.lines(merged)
    return {
        "accepted": list(merged.members),
        "left_out": [{"id": name, "reason": reason} for name, reason in merged.left_out],
        "lines": {"added_count": lines.added_count, "removed_count": lines.removed_count},
    }
