"""test_damaged_memory.py - what a target writes into the memory that it shares with the recorder harms nobody."""

import re
from pathlib import Path

import pytest
from recorded_session import run

VICTIMS = Path("build/victims").resolve()
# The target first prints where its memory is: other recordings beside this one have folders of their own.
TELLS_FOLDER = ["sh", "-c", 'env; exec "$@"', "sh"]


@pytest.mark.parametrize("how, what", [
    ("truncate", "its ring was cut short"),
    ("tail", ""),
    ("endless", ""),
    ("wild", ""),
    ("race", ""),
])
def test_a_damaged_ring_is_told_and_left(tmp_path, how, what):
    done = run("record", "--backend", "timer", "-F", "200", "-o", tmp_path / "s.json", "--",
               *TELLS_FOLDER, VICTIMS / "ring_liar", how, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "s.json").exists(), done.stderr
    assert "damaged its own records: " + what in done.stderr
    folder = Path(re.search(r"^CLINIC_SAMPLER=\d+:(/\S+)$", done.stdout, re.M)[1])
    assert not folder.exists(), "the folder is gone with what is in it"
