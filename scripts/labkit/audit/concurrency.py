"""concurrency.py - what the threads of the baseline wait for, when more is offered than it can answer.  [load] -> concurrency -> evidence

Three instruments look at the same load in processes of their own: gdb stops one in the middle and takes the backtrace of every thread, our lock
instrument times every wait for a lock, and our sampler records every time that a thread was off the CPU.
"""

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labkit.audit.audit_state import AuditState
from labkit.host import Finding
from labkit.instruments import Unavailable, clinic, lock_session
from labkit.instruments.backtraces import KEPT_CHARACTERS, backtraces_of
from labkit.instruments.perf import pinned
from labkit.instruments.witness_run import readable
from labkit.progress import Progress
from labkit.workload.offered_load import server_of

BATCHES_SECONDS = 0.5  # of a load in batches, which is many times what can be answered
LOOKED_AT_RATIO = 0.6  # of these seconds have passed when gdb looks
GDB_TIMEOUT_S, RECORD_TIMEOUT_S = 60.0, 60.0
STACKS_KEPT, FRAMES_KEPT = 12, 20  # the kernel's frames are some of these
COST = {"gdb": "no backtrace shows where each thread is", "locks": "nothing says which lock was waited for, and who held it",
        "off-cpu": "the share of waiting is unknown"}


def measure(state: AuditState, _folder: Path, findings: list[Finding]) -> dict[str, Any]:
    """Evidence of concurrency.schema.json; of a server with several shapes, the last one. What could not be seen is None, with a finding."""
    plan = state.manifest.offered
    rate, seconds, shape = plan.crowd_per_s, BATCHES_SECONDS if plan.batch_size else float(state.budget.watched_s), (plan.shapes or ("",))[-1]
    server = server_of(state.manifest, state.patient.baseline(), shape=shape)
    argv = pinned(server.command(rate, seconds), state.cpu)
    looks: dict[str, Callable[[list[str]], Any]] = {"gdb": lambda argv: _backtraces(argv, LOOKED_AT_RATIO * seconds), "locks": _locks, "off-cpu": _off_cpu}
    found: dict[str, Any] = {}
    with Progress(f"concurrency ({rate:.0f} {state.manifest.op}s a second)", len(looks)) as progress:
        for name, look in looks.items():
            try:
                found[name] = look(argv)
            except Unavailable as reason:
                found[name] = None
                findings.append(Finding("warning", name, str(reason), COST[name]))
            progress.advance(name)
    return {**({"shape": shape} if shape else {}), "offered_per_s": rate, "seconds": seconds, "backtraces": found["gdb"], "locks": found["locks"], "off_cpu": found["off-cpu"]}


def _backtraces(argv: list[str], after_s: float) -> str:
    """gdb's `thread apply all bt` of a process that is then killed. taskset becomes the program, so the process is that of the program."""
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            time.sleep(after_s)
            seen = backtraces_of(server.pid, timeout_s=GDB_TIMEOUT_S)
        finally:
            server.kill()
    if not seen.startswith("Thread "):
        raise Unavailable(seen)
    return readable(seen)[:KEPT_CHARACTERS]


def _locks(argv: list[str]) -> list[dict[str, Any]]:
    return lock_session.record(argv, timeout_s=RECORD_TIMEOUT_S)


def _off_cpu(argv: list[str]) -> dict[str, Any]:
    """Sums over all threads, and the stacks with the longest blocked times, innermost frame first."""
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        session = Path(folder) / "waits.json"
        clinic.record(argv, session, events="cpu,offcpu", timeout_s=RECORD_TIMEOUT_S)
        seen = clinic.report(session)["off_cpu"]
    if seen is None:
        raise Unavailable("this kernel does not show when a thread leaves its CPU")
    worst = sorted(seen["stacks"], key=lambda one: -one["blocked_ns"])[:STACKS_KEPT]
    return {**{key: seen[key] for key in ("watched_ns", "blocked_ns", "ready_ns", "waits_count")},
            "stacks": [{"blocked_ns": one["blocked_ns"], "waits_count": one["waits_count"], "frames": one["stack"][:-FRAMES_KEPT - 1:-1]} for one in worst]}
