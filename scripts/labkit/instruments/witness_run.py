"""witness_run.py - one run of a program under a tool that looks at its fault.  Witness, program -> witness_run -> sight

A sight is what evidence keeps: {"tool", "command", "transcript", "exit_code", "signal", "failure", "wall_ns", "unmeasured"}.
A tool that is missing, or that may not look, leaves one with the reason in `unmeasured`: that is not to have seen nothing.

Units  _s seconds, _ns nanoseconds.
"""

import os
import re
import shutil
import signal
import subprocess
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from labkit.descendants import descendants_of
from labkit.fault_witnesses import SCRIPT, Witness, line_with
from labkit.process import ProcessRun, run_process

TRANSCRIPT_LIMIT = 24_000  # characters: two dozen backtraces
LOOK_S = 0.05
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def observe(witness: Witness, program: Sequence[str], *, script: Path | None = None, is_repaired: bool = False, hangs_after_s: float = 2.0) -> dict:
    """program: with its arguments. hangs_after_s: a program of which nothing runs for so long is interrupted,
    where the tool goes on from there."""
    sight = {}
    for prefix in witness.repaired if is_repaired and witness.repaired else witness.commands:
        command = [str(script) if word == SCRIPT else word for word in prefix] + list(map(str, program))
        if prefix and shutil.which(prefix[0]) is None:
            sight = unmeasured(witness, f"{prefix[0]} is not installed", command)
            continue
        sight = _sight(witness, command, _run(witness, command, str(program[0]), hangs_after_s))
        if sight["unmeasured"] is None:
            break
    return sight


def unmeasured(witness: Witness, reason: str, command: Sequence[str] = ()) -> dict:
    return {"tool": witness.name, "command": list(command), "transcript": "", "exit_code": 0, "signal": 0, "failure": None,
            "wall_ns": 0, "unmeasured": reason}


def _run(witness: Witness, command: list[str], program: str, hangs_after_s: float) -> ProcessRun:
    """Both of its outputs in the order in which they came."""

    def watch(launcher: subprocess.Popen) -> None:
        if witness.interrupts:
            _interrupt_when_still(launcher, os.path.realpath(program), hangs_after_s)
        launcher.wait()

    environment = os.environ | {"LC_ALL": "C"} | dict(witness.environment)
    return run_process(["sh", "-c", 'exec "$@" 2>&1', "sh", *command], environment=environment, timeout_s=witness.limit_s, watch=watch)


def _interrupt_when_still(launcher: subprocess.Popen, program: str, still_s: float) -> None:
    """As Ctrl-C does, but of the program alone and not of the tool around it: once, when for so long nothing of it has run."""
    before, since = None, time.monotonic()
    while launcher.poll() is None:
        pid, now = _process_of(program, launcher.pid), time.monotonic()
        found = _standing_of(pid) if pid else None
        if found != before or found is None:
            before, since = found, now
        elif now - since >= still_s:
            os.kill(pid, signal.SIGINT)
            return
        time.sleep(LOOK_S)


def _process_of(program: str, launcher: int) -> int | None:
    for pid in descendants_of(launcher):
        try:
            if os.readlink(f"/proc/{pid}/exe") == program:
                return pid
        except OSError:
            continue
    return None


def _standing_of(pid: int) -> tuple | None:
    """Its threads and how often each has given up the CPU; None while one of them runs, or is held by a debugger."""
    threads = []
    for path in sorted(Path(f"/proc/{pid}/task").glob("*/status")):
        try:
            fields = dict(line.split(":", 1) for line in path.read_text().splitlines())
        except (OSError, ValueError):
            return None
        if fields["State"].strip()[0] != "S":
            return None
        threads.append((path.parent.name, fields["voluntary_ctxt_switches"], fields["nonvoluntary_ctxt_switches"]))
    return tuple(threads) or None


def _sight(witness: Witness, command: list[str], run: ProcessRun) -> dict:
    text = readable(run.stdout.decode("utf-8", "replace"))
    refusal = line_with(witness.forbidden, text)
    if run.exit_code == witness.refused_exit:
        refusal = (text.splitlines() or ["it printed nothing"])[-1]
    reason = f"{witness.title} could not look: {refusal}" if refusal else None
    if run.failure == "spawn":
        reason = f"{witness.title} could not be started: {run.stderr.strip()}"
    return {"tool": witness.name, "command": command, "transcript": text, "exit_code": run.exit_code, "signal": run.signal,
            "failure": run.failure, "wall_ns": run.wall_ns, "unmeasured": reason}


def readable(text: str) -> str:
    """Without escape sequences and control characters, this folder's name, and what exceeds the limit."""
    text = ESCAPE.sub("", text).replace(f"{Path.cwd()}/", "")
    lines = ["".join(one for one in line.expandtabs() if unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp")).rstrip()
             for line in text.split("\n")]
    whole = "\n".join(lines).strip("\n")
    if len(whole) <= TRANSCRIPT_LIMIT:
        return whole
    half = TRANSCRIPT_LIMIT // 2
    return f"{whole[:half]}\n[{len(whole) - 2 * half} characters are left out here]\n{whole[-half:]}"
