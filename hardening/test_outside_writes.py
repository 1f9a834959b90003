"""The watch over files that tests write can fail: it names a planted test that makes and removes a file beside itself."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = '''
from pathlib import Path
HERE = Path(__file__).parent


def test_in_its_own_folder(tmp_path):
    (tmp_path / "file").write_text("x")


def test_in_build():
    (HERE / "build/file").write_text("x")


def test_outside():
    (HERE / "file").write_text("x")
    (HERE / "file").unlink()


def test_after_it():
    pass
'''


def test_a_file_made_and_removed_outside_is_an_error(tmp_path):
    (tmp_path / "repository/build").mkdir(parents=True)
    (tmp_path / "repository/test_planted.py").write_text(TESTS)
    done = subprocess.run([sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-p", "outside_writes",
                           "--rootdir=.", "-q"], cwd=tmp_path / "repository", capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)})
    assert "4 passed, 1 error" in done.stdout, done.stdout
    assert "ERROR test_planted.py::test_outside" in done.stdout
    assert f"wrote outside build/ and temporary folders, in {tmp_path / 'repository'}\n" in done.stdout
