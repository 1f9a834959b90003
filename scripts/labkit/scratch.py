"""scratch.py - where a process of the lab keeps what nobody needs once it has ended.  scratch -> a locked folder

Everything temporary stands in one folder a process, which is locked while that lives. The kernel lets go of the lock however
the process ends, so the next start knows what a killed one left, and removes it: its files, and its worktrees, which would
stand in somebody's repository for ever.
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
SWEPT_AFTER_S = 60  # one that is just being made is not locked yet
# A folder for one run costs 4 ms on a disk (ext4, discard), half of what a quick run takes; in memory 0.2 ms.
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@contextlib.contextmanager
def scratch_for_all() -> Iterator[None]:
    """What tempfile makes inside stands in the scratch folder of this process. Where none can be made, nothing changes: who needs a
    file will say so."""
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
    """A signal that ends us waits until the folder that it would leave is known."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@lru_cache(maxsize=None)
def in_memory() -> str | None:
    """A folder of this process in memory; None where there is none, which is tempfile's own place."""
    if IN_MEMORY is None:
        return None
    try:
        folder = make(IN_MEMORY)
    except OSError:
        return None
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return str(folder)


def make(place: str) -> Path:
    """Locked until this process ends; before, what killed ones left there is removed."""
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
    """Only what is ours, and what nobody holds: an OSError otherwise."""
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
