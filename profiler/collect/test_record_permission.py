"""test_record_permission.py - with fewer permissions, `clinic record` and `clinic doctor` say what cannot be recorded."""

import json
import os

import pytest
from recorded_session import KERNEL, OURSELVES, UNSAMPLED, VICTIMS, Caller, assert_split_by_function, needs_perf, run


@pytest.mark.slow
def test_kernel_time_without_permission(record, nobody):
    """Without permission, clock ticks in the kernel give no samples; their time is shown as [kernel, unsampled]."""
    session = record(nobody.victims / "syscall_heavy", backend="perf", by=nobody)
    if session.sees_kernel():
        pytest.skip("kernel.perf_event_paranoid lets everybody see the kernel here")
    quality = session.file["quality"]
    assert "user mode only" in session.stderr
    unsampled = session.weight_where(lambda names: UNSAMPLED in names)
    assert unsampled == quality["accounted_kernel_ns"] > 0.5 * quality["accounted_cpu_ns"]
    assert not any(flag & KERNEL for stack, flag in zip(session.file["samples"]["stack"], session.flags())
                   if UNSAMPLED not in session.stacks[stack])


def test_unprivileged_split(record, nobody):
    session = record(nobody.victims / "split_functions", 500, backend="perf", by=nobody)
    assert_split_by_function(session)


@pytest.mark.slow
def test_timers_take_over_where_perf_is_forbidden(record):
    session = record(VICTIMS / "split_functions", 500, prefix=[VICTIMS / "forbid_perf"])
    assert session.file["about"]["backend"] == "timer"
    refused = [session.file["strings"][text] for text in session.file["refusals"]["backend"]]
    assert any(name.startswith("perf") for name in refused)
    assert set(session.file["refusals"]["errno_number"]) == {1}, "EPERM of the filter"
    assert_split_by_function(session)


def test_forbidden_and_forced(tmp_path):
    done = run("record", "--backend", "perf", "-o", tmp_path / "s.json", "true", prefix=[VICTIMS / "forbid_perf"])
    assert done.returncode == 2
    assert "clinic doctor" in done.stderr
    assert "Operation not permitted" in done.stderr
    assert not (tmp_path / "s.json").exists()


def doctor(*prefix, by: Caller = OURSELVES) -> dict:
    done = run("doctor", "--json", by=by, prefix=prefix)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_doctor_agrees_with_record(record):
    health = doctor()
    session = record("true")
    assert health["backend"] == session.file["about"]["backend"]
    assert health["perf_event"] == session.file["about"]["event"]
    assert health["timer"] is True
    assert run("doctor").stdout.startswith(f"clinic record would use: {health['backend']}\n")


def test_doctor_tells_what_would_allow_it():
    health = doctor(VICTIMS / "forbid_perf")
    assert health["backend"] == "timer"
    assert health["seccomp_filter"] is True
    assert all(refusal["errno_number"] == 1 for refusal in health["refusals"])
    assert all("docker run --security-opt seccomp=unconfined" in refusal["advice"] for refusal in health["refusals"])


def test_doctor_without_privilege(nobody):
    health = doctor(by=nobody)
    if health["settings"]["kernel.perf_event_paranoid"] != 2:
        pytest.skip("kernel.perf_event_paranoid is not 2 here")
    assert health["kernel_visible"] is False
    assert any("kernel.perf_event_paranoid=1" in refusal["advice"] for refusal in health["refusals"])


def test_process_of_somebody_else(nobody):
    needs_perf(nobody)
    somebodys = 1 if nobody is OURSELVES else os.getpid()
    if os.stat(f"/proc/{somebodys}").st_uid == os.geteuid() != 0:
        pytest.skip(f"process {somebodys} is our own here")
    done = run("record", "-p", somebodys, "-d", "0.1", by=nobody, cwd="/")
    assert done.returncode == 2
    assert "cannot watch process" in done.stderr and "as that user, or as root" in done.stderr
