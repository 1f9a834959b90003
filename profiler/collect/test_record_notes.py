"""test_record_notes.py - what `clinic record` says of its own numbers is the reason, not a reason."""

import subprocess
import time

from recorded_session import VICTIMS, read_session, run


def notes_of(session: dict) -> list[str]:
    return [session["strings"][text] for text in session.get("notes", {}).get("text", [])]


def test_code_without_names_is_told_with_its_file(record):
    stripped = notes_of(record(VICTIMS / "hidden_frames_stripped").file)
    named = notes_of(record(VICTIMS / "hidden_frames").file)
    assert any("code without names" in note and f"in {VICTIMS / 'hidden_frames_stripped'}:" in note
               for note in stripped), stripped
    assert not any("code without names" in note for note in named)


def test_what_a_child_used_before_the_attach_is_the_reason(tmp_path):
    """The parent's account has all of the child's CPU time, of which nothing was sampled."""
    path = tmp_path / "s.json"
    # The shell waits for its child, and stays for long enough to be asked what it knows.
    with subprocess.Popen(["sh", "-c", f"{VICTIMS / 'untabled'} 400 200 & wait; sleep 0.5"]) as parent:
        time.sleep(0.2)
        run("record", "-p", parent.pid, "-d", "30", "-o", path)
    notes = notes_of(read_session(path))
    assert any("children that ran before the recording began" in note for note in notes), notes
