"""counters.py - find what limits the program: hardware counters where available, else a simulated CPU, labelled as such."""

from pathlib import Path

from labkit.audit.audit_state import AuditState
from labkit.host import Finding, has_pmu
from labkit.instruments import Unavailable, perf, valgrind
from labkit.progress import Progress
from labkit.workload.command_runs import Invocation

SIMULATED = "cachegrind (simulated)"
HARDWARE = "perf stat"


def measure(state: AuditState, folder: Path, findings: list[Finding]) -> dict:
    size = state.manifest.main_size
    load, ops_count = state.patient.counted(state, state.budget.watched_s)
    with Progress("counters", 2) as progress:
        software = _perf_stat(state, load, findings)
        progress.advance("perf stat")
        simulated = None if has_pmu() else _simulate(state, size, findings)
    return {
        "source": SIMULATED if simulated else HARDWARE,
        "size": size,
        "ops_count": state.manifest.fixture.sizes[size] if simulated else ops_count,
        "events": software,
        "simulated": simulated,
        "versions": {"perf": perf.version(), "valgrind": valgrind.version()},
    }


def _perf_stat(state: AuditState, load: Invocation, findings: list[Finding]) -> list[dict]:
    try:
        return perf.count(list(load.argv), cpu=state.patient.cpu(state), timeout_s=state.budget.timeout_s + 30, **load.how())
    except Unavailable as reason:
        findings.append(Finding("warning", "perf stat", str(reason), "no kernel counters in this report"))
        return []


def _simulate(state: AuditState, size: str, findings: list[Finding]) -> dict[str, int] | None:
    def totals(one: Invocation) -> dict[str, int]:
        return valgrind.simulated_events(list(one.argv), timeout_s=state.budget.counting_limit_s, **one.how())

    try:
        return state.patient.simulated(size, state.budget.simulated_runs, totals)
    except Unavailable as reason:
        findings.append(Finding("warning", "cachegrind", str(reason), "the resource that limits the program is unknown"))
        return None
