"""A second look forgives only tests that pass alone, and prints their names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAD = "from pathlib import Path\nimport pytest\nSEEN = Path(__file__).with_name('seen')\n"
UNSTEADY = "def test_unsteady():\n    first = not SEEN.exists()\n    SEEN.touch()\n    assert not first\n"
BROKEN = "def test_broken():\n    assert False, 'the reason'\n"
BROKEN_FIXTURE = "@pytest.fixture\ndef broken():\n    raise OSError('no room')\ndef test_with_it(broken):\n    pass\n"
SOUND = "def test_sound():\n    pass\n"
MANY = "@pytest.mark.parametrize('number', range(7))\ndef test_many(number):\n    assert False\n"


@pytest.fixture
def look(tmp_path):
    """look(tests, *options) runs pytest on the source text `tests` and returns the finished process."""
    def go(tests, *options):
        (tmp_path / "test_planted.py").write_text(HEAD + tests)
        return subprocess.run([sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-p", "second_look", "-p", "c_tests",
                               "--rootdir=.", "-q", *options], cwd=tmp_path, capture_output=True, text=True,
                              env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)})
    return go


@pytest.mark.slow
@pytest.mark.parametrize("cores", [(), ("-n", "2", "--dist", "loadgroup")], ids=["one core", "two cores"])
def test_what_passes_alone_is_unsteady_and_what_fails_again_has_failed(look, tmp_path, cores):
    tests = UNSTEADY.replace("def", "@pytest.mark.xdist_group('a group')\ndef", 1) + BROKEN + BROKEN_FIXTURE + SOUND
    first = look(tests, "--second-look=failed.txt", *cores)
    assert first.returncode == 0 and "\n1 passed, 0 failed" in first.stdout, first.stdout
    assert first.stdout.count("SECOND LOOK test_planted.py::") == 3 and "the reason" in first.stdout
    second = look(tests, "--second-look-at=failed.txt")
    assert second.returncode == 1 and "\n1 passed, 2 failed" in second.stdout, second.stdout
    assert second.stdout.count("UNSTEADY") == 1 and "UNSTEADY test_planted.py::test_unsteady" in second.stdout


@pytest.mark.slow
def test_many_failures_are_failures(look, tmp_path):
    done = look(MANY, "--second-look=failed.txt")
    assert done.returncode == 1 and "\n0 passed, 7 failed" in done.stdout and not (tmp_path / "failed.txt").exists()


@pytest.mark.slow
def test_where_all_pass_there_is_nothing_to_look_at(look, tmp_path):
    (tmp_path / "failed.txt").write_text("of an earlier run\n")
    done = look(SOUND, "--second-look=failed.txt")
    assert done.returncode == 0 and not (tmp_path / "failed.txt").exists()


@pytest.mark.slow
def test_a_c_test_has_no_second_look(look, tmp_path):
    """A fault that a sanitizer found once is a fault."""
    (tmp_path / "planted_test.c").write_text("cmocka_unit_test(raced)\n")
    program = tmp_path / "build" / "tests" / "planted_test"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho 'not ok 1 - raced'\nexit 66\n")
    program.chmod(0o755)
    done = look(SOUND, "--second-look=failed.txt", "-c", "/dev/null", "-o", "python_files=test_*.py")
    assert done.returncode == 1 and "\n1 passed, 1 failed" in done.stdout, done.stdout
