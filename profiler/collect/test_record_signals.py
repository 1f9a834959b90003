"""test_record_signals.py - signals and exit codes stay the program's own; ours end the recording, not the data."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from recorded_session import BACKENDS, BOTH_IN_FULL, CLINIC, RUN_TIMEOUT_S, VICTIMS, read_session, run, start

# Real programs, for seconds each: for `make test`.
pytestmark = pytest.mark.slow

# What cautious programs do with signals: they handle all of them (sort), or block all of them (the threads of xz).
WARY = """
import signal
for number in range(1, signal.NSIG):
    try:
        {0}
    except (OSError, ValueError):
        pass
while sum(range(1000)) and time.process_time() < 0.6:  # a few of the kernel's ticks are little of it
    pass
"""
GUARDS = {"handle": "signal.signal(number, lambda *_: sys.exit(f'signal {number}'))",
          "ignore": "signal.signal(number, signal.SIG_IGN)",
          "block": "signal.pthread_sigmask(signal.SIG_BLOCK, {number})"}


@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_program_with_a_hand_on_every_signal(record, backend, guard):
    """Bug: the first tick killed GNU sort, and xz -T2 lost 99.7 % of its samples."""
    script = "import sys, time\n" + WARY.format(GUARDS[guard])
    session = record("/usr/bin/python3", "-S", "-c", script, backend=backend)
    assert session.returncode == 0, session.stderr
    assert session.is_reconciled(), session.reconciliation()


def test_signals_the_program_sends_itself_arrive(record):
    """The program may use every signal, also the number that our timers use."""
    script = """if True:
        import os, signal
        real_time, got = set(range(signal.SIGRTMIN, signal.SIGRTMAX + 1)), set()
        for number in real_time:
            signal.signal(number, lambda number, _: got.add(number))
            os.kill(os.getpid(), number)
        print(got == real_time, signal.getsignal(signal.SIGRTMAX - 1) is not signal.SIG_DFL)
        signal.signal(signal.SIGRTMAX - 1, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGRTMAX - 1)"""
    session = record("/usr/bin/python3", "-S", "-c", script, backend="timer")
    assert session.stdout == "True True\n"
    assert session.returncode == 128 + signal.SIGRTMAX - 1


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("script, code", [("exit 7", 7), ("kill -9 $$", 137), ("kill -SEGV $$", 139), ("true", 0)])
def test_the_childs_exit_code(record, backend, script, code):
    session = record("sh", "-c", script, backend=backend)
    assert session.returncode == code
    assert session.file["about"]["exit_code"] == code


def wait_for(condition, timeout_s=30) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "gave up waiting"
        time.sleep(0.02)


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def is_running(pid: int, name: str) -> bool:
    return any(Path(f"/proc/{child}/comm").read_text().strip() == name for child in children_of(pid))


@pytest.mark.parametrize("backend", BACKENDS)
def test_interrupt_stops_and_writes(tmp_path, backend):
    recorder = start(CLINIC, "record", "--backend", backend, "-o", tmp_path / "s.json",
                     VICTIMS / "split_functions", 60000)
    wait_for(lambda: is_running(recorder.pid, "split_functions"))
    time.sleep(0.3)  # something to measure
    recorder.send_signal(signal.SIGINT)
    _, stderr = recorder.communicate(timeout=RUN_TIMEOUT_S)
    assert recorder.returncode == 128 + signal.SIGINT, stderr
    assert read_session(tmp_path / "s.json")["samples"]["stack"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_target_that_answers_is_waited_for(tmp_path, number):
    """Bug: the recording ended before the target, which was called still running, and its shared memory stayed."""
    program = tmp_path / "answers.c"
    program.write_text("#include <signal.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
                       "static void end(int n) { usleep(30000); exit(n); }\n"
                       "int main(void) { signal(1, end); signal(2, end); signal(15, end); free(malloc(9));"
                       " write(1, \"ready\\n\", 6); for (;;) pause(); }\n")
    subprocess.run(["gcc", "-O1", "-w", program, "-o", tmp_path / "answers"], check=True)
    recorder = start(CLINIC, "record", "-e", "alloc", "-o", tmp_path / "s.json", tmp_path / "answers")
    assert recorder.stdout.readline() == "ready\n"
    recorder.send_signal(number)
    _, stderr = recorder.communicate(timeout=RUN_TIMEOUT_S)
    assert recorder.returncode == number and "running" not in stderr and "without a recorded end" not in stderr, stderr
    assert read_session(tmp_path / "s.json")["about"]["exit_code"] == number


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_target_that_does_not_answer(tmp_path, number):
    """Bug: the recorder waited for it forever."""
    command = [CLINIC, "record", "-e", "alloc", "-o", tmp_path / "s.json", "sh", "-c", "trap '' INT TERM HUP; sleep 10"]
    said = tmp_path / "said"
    with said.open("w") as file, subprocess.Popen(command, stderr=file) as recorder:
        wait_for(lambda: is_running(recorder.pid, "sh"))
        time.sleep(0.3)  # for the trap
        recorder.send_signal(number)
        assert recorder.wait(timeout=9) == 128 + number, said.read_text()
    assert f"did not end on signal {int(number)}" in said.read_text()
    assert read_session(tmp_path / "s.json")["about"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_names(tmp_path, number):
    """While names are looked up at a debuginfod server that never answers, a signal ends the recording; names are missing then, but no samples."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"http://127.0.0.1:{server.getsockname()[1]}"
        with subprocess.Popen([CLINIC, "record", "--debuginfod", "-o", tmp_path / "s.json",
                               VICTIMS / "hidden_frames_stripped", "300"], stderr=subprocess.PIPE, text=True,
                              env=os.environ | {"DEBUGINFOD_URLS": where, "DEBUGINFOD_TIMEOUT": "60",
                                                "DEBUGINFOD_CACHE_PATH": str(tmp_path / "cache")}) as recorder:
            server.settimeout(RUN_TIMEOUT_S)
            asked, _ = server.accept()
            recorder.send_signal(number)
            _, stderr = recorder.communicate(timeout=15)
            asked.close()
    assert "a signal ended the look-up of names early" in stderr
    assert read_session(tmp_path / "s.json")["samples"]["stack"]


