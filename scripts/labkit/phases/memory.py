"""memory.py - allocations per stage and size, the same process counted by two more tools, and memory over time."""

import subprocess
import time
from pathlib import Path

from labkit.audit import audit_state
from labkit.audit.audit_state import AuditState
from labkit.audit.measure import allocations_by_stage
from labkit.evidence import now_utc
from labkit.host import Finding
from labkit.instruments import Unavailable, counter, heaptrack, valgrind
from labkit.progress import Progress
from labkit.workload import patient
from labkit.workload.patient import Load

SERIES_SECONDS = 2
SERIES_STEP_S = 0.02
PAGE_BYTES = 4096


def measure(state: AuditState, folder: Path) -> None:
    started, sizes = now_utc(), list(state.manifest.fixture.sizes)
    findings: list[Finding] = []
    with Progress("memory", len(sizes) + 4) as progress:
        stages = _stages(state, sizes, findings, progress)
        peaks = [_peak(state, size) for size in sizes]
        witnesses = _witnesses(state, findings, progress)
        series = _resident_over_time(state)
    data = {"stages": stages, "peak_rss": peaks, **witnesses, "rss_series": series}
    audit_state.write(state, folder, "memory", "memory", data, started_utc=started,
                      inputs_sha256=state.wanted["memory"], binaries=[state.baseline], findings=findings)


def _stages(state: AuditState, sizes: list[str], findings: list[Finding], progress: Progress) -> list[dict]:
    if not counter.LIBRARY.exists():
        findings.append(Finding("warning", "allocation counter", f"{counter.LIBRARY} is not built",
                                "no allocations per stage"))
        return []
    rows = []
    for size in sizes:
        rows += allocations_by_stage(state, state.baseline, size, counter.environment())
        progress.advance(size)
    return rows


def _peak(state: AuditState, size: str) -> dict:
    row = patient.must(patient.observe(state.manifest, state.baseline, Load(size, samples_count=20), cpu=state.cpu,
                                       timeout_s=state.budget.timeout_s), "measuring memory")
    return {"size": size, "max_rss_bytes": row["max_rss_bytes"]}


def _witnesses(state: AuditState, findings: list[Finding], progress: Progress) -> dict:
    """The same command under our counter, valgrind and heaptrack: {"counter", "valgrind", "heaptrack"}."""
    argv = patient.command(state.manifest, state.baseline, state.manifest.main_size, "--warmup", "1", "--batch", "1",
                           "--runs", "5")
    tools = {"counter": counter.process_totals, "valgrind": valgrind.heap_totals, "heaptrack": heaptrack.summary}
    found: dict = {}
    for name, ask in tools.items():
        try:
            found[name] = ask(argv, timeout_s=120)
        except Unavailable as reason:
            found[name] = None
            findings.append(Finding("warning", name, str(reason), "one witness fewer for the allocation counts"))
        progress.advance(name)
    return found


def _resident_over_time(state: AuditState) -> list[dict]:
    """VmRSS of a sustained run from /proc/PID/statm (proc(5), field 2, pages), on the monotonic clock."""
    argv = patient.command(state.manifest, state.baseline, state.manifest.main_size, "--seconds", str(SERIES_SECONDS))
    series: list[dict] = []
    started_ns = time.monotonic_ns()
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            try:
                pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
            except (OSError, IndexError):
                break
            if pages:
                series.append({"time_ns": time.monotonic_ns() - started_ns, "rss_bytes": pages * PAGE_BYTES})
            time.sleep(SERIES_STEP_S)
    return series
