"""run_process against real programs: what they cost, how they end, what they print."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from on_a_terminal import run_on_terminal

from labkit.outcome import LabError
from labkit.process import LAUNCHER, STDERR_TAIL_BYTES, run_process


def test_a_good_program_has_its_output_and_its_cost():
    run = run_process(["/bin/sh", "-c", "printf hello; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"])
    assert (run.exit_code, run.signal, run.failure) == (0, 0, None)
    assert run.stdout == b"hello"
    assert run.stdout_sha256 == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert run.cpu_ns > 0 and run.wall_ns > 0 and run.minor_faults_count > 0
    assert run.started_ns <= time.monotonic_ns()


@pytest.mark.parametrize("script, failure, exit_code, by_signal", [
    ("exit 3", "exit", 3, 0),
    ("kill -SEGV $$", "signal", -1, signal.SIGSEGV),
])
def test_a_failing_program_says_how(script, failure, exit_code, by_signal):
    run = run_process(["/bin/sh", "-c", script])
    assert (run.failure, run.exit_code, run.signal) == (failure, exit_code, by_signal)


def test_an_exit_code_is_known_where_the_end_of_children_is_ignored():
    """As some parents leave it: the program seemed to end well."""
    line = subprocess.run([LAUNCHER, "--report", "2", "--", "/bin/sh", "-c", "exit 3"], capture_output=True, text=True,
                          check=True, preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)).stderr
    assert json.loads(line)["exit_code"] == 3


def test_a_missing_program_is_a_failure_not_an_exception():
    run = run_process(["/nowhere/at/all"])
    assert run.failure == "spawn" and "/nowhere/at/all" in run.stderr


def test_timeout_kills_the_whole_process_group(tmp_path):
    pids = tmp_path / "pids"
    run = run_process(["/bin/sh", "-c", f"sleep 300 & echo $! > {pids}; wait"], timeout_s=0.5)
    assert run.failure == "timeout"
    assert not is_running(int(pids.read_text()))


def test_a_program_that_opens_the_terminal_itself_fails_at_once_and_is_told_why():
    """It was stopped in the background, and killed when its time was up. The lab is started on a terminal here, as by a person."""
    script = "import sys; sys.path.insert(0, 'scripts'); from labkit.process import describe_failure, run_process; " \
             "run = run_process(['/bin/sh', '-c', 'read answer </dev/tty'], timeout_s=20); print(run.failure, describe_failure(run))"
    code, shown = run_on_terminal([sys.executable, "-B", "-c", script])
    assert code == 0 and shown.startswith("exit failed with exit code ") and "/dev/tty" in shown and "a measured program has no terminal" in shown


def test_a_stray_child_does_not_outlive_its_parent(tmp_path):
    pids = tmp_path / "pids"
    assert run_process(["/bin/sh", "-c", f"sleep 300 & echo $! > {pids}"]).failure is None
    assert not is_running(int(pids.read_text()))


def test_a_stray_that_left_the_group_does_not_either(tmp_path):
    pids = tmp_path / "pids"
    script = f"setsid sh -c '>away; exec sleep 300' & echo $! > {pids}; while [ ! -e away ]; do :; done; exit 3"
    run = run_process(["/bin/sh", "-c", script], cwd=tmp_path, expect_exit=3)
    assert run.failure is None and run.outlived_count == 1 and not is_running(int(pids.read_text()))


def test_a_child_that_ends_by_itself_is_no_stray(tmp_path):
    script = "setsid sh -c '>away; exec sleep 0.02' & while [ ! -e away ]; do :; done"
    assert run_process(["/bin/sh", "-c", script], cwd=tmp_path).outlived_count == 0


def test_a_list_of_cpus_is_what_the_program_may_use():
    usable = tuple(sorted(os.sched_getaffinity(0)))
    run = run_process([sys.executable, "-c", "import os; print(sorted(os.sched_getaffinity(0)))"], cpu=usable)
    assert run.stdout.decode().strip() == str(list(usable))


def test_an_unexpected_exit_code_is_a_failure():
    assert run_process(["/bin/true"], expect_exit=1).failure == "exit"
    assert run_process(["/bin/sh", "-c", "kill -9 $$"], expect_exit=1).failure == "signal"


def is_running(pid: int) -> bool:
    """A killed process needs a moment to go: look until it has gone, or give up."""
    for _ in range(100):
        if not is_listed_alive(pid):
            return False
        time.sleep(0.02)
    return True


def is_listed_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_stdin_cwd_environment_and_cpu_reach_the_program(tmp_path):
    script = "cat; pwd; echo $COLOUR; grep Cpus_allowed_list /proc/self/status"
    ours = os.sched_getaffinity(0)
    run = run_process(["/bin/sh", "-c", script], stdin=b"words\n", cwd=tmp_path, environment={"COLOUR": "red"}, cpu=0)
    assert run.stdout.decode().split() == ["words", str(tmp_path), "red", "Cpus_allowed_list:", "0"]
    assert os.sched_getaffinity(0) == ours  # the caller itself was not pinned


def test_stdin_from_a_file(tmp_path):
    (tmp_path / "in").write_bytes(b"from a file")
    assert run_process(["/bin/cat"], stdin=tmp_path / "in").stdout == b"from a file"


def test_capture_keeps_the_head_and_hashes_all():
    short = run_process(["/usr/bin/seq", "20000"], capture_limit_bytes=10)
    assert short.stdout == b"1\n2\n3\n4\n5\n"
    assert short.stdout_sha256 == run_process(["/usr/bin/seq", "20000"]).stdout_sha256
    assert short.stdout_sha256 != run_process(["/usr/bin/seq", "20001"]).stdout_sha256


def test_stderr_keeps_the_tail():
    run = run_process(["/bin/sh", "-c", "seq 20000 >&2"])
    assert run.stderr.endswith("20000\n") and len(run.stderr) <= STDERR_TAIL_BYTES


def test_interrupt_kills_the_program_and_goes_on(tmp_path):
    """SIGINT while a program runs: it is gone, and the caller still gets its KeyboardInterrupt."""
    pids = tmp_path / "pids"
    script = ("import sys; from labkit.process import run_process\n"
              f"try: run_process(['/bin/sh', '-c', 'echo $$ > {pids}; exec sleep 300'])\n"
              "except KeyboardInterrupt: sys.exit(42)\n")
    lab = subprocess.Popen([sys.executable, "-B", "-c", script], env={"PYTHONPATH": os.pathsep.join(sys.path)})
    while not pids.exists() or not pids.read_text().strip():
        time.sleep(0.01)
    lab.send_signal(signal.SIGINT)
    assert lab.wait(timeout=30) == 42
    assert not is_running(int(pids.read_text()))


def test_the_interpreters_own_memory_is_not_the_programs():
    """A child inherits its parent's peak resident set: before clinic-launch, /bin/true "needed" Python's 33 MB."""
    ballast = bytearray(64 << 20)
    run = run_process(["/bin/true"])
    assert 0 < run.max_rss_bytes < 8 << 20
    del ballast


def test_peak_memory_is_what_the_program_touched():
    run = run_process([sys.executable, "-S", "-c", "bytearray(64 << 20)"])
    assert 64 << 20 < run.max_rss_bytes < 96 << 20


def test_endless_output_is_stopped():
    """The limit is looked at once a second; yes(1) writes gigabytes in that time, to memory."""
    command = [str(LAUNCHER), "--report", "2", "--output-limit", "1000", "--", "/bin/sh", "-c", "seq 9999; sleep 60"]
    with open(os.memfd_create("out"), "wb") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, timeout=30)
    assert '"failure": "output"' in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--report", "2"], ["--report", "x", "--", "true"], ["--nope"]])
def test_the_launcher_explains_its_usage(arguments):
    done = subprocess.run([LAUNCHER, *arguments], capture_output=True, text=True)
    assert done.returncode == 2 and "usage: clinic-launch" in done.stderr


def test_a_cpu_that_is_not_there_is_said():
    with pytest.raises(LabError, match="no CPU 4095"):
        run_process(["/bin/true"], cpu=4095)


def test_the_program_dies_with_a_killed_launcher(tmp_path):
    pids = tmp_path / "pids"
    launcher = subprocess.Popen([LAUNCHER, "--report", "2", "--", "/bin/sh", "-c", f"echo $$ > {pids}; exec sleep 300"])
    while not pids.exists() or not pids.read_text().strip():
        time.sleep(0.01)
    launcher.kill()
    launcher.wait()
    assert not is_running(int(pids.read_text()))
