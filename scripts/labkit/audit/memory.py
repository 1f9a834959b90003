"""memory.py - allocations per stage, size and call site, counts of the same by four other tools, and memory over time."""

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from labkit.audit import growth, heap
from labkit.audit.audit_state import AuditState
from labkit.host import Finding
from labkit.instruments import Unavailable, counter, heap_session, heaptrack, valgrind
from labkit.progress import Progress

SERIES_STEP_S = 0.005  # a program that grows within a run and gives all back at its end is a saw, and has to look like one
PAGE_BYTES = 4096
WITNESS_RUNS = 5
PEAK_RUNS = 20
WITNESS_LIMIT_S = 120  # at most, of one witness


def measure(state: AuditState, folder: Path, findings: list[Finding]) -> dict:
    sizes = list(state.manifest.fixture.sizes)
    with Progress("memory", len(sizes) + len(WITNESSES)) as progress:
        stages = _stages(state, sizes, findings, progress)
        sites = heap.measure(state, folder, state.baseline, findings)
        peaks = [_peak(state, size) for size in sizes]
        witnesses = _witnesses(state, findings, progress)
        series = _resident_over_time(state)
        grown = growth.measure(state, state.baseline, findings)
    return {"stages": stages, "heap": sites, "peak_rss": peaks, **witnesses, "rss_series": series, "growth": grown}


def _stages(state: AuditState, sizes: list[str], findings: list[Finding], progress: Progress) -> list[dict]:
    if not counter.LIBRARY.exists():
        findings.append(Finding("warning", "allocation counter", f"{counter.LIBRARY} is not built",
                                "no allocations per stage"))
        return []
    rows = []
    for size in sizes:
        try:
            rows += state.patient.allocations(state, state.baseline, size)
        except Unavailable as reason:
            findings.append(Finding("warning", "allocation counter", str(reason), f"no allocations are counted at {size}"))
        progress.advance(size)
    return rows


def _peak(state: AuditState, size: str) -> dict:
    row = state.patient.memory_run(state, state.baseline, size, PEAK_RUNS)
    return {"size": size, "max_rss_bytes": row["max_rss_bytes"]}


def _counted(argv: list[str], *, timeout_s: float, **how: Any) -> dict:
    return heap_session.record(argv, timeout_s=timeout_s, **how)["totals"]


WITNESSES = {"counter": _counted, "valgrind": valgrind.heap_totals, "dhat": valgrind.dhat_totals,
             "massif": valgrind.massif_peak, "heaptrack": heaptrack.summary}


def _witnesses(state: AuditState, findings: list[Finding], progress: Progress) -> dict:
    """Run the same command under our counter and under each other tool: {name: counts of the process, or None}."""
    load, limit_s = heap.single_batches(state, state.baseline, WITNESS_RUNS), min(WITNESS_LIMIT_S, state.budget.counting_limit_s)

    def ask(name: str) -> dict | Unavailable:
        try:
            return WITNESSES[name](list(load.argv), timeout_s=limit_s, **load.how())
        except Unavailable as reason:
            return reason
        finally:
            progress.advance(name)

    with ThreadPoolExecutor(max_workers=state.patient.counted_at_once) as pool:
        answers = dict(zip(WITNESSES, pool.map(ask, WITNESSES)))
    missing = {name: answer for name, answer in answers.items() if isinstance(answer, Unavailable)}
    findings += [Finding("warning", name, str(reason), "the allocation counts are confirmed by one tool fewer")
                 for name, reason in missing.items()]
    return answers | dict.fromkeys(missing)


def _resident_over_time(state: AuditState) -> list[dict]:
    """Resident set and threads of a sustained run, from /proc/PID/stat (proc(5), fields 24 and 20), monotonic clock."""
    load = state.patient.observed(state, state.budget.watched_s)
    series: list[dict] = []
    started_ns = time.monotonic_ns()
    with open(load.stdin or os.devnull, "rb") as source, subprocess.Popen(load.argv, stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                                                       cwd=load.folder, env=load.environment) as process:
        while process.poll() is None:
            try:
                fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()  # from field 3 on
            except OSError:
                break
            if int(fields[21]):
                series.append({"time_ns": time.monotonic_ns() - started_ns, "rss_bytes": int(fields[21]) * PAGE_BYTES,
                               "threads_count": int(fields[17])})
            time.sleep(SERIES_STEP_S)
    return series
