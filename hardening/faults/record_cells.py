"""record_cells.py - faults in the phases of `clinic record`, for each instrument.  tools, place -> what went wrong

Starting   until the target runs: a signal comes while strace delays a system call, other faults are there from the beginning
Recording  from the target's first line on
Naming     while a debuginfod server keeps clinic waiting for the target's debug file
Saving     at the rename that gives the session its name, which strace delays or refuses
"""

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import fault_cells as f
from cell_place import EMPTY_PROC, Place, ends
from fault_cells import Cell, Tools, left_behind, spoken

PHASES = ("starting", "recording", "naming", "saving")
INSTRUMENTS = {"cpu": ["-e", "cpu"], "timer": ["--backend", "timer"], "alloc": ["-e", "alloc"], "lock": ["-e", "lock"]}
# The first system call of its kind that this instrument makes before the target runs.
STARTS_WITH = {"cpu": "pipe2", "timer": "mkdir", "alloc": "mkdir", "lock": "mkdir"}
LONG_MS = 20_000  # a signal ends this target earlier
SHORT_MS = 250
TABLES = ("samples", "allocations", "locks", "waits", "lock_waits")
NEVER_READY_S = 30
WHOLE = "the fault is there from the start, and the run of the column starting goes through this phase, too"
REASONS = {
    **{(fault, phase): WHOLE for fault in (f.NO_PROC, f.NO_PERF, f.NO_PTRACE) for phase in PHASES[1:]},
    (f.CLOCK, "saving"): "nothing is read from the clock between the naming and the rename",
}


def record(place: Place, tools: Tools, instrument: str, *, ms: int = SHORT_MS, before: tuple = (), environment: dict[str, str] = {},
           more: tuple = (), victim: Path | None = None) -> subprocess.Popen:
    command = [f.CLINIC, "record", *INSTRUMENTS[instrument], *more, "-o", place.tree / "s.json", "--", victim or tools.victim, ms]
    return place.start([*before, *command], environment=environment)


def until_ready(process: subprocess.Popen) -> None:
    """Until the target has printed its first line, and some work is done."""
    assert process.stdout
    process.stdout.readline()
    time.sleep(0.1)


