"""library_self_test.py - check the harness on cases with a known result before its measurements are used."""


from labkit.audit.patient import AuditInProgress
from labkit.workload import harness
from labkit.workload.harness import Load

BUSY_MS = 30


def run(state: AuditInProgress) -> list[dict]:
    return [_clock(state), _wrong_answer(state)]


def _clock(state: AuditInProgress) -> dict:
    """The harness's sum of samples against the CPU time that the kernel accounts to the same process."""
    size = state.manifest.main_size
    row = harness.must(harness.observe(state.manifest, state.baseline, Load(size, minimum_ms=BUSY_MS), cpu=state.cpu,
                                       timeout_s=state.budget.timeout_s), "testing the clock")
    timed_ms, wall_ms = sum(row["samples_ns"]) / 1e6, row["wall_ns"] / 1e6
    return {"instrument": "harness clock", "expected": f"at least {BUSY_MS} ms timed, and no more than the process lived",
            "measured": f"{timed_ms:.1f} ms timed in {wall_ms:.1f} ms", "passed": BUSY_MS <= timed_ms <= wall_ms}


def _wrong_answer(state: AuditInProgress) -> dict:
    """The harness must refuse an answer other than the expected one; otherwise its check would be worthless."""
    load = Load(state.manifest.main_size, expect="0x0000000000000001")
    row = harness.observe(state.manifest, state.baseline, load, cpu=state.cpu, timeout_s=state.budget.timeout_s)
    refused = row["failure"] == "answer"
    return {"instrument": "answer check", "expected": "a planted wrong expectation is refused",
            "measured": "refused" if refused else f"not refused ({row['failure']})", "passed": refused}
