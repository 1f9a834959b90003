"""profile.py - measure where the time goes: sustained load under a sampler, and under a second one where the machine has two.

The report draws the first sampling; the second, by another tool, checks it. The sessions are kept beside the evidence as
collapsed stacks, so that every share can be counted again.
"""

import tempfile
from pathlib import Path

from labkit.audit.audit_state import AuditState
from labkit.evidence import disk_errors
from labkit.host import Finding
from labkit.instruments import Unavailable, clinic, perf
from labkit.outcome import LabError
from labkit.phases import COMMAND
from labkit.progress import Progress
from labkit.workload.command_runs import Invocation

# Every function whose share may be asked for: entry functions of stages and targets of candidates may have little self time.
FUNCTIONS_KEPT = 1000
LINES_KEPT = 40
STARTED_AND_COUNTED_S = 3  # beside the sampling itself; only the time left depends on it


def measure(state: AuditState, folder: Path, findings: list[Finding]) -> dict:
    samplings = []
    samplers = {"clinic": _clinic, "perf": _perf}
    with Progress(f"profile ({state.budget.sampling_s} s under each sampler)", len(samplers),
                  step_s=state.budget.sampling_s + STARTED_AND_COUNTED_S) as progress:
        for name, sample in samplers.items():
            try:
                samplings.append(sample(state, folder))
            except Unavailable as reason:
                findings.append(Finding("warning", name, str(reason), "there is one sampler fewer to compare with"))
            progress.advance(name)
    if not samplings:
        raise LabError("no sampler works here: " + "; ".join(finding.text for finding in findings) +
                       "; `build/bin/clinic doctor` shows how to allow one")
    if state.manifest.kind == COMMAND and not samplings[0]["lines"]:
        findings.append(Finding("note", "profile", "The program has no debug information", "no source line stands beside a function; build it with -g"))
    return {"samplings": [_public(one) for one in samplings],
            "stages": _stages(state, samplings[0]), "lines": samplings[0]["lines"],
            "flame_graph": samplings[0]["flame_graph"]}


def _load(state: AuditState) -> Invocation:
    return state.patient.sustained(state, state.baseline, state.budget.sampling_s)


def _perf(state: AuditState, folder: Path) -> dict:
    with tempfile.TemporaryDirectory(prefix="clinic-") as scratch:
        load = _load(state)
        recorded = perf.record(list(load.argv), Path(scratch), cpu=state.patient.cpu(state), seconds=state.budget.sampling_s, **load.how())
        session = Path(scratch) / "perf.json"
        clinic.import_perf(recorded.script, session)
        sampling = _counted(state, folder, session, "perf")
    sampling |= {"event": recorded.event, "frequency_hz": recorded.frequency_hz, "version": perf.version(),
                 "duration_s": state.budget.sampling_s, "lost_count": recorded.lost_count}
    return sampling


def _clinic(state: AuditState, folder: Path) -> dict:
    with tempfile.TemporaryDirectory(prefix="clinic-") as scratch:
        session = Path(scratch) / "clinic.json"
        load = _load(state)
        clinic.run("record", "-F", str(perf.FREQUENCY_HZ), "-o", str(session), "--", *perf.pinned(load.argv, state.patient.cpu(state)),
                   timeout_s=state.budget.sampling_s * 2 + 60, **load.how())
        sampling = _counted(state, folder, session, "clinic")
    quality = sampling["quality"]
    sampling |= {"event": quality["backend"], "frequency_hz": perf.FREQUENCY_HZ, "version": "clinic",
                 "duration_s": state.budget.sampling_s, "lost_count": quality["lost_count"]}
    return sampling


def _counted(state: AuditState, folder: Path, session: Path, instrument: str) -> dict:
    """Functions and lines of one session, its collapsed stacks beside the evidence, and its flame graph."""
    stacks = folder / "evidence" / f"profile-{instrument}.collapsed.gz"
    with disk_errors(stacks):
        clinic.export(session, stacks, "--weight", "samples")
    by_function = clinic.report(session, "--top", str(FUNCTIONS_KEPT))
    by_line = clinic.report(session, "--by", "line", "--top", str(LINES_KEPT))
    total = by_function["quality"]["samples_count"]
    return {
        "instrument": instrument, "samples_count": total, "stacks": stacks.name, "quality": by_function["quality"],
        "flame_graph": _draw(state, folder, session, instrument, total),
        "functions": [_placed(state, _function(one, total)) for one in by_function["functions"]],
        "lines": [_placed(state, _line(one, total)) for one in by_line["functions"] if one.get("line")],
    }


def _placed(state: AuditState, row: dict) -> dict:
    return row | {"file": state.patient.own_path(state.baseline, row["file"])}


def _function(one: dict, total: int) -> dict:
    return {"name": one["name"], "file": one.get("file") or None, "line": one.get("line") or None,
            "self_count": round(one["self_ratio"] * total), "total_count": round(one["total_ratio"] * total)}


def _line(one: dict, total: int) -> dict:
    return {"file": one["file"], "line": one["line"], "function": one["name"],
            "self_count": round(one["self_ratio"] * total)}


def _stages(state: AuditState, sampling: dict) -> list[dict]:
    totals = {one["name"]: one["total_count"] for one in sampling["functions"]}
    return [{"name": stage.name, "entry": stage.entry, "samples_count": totals.get(stage.entry, 0)}
            for stage in state.manifest.stages]


def _draw(state: AuditState, folder: Path, session: Path, instrument: str, samples_count: int) -> str:
    figure = folder / "figures" / f"flamegraph-{instrument}.svg"
    with disk_errors(figure):
        figure.parent.mkdir(exist_ok=True)
    clinic.export(session, figure, "--title", f"{state.manifest.name}, {state.manifest.main_size}: "
                  f"{samples_count} samples by {instrument}")
    return f"figures/{figure.name}"


def _public(sampling: dict) -> dict:
    return {key: value for key, value in sampling.items() if key != "lines"}
