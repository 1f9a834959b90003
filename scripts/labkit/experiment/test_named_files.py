"""The files of a command line: which of its words are files, what a script runs on, and what a run has written."""

import os
from pathlib import Path

import pytest

from labkit.experiment.named_files import InputFiles, files_among, interpreter_of
from labkit.experiment.unchanged_files import UnchangedFiles
from labkit.outcome import LabError


@pytest.fixture
def folder(tmp_path):
    for name in ("data", "other data", "script.py"):
        (tmp_path / name).write_text(name)
    (tmp_path / "sub").mkdir()
    return tmp_path


@pytest.mark.parametrize("words, found", [
    (["data", "missing", "sub", "-v"], ["data"]), (["--input=data"], ["data"]), (["other data"], ["other data"]),
    (["-c", "script.py <data | wc -l >out; echo done"], ["script.py", "data"]), (["-c", "echo 'unclosed data"], []),
    (["/proc/self/status", "/dev/null", "", "x" * 5000, "a\nb"], [])])
def test_words_that_are_files_are_found(folder, words, found):
    assert list(files_among(words, folder)) == [folder / name for name in found]


@pytest.mark.parametrize("first, found", [("#!/bin/sh -e", "/bin/sh"), ("#! /usr/bin/env -S A=1 sh", "sh"), ("#!/no/such", None),
                                          ("#!", None), ("#!/usr/bin/env", None), ("plain text", None), ("", None)])
def test_a_script_runs_on_its_interpreter(tmp_path, first, found):
    (tmp_path / "script").write_text(first + "\necho 1\n")
    interpreter = interpreter_of(tmp_path / "script")
    assert interpreter == found if found is None else interpreter.samefile("/bin/sh")
    assert interpreter_of(tmp_path / "missing") is None


def test_what_a_run_has_written_is_no_input(folder):
    files = InputFiles(files_among(["data", "script.py"], folder))
    (folder / "data").write_text("written by the run")
    assert files.unwritten() == [folder / "script.py"]


def test_a_file_too_large_to_be_read_again_is_known_by_its_size_and_time(tmp_path):
    """Its content was None before and after, which are equal."""
    large = tmp_path / "large"
    with open(large, "wb") as file:
        file.truncate(65 << 20)
    files = UnchangedFiles([large])
    files.check(Path("rows"))
    os.truncate(large, 66 << 20)
    with pytest.raises(LabError, match="large has changed"):
        files.check(Path("rows"))
