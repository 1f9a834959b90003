"""test_soak.py - `make soak` counts the runs that end as alone, and detects a run that does not."""

import os
import re
from pathlib import Path

import pytest
import soak
from labkit.progress import Progress


def test_every_program_is_in_the_page_of_record():
    """A program that was added must be run before it is committed."""
    page = soak.PAGE.read_text()
    rows = re.findall(r"^\| (\S+) \|", page, re.M)
    for program in soak.programs():
        assert program.name in rows, f"make soak SOAK_ARGS='--only {program.name}'"


@pytest.fixture
def soaked(tmp_path, monkeypatch):
    monkeypatch.setattr(soak, "WORK", tmp_path)

    def run(script: str, *instruments: str) -> tuple[soak.Row, list[Path]]:
        with open(os.devnull, "w") as nowhere, Progress("soak", 9, stream=nowhere) as progress:
            row = soak.soak(soak.Program("one", script, "", {}), list(instruments), 2, progress)
        return row, list((tmp_path / "one" / "differs").iterdir())
    return run


@pytest.mark.slow
def test_a_program_that_ends_as_alone(soaked):
    row, differs = soaked("seq 3 | sort -r; echo word >&2; exit 5", *soak.INSTRUMENTS)
    assert row.same == dict.fromkeys(soak.INSTRUMENTS, 2) and not differs, row


@pytest.mark.slow
@pytest.mark.parametrize("script", ["echo ${LD_PRELOAD:+loaded}", "echo ${LD_PRELOAD:+loaded} >&2", "exit ${LD_PRELOAD:+3}"],
                         ids=["output", "error output", "exit code"])
def test_a_program_that_sees_the_instrument(soaked, script):
    row, differs = soaked(script, "alloc")
    assert row.same == {"alloc": 0}
    assert len(differs) == 2


@pytest.mark.parametrize("script, why", [("echo $RANDOM$RANDOM", "its runs alone differ"), ("no-such-program", "it does not run alone: 127")])
def test_what_cannot_be_compared_has_its_reason(soaked, script, why):
    row, _ = soaked(script, "alloc")
    assert row.why_not.startswith(why) and not row.same
