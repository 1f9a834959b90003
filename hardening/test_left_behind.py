"""The watch over temporary files can go red: a planted test whose program leaves one is named, beside others or alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = '''
import os
import subprocess
import tempfile

import pytest


@pytest.fixture(scope="session")
def kept_between_tests():
    with tempfile.TemporaryDirectory(prefix="kept-") as folder:
        yield folder


def test_that_removes(kept_between_tests):
    with tempfile.TemporaryDirectory():
        pass


def test_that_leaves(tmp_path):
    subprocess.run(["mktemp", "-t", "planted.XXXXXX"], check=True)
    (tmp_path / "file").write_text("x")


def test_after_it(kept_between_tests):
    assert os.stat(os.environ["TMPDIR"]).st_mode & 0o7777 == 0o1777
'''


def run_planted(folder: Path, *options: str) -> subprocess.CompletedProcess:
    (folder / "tmp").mkdir()
    (folder / "test_planted.py").write_text(TESTS)
    return subprocess.run([sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-p", "left_behind",
                           "--rootdir=.", "-q", *options], cwd=folder, capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": str(Path(__file__).parent), "TMPDIR": str(folder / "tmp"),
                                            "PYTEST_DEBUG_TEMPROOT": str(folder / "tmp")})


@pytest.mark.few(1)
@pytest.mark.parametrize("options", [[], ["-n", "2"]], ids=["alone", "side by side"])
def test_what_a_program_leaves_is_named_and_removed(tmp_path, options):
    done = run_planted(tmp_path, *options)
    assert done.returncode == 1 and "3 passed" in done.stdout, done.stdout
    left = [line for line in done.stdout.splitlines() if line.startswith("LEFT BEHIND")]
    assert len(left) == 1 and "planted." in left[0] and left[0].endswith("by test_planted.py::test_that_leaves"), left
    assert [path.name for path in (tmp_path / "tmp").iterdir() if not path.name.startswith("pytest-of-")] == []


@pytest.mark.slow
def test_who_removes_all_is_not_named(tmp_path):
    done = run_planted(tmp_path, "--deselect", "test_planted.py::test_that_leaves")
    assert done.returncode == 0 and "LEFT BEHIND" not in done.stdout, done.stdout
