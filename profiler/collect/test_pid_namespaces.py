"""test_pid_namespaces.py - a program whose number in its own namespace is 1, which is init's number outside."""

import os
import subprocess

import pytest
from recorded_session import BACKENDS, CLINIC, VICTIMS, needs_root

INSIDE = ("unshare", "--pid", "--fork", "--mount-proc")


def may_unshare() -> None:
    needs_root()
    if subprocess.run([*INSIDE, "true"], capture_output=True).returncode:
        pytest.skip("may not make a pid namespace here")


@pytest.mark.few(1)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("events", ["cpu,alloc,lock", "cpu"])
def test_no_process_of_the_host_is_taken_for_the_target(record, backend, events):
    """The target writes the process numbers of its own namespace into shared memory: its 2 is a thread of the kernel outside."""
    may_unshare()
    words = f"{VICTIMS}/split_functions 300; {VICTIMS}/split_functions 100"
    session = record(*INSIDE, "sh", "-c", words, backend=backend, options=["-e", events])
    threads = session.file["threads"]
    inner = {pid for pid in threads["pid"] if 0 < pid < 5}
    assert not inner, list(zip(threads["pid"], threads["tid"]))
    assert not {pid for pid in session.file["metrics"]["pid"] if pid < 5}
    assert session.share("burn_seventy") > 0.5
    sampled_s = session.weight_where(lambda names: True) / 1e9
    assert session.file["quality"]["accounted_cpu_ns"] / 1e9 < sampled_s + 0.2
    assert "without a recorded end" not in session.stderr and "goes on" not in session.stderr, session.stderr


STRANGERS = "for i in $(seq 60); do unshare --pid --fork sleep 2 & sleep 0.02; done; wait"


@pytest.mark.slow
def test_another_namespace_that_is_as_young_is_not_ours(record):
    """Bug: a process after an exec has its file not mapped any more, and another process with the number 1 was taken for it."""
    may_unshare()
    with subprocess.Popen(["sh", "-c", STRANGERS]) as strangers:
        session = record(*INSIDE, "sh", "-c", f"{VICTIMS}/split_functions 50; {VICTIMS}/split_functions 50",
                         options=["-e", "alloc,lock"])
        assert strangers.wait() == 0
    assert len(set(session.file["resident_peaks"]["pid"])) == 4, "unshare, what was it and is sh, and two programs"
    assert "without a recorded end" not in session.stderr, session.stderr


def test_a_process_that_ended_before_it_was_asked_for(record):
    """Its number outside is not known any more, so it gets a number that no process can have, and not that of another process."""
    may_unshare()
    session = record(*INSIDE, "sh", "-c", f"{VICTIMS}/short_process; {VICTIMS}/short_process", backend="timer")
    assert not {pid for pid in session.file["threads"]["pid"] if 0 < pid < 5}


# The test has a /dev/shm of its own, because other tests use that of the machine at the same time.
ALONE = ("unshare", "--mount", "sh", "-c", "mount -t tmpfs none /dev/shm && {} && ls -A /dev/shm")


def left_in_memory(words: str, *arguments) -> str:
    done = subprocess.run([*ALONE[:-1], ALONE[-1].format(words), "sh", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_is_left_of_a_process_that_called_itself_1(tmp_path):
    """Bug: every namespace has a process 1, so the shared memory was never removed: gigabytes in a day."""
    may_unshare()
    recording = f"{CLINIC} record -e alloc -o {tmp_path}/s.json {' '.join(INSIDE)} sh -c '/bin/true; /bin/true'"
    assert left_in_memory(f"{recording} >&2") == ""


def test_what_a_killed_recorder_left_is_swept_when_its_process_has_ended(tmp_path):
    """The memory is not removed before, because the program may start another one, which needs the folder."""
    may_unshare()
    record = f"{CLINIC} record -e alloc -o {tmp_path}/s.json"
    words = f"""{record} {' '.join(INSIDE)} sh -c 'echo >{tmp_path}/began; read line <{tmp_path}/end' &
        while [ ! -e {tmp_path}/began ]; do sleep 0.05; done
        kill -9 $!; touch -d "2 minutes ago" /dev/shm/clinic-*; {record} true >&2; ls -A /dev/shm | wc -l
        echo >{tmp_path}/end; sleep 0.5; touch -d "2 minutes ago" /dev/shm/clinic-*; {record} true >&2"""
    os.mkfifo(tmp_path / "end")
    assert left_in_memory(f"{{ {words}; }}") == "1\n"
