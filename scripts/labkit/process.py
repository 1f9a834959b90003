"""process.py - run one program once; record its cost, how it ended and what it printed.  host -> process -> interleave

The program is started by clinic-launch (profiler/launch), not by the interpreter: a child inherits its parent's peak
resident set, so every program below Python's own 30 MB would seem to need 30 MB.

Units    _ns nanoseconds, _bytes bytes; started_ns is CLOCK_MONOTONIC.
Refuses  nothing: a program that is missing, crashes or hangs is a ProcessRun with its failure named.
Signals  Ctrl-C kills the program's whole process group, then KeyboardInterrupt goes on.
"""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from labkit.outcome import LabError
from labkit.self_trace import PROGRAM, span

LAUNCHER = Path(__file__).resolve().parents[2] / "build" / "bin" / "clinic-launch"
STDOUT_KEPT_BYTES = 1 << 20
STDERR_TAIL_BYTES = 4096
# What a program says that looks for a terminal and finds none.
ASKS_FOR_TERMINAL = re.compile(r"/dev/tty|\b(not|needs?|requires?) an? (tty|terminal)\b|Inappropriate ioctl for device", re.IGNORECASE)
NO_TERMINAL = "a measured program has no terminal; pass its input as a file or as arguments"
SHELL_CHARACTERS = set("|&;<>()$`*?~{}")


@dataclass(frozen=True)
class ProcessRun:
    """One run of one program. failure is None, or one of "spawn", "timeout", "output", "watch", "signal", "exit".
    outlived_count: processes that the program left running, and that the lab then killed.

    "watch": the kernel does not allow waiting for a process by descriptor (before 5.3, or forbidden in a container).
    """

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
    outlived_count: int
    stdout: bytes
    stdout_sha256: str
    stderr: str
    backtraces: str = ""  # of a run that hung, where its watch took them

    @property
    def cpu_ns(self) -> int:
        return self.user_ns + self.system_ns


Cpus = int | tuple[int, ...] | None
"""The CPU or the CPUs that a program may use; None leaves the choice to the kernel."""


def run_process(argv: Sequence[str], *, cpu: Cpus = None, environment: Mapping[str, str] | None = None,
                stdin: bytes | Path | None = None, cwd: Path | None = None, timeout_s: float = 60.0,
                capture_limit_bytes: int = STDOUT_KEPT_BYTES, expect_exit: int = 0,
                watch: Callable[[subprocess.Popen], str | int | None] = subprocess.Popen.wait) -> ProcessRun:
    """Run argv to its end, or kill it and its process group after timeout_s.

    expect_exit: any other exit code is a failure. watch: a function that waits until the launcher ends, and may observe
    the processes below it meanwhile. stdout keeps the first capture_limit_bytes; stdout_sha256 covers the whole output.
    Output goes to memory, not to a pipe, because a reader of the pipe would take CPU time during the run. Output of more
    than 1 GiB is the failure "output".
    """
    with span(PROGRAM, Path(argv[0]).name, argv=[*map(str, argv)]), ExitStack() as files:
        source = files.enter_context(open_stdin(stdin))
        stdout, stderr, report = (files.enter_context(memory_file(name)) for name in ("stdout", "stderr", "report"))
        command = launch_command(argv, report.fileno(), cpu, cwd, timeout_s)
        seen = launch(command, watch, stdin=source, stdout=stdout, stderr=stderr, pass_fds=[report.fileno()], env=environment)
        measured = read_report(report, stderr)
        error = tail_of(stderr)
        if measured["failure"] == "spawn":
            error = f"{argv[0]}: {os.strerror(measured['errno'])}"
        run = describe(argv, measured, read_head(stdout, capture_limit_bytes), hash_of(stdout), error, expect_exit)
    return replace(run, backtraces=seen) if isinstance(seen, str) else run


