"""test_off_cpu.py - `clinic record -e offcpu` on a program whose waits are known, with and without permission.

The victim reads its clock around its sleeps and its read; the recorded waits must be equal to these times, whatever the machine does.
Only the victim's own figures and identities between figures are compared; no test asserts how long anything takes.
"""

import json
import re
import subprocess
import time
from pathlib import Path

import pytest
from recorded_session import CLINIC, OURSELVES, VICTIMS, needs_perf, read_session, run

APPROXIMATE = 16
PREEMPTED = 8
# The time that a victim may need between reading its clock and leaving the CPU, on a machine that others use, too.
AROUND_NS = 5_000_000


class Waiting:
    """A recording, and its `clinic report --json`."""

    def __init__(self, folder: Path, *command, by=OURSELVES, prefix=(), options=(), event="offcpu"):
        if not prefix:
            needs_perf(by)
        self.path = folder / "session.json"
        self.done = run("record", "-e", event, "-o", self.path, *options, "--", *command, by=by, prefix=prefix,
                        cwd=folder)
        assert self.done.returncode == 0, self.done.stderr
        self.file = read_session(self.path)
        self.report = json.loads(run("report", "--json", self.path).stdout)
        self.off_cpu = self.report["off_cpu"]

    def truth(self) -> dict[str, int]:
        return {name: int(ns) for name, ns in (line.split() for line in self.done.stdout.splitlines())}

    def thread(self, name: str) -> dict:
        return next(row for row in self.off_cpu["threads"] if row["name"].startswith(name))

    def blocked_in(self, function: str) -> int:
        return sum(row["blocked_ns"] for row in self.off_cpu["stacks"] if function in row["stack"])


def assert_known_threads(seen: Waiting) -> None:
    """Each thread was blocked as long as the victim's own clock says, and the spinning thread never."""
    truth = seen.truth()
    for thread, function in (("sleeper", "known_sleep"), ("reader", "known_read")):
        # If it was preempted just before or after, it was off the CPU, too, but not blocked.
        most = truth[function]
        least = most - seen.thread(thread)["ready_ns"] - AROUND_NS
        assert least <= seen.thread(thread)["blocked_ns"] <= most + AROUND_NS
    assert seen.thread("spinner")["blocked_ns"] <= AROUND_NS


def assert_reconciled(seen: Waiting) -> None:
    """The lifetimes without the waits are the CPU time that the kernel accounted, except for what starting and ending cost."""
    total = seen.off_cpu
    threads = total["threads"]
    left = total["watched_ns"] - total["blocked_ns"] - total["ready_ns"] - total["accounted_cpu_ns"]
    assert total["unexplained_ns"] == left
    assert abs(left) < 0.05 * total["watched_ns"]
    for key in ("watched_ns", "blocked_ns", "ready_ns", "waits_count"):
        assert sum(thread[key] for thread in threads) == total[key]
    assert sum(row["waits_count"] for row in total["stacks"]) == total["waits_count"]


def test_waits_have_exact_stacks_where_the_kernel_may_be_seen(anybodys_folder):
    seen = Waiting(anybodys_folder, VICTIMS / "off_cpu_known")
    if not seen.file["quality"].get("kernel_visible"):
        pytest.skip("the kernel may not be seen here: no exact stacks")
    assert_known_threads(seen)
    assert_reconciled(seen)
    truth = seen.truth()
    for function in ("known_sleep", "known_read"):
        assert abs(seen.blocked_in(function) - truth[function]) <= AROUND_NS + seen.off_cpu["ready_ns"]
    naps = [row for row in seen.off_cpu["stacks"] if "known_sleep" in row["stack"] and row["blocked_ns"]]
    assert sum(row["waits_count"] for row in naps) == 3
    assert seen.off_cpu["approximate_count"] == 0


def test_waits_are_approximate_without_permission(anybodys_folder, nobody):
    seen = Waiting(anybodys_folder, nobody.victims / "off_cpu_known", by=nobody)
    if seen.file["quality"].get("kernel_visible"):
        pytest.skip("kernel.perf_event_paranoid lets everybody see the kernel here")
    assert_known_threads(seen)
    assert_reconciled(seen)
    flags = seen.file["waits"]["flags"]
    assert all(flag & (APPROXIMATE | PREEMPTED) for flag in flags)
    assert seen.off_cpu["approximate_count"] == sum(bool(flag & APPROXIMATE) for flag in flags) > 0
    # The sleeper was last sampled where it burned before it slept.
    assert seen.blocked_in("known_sleep") > 0
    assert any("approximate" in note["text"] for note in seen.report["notes"])
    assert any("off-CPU" in refusal["backend"] for refusal in seen.report["refusals"])


