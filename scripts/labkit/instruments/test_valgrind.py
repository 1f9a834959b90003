"""The counts of valgrind's tools, and hyperfine's times, of programs that become others."""

import pytest

from labkit.instruments import hyperfine, valgrind

ALONE, SHELL = ["ls", "/"], ["sh", "-c", "ls / >/dev/null; exec ls /"]


@pytest.mark.slow
def test_cachegrind_follows_a_shell_that_becomes_another_program():
    """An audit of `sh -c 'rm …; exec sqlite3 …'` ended with the path of a file that cachegrind had not written."""
    alone, followed = (valgrind.simulated_events(argv, timeout_s=60) for argv in (ALONE, SHELL))
    assert set(alone) == set(followed) and 1.5 * alone["Ir"] < followed["Ir"]


@pytest.mark.slow
@pytest.mark.parametrize("totals", [valgrind.heap_totals, valgrind.dhat_totals])
def test_allocations_of_every_process_are_counted(totals):
    alone, followed = (totals(argv, timeout_s=60) for argv in (ALONE, SHELL))
    assert 0 < 2 * alone["allocations_count"] <= followed["allocations_count"]


@pytest.mark.slow
def test_massif_follows_too():
    assert valgrind.massif_peak(ALONE, timeout_s=60)["peak_bytes"] <= valgrind.massif_peak(SHELL, timeout_s=60)["peak_bytes"]


def test_hyperfine_gives_a_command_its_input(tmp_path):
    (tmp_path / "in").write_text("1\n")
    found = hyperfine.time_commands({"read": ["grep", "-q", "1"]}, runs_count=2, cpu=None, timeout_s=60, stdin=tmp_path / "in")
    assert [one["exit_codes"] for one in found["results"]] == [[0, 0]]
