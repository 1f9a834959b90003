"""A program that hangs leaves the place of every thread; one that ends in time is not looked at."""

import subprocess

import pytest

from labkit.instruments.backtraces import HangWatch
from labkit.process import run_process

TIMEOUT_S = 12
SOURCE = """
#include <pthread.h>
#include <unistd.h>
__attribute__((noinline)) static void *wait_for_nobody(void *unused) { for (;;) pause(); return unused; }
__attribute__((noinline)) static void hang_in_main(void) { for (;;) pause(); }
int main(void) { pthread_t thread; pthread_create(&thread, NULL, wait_for_nobody, NULL); hang_in_main(); }
"""


@pytest.mark.slow
def test_the_place_of_every_thread_is_kept(tmp_path):
    (tmp_path / "hang.c").write_text(SOURCE)
    subprocess.run(["gcc", "-g", "-O1", tmp_path / "hang.c", "-o", tmp_path / "hang", "-lpthread"], check=True)
    run = run_process([tmp_path / "hang"], timeout_s=TIMEOUT_S, watch=HangWatch(TIMEOUT_S))
    assert run.failure == "timeout"
    if "cannot be looked at" in run.backtraces:
        pytest.skip(run.backtraces)
    assert "hang_in_main" in run.backtraces and "wait_for_nobody" in run.backtraces


def test_a_run_that_ends_in_time_has_none():
    run = run_process(["true"], timeout_s=TIMEOUT_S, watch=HangWatch(TIMEOUT_S))
    assert run.failure is None and run.backtraces == ""


def test_where_there_is_no_gdb_the_reason_is_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    run = run_process(["/bin/sleep", "60"], timeout_s=1, watch=HangWatch(1))
    assert run.failure == "timeout" and "cannot be looked at" in run.backtraces and "gdb" in run.backtraces