@pytest.mark.slow
def test_text_report_and_flame_graph(anybodys_folder):
    seen = Waiting(anybodys_folder, VICTIMS / "off_cpu_known")
    text = run("report", seen.path).stdout
    assert "not explained" in text and "sleeper" in text
    picture, folded = anybodys_folder / "waits.svg", anybodys_folder / "waits.collapsed"
    for output in (picture, folded):
        done = run("export", seen.path, "-o", output, "--weight", "offcpu")
        assert done.returncode == 0, done.stderr
    assert "known_read" in picture.read_text()
    drawn = sum(int(re.search(r" (\d+)$", line)[1]) for line in folded.read_text().splitlines()
                if line and not line.startswith("#"))
    assert drawn == seen.off_cpu["blocked_ns"] + seen.off_cpu["ready_ns"]


@pytest.mark.slow
def test_with_allocations_and_locks_in_one_run(anybodys_folder):
    seen = Waiting(anybodys_folder, VICTIMS / "off_cpu_known", event="cpu,offcpu,alloc,lock")
    assert_known_threads(seen)
    assert seen.report["allocations"]["allocations_count"] > 0
    assert seen.report["quality"]["samples_count"] > 0


@pytest.mark.slow
def test_every_process_of_a_run_is_watched(anybodys_folder):
    seen = Waiting(anybodys_folder, "sh", "-c", "sleep 0.05; sleep 0.05")
    naps = [row for row in seen.off_cpu["threads"] if row["name"].startswith("sleep ")]
    assert len(naps) == 2
    assert all(nap["blocked_ns"] >= 50_000_000 for nap in naps)


def test_a_process_that_slept_before_us_and_still_does(anybodys_folder):
    needs_perf()
    path = anybodys_folder / "session.json"
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        time.sleep(0.1)  # so that it sleeps before the recording begins
        done = run("record", "-e", "offcpu", "-o", path, "-p", sleeper.pid, "-d", "0.2")
        sleeper.kill()
    assert done.returncode == 0, done.stderr
    off_cpu = json.loads(run("report", "--json", path).stdout)["off_cpu"]
    assert off_cpu["waits_count"] == 1
    assert off_cpu["blocked_ns"] == off_cpu["watched_ns"] > 0
    assert off_cpu["approximate_count"] == 1


def test_where_perf_is_forbidden_nothing_is_called_zero(anybodys_folder):
    seen = Waiting(anybodys_folder, VICTIMS / "split_functions", 50, prefix=[VICTIMS / "forbid_perf"])
    assert seen.off_cpu is None
    assert any("not observable" in note["text"] and note["is_warning"] for note in seen.report["notes"])


def test_not_asked_for_is_null(anybodys_folder):
    assert Waiting(anybodys_folder, "true", event="cpu").off_cpu is None


def test_timers_cannot_tell(anybodys_folder):
    done = run("record", "-e", "offcpu", "--backend", "timer", "true", cwd=anybodys_folder)
    assert done.returncode == 2
    assert "-e offcpu needs perf events" in done.stderr
    assert str(CLINIC) not in done.stderr


@pytest.mark.slow
def test_unread_context_switches_are_said(anybodys_folder):
    """In the metrics of a process with many threads, 0 context switches means that they were not read."""
    threads = "import threading, time\nfor _ in range(20): threading.Thread(target=time.sleep, args=(0.3,)).start()"
    seen = Waiting(anybodys_folder, "/usr/bin/python3", "-c", threads)
    many = [row for row in seen.report["metrics"] if row["threads_count"] > 16]
    notes = [note["text"] for note in seen.report["notes"] if "context switches" in note["text"]]
    assert bool(many) == bool(notes)
    assert all(row["voluntary_switches_count"] == 0 for row in many)
    assert not many or f"these {len(many)} rows" in notes[0]
