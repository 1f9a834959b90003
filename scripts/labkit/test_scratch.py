"""What a killed process left is gone after the next start, and what a living one has is not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labkit import scratch

LAB = Path("scripts/lab").resolve()


def folders(place: Path) -> list[str]:
    return sorted(path.name for path in place.glob(f"{scratch.PREFIX}*"))


def age(folder: Path) -> None:
    """As if it had been made long ago."""
    os.utime(folder, (1, 1))


@pytest.fixture
def killed(tmp_path):
    """The scratch folder of a process that was killed."""
    script = f"import time; from labkit import scratch; print(scratch.make({str(tmp_path)!r}), flush=True); time.sleep(300)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": "scripts"}) as process:
        folder = Path(process.stdout.readline().strip())
        (folder / "file").write_text("left")
        age(folder)
        scratch.sweep(tmp_path)
        assert folder.exists(), "it is locked while its process lives"
        process.kill()
    return folder


def test_what_a_killed_process_left_is_swept(tmp_path, killed):
    assert killed.exists()
    scratch.sweep(tmp_path)
    assert not killed.exists()


def test_a_young_folder_is_left_alone(tmp_path, killed):
    os.utime(killed)
    scratch.sweep(tmp_path)
    assert killed.exists()


def test_links_and_folders_of_others_are_left_alone(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / f"{scratch.PREFIX}link").symlink_to("precious")
    if os.geteuid() == 0:
        (tmp_path / f"{scratch.PREFIX}other").mkdir()
        os.chown(tmp_path / f"{scratch.PREFIX}other", 65534, 65534)
        age(tmp_path / f"{scratch.PREFIX}other")
    before = sorted(tmp_path.iterdir())
    scratch.sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.slow
def test_the_worktree_of_a_killed_gate_leaves_the_repository(tmp_path):
    """SIGKILL left one in the user's repository for good."""
    repository, place = tmp_path / "project", tmp_path / "tmp"
    repository.mkdir(), place.mkdir()
    environment = os.environ | {"TMPDIR": str(place)}
    subprocess.run("git init -q . && printf '#!/bin/sh\\nsleep 0.1' >program && chmod +x program && git add . && git -c user.name=test "
                   "-c user.email=test@example.org commit -qm base && echo >>program", shell=True, cwd=repository, check=True)
    gate = [sys.executable, "-B", LAB, "gate", "--base", "HEAD", "--repository", ".", "--run", "./program"]
    with subprocess.Popen([*gate, "--budget", "60"], cwd=repository, env=environment, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not list(repository.glob("reports/gate/*/rows.jsonl")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert worktrees(repository) == 2
    for name in folders(place):
        age(place / name)
    subprocess.run([sys.executable, "-B", LAB, "compare", "--a", "true", "--b", "/bin/true"], cwd=tmp_path, env=environment, check=True)
    assert worktrees(repository) == 1 and folders(place) == []


def worktrees(repository: Path) -> int:
    done = subprocess.run(["git", "worktree", "list"], cwd=repository, capture_output=True, text=True, check=True)
    return len(done.stdout.splitlines())
