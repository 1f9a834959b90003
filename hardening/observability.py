"""observability.py - asks other tools what they see of Perf Clinic: gdb its static probes, drd how long locks are held.  used by gates/12-observability and tests

Errors  Fault and Unavailable, of gate_ending.py
"""

import contextlib
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from gate_ending import Fault, Unavailable

DOCUMENT = Path("profiler/README.md")
DOCUMENTED = re.compile(r"^\| `(clinic\w*:\w+)` \|", re.M)
LISTED = re.compile(r"Provider: (\w+)\s+Name: (\w+)")
HELD = re.compile(r"was held during (\d+) ms")
FIRED = re.compile(r"^fired (\S+) (.*)$", re.M)
# What gdb does at a probe, whose first argument it prints.
AT_PROBE = 'break -probe-stap {probe}\ncommands\nsilent\nprintf "fired {probe} {format}\\n", {argument}\ncontinue\nend\n'
TIMEOUT_S = 120
LOOK_S = 0.01


def documented_probes() -> set[str]:
    """{"provider:name"}, of the table in the profiler's README."""
    return set(DOCUMENTED.findall(DOCUMENT.read_text(encoding="utf-8")))


def listed_probes(file: Path) -> set[str]:
    """The same, by the notes in the file."""
    notes = subprocess.run(["readelf", "-n", file], capture_output=True, text=True, check=True).stdout
    return {f"{provider}:{name}" for provider, name in LISTED.findall(notes)}


def fired_probes(probes: Sequence[str], command: Sequence[str | Path], environment: Mapping[str, str]) -> dict[str, list[str]]:
    """{probe: its first argument, each time that it fired} while gdb runs the command with these variables besides."""
    lines = ["set breakpoint pending on", "set confirm off", "set startup-with-shell off",
             *(f"set environment {name} {value}" for name, value in environment.items())]
    stops = [AT_PROBE.format(probe=probe, format="%s" if "preload" in probe else "%ld",
                             argument="(char *)$_probe_arg0" if "preload" in probe else "$_probe_arg0") for probe in sorted(probes)]
    with tempfile.NamedTemporaryFile("w", suffix=".gdb") as script:
        script.write("\n".join([*lines, *stops, "run\n"]))
        script.flush()
        done = subprocess.run(["gdb", "-q", "-batch", "-nx", "-x", script.name, "--args", *command], capture_output=True, text=True,
                              errors="replace", timeout=TIMEOUT_S)
    said = done.stdout + done.stderr
    if re.search(r"ptrace: Operation not permitted|Could not trace the inferior", said):
        raise Unavailable("gdb may not trace programs here")
    found = FIRED.findall(said)
    return {probe: [argument for name, argument in found if name == probe] for probe in probes}


def longest_hold_ms(command: Sequence[str | Path], environment: Mapping[str, str]) -> tuple[int, int]:
    """The longest time that a thread held a mutex or a read-write lock under drd, which makes everything some fifty times slower; and for how long
    the whole run waited for a CPU. The first may contain all of the second."""
    with tempfile.TemporaryFile("w+", errors="replace") as told:
        with subprocess.Popen(["valgrind", "--tool=drd", "--exclusive-threshold=1", "--shared-threshold=1", *command], env=os.environ | dict(environment),
                              stdout=subprocess.DEVNULL, stderr=told) as running:
            waited_ns: dict[str, int] = {}
            while running.poll() is None:
                waited_ns |= waits_of_threads(running.pid)
                time.sleep(LOOK_S)
        told.seek(0)
        text = told.read()
    if running.returncode or "ERROR SUMMARY" not in text:
        raise Fault(f"drd ended with {running.returncode}: {text[-1000:]}")
    return max(map(int, HELD.findall(text)), default=0), sum(waited_ns.values()) // 1_000_000


def waits_of_threads(pid: int) -> dict[str, int]:
    """{thread: for how many nanoseconds it was ready to run and had no CPU}"""
    waits = {}
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError, IndexError):  # it has ended, or the kernel keeps no such account
            waits[path.parent.name] = int(path.read_text().split()[1])
    return waits
