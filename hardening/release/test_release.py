"""A release is refused before anything is built if a gate is red, a change is not committed, or the version is invalid or taken."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree(tmp_path):
    """A repository with the scripts of the release and one gate, which passes until a test replaces it by gate()."""
    shutil.copytree(ROOT / "hardening/release", tmp_path / "hardening/release", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "hardening/release_check.py", tmp_path / "hardening")
    (tmp_path / "hardening/gates").mkdir()
    gate(tmp_path, 0)
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def gate(folder: Path, code: int) -> None:
    path = folder / "hardening/gates/01-planted"
    path.write_text(f"#!/bin/sh\n# 01-planted - ends with {code}\necho said\nexit {code}\n")
    path.chmod(0o755)


def git(folder: Path, *arguments: str) -> str:
    named = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "core.hooksPath=/dev/null"]
    return subprocess.run(["git", *named, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "planted")


def release(folder: Path, version: str) -> subprocess.CompletedProcess:
    done = subprocess.run(["hardening/release/make_release.sh", version], cwd=folder, capture_output=True, text=True, env={**os.environ, "PYTHON": "/usr/bin/python3"})
    assert not (folder / "dist").exists() or not list((folder / "dist").iterdir())
    return done


def test_a_red_gate_refuses_it(tree):
    gate(tree, 1)
    commit(tree)
    done = release(tree, "1.2.3")
    assert done.returncode == 1 and done.stderr == "release: refused: a gate is red\n"


def test_what_is_not_committed_refuses_it(tree):
    (tree / "more.c").write_text("int more;\n")
    done = release(tree, "1.2.3")
    assert done.returncode == 1 and "not committed" in done.stderr


def test_a_version_that_is_taken_refuses_it(tree):
    git(tree, "tag", "v1.2.3")
    done = release(tree, "1.2.3")
    assert done.returncode == 1 and done.stderr == "release: refused: v1.2.3 exists already\n"


@pytest.mark.few(2)
@pytest.mark.parametrize("version", ["", "1.2", "1.2.3; true", "v1.2.3", "1.2.3-", "../../x"])
def test_an_invalid_version_refuses_it(tree, version):
    done = release(tree, version)
    assert done.returncode == 2 and "is not a version" in done.stderr


@pytest.mark.slow
def test_the_tag_is_signed_in_a_copy_and_leaves_none_here(tree):
    done = subprocess.run(["hardening/release/signed_tag.sh", "1.2.3"], cwd=tree, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "tag signed by throw-away\n"), done.stderr
    assert git(tree, "tag") == ""


@pytest.mark.slow
def test_a_tag_of_a_key_that_nobody_knows_is_removed(tree):
    (tree / "hardening/allowed_signers").write_text("")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tree.parent / "key"], check=True)
    named = {f"GIT_COMMITTER_{key}": "test@localhost" for key in ("NAME", "EMAIL")}
    done = subprocess.run(["hardening/release/signed_tag.sh", "1.2.3"], cwd=tree, capture_output=True, text=True, env={**os.environ, **named, "TAG_KEY": str(tree.parent / "key")})
    assert done.returncode == 1 and "does not know" in done.stderr
    assert git(tree, "tag") == ""


@pytest.mark.slow
def test_the_tarball_calls_itself_by_the_version_and_is_equal_twice(tree, tmp_path_factory):
    named = ("profiler/include/clinic/version.h", "scripts/labkit/__init__.py", "docs/man/clinic.1", "docs/man/lab.1")
    for name in named:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    commit(tree)
    out = tmp_path_factory.mktemp("out")
    tarballs = [out / name / "perf-clinic-9.8.7-rc.tar.gz" for name in "ab"]
    for tarball in tarballs:
        subprocess.run(["hardening/release/source_tarball.sh", "9.8.7-rc", "HEAD", tarball.parent], cwd=tree, check=True)
    assert tarballs[0].read_bytes() == tarballs[1].read_bytes()
    subprocess.run(["tar", "-xzf", tarballs[0], "-C", out], check=True)
    for name in (*named, "RELEASE"):
        assert "9.8.7-rc" in (out / "perf-clinic-9.8.7-rc" / name).read_text(), name
