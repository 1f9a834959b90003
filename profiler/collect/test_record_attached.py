"""test_record_attached.py - processes that run already: several, by name, with the children that they have."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from recorded_session import CLINIC, VICTIMS, Session, needs_perf, read_session, run

# Real programs, for seconds each: for `make test`.
pytestmark = pytest.mark.slow

BURN = "while :; do :; done"


@pytest.fixture
def running():
    """A function that starts programs; they and their children are ended after the test."""
    started = []

    def go(*command) -> subprocess.Popen:
        started.append(subprocess.Popen([str(word) for word in command], start_new_session=True))
        return started[-1]

    yield go
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def watch(path: Path, *options, seconds="1.5") -> Session:
    needs_perf()
    done = run("record", *options, "-d", seconds, "-o", path)
    assert done.returncode == 0, done.stderr
    return Session(read_session(path), done.stdout, done.stderr, done.returncode)


def sampled(session: Session) -> set[int]:
    return {session.file["threads"]["pid"][thread] for thread in session.file["samples"]["thread"]}


def children(pid: int, count: int) -> set[int]:
    """Waits until the process has so many children, and returns their numbers."""
    for _ in range(200):
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if len(found) == count:
            return set(map(int, found))
        time.sleep(0.02)
    raise AssertionError(f"{pid} has {found}")


def test_each_of_several(running, tmp_path):
    first, second = running("sh", "-c", BURN), running("sh", "-c", BURN)
    session = watch(tmp_path / "s.json", "-p", first.pid, "-p", second.pid)
    assert sampled(session) == {first.pid, second.pid}
    assert session.is_reconciled(), session.stderr
    command = session.file["about"]["command"]
    assert f"{BURN}' & sh -c" in command and command.count(BURN) == 2


def test_all_of_a_name(running, tmp_path):
    program = tmp_path / "named_for_it"
    shutil.copy(VICTIMS / "split_functions", program)
    first, second = running(program, 60000), running(program, 60000)
    session = watch(tmp_path / "s.json", "-p", "named_for_it")
    assert sampled(session) == {first.pid, second.pid}


def test_children_that_run_already(running, tmp_path):
    """A parent that only waits, as nginx's master does."""
    parent = running("sh", "-c", f"({BURN}) & ({BURN}) & wait")
    workers = children(parent.pid, 2)
    session = watch(tmp_path / "s.json", "-p", parent.pid)
    assert sampled(session) - {parent.pid} == workers
    assert session.is_reconciled(), session.stderr
    assert "watched 3 processes: 1 that were asked for, and 2 of their children" in session.stderr


def test_child_that_ends_is_accounted_once(running, tmp_path):
    """When a child ends, the account of its parent includes all the time that the child ever used."""
    parent = running("sh", "-c", f"{VICTIMS}/split_functions 900; exec sleep 100")
    children(parent.pid, 1)
    time.sleep(0.5)
    session = watch(tmp_path / "s.json", "-p", parent.pid, seconds="1.5")
    accounted_s = session.file["quality"]["accounted_cpu_ns"] / 1e9
    sampled_s = session.weight_where(lambda names: True) / 1e9
    assert accounted_s < sampled_s + 0.2, session.stderr  # it had used 0.4 s before


def test_ends_when_all_have_ended(running, tmp_path):
    short, longer = running(VICTIMS / "split_functions", 1500), running(VICTIMS / "split_functions", 2500)
    session = watch(tmp_path / "s.json", "-p", short.pid, "-p", longer.pid, seconds="60")
    assert sampled(session) == {short.pid, longer.pid}
    assert longer.poll() is not None or longer.wait(timeout=30) is not None


def test_a_word_that_means_nothing(tmp_path):
    done = run("record", "-p", "no-such-name", "-d", "0.1", "-o", tmp_path / "s.json")
    assert done.returncode == 2
    assert "there is no process 'no-such-name'" in done.stderr


def test_the_recorder_does_not_mean_itself(running, tmp_path):
    """A name means neither the recorder itself nor the shell that started it."""
    needs_perf()
    other = running("sh", "-c", BURN)
    recorder = tmp_path / "names_itself"
    shutil.copy(CLINIC, recorder)
    words = f"{recorder} record -p {other.pid} -p names_itself -d 0.1 -o {tmp_path}/s.json; true"
    done = subprocess.run(["sh", "-c", words], capture_output=True, text=True)
    assert "there is no process 'names_itself'" in done.stderr


@pytest.mark.slow
def test_workers_of_nginx(running, tmp_path):
    if not shutil.which("nginx") or os.geteuid():
        pytest.skip("needs nginx, and root to start it")
    tmp_path.chmod(0o755)
    (tmp_path / "nginx.conf").write_text(f"""
daemon off; worker_processes 2; pid {tmp_path}/pid; error_log {tmp_path}/error.log;
events {{}}
http {{ access_log off; server {{ listen unix:{tmp_path}/socket; location / {{ return 200 "ok"; }} }} }}
""")
    master = running("nginx", "-c", tmp_path / "nginx.conf")
    workers = children(master.pid, 2)
    client = running("sh", "-c", f"while :; do curl -s --unix-socket {tmp_path}/socket http://x/; done > /dev/null")
    session = watch(tmp_path / "s.json", "-p", master.pid, seconds="1")
    assert client.poll() is None
    assert sampled(session) & workers, session.stderr


def test_gap_of_timers_is_explained_by_the_tick(record):
    session = record(VICTIMS / "thousand_threads", 3, backend="timer")
    if session.reconciliation() < 0.95 and not session.file["quality"]["lost_count"]:
        assert "a timer fires only at the kernel's clock tick, here every" in session.stderr
