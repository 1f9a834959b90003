"""What gate 09 concludes from the programs of a build, and what a gate of several parts says when some of them fail."""

from pathlib import Path

import pytest
from gate_ending import Fault, Unavailable, all_of
from watched_memory import count, replays_of, unit_tests_of

READS_ALL = 'for file; do echo "$file"; done'


@pytest.fixture
def counted(tmp_path, monkeypatch):
    """A function that returns how many tests and files the programs of a tree with one test and one fuzzer were right about."""
    monkeypatch.chdir(tmp_path)

    def judge(test: str, replay: str = READS_ALL) -> tuple[int, int]:
        for name, text in (("profiler/room/list_test.c", ""), ("profiler/room/list_fuzz.c", ""), ("hardening/fuzz/corpus/list/first", ""),
                           ("build/tests/list_test", f"#!/bin/sh\n{test}\n"), ("build/fuzz/list_replay", f"#!/bin/sh\n{replay}\n")):
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755)
        return count(unit_tests_of(Path("build"))), count(replays_of(Path("build")))
    return judge


def test_tests_and_files_are_counted(counted):
    assert counted("echo 1..3; echo ok 1 - grows; echo not ok 2 '# SKIP' asks_perf; echo ok 3 - ends") == (2, 1)


@pytest.mark.parametrize("test, replay", [("echo not ok 1 - grows; echo ok 2 - ends", READS_ALL), ("echo ok 1 - grows; exit 23", READS_ALL),
                                          ("true", READS_ALL), ("echo ok 1 - grows", "exit 9"), ("echo ok 1 - grows", "true")],
                         ids=["a failed test", "a leak at the end", "no test", "a broken reader", "a file that is not read"])
def test_what_is_not_right_is_a_fault(counted, test, replay):
    with pytest.raises(Fault, match="list_.* ends with"):
        counted(test, replay)


def test_a_build_without_programs_is_a_fault(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Fault, match="no programs"):
        count(unit_tests_of(Path("build")))


def fails() -> str:
    raise Fault("a block is lost")


def is_missing() -> str:
    raise Unavailable("valgrind is not installed")


def test_each_part_of_a_gate_is_run_and_a_fault_counts_more_than_a_missing_tool():
    with pytest.raises(Fault, match="a block is lost\na block is lost"):
        all_of(fails, is_missing, fails)
    with pytest.raises(Unavailable, match="valgrind is not installed; right as far as tried: clean"):
        all_of(is_missing, lambda: "clean")
    assert all_of(lambda: "clean", lambda: "proven") == "clean; proven"
