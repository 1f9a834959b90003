"""counters.py - find what limits the program: hardware counters where available, else a simulated CPU, labelled as such."""

from pathlib import Path

from labkit.audit.audit_state import AuditState
from labkit.host import Finding, has_pmu
from labkit.instruments import Unavailable, perf, valgrind
from labkit.progress import Progress
from labkit.workload import harness

SIMULATED = "cachegrind (simulated)"
HARDWARE = "perf stat"


def measure(state: AuditState, folder: Path, findings: list[Finding]) -> dict:
    size = state.manifest.main_size
    with Progress("counters", 2) as progress:
        software = _perf_stat(state, findings)
        progress.advance("perf stat")
        simulated = None if has_pmu() else _simulate(state, size, findings)
    return {
        "source": SIMULATED if simulated else HARDWARE,
        "size": size,
        "ops_count": state.manifest.fixture.sizes[size],
        "events": software,
        "simulated": simulated,
        "versions": {"perf": perf.version(), "valgrind": valgrind.version()},
    }


def _perf_stat(state: AuditState, findings: list[Finding]) -> list[dict]:
    argv = harness.command(state.manifest, state.baseline, state.manifest.main_size, "--seconds", "2")
    try:
        return perf.count(argv, cpu=state.cpu, timeout_s=state.budget.timeout_s + 30)
    except Unavailable as reason:
        findings.append(Finding("warning", "perf stat", str(reason), "no kernel counters in this report"))
        return []


def _simulate(state: AuditState, size: str, findings: list[Finding]) -> dict[str, int] | None:
    """The counts of the timed loop alone: those of a long run minus those of a short run, without start-up and input."""
    def totals(runs_count: int) -> dict[str, int]:
        argv = harness.command(state.manifest, state.baseline, size, "--warmup", "1", "--batch", "1",
                               "--runs", str(runs_count))
        return valgrind.simulated_events(argv, timeout_s=300)

    try:
        short, long = totals(1), totals(6)
        return {name: (long[name] - short[name]) // 5 for name in long}
    except Unavailable as reason:
        findings.append(Finding("warning", "cachegrind", str(reason), "the resource that limits the program is unknown"))
        return None
