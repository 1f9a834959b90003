"""observability.py - asks other tools what they see of Perf Clinic: gdb its static probes, drd how long locks are held.  used by gates/12-observability and tests

Errors  Fault and Unavailable, of gate_ending.py
"""

import re
import subprocess
import tempfile
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


def longest_hold_ms(command: Sequence[str | Path], environment: Mapping[str, str]) -> int:
    """The longest time that a thread held a mutex or a read-write lock under drd, which makes everything some fifty times slower."""
    assigned = [f"{name}={value}" for name, value in environment.items()]
    done = subprocess.run(["env", *assigned, "valgrind", "--tool=drd", "--exclusive-threshold=1", "--shared-threshold=1", *command],
                          capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S)
    if done.returncode or "ERROR SUMMARY" not in done.stderr:
        raise Fault(f"drd ended with {done.returncode}: {done.stderr[-1000:]}")
    return max(map(int, HELD.findall(done.stderr)), default=0)