def test_a_reader_that_goes_away(tmp_path):
    """Bug: `record ... 2>&1 | head` lost the session."""
    done = subprocess.run(["bash", "-c", f"{CLINIC} record -o {tmp_path}/s.json -- {VICTIMS}/lock_pairs 9999999 "
                           "2>&1 | exec true; exit ${PIPESTATUS[0]}"], timeout=RUN_TIMEOUT_S, check=False)
    assert done.returncode == 0
    assert read_session(tmp_path / "s.json")["samples"]["stack"]


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_duration_stops_measuring_not_the_command(tmp_path, backend):
    done = run("record", "--backend", backend, "-d", "0.2", "-o", tmp_path / "s.json", "--", "sh", "-c",
               f"{VICTIMS}/split_functions 500; exit 5")
    assert done.returncode == 5
    assert "burn_ten" in done.stdout, "it was left to finish"


def test_signals_that_come_late_are_told(tmp_path):
    """Bug: 400 ms were charged to the call that unblocked the signal, and the sum was called 99 % reconciled."""
    done = run("record", "--backend=timer", "-o", tmp_path / "s.json", "--", VICTIMS / "held_signals", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    assert "warning: 1 sample weighs 0." in done.stderr and "blocked signals" in done.stderr, done.stderr
    assert any("blocked signals" in text for text in read_session(tmp_path / "s.json")["strings"])


def test_no_signal_is_called_late_in_an_ordinary_run(tmp_path):
    done = run("record", "--backend=timer", "-o", tmp_path / "s.json", "--", VICTIMS / "split_functions", cwd=tmp_path)
    assert "blocked signals" not in done.stderr, done.stderr


# Prints whether it ignores the end of children itself.
IGNORES = "import signal, sys; print(signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN); sys.exit(7)"


def ignore_children():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


@pytest.mark.parametrize("options", [("-e", "cpu"), ("--backend", "timer"), ("-e", "alloc")], ids=" ".join)
def test_our_parent_ignores_the_end_of_children(tmp_path, options):
    """Bug: the kernel reaped the program, and the recorder waited forever in a busy loop."""
    done = run("record", *options, "-o", tmp_path / "s.json", "--", "/usr/bin/python3", "-S", "-c", IGNORES,
               preexec_fn=ignore_children)
    assert (done.returncode, done.stdout) == (7, "True\n"), done.stderr
