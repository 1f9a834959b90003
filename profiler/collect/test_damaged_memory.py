"""test_damaged_memory.py - what a target writes into the memory that it shares with the recorder harms nobody."""

from pathlib import Path

import pytest
from recorded_session import run

VICTIMS = Path("build/victims").resolve()
PLACES = (Path("/dev/shm"), Path("/tmp"))


def folders() -> set[Path]:
    return {path for place in PLACES if place.is_dir() for path in place.glob("clinic-*") if path.is_dir()}


@pytest.mark.parametrize("how, what", [
    ("truncate", "its ring was cut short"),
    ("tail", ""),
    ("endless", ""),
    ("wild", ""),
    ("race", ""),
])
def test_a_damaged_ring_is_told_and_left(tmp_path, how, what):
    before = folders()
    done = run("record", "--backend", "timer", "-F", "200", "-o", tmp_path / "s.json", "--",
               VICTIMS / "ring_liar", how, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "s.json").exists(), done.stderr
    assert "damaged its own records: " + what in done.stderr
    assert folders() <= before, "the folder is gone with what is in it"
