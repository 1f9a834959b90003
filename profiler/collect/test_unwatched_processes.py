"""test_unwatched_processes.py - processes that cannot be observed, or go on without the library, are counted and reported."""

import array
import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path

import pytest
from recorded_session import CLINIC, VICTIMS, needs_root, read_session, run

# Real programs, for seconds each: for `make test`.
pytestmark = pytest.mark.slow


def record_shut_out(directory, how: str, *mode: str):
    needs_root()
    done = run("record", *mode, "-o", directory / "s.json", "--", VICTIMS / "shut_out", how, cwd=directory)
    if done.returncode == 2:
        pytest.skip(f"this machine lets root not be shut out by {how}")
    assert done.returncode == 0, done.stderr
    return done.stderr, read_session(directory / "s.json")


@pytest.mark.parametrize("how", ["user", "root", "both"])
def test_a_worker_that_is_shut_out_hands_its_counts_over(tmp_path, how):
    """Bug: it could not make a file in the folder of arenas, so 300 of 400 allocations were missing."""
    said, session = record_shut_out(tmp_path, how, "-e", "alloc")
    assert sum(session["allocations"]["allocations_count"]) >= 400
    assert "not observed" not in said
    # Without /proc it has the mappings of its parent; before, nothing was known about its addresses.
    assert "have no names" not in said, said
    report = json.loads(run("report", "--json", tmp_path / "s.json").stdout)
    assert sum(site["allocations_count"] for site in report["call_sites"] if site["name"] == "allocate") == 400


@pytest.mark.parametrize("how", ["user", "root", "both"])
def test_a_worker_that_is_shut_out_hands_its_samples_over(tmp_path, how):
    """The daemon and its worker have samples each. How many depends on the other programs of the machine, because a timer fires at the clock's tick only."""
    said, session = record_shut_out(tmp_path, how, "--backend=timer")
    assert len({session["threads"]["pid"][thread] for thread in session["samples"]["thread"]}) == 2, said
    assert "not observed" not in said


@pytest.mark.parametrize(("mode", "missing"), [(("-e", "alloc"), "allocations and locks"),
                                               (("--backend=timer",), "samples and stages")])
def test_a_worker_out_of_reach_is_told(tmp_path, mode, missing):
    said, session = record_shut_out(tmp_path, "network", *mode)
    sentence = "process was not observed: no record could be opened"
    assert f"warning: 1 {sentence}" in said and f"{missing} are missing" in said, said
    assert any(sentence in note for note in session["strings"])


@pytest.mark.parametrize("mode", [("-e", "cpu"), ("--backend=timer",), ("--stages",), ("-e", "alloc"), ("-e", "lock")],
                         ids=lambda mode: mode[-1].strip("-"))
def test_who_goes_on_is_told(tmp_path, mode):
    done = run("record", *mode, "-o", tmp_path / "s.json", "--", "sh", "-c",
               "exec 3>&-; timeout 5 sh -c 'while :; do :; done' >/dev/null 2>&1 & sleep 0.5", cwd=tmp_path)
    if "perf" in done.stderr and done.returncode:
        pytest.skip(f"no perf events here: {done.stderr}")
    assert re.search(r"warning: \d process(es were| was) still running when the recording ended", done.stderr), done.stderr


def test_the_door_is_open_for_the_run_alone(tmp_path):
    """A process that does not know the secret, or sends no file, is ignored; the recording is as without it."""
    recorder = subprocess.Popen([CLINIC, "record", "-e", "alloc", "-o", tmp_path / "s.json", "--", "sh", "-c",
                                 "echo $CLINIC_ALLOC_HANDOVER; read line"], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    name, secret = recorder.stdout.readline().split()
    for said, files in (("0" * 32, [os.memfd_create("false")]), (secret, []), (secret, [os.open("/dev/zero", os.O_RDONLY)]),
                        (secret, [os.memfd_create("empty")]), (secret + "x", [os.memfd_create("false")])):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
            door.connect("\0" + name)
            door.sendmsg([said.encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else [])
        for file in files:
            os.close(file)
    silent = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(100)]
    for guest in silent:
        guest.connect("\0" + name)
    _, stderr = recorder.communicate("\n", timeout=60)
    assert recorder.returncode == 0, stderr
    assert read_session(tmp_path / "s.json")["allocations"]["allocations_count"], stderr


def test_a_daemon_keeps_its_memory_and_is_told(tmp_path):
    """Bug: the folder was removed while it ran; its counts were lost, and the summary did not report that."""
    done = run("record", "-e", "alloc", "-o", tmp_path / "s.json", "--", "sh", "-c",
               "echo $CLINIC_ALLOC_RAW; exec 3>&-; sleep 4 >/dev/null 2>&1 & sleep 1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "still running when the recording ended" in done.stderr
    folder = Path(done.stdout.strip())
    assert folder.is_dir(), "a process still counts in there"
    ended_by = time.monotonic() + 60
    while any(Path("/proc", name.name.split(".")[0]).exists() for name in folder.glob("[0-9]*")):
        assert time.monotonic() < ended_by, "sleep has not ended"
        time.sleep(0.1)
    for file in folder.glob("[0-9]*"):
        file.unlink()
    (folder / ".roll").unlink()
    folder.rmdir()


def test_a_daemon_whose_parent_ends_at_once_is_never_missing_in_silence(tmp_path):
    """Bug: it had no memory of its own yet when the recording ended, and was not counted."""
    for _ in range(10):
        done = run("record", "-e", "alloc", "-o", tmp_path / "s.json", "--", VICTIMS / "daemonises", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        allocations = read_session(tmp_path / "s.json").get("allocations", {"allocations_count": []})
        assert sum(allocations["allocations_count"]) >= 500 or re.search(
            "was only starting|still running|could not be read|not observed|without a recorded end", done.stderr), done.stderr
