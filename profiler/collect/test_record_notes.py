"""test_record_notes.py - notes of `clinic record` name the true reason for odd numbers."""

import pytest
from recorded_session import VICTIMS

# Real programs, for seconds each: for `make test`.
pytestmark = pytest.mark.slow


def notes_of(session: dict) -> list[str]:
    return [session["strings"][text] for text in session.get("notes", {}).get("text", [])]


def test_code_without_names_is_told_with_its_file(record):
    stripped = notes_of(record(VICTIMS / "hidden_frames_stripped").file)
    named = notes_of(record(VICTIMS / "hidden_frames").file)
    assert any("code without names" in note and f"in {VICTIMS / 'hidden_frames_stripped'}:" in note
               for note in stripped), stripped
    assert not any("code without names" in note for note in named)
