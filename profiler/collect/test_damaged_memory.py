"""test_damaged_memory.py - what a target writes into the memory that it shares with the recorder harms nobody."""

from pathlib import Path

import pytest
from recorded_session import read_session, run

# Real programs, for seconds each: for `make test`.
pytestmark = pytest.mark.slow

VICTIMS = Path("build/victims").resolve()


@pytest.mark.parametrize("how, what", [
    ("truncate", "its ring was cut short"),
    ("tail", ""),
    ("endless", ""),
    ("wild", ""),
    ("race", ""),
])
def test_a_damaged_ring_is_told_and_left(tmp_path, how, what):
    done = run("record", "--backend", "timer", "-F", "200", "-o", tmp_path / "s.json", "--",
               VICTIMS / "ring_liar", how, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "s.json").exists(), done.stderr
    assert "damaged its own records: " + what in done.stderr
    assert not Path(done.stdout.strip()).parent.exists(), "the folder is gone with what is in it"


@pytest.mark.parametrize("how, what", [
    ("truncate", "its arena was cut short"),
    ("empty", "its arena was cut short"),
    ("loop", "a block in its arena has no such length"),
    ("longer", "its arena claims to be longer than it is"),
    ("site", None),
    ("wild", "its counters make no sense"),
    ("fifo", None),
])
def test_a_damaged_arena_is_told_and_left(tmp_path, how, what):
    """Changes that were read before the damage stay in allocation_changes, even if there are no sums."""
    done = run("record", "-e", "alloc,lock", "-o", tmp_path / "s.json", "--", VICTIMS / "arena_liar", how, cwd=tmp_path)
    assert done.returncode == 128 + 9, done.stderr
    assert (tmp_path / "s.json").exists(), done.stderr
    if what is not None:
        assert "damaged its own records: " + what in done.stderr
    changes = read_session(tmp_path / "s.json")["allocation_changes"]
    assert sum(changes["allocations_count"]) >= 1000
    assert not Path(done.stdout.strip()).parent.exists(), "the folder is gone with what is in it"
