"""test_record_limits.py - few descriptors for many threads, and standard files that are closed."""

import subprocess

import pytest
from recorded_session import BACKENDS, CLINIC, RUN_TIMEOUT_S, VICTIMS, Session, needs_perf, read_session, start

# Real programs, for seconds each: for `make test`.
pytestmark = pytest.mark.slow

THREADS = 600


def shell(words: str) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", "-c", words], capture_output=True, text=True, timeout=RUN_TIMEOUT_S)


def session_of(path, done) -> Session:
    return Session(read_session(path), done.stdout, done.stderr, done.returncode)


@pytest.mark.parametrize("limit", ["-Sn 256", "-n 256"], ids=["soft", "hard"])
def test_attach_to_more_threads_than_descriptors(tmp_path, limit):
    """An event for each thread needs a descriptor for each. The recording works, or its message names the limit."""
    needs_perf()
    target = start(VICTIMS / "idle_threads", THREADS, 600_000)
    assert target.stdout.readline() == "ready\n"
    done = shell(f"ulimit {limit}; exec {CLINIC} record -p {target.pid} -d 1 -o {tmp_path}/s.json")
    target.kill()
    target.communicate()
    if done.returncode and limit.startswith("-n"):
        assert "Too many open files" in done.stderr and "ulimit -Hn" in done.stderr, done.stderr
    else:
        assert session_of(tmp_path / "s.json", done).share("burn_among_many") > 0.8, done.stderr


@pytest.mark.parametrize("options", [*(f"--backend {backend}" for backend in BACKENDS), "-e cpu,alloc,lock", "--stages"])
def test_a_program_of_more_threads_than_descriptors(tmp_path, options):
    if "perf" in options:
        needs_perf()
    done = shell(f"ulimit -n 256; exec {CLINIC} record {options} -o {tmp_path}/s.json -- {VICTIMS}/idle_threads {THREADS}")
    assert done.returncode == 0, done.stderr
    assert session_of(tmp_path / "s.json", done).share("burn_among_many") > 0.3, done.stderr


BUSY = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; exit 3"


@pytest.mark.parametrize("closed", ["0<&- 1>&- 2>&-", "0<&-", "1>&-", "2>&-", "1>&- 2>&-"])
@pytest.mark.parametrize("options", ["-e cpu", "-e alloc", "--backend timer"])
def test_standard_files_are_closed(tmp_path, closed, options):
    """If a file of the recorder got the number of a closed standard file, the program or our own messages would write into it."""
    done = shell(f"exec {CLINIC} record {options} -o {tmp_path}/s.json -- sh -c '{BUSY}' {closed}")
    assert done.returncode == 3
    assert read_session(tmp_path / "s.json")["about"]["exit_code"] == 3
