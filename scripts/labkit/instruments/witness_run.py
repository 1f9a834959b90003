"""witness_run.py - one run of a program under a tool that can detect its fault.  Witness, program -> witness_run -> sight

A sight is the record of such a run in the evidence: {"tool", "command", "transcript", "exit_code", "signal", "failure", "wall_ns",
"unmeasured"}. Where a tool is missing or not permitted to observe the program, `unmeasured` is the reason; otherwise it is None.

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

TRANSCRIPT_LIMIT = 24_000  # characters, enough for two dozen backtraces
LOOK_S = 0.05
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def observe(witness: Witness, program: Sequence[str], *, script: Path | None = None, is_repaired: bool = False, hangs_after_s: float = 2.0) -> dict:
    """The sight of one run. program: its path and arguments. hangs_after_s: a program none of whose threads runs for so many seconds is
    interrupted, if the witness interrupts."""
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
    """stdout of the run contains both outputs, in the order in which they were written."""

    def watch(launcher: subprocess.Popen) -> None:
        if witness.interrupts:
            _interrupt_when_still(launcher, os.path.realpath(program), hangs_after_s)
        launcher.wait()

    environment = os.environ | {"LC_ALL": "C"} | dict(witness.environment)
    return run_process(["sh", "-c", 'exec "$@" 2>&1', "sh", *command], environment=environment, timeout_s=witness.limit_s, watch=watch)


def _interrupt_when_still(launcher: subprocess.Popen, program: str, still_s: float) -> None:
    """Sends SIGINT, as Ctrl-C does, once to the program but not to the tool, when none of its threads has run for still_s seconds."""
    before, since = None, time.monotonic()
    while launcher.poll() is None:
        pid, now = _process_of(program, launcher.pid), time.monotonic()
        found = _standing_of(pid) if pid else None
        if found != before or found is None:
            before, since = found, now
        elif pid is not None and now - since >= still_s:
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
    """All threads and how often each has left the CPU; None while one of them runs or a debugger has stopped it. Equal results in a row
    mean that no thread has run in between."""
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
    reason = f"{witness.title} could not observe the program: {refusal}" if refusal else None
    if run.failure == "spawn":
        reason = f"{witness.title} could not be started: {run.stderr.strip()}"
    return {"tool": witness.name, "command": command, "transcript": text, "exit_code": run.exit_code, "signal": run.signal,
            "failure": run.failure, "wall_ns": run.wall_ns, "unmeasured": reason}


def readable(text: str) -> str:
    """The text without escape sequences, control characters and the name of the working folder, and without its middle where it is
    longer than TRANSCRIPT_LIMIT."""
    text = ESCAPE.sub("", text).replace(f"{Path.cwd()}/", "")
    lines = ["".join(one for one in line.expandtabs() if unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp")).rstrip()
             for line in text.split("\n")]
    whole = "\n".join(lines).strip("\n")
    if len(whole) <= TRANSCRIPT_LIMIT:
        return whole
    half = TRANSCRIPT_LIMIT // 2
    return f"{whole[:half]}\n[{len(whole) - 2 * half} characters are left out here]\n{whole[-half:]}"
