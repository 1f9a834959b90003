"""An analyser is not asked again about a content in which it has found nothing, and asked again about every other one."""

import subprocess
from pathlib import Path

import pytest

ONCE = Path(__file__).with_name("once.sh")


@pytest.fixture
def asked(tmp_path):
    """A function that analyses a text, and returns whether the analyser was run and its exit code."""
    def analyse(text: str, *words: str) -> tuple[bool, int]:
        source, log = tmp_path / "source", tmp_path / "log"
        source.write_text(text)
        log.write_text("")
        analyser = f"echo run >>{log}; ! grep -q {' '.join(words) or 'fault'} {source}"
        done = subprocess.run([ONCE, tmp_path / "clean", "sh", "-c", analyser], input=f"{source}\n", capture_output=True, text=True)
        return bool(log.read_text()), done.returncode
    return analyse


def test_a_clean_content_is_analysed_once_even_if_another_one_came_between(asked):
    assert [asked(text) for text in ("one", "one", "two", "one")] == [(True, 0), (False, 0), (True, 0), (False, 0)]


def test_a_finding_is_repeated_until_it_is_mended(asked):
    assert [asked(text) for text in ("fault", "fault", "mended")] == [(True, 1), (True, 1), (True, 0)]


def test_other_options_ask_again(asked):
    assert asked("one") == (True, 0) and asked("one", "-e", "one") == (True, 1)
