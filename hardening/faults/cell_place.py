"""cell_place.py - the place of one cell: its own tree, temporary folder and shared memory; what is left there and which of its processes live.

Where the kernel allows namespaces, all places lie on a small file system of their own, which can be filled and made read-only, and /dev/shm of each
cell is a folder of its place. Elsewhere cells share /dev/shm, and what is new there is looked at; such cells must not run at the same time.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

INSIDE = "CLINIC_FAULTS_INSIDE"
MARK = "CLINIC_FAULT_CELL"
PREFIXES = ("clinic-", "lab-scratch-")
GRACE_S = 5.0  # a program that was sent a signal, or that nobody watches any more, may take so long to end
KILLED_S = 5.0
ENDS_S = 150.0
AGED_S = 120   # the next run removes leftovers that are older than a minute
MOUNTED_SHM = 'mount --bind "$0" /dev/shm && exec "$@"'
EMPTY_PROC = 'mount -t tmpfs none /proc && exec "$@"'


def enter_namespace(argv: list[str]) -> None:
    """Starts this program again in a mount namespace of its own, if that is possible; otherwise returns."""
    if os.environ.get(INSIDE):
        return
    how = "-m" if os.geteuid() == 0 else "-rm"
    if subprocess.run(["unshare", how, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", how, *argv])


def is_isolated() -> bool:
    return INSIDE in os.environ


def make_base() -> Path:
    base = Path(tempfile.mkdtemp(prefix="faults-"))
    if is_isolated():
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3g,mode=755", "none", base], check=True)
    return base


def remove_base(base: Path) -> None:
    if is_isolated():
        subprocess.run(["umount", "-l", base], check=True)
    shutil.rmtree(base, ignore_errors=True)


class Place:
    def __init__(self, base: Path):
        self.mark = uuid.uuid4().hex[:12]
        self.folder = base / self.mark
        self.tree, self.tmp, self.shm = (self.folder / name for name in ("tree", "tmp", "shm"))
        for one in (self.tree, self.tmp, self.shm):
            one.mkdir(parents=True)
        self.before = shared_entries()
        self.is_small = False

    def make_small(self, size: str) -> None:
        """The tree becomes a file system of its own, which can be filled and made read-only."""
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", self.tree], check=True)
        self.is_small = True

    def fill(self) -> None:
        with open(self.tree / "filler", "wb", buffering=0) as filler:
            step = 1 << 16
            while step:
                try:
                    filler.write(b"\0" * step)
                except OSError:
                    step //= 2

    def make_read_only(self) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "remount,ro", "none", self.tree], check=True)

    def environment(self, more: dict[str, str]) -> dict[str, str]:
        return {**os.environ, "TMPDIR": str(self.tmp), MARK: self.mark, "LC_ALL": "C.UTF-8", **more}

    def start(self, argv: list, *, environment: dict[str, str] = {}, **streams) -> subprocess.Popen:
        """Starts a program in this place. The process has the same number as the program, because each wrapper only calls exec."""
        inside = ["unshare", "-m", "sh", "-c", MOUNTED_SHM, str(self.shm)] if is_isolated() else []
        given: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        return subprocess.Popen([*inside, *map(str, argv)], cwd=self.tree, env=self.environment(environment), text=True,
                                errors="replace", **given)

    def processes(self, grace_s: float = GRACE_S) -> list[str]:
        """The processes of this cell that still live after a grace."""
        deadline = time.monotonic() + grace_s
        while (found := self.living()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return [f"process {name}" for name in found.values()]

    def living(self) -> dict[int, str]:
        found = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and int(folder.name) != os.getpid():
                try:
                    if f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                        found[int(folder.name)] = (folder / "comm").read_text().strip()
                except OSError:
                    pass
        return found

    def kill_rest(self) -> None:
        """A process that is killed ends soon, but not at once."""
        deadline = time.monotonic() + KILLED_S
        while (found := self.living()) and time.monotonic() < deadline:
            for pid in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)

    def left(self) -> list[str]:
        """Files and folders in the temporary folder and in shared memory, and unfinished files in the tree."""
        unfinished = [str(path.relative_to(self.tree)) for path in self.tree.rglob("*") if path.name.endswith((".part", ".tmp"))]
        return [f"tree/{name}" for name in unfinished] + [f"tmp/{path.name}" for path in self.tmp.iterdir()] + \
            [f"shm/{path.name}" for path in self.shm.iterdir()] + self.shared()

    def shared(self) -> list[str]:
        """What is new in the folders that cells share, where a cell has no /dev/shm of its own."""
        return [] if is_isolated() else sorted(shared_entries() - self.before)

    def age(self) -> None:
        """What a killed program left behind is old from now on; the next run leaves what is younger than a minute alone."""
        then = time.time() - AGED_S
        for path in [*self.tmp.iterdir(), *self.shm.iterdir(), *self.tree.rglob(".*.part"), *map(Path, self.shared())]:
            os.utime(path, (then, then), follow_symlinks=False)

    def remove(self) -> None:
        self.kill_rest()
        if self.is_small:
            subprocess.run(["umount", "-l", self.tree], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def shared_entries() -> set[str]:
    return {str(path) for place in ("/dev/shm", "/tmp") for path in Path(place).iterdir() if path.name.startswith(PREFIXES)}


def ends(process: subprocess.Popen) -> tuple[int, str, str]:
    """(exit code or minus the signal, standard output, error output)."""
    try:
        out, err = process.communicate(timeout=ENDS_S)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return 124, out or "", f"{err or ''}\nit hung for {ENDS_S:.0f} s"
    return process.returncode, out or "", err or ""