def describe_failure(run: ProcessRun) -> str:
    said = run.stderr.strip().splitlines()[-1:] or ["it printed nothing"]
    how = {"timeout": f"was still running after {run.wall_ns / 1e9:.2g} s and was killed",
           "output": "printed more than 1 GiB and was killed", "spawn": "could not be started",
           "signal": f"was killed by signal {run.signal}"}.get(
               run.failure or "", f"failed with exit code {run.exit_code}" if run.exit_code else "ended with exit code 0 although another one is expected")
    no_terminal = f"; {NO_TERMINAL}" if run.failure == "exit" and ASKS_FOR_TERMINAL.search(run.stderr) else ""
    return f"{how} ({said[0][:200]}){no_terminal}"


def excerpt(stdout: bytes) -> str:
    """The beginning of the output; for binary data only the size, because it could change the terminal's state."""
    if b"\0" in stdout[:60]:
        size = f"{len(stdout)}" if len(stdout) < STDOUT_KEPT_BYTES else f"{STDOUT_KEPT_BYTES} or more"
        return f"{size} bytes of binary data"
    text = stdout[:60].decode(errors="replace")
    return repr(text) + ("..." if len(stdout) > 60 else "")


def lone_shell_syntax(words: Sequence[str]) -> list[str]:
    """Words that a shell would have understood: without one they are arguments, which nobody means."""
    return [word for word in words if len(word) <= 2 and set(word) & SHELL_CHARACTERS]


def launch_command(argv, report_fd: int, cpu: Cpus, cwd: Path | None, timeout_s: float) -> list[str]:
    command = [str(LAUNCHER), "--report", str(report_fd), "--timeout-ms", str(max(0, round(timeout_s * 1000)))]
    if cpu is not None:
        command += ["--cpus", ",".join(map(str, cpu if isinstance(cpu, tuple) else (cpu,)))]
    if cwd is not None:
        command += ["--cwd", str(cwd)]
    return command + ["--", *map(str, argv)]


def launch(command: list[str], watch: Callable[[subprocess.Popen], str | int | None], **files) -> str | int | None:
    try:
        launcher = subprocess.Popen(command, **files)
    except FileNotFoundError:
        raise LabError(f"{LAUNCHER} is missing; run make build") from None
    try:
        return watch(launcher)
    except BaseException:
        launcher.terminate()  # the launcher kills the program's process group before it ends
        launcher.wait()
        raise


def read_report(report: BinaryIO, stderr: BinaryIO) -> dict:
    text = read_head(report, 4096)
    if not text:
        raise LabError(f"nothing was run: {tail_of(stderr).strip()}")
    return json.loads(text)


def describe(argv, measured: dict, stdout: bytes, stdout_sha256: str, stderr: str, expect_exit: int) -> ProcessRun:
    failure = measured.pop("failure") or None
    del measured["errno"]
    if failure is None and (measured["exit_code"] != expect_exit or measured["signal"]):
        failure = "signal" if measured["signal"] else "exit"
    return ProcessRun(argv=tuple(map(str, argv)), failure=failure, stdout=stdout, stdout_sha256=stdout_sha256,
                      stderr=stderr, **measured)


def memory_file(name: str) -> BinaryIO:
    return os.fdopen(os.memfd_create(name), "w+b", buffering=0)


def open_stdin(stdin: bytes | Path | None) -> BinaryIO:
    if not isinstance(stdin, bytes):
        return open(stdin if stdin is not None else os.devnull, "rb", buffering=0)
    file = memory_file("stdin")
    os.truncate(file.fileno(), len(stdin))
    os.pwrite(file.fileno(), stdin, 0)
    return file


def read_head(file: BinaryIO, limit_bytes: int) -> bytes:
    return os.pread(file.fileno(), limit_bytes, 0)


def tail_of(file: BinaryIO) -> str:
    start = max(0, os.fstat(file.fileno()).st_size - STDERR_TAIL_BYTES)
    return os.pread(file.fileno(), STDERR_TAIL_BYTES, start).decode(errors="replace")


def hash_of(file: BinaryIO) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # memory_file() opens it unbuffered, so it has readinto()
