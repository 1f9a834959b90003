"""scratch.py - the folder for a process's temporary files, removed even after the process was killed.  scratch -> a locked folder

Each process of the lab has one scratch folder, which it locks while it lives. The kernel releases the lock however the
process ends. The next start of the lab therefore recognises what a killed process left, and removes its files and its
worktrees, which would otherwise stay registered in the user's repository.
"""

import atexit
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

PREFIX = "lab-scratch-"
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SWEPT_AFTER_S = 60  # a folder that is just being made is not locked yet
# Making a folder for one run takes 4 ms on a disk (ext4, discard), half of a quick run's time; in memory it takes 0.2 ms.
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@contextlib.contextmanager
def scratch_for_all() -> Iterator[None]:
    """tempfile uses the scratch folder of this process inside this context. Where no scratch folder can be made, tempfile's own
    default stays, and the caller that needs a file reports the error."""
    before, folder = tempfile.gettempdir(), None
    try:
        with stops_held():
            with contextlib.suppress(OSError):
                folder = make(before)
                tempfile.tempdir = str(folder)
        yield
    finally:
        tempfile.tempdir = before
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def stops_held() -> Iterator[None]:
    """Block the signals that end this process until its folder is recorded, so that the folder is not left behind."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@lru_cache(maxsize=None)
def in_memory() -> str | None:
    """A folder of this process in memory; None where there is none, which is tempfile's default."""
    if IN_MEMORY is None:
        return None
    try:
        folder = make(IN_MEMORY)
    except OSError:
        return None
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return str(folder)


def make(place: str) -> Path:
    """Remove the folders of killed processes, then make a folder that is locked until this process ends."""
    sweep(Path(place))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    fcntl.flock(open_folder(folder), fcntl.LOCK_SH)
    return folder


def open_folder(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def sweep(place: Path) -> None:
    with contextlib.suppress(OSError):
        for folder in place.glob(f"{PREFIX}*"):
            with contextlib.suppress(OSError):
                sweep_one(folder)


def sweep_one(folder: Path) -> None:
    """Remove a folder that is ours and that no process has locked; raise OSError otherwise."""
    descriptor = open_folder(folder)
    try:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid() or status.st_mtime + SWEPT_AFTER_S > time.time():
            return
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for link in folder.glob("*/*/.git"):
            forget_worktree(link)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


def forget_worktree(link: Path) -> None:
    """link: the file that says which repository a worktree belongs to, "gitdir: REPOSITORY/.git/worktrees/NAME"."""
    if not link.is_file() or link.is_symlink():
        return
    kept = Path(link.read_text(errors="replace").removeprefix("gitdir:").strip())
    if kept.parent.name == "worktrees":
        subprocess.run(["git", f"--git-dir={kept.parent.parent}", "worktree", "remove", "--force", str(link.parent)], capture_output=True)