@contextmanager
def held_naming(place: Place, tools: Tools, instrument: str, environment: dict[str, str] = {}, **options) -> Iterator[subprocess.Popen]:
    """clinic waits for a debug file while this lasts; afterwards the server refuses all."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = {"DEBUGINFOD_URLS": f"http://127.0.0.1:{server.getsockname()[1]}", "DEBUGINFOD_TIMEOUT": "60",
                 "DEBUGINFOD_CACHE_PATH": str(place.folder / "cache")}
        process = record(place, tools, instrument, environment=where | environment, more=("--debuginfod",), **options)
        server.settimeout(NEVER_READY_S)
        try:
            asked, _ = server.accept()
        except TimeoutError:
            process.kill()
            raise
        yield process
        asked.close()


DELAY_US = 500_000


def with_strace(place: Place, call: str, what: str) -> tuple:
    what = f"{what}={DELAY_US}" if what.startswith("delay") else what
    return ("strace", "-qqq", "-o", place.folder / "strace", "-e", f"trace={call}", "-e", "signal=none", "-e", f"inject={call}:{what}:when=1")


def stop_while_delayed(place: Place, process: subprocess.Popen, number: int) -> None:
    """Sends clinic the signal while strace, which is the process that was started, holds it in a system call."""
    deadline, stops = time.monotonic() + NEVER_READY_S, 0
    while stops < 3 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
        clinic = next((pid for pid, name in place.living().items() if name == "clinic" and pid != process.pid), 0)
        stops = stops + 1 if clinic and state_of(clinic) == "t" else 0
    if stops:
        os.kill(clinic, number)


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def run_in(phase: str, place: Place, tools: Tools, instrument: str, act: Callable[[Any], None], ms: int = SHORT_MS,
           **options) -> tuple[int, str, str]:
    """Runs clinic, and calls act once it is in the phase; with act before the start for "starting"."""
    if phase == "naming":
        with held_naming(place, tools, instrument, **options) as process:
            act(process)
    else:
        if phase == "starting":
            act(None)
        process = record(place, tools, instrument, ms=ms, **options)
        if phase == "recording":
            until_ready(process)
            act(process)
    return ends(process)


def session_of(place: Place, said: str) -> tuple[dict | None, str]:
    """(the session that this run kept, where). A session that was rescued elsewhere is removed: it is meant to be there."""
    elsewhere = re.search(r"wrote (\S+) instead", said)
    path = Path(elsewhere[1]) if elsewhere else place.tree / "s.json"
    if not path.exists():
        return None, ""
    data = path.read_bytes()
    if elsewhere:
        path.unlink()
    try:
        return json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data), str(path)
    except ValueError:
        return {}, str(path)


def judged(place: Place, ended: tuple[int, str, str], codes: set[int], says: str = "", *, may_be_empty: bool = False) -> list[str]:
    """What is wrong: with the exit code, the sentence, the session, and what is left behind. may_be_empty: the target ran for less than a tick."""
    code, out, err = ended
    session, where = session_of(place, err)
    wrong = [] if code in codes else [f"exit code {code} instead of {sorted(codes)}: {err.strip()[-200:]}"]
    if says and says not in err:
        wrong.append(f"it does not say {says!r}: {err.strip()[-200:]}")
    if session == {}:
        wrong.append(f"the session {where} cannot be read")
    if session and "ready" in out and not may_be_empty and not any(session.get(table) for table in TABLES):
        wrong.append(f"the session {where} has no rows")
    if session is None and "ready" in out and "clinic" not in err:
        wrong.append("there is no session, and no sentence says why")
    return f.all_of(wrong, spoken(err), left_behind(place))


def stopped_in_call(instrument: str, phase: str, number: int, tools: Tools, place: Place) -> tuple[int, str, str]:
    call = f"{STARTS_WITH[instrument]}:delay_exit" if phase == "starting" else "renameat:delay_enter"
    process = record(place, tools, instrument, before=with_strace(place, *call.split(":")))
    stop_while_delayed(place, process, number)
    return ends(process)


def stopped(instrument: str, phase: str, number: int, tools: Tools, place: Place) -> list[str]:
    if phase in ("starting", "saving"):
        ended = stopped_in_call(instrument, phase, number, tools, place)
    else:
        ended = run_in(phase, place, tools, instrument, lambda process: process.send_signal(number), ms=LONG_MS if phase == "recording" else SHORT_MS)
    codes = {"starting": {-number, 128 + number}, "recording": {128 + number}}.get(phase, {0, 128 + number})
    return judged(place, ended, codes, may_be_empty=phase == "starting")


def killed(instrument: str, phase: str, tools: Tools, place: Place) -> list[str]:
    """What SIGKILL leaves is removed by the next recording; an older session of the same name stays whole. The target ends as it would alone."""
    older = place.tree / "s.json"
    older.write_text('{"samples": [1]}')
    if phase in ("starting", "saving"):
        code = stopped_in_call(instrument, phase, signal.SIGKILL, tools, place)[0]
    else:
        code = run_in(phase, place, tools, instrument, lambda process: process.kill(), ms=2000)[0]
    wrong = [] if code == -9 else [f"exit code {code}"]
    wrong += [] if older.read_text() == '{"samples": [1]}' else ["the older session of this name was changed"]
    wrong += [f"{one} goes on" for one in place.processes()]
    place.age()
    after = ends(place.start([f.CLINIC, "record", *INSTRUMENTS[instrument], "-o", place.tree / "next.json", "--", "true"]))
    return wrong + ([] if after[0] == 0 else [f"the next recording: {after[2]}"]) + left_behind(place)


def no_disk(instrument: str, phase: str, fault: str, tools: Tools, place: Place) -> list[str]:
    error, says = {f.DISK_FULL: ("ENOSPC", "No space left"), f.READ_ONLY: ("EROFS", "Read-only file system")}[fault]
    if phase == "saving":
        ended = ends(record(place, tools, instrument, before=with_strace(place, "renameat", f"error={error}")))
        return judged(place, ended, {2}, says)
    place.make_small("256k")
    act = place.fill if fault == f.DISK_FULL else place.make_read_only
    return judged(place, run_in(phase, place, tools, instrument, lambda _: act()), {2}, says)


def clock_jumps(instrument: str, phase: str, tools: Tools, place: Place) -> list[str]:
    """Ten years back; before the start for "starting"."""
    clock = f.Clock(place, tools)
    ended = run_in(phase, place, tools, instrument, lambda _: clock.go_back_ten_years(), environment=clock.environment)
    return judged(place, ended, {0})


def hostile_input(instrument: str, phase: str, tools: Tools, place: Place) -> list[str]:
    victim = place.folder / "victim"
    whole = tools.victim.read_bytes()
    victim.write_bytes(whole[:1000] if phase == "starting" else without_tables(victim, whole) if phase == "recording" else whole)
    victim.chmod(0o755)
    if phase == "saving":
        (place.tree / "s.json").write_bytes(b'{"format": "clinic-se')
    act: Callable[[Any], None] = lambda _: None  # noqa: E731  # replaced by a function with an argument more
    if phase == "naming":
        act = partial(replace_by_half, victim)
    code = alone(victim)
    return judged(place, run_in(phase, place, tools, instrument, act, victim=victim), {code})


def alone(program: Path) -> int:
    """The exit code of a program that nobody watches, as a shell has it. A file that is no program is given to a shell by execvp."""
    return subprocess.run(["sh", "-c", '"$0" 100', program], capture_output=True).returncode


def without_tables(path: Path, whole: bytes) -> bytes:
    """The victim with 0xff in place of its unwind tables."""
    path.write_bytes(whole)
    listed = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True, check=True).stdout
    data = bytearray(whole)
    for at, size in re.findall(r" \.eh_frame(?:_hdr)?\s+\w+\s+\w+ (\w+) (\w+)", listed):
        data[int(at, 16):int(at, 16) + int(size, 16)] = b"\xff" * int(size, 16)
    return bytes(data)


def replace_by_half(victim: Path, _process) -> None:
    half = victim.with_name("half")
    half.write_bytes(victim.read_bytes()[:5000])
    os.replace(half, victim)


def under(prefix: Callable[[Tools], tuple], codes: set[int], says: str, instrument: str, tools: Tools, place: Place) -> list[str]:
    """A whole run in an environment that lacks something."""
    return judged(place, ends(record(place, tools, instrument, before=prefix(tools))), codes, says)


def two_at_once(instrument: str, phase: str, tools: Tools, place: Place) -> list[str]:
    """Two recordings with one output file; the second one starts when the first is in the phase."""
    delayed = with_strace(place, "renameat", "delay_enter") if phase == "saving" else ()
    second = []

    def start_second(_process) -> None:
        second.append(record(place, tools, instrument, before=delayed))

    if phase == "saving":
        first = record(place, tools, instrument, before=delayed)
        start_second(None)
        ended = ends(first)
    else:
        ended = run_in(phase, place, tools, instrument, start_second, ms=600)
    ended_too = ends(second[0])
    return f.all_of(judged(place, ended, {0}), judged(place, ended_too, {0}))


LACKS = {
    f.NO_PROC: (lambda tools: ("unshare", "-m", "sh", "-c", EMPTY_PROC, "sh"), {2}, "/proc is not mounted"),
    f.NO_PERF: (lambda tools: (tools.forbid_perf,), {0}, ""),
    f.NO_PTRACE: (lambda tools: (tools.forbid_ptrace,), {0}, ""),
}


def run_of(fault: str, phase: str, instrument: str) -> tuple[Callable[[Tools, Place], list[str]], tuple[str, ...]]:
    """(what runs the cell, what it needs)."""
    traced = ("strace",) if phase in ("starting", "saving") else ()
    if fault in f.SIGNALS:
        return partial(stopped, instrument, phase, getattr(signal, fault)), traced
    if fault in LACKS:
        return partial(under, *LACKS[fault], instrument), ("mounts",) if fault == f.NO_PROC else ()
    return {
        f.KILLED: (partial(killed, instrument, phase), traced),
        f.DISK_FULL: (partial(no_disk, instrument, phase, fault), ("strace",) if phase == "saving" else ("mounts",)),
        f.READ_ONLY: (partial(no_disk, instrument, phase, fault), ("strace",) if phase == "saving" else ("mounts",)),
        f.CLOCK: (partial(clock_jumps, instrument, phase), ()),
        f.INPUT: (partial(hostile_input, instrument, phase), ()),
        f.TWO: (partial(two_at_once, instrument, phase), ("strace",) if phase == "saving" else ()),
    }[fault]


def cell_of(fault: str, phase: str, instrument: str) -> Cell:
    reason = REASONS.get((fault, phase), "")
    run, needs = (None, ()) if reason else run_of(fault, phase, instrument)
    return Cell(fault, phase, instrument, run, reason, needs)


def cells() -> list[Cell]:
    return [cell_of(fault, phase, instrument) for fault in f.FAULTS for phase in PHASES for instrument in INSTRUMENTS]
