"""test_record_shares.py - shares of CPU time, compared with the victim's own measurement or with perf.

A victim prints how much CPU time each part of it really took, by its own clock; the shares of the
samples must lie within their binomial intervals around that. Nothing here asserts how long anything
takes.
"""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from recorded_session import (BACKENDS, BOTH_IN_FULL, KERNEL, VICTIMS, Session, assert_split,
                              assert_split_by_function, share_margin)


@pytest.mark.few(1)
@pytest.mark.parametrize("backend", BACKENDS)
def test_split_by_function(record, backend):
    session = record(VICTIMS / "split_functions", 500, backend=backend)
    assert_split_by_function(session)
    assert session.complete_ratio() > 0.99
    assert session.named_ratio() > 0.90


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_split_by_line(record, backend):
    session = record(VICTIMS / "split_lines", 500, backend=backend)
    source = (Path(__file__).parent / "victims/split_lines.c").read_text().splitlines()
    rows, frames = session.file["stacks"], session.file["frames"]
    marks = {number: line.split("/* ")[-1].split(" */")[0] for number, line in enumerate(source, 1)
             if "/* LINE_" in line}
    weights = Counter()
    for stack, weight in session.samples:
        weights[marks.get(frames["line"][rows["frame"][stack]])] += weight
    total = sum(weights.values())
    assert_split(session, {mark: weights[mark] / total for mark in marks.values()})


@pytest.mark.slow
@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_split_by_thread(record, backend):
    session = record(VICTIMS / "split_threads", 500, backend=backend)
    names = [session.file["strings"][name] for name in session.file["threads"]["name"]]
    weights = Counter()
    for thread, weight in zip(session.file["samples"]["thread"], session.file["samples"]["weight_ns"]):
        weights[names[thread]] += weight
    total = sum(weights.values())
    assert_split(session, {name: weights[name] / total for name in ("seventy", "twenty", "ten")})
    # Stacks contain only frames of the program; with a frame of our library, all threads would differ between the backends.
    strings = session.file["strings"]
    assert not [path for path in session.file["libraries"]["path"] if "libclinic" in strings[path]]


@pytest.mark.slow
@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_split_by_stage(record, backend):
    session = record(VICTIMS / "split_stages", 500, backend=backend, options=["--stages"])
    names = [session.file["strings"][name] for name in session.file["stages"]["name"]]
    weights = Counter()
    for stage, weight in zip(session.file["samples"]["stage"], session.file["samples"]["weight_ns"]):
        weights[names[stage]] += weight
    total = sum(weights.values())
    assert_split(session, {name: weights[name] / total for name in ("seventy", "twenty", "ten")})


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_reconciliation(record, backend):
    """The samples stand for the CPU time that the kernel accounted: checked on 3 s of it."""
    session = record(VICTIMS / "split_functions", 3000, backend=backend)
    assert_split_by_function(session)
    if not session.file["quality"]["lost_count"]:
        assert 0.8 < session.reconciliation() < 1.2


@pytest.mark.slow
@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_metrics_are_on_the_samples_clock(record, backend):
    session = record(VICTIMS / "split_threads", 400, backend=backend)
    times = session.file["metrics"]["time_ns"]
    first, last = times[0], sum(times)  # the column holds differences
    about = session.file["about"]
    assert about["started_ns"] <= first <= last <= about["ended_ns"]
    assert max(session.file["metrics"]["threads_count"]) == 4
    assert max(session.file["metrics"]["rss_bytes"]) > 0


@pytest.mark.slow
def test_kernel_time_when_it_may_be_seen(record):
    session = record(VICTIMS / "syscall_heavy", backend="perf")
    if not session.sees_kernel():
        pytest.skip("the kernel may not be seen here")
    kernel = sum(bool(flag & KERNEL) for flag in session.flags()) / len(session.flags())
    assert kernel > 0.5
    assert session.share("read_noise") > 0.95, "a system call's time belongs to its caller"


@pytest.mark.slow
def test_kernel_time_under_timers_is_the_callers(record):
    session = record(VICTIMS / "syscall_heavy", backend="timer")
    assert session.share("read_noise") > 0.95


LUA_TOP = 10


def perf_script(folder: Path, command: list[str]) -> str:
    """A recording of the command by perf, as text."""
    data = folder / "perf.data"
    subprocess.run(["perf", "record", "-q", "-e", "task-clock", "-g", "-F", "999", "-o", data, "--", *command],
                   check=True, capture_output=True)
    return subprocess.run(["perf", "script", "-i", data, "-F", "ip,sym,dso"], check=True, capture_output=True,
                          text=True).stdout


def perf_shares(text: str, *, of_callers: bool) -> tuple[dict[str, float], int]:
    """Self shares by function, and the number of samples, as perf sees them.

    of_callers: time in the kernel counts for the function that called it, as timers see it.
    """
    names = Counter()
    for block in text.split("\n\n"):
        frames = [line.split() for line in block.splitlines() if not of_callers or "[kernel" not in line]
        named = [words[1] for words in frames if len(words) > 1]  # address, name, file
        names[named[0] if named else "unknown"] += 1
    total = sum(names.values())
    return {name: count / total for name, count in names.items()}, total


def physical_shares(session: Session) -> dict[str, float]:
    """Self shares by function with code of its own, because perf does not name inlined calls."""
    rows, frames, strings = session.file["stacks"], session.file["frames"], session.file["strings"]
    inlined = frames.get("inlined", [0] * len(frames["function"]))
    weights = Counter()
    for stack, weight in session.samples:
        while inlined[rows["frame"][stack]]:
            stack = rows["parent"][stack]
        weights[strings[frames["function"][rows["frame"][stack]]]] += weight
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


@pytest.mark.slow
@pytest.mark.parametrize("flag", ["-fomit-frame-pointer", "-fno-omit-frame-pointer"])
def test_lua_as_perf_sees_it(record, build_lua, tmp_path, flag):
    if not shutil.which("perf"):
        pytest.skip("perf is not installed")
    script = Path(__file__).parent / "bench_cpu.lua"
    command = [build_lua(flag), script, "60", tmp_path / "answer"]
    text = perf_script(tmp_path, [str(word) for word in command])
    for backend in BACKENDS:
        assert_shares_of_perf(record(*command, backend=backend), *perf_shares(text, of_callers=backend == "timer"))


def assert_shares_of_perf(session: Session, theirs: dict[str, float], their_count: int) -> None:
    ours, our_count = physical_shares(session), len(session.samples)
    assert session.complete_ratio() > 0.99
    assert session.named_ratio() > 0.90
    for name in sorted(theirs, key=theirs.get, reverse=True)[:LUA_TOP]:
        share = theirs[name]
        # Both are samples of the same shares, so both have an interval.
        margin = share_margin(share, their_count, our_count) + 0.01
        mine = ours.get(name, 0)
        assert abs(mine - share) <= margin, f"{name}: {mine:.3f}, perf says {share:.3f} +- {margin:.3f}"
