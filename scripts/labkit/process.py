"""process.py - run one program once; say what it cost, how it ended and what it printed.  host -> process -> interleave

Units    _ns nanoseconds, _bytes bytes; started_ns is CLOCK_MONOTONIC.
Refuses  nothing: a program that is missing, crashes or hangs is a ProcessRun with its failure named.
Signals  Ctrl-C kills the program's whole process group, then KeyboardInterrupt goes on.
"""

import hashlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STDERR_TAIL_BYTES = 4096
OUTPUT_LIMIT_BYTES = 1 << 30
WATCH_INTERVAL_S = 1.0


@dataclass(frozen=True)
class ProcessRun:
    """One run of one program. failure is None, or one of "spawn", "timeout", "output", "signal", "exit"."""

    argv: tuple[str, ...]
    exit_code: int
    signal: int
    failure: str | None
    started_ns: int
    wall_ns: int
    user_ns: int
    system_ns: int
    max_rss_bytes: int
    minor_faults_count: int
    major_faults_count: int
    voluntary_switches_count: int
    involuntary_switches_count: int
    stdout: bytes
    stdout_sha256: str
    stderr: str

    @property
    def cpu_ns(self) -> int:
        return self.user_ns + self.system_ns


def run_process(argv: Sequence[str], *, cpu: int | None = None, environment: Mapping[str, str] | None = None,
                stdin: bytes | Path | None = None, cwd: Path | None = None, timeout_s: float = 60.0,
                capture_limit_bytes: int = 1 << 20) -> ProcessRun:
    """Run argv to its end, or kill it and its process group after timeout_s.

    cpu: the one CPU it may use; the caller stays on the others. stdout keeps the first capture_limit_bytes,
    stdout_sha256 covers all of it. Output goes to memory, not to a pipe: a reader would share the run's time.
    """
    stdout, stderr = memory_file("stdout"), memory_file("stderr")
    stdin_fd = open_stdin(stdin)
    try:
        return run_with_files(list(argv), cpu, environment, (stdin_fd, stdout, stderr), cwd, timeout_s,
                              capture_limit_bytes)
    finally:
        for fd in (stdin_fd, stdout, stderr):
            os.close(fd)


def run_with_files(argv, cpu, environment, files, cwd, timeout_s, capture_limit_bytes) -> ProcessRun:
    stdin_fd, stdout, stderr = files
    started_ns = time.monotonic_ns()
    try:
        child = spawn_pinned(argv, cpu, stdin=stdin_fd, stdout=stdout, stderr=stderr, cwd=cwd, env=environment,
                             process_group=0)
    except OSError as error:
        return ProcessRun(tuple(argv), -1, 0, "spawn", started_ns, *[0] * 8, b"", hash_of(stdout), str(error))
    failure = watch(child, stdout, timeout_s)
    ended_ns = time.monotonic_ns()
    kill_group(child.pid)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return ProcessRun(
        argv=tuple(argv), exit_code=max(child.returncode, -1), signal=max(-child.returncode, 0),
        failure=failure or failure_of(child.returncode),
        started_ns=started_ns, wall_ns=ended_ns - started_ns,
        user_ns=round(usage.ru_utime * 1e9), system_ns=round(usage.ru_stime * 1e9),
        max_rss_bytes=usage.ru_maxrss * 1024,
        minor_faults_count=usage.ru_minflt, major_faults_count=usage.ru_majflt,
        voluntary_switches_count=usage.ru_nvcsw, involuntary_switches_count=usage.ru_nivcsw,
        stdout=os.pread(stdout, capture_limit_bytes, 0), stdout_sha256=hash_of(stdout), stderr=tail_of(stderr))


def spawn_pinned(argv, cpu, **options) -> subprocess.Popen:
    """Affinity is inherited: take the CPU, spawn, give it back. A hook in the child would need a slow fork."""
    if cpu is None:
        return subprocess.Popen(argv, **options)
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        return subprocess.Popen(argv, **options)
    finally:
        os.sched_setaffinity(0, before)


def watch(child: subprocess.Popen, stdout: int, timeout_s: float) -> str | None:
    """Sleep until the child ends; "timeout" or "output" if it had to be killed. The child stays unreaped."""
    pidfd = os.pidfd_open(child.pid)
    deadline = time.monotonic() + timeout_s
    try:
        while True:
            wait_s = max(0.0, min(WATCH_INTERVAL_S, deadline - time.monotonic()))
            if select.select([pidfd], [], [], wait_s)[0]:
                return None
            if os.fstat(stdout).st_size > OUTPUT_LIMIT_BYTES:
                return "output"
            if time.monotonic() >= deadline:
                return "timeout"
    except BaseException:
        kill_group(child.pid)
        child.wait()
        raise
    finally:
        os.close(pidfd)


def kill_group(pid: int) -> None:
    """Also after a normal end: a stray child would disturb the next run. The zombie keeps the id reserved."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def failure_of(returncode: int) -> str | None:
    if returncode == 0:
        return None
    return "signal" if returncode < 0 else "exit"


def memory_file(name: str) -> int:
    return os.memfd_create(name, os.MFD_CLOEXEC)


def open_stdin(stdin: bytes | Path | None) -> int:
    if isinstance(stdin, bytes):
        fd = memory_file("stdin")
        os.write(fd, stdin)
        os.lseek(fd, 0, os.SEEK_SET)
        return fd
    return os.open(stdin if stdin is not None else os.devnull, os.O_RDONLY | os.O_CLOEXEC)


def hash_of(fd: int) -> str:
    os.lseek(fd, 0, os.SEEK_SET)
    with os.fdopen(os.dup(fd), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tail_of(fd: int) -> str:
    start = max(0, os.fstat(fd).st_size - STDERR_TAIL_BYTES)
    return os.pread(fd, STDERR_TAIL_BYTES, start).decode(errors="replace")
