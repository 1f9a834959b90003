"""test_exec_by_thread.py - a thread that is not the first becomes another program: it takes over the number of the first."""

import json
import subprocess
import time
from pathlib import Path

import pytest
from recorded_session import BACKENDS, CLINIC, RUN_TIMEOUT_S, VICTIMS, Session, needs_perf, read_session

VICTIM = VICTIMS / "exec_by_thread"


def has_both(session: Session, share: float) -> bool:
    return session.share("burn_before_exec") > share and session.share("burn_after_exec") > share


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_work_before_and_after_is_seen(record, backend):
    session = record(VICTIM, backend=backend)
    assert session.returncode == 7 and has_both(session, 0.3), session.stderr
    assert session.complete_ratio() > 0.95
    before = {session.file["threads"]["name"][thread] for thread in session.file["samples"]["thread"]}
    assert before, "threads have names"


@pytest.mark.slow
def test_waits_of_those_that_vanish_end(record):
    session = record(VICTIM, backend="perf", options=("-e", "cpu,offcpu"))
    assert session.returncode == 7 and has_both(session, 0.3), session.stderr


@pytest.mark.slow
def test_allocations_and_locks_of_both_programs(record):
    """The expected numbers include an allocation of the C library for each thread."""
    session = record(VICTIM, options=("-e", "alloc,lock"))
    assert session.returncode == 7 and sum(session.file["allocations"]["allocations_count"]) >= 4, session.stderr


def perf_events_of(pid: int) -> int:
    return sum("perf_event" in str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir())


def wait_for_events(recorder: subprocess.Popen) -> None:
    """Waits until the recorder has attached its events."""
    for _ in range(1000):
        if recorder.poll() is not None or perf_events_of(recorder.pid):
            return
        time.sleep(0.02)
    raise AssertionError("the recorder never attached")


@pytest.mark.slow
def test_an_attached_one_goes_on(tmp_path):
    needs_perf()
    target = subprocess.Popen([VICTIM, "wait"], stdin=subprocess.PIPE)
    recorder = subprocess.Popen([CLINIC, "record", "-p", str(target.pid), "-d", "6", "-o", tmp_path / "s.json"],
                                stderr=subprocess.PIPE, text=True)
    wait_for_events(recorder)
    time.sleep(1)
    target.stdin.write(b"\n")
    target.stdin.flush()
    said = recorder.communicate(timeout=RUN_TIMEOUT_S)[1]
    target.kill()
    target.communicate()
    session = Session(read_session(tmp_path / "s.json"), "", said, recorder.returncode)
    assert has_both(session, 0.05), json.dumps(session.file["strings"])[:2000]
