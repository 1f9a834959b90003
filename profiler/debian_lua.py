"""debian_lua.py - Lua 5.4 from Debian's source package: a foreign program, built with any flags.

It needs apt-get and dpkg-source (package dpkg-dev), and Debian's mirror once: the source and the built programs are kept in
build/, and tests that run at the same time wait for each other. It raises Unavailable with the reason if this is not possible.
"""

import fcntl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

KEPT = Path(__file__).resolve().parents[1] / "build/debian-lua"


class Unavailable(Exception):
    """The source is not available here; the text is the reason."""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    KEPT.mkdir(parents=True, exist_ok=True)
    with open(KEPT / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def source() -> Path:
    """The folder of the source, which is fetched if it is not there yet."""
    with one_at_a_time():
        if not (found := unpacked(KEPT)):
            with TemporaryDirectory(dir=KEPT) as folder:
                fetch(Path(folder))
                if not (fetched := unpacked(Path(folder))):
                    raise Unavailable("apt-get source unpacked no folder of Lua")
                found = fetched.rename(KEPT / fetched.name)
    return found


def unpacked(folder: Path) -> Path | None:
    return next((path for path in folder.glob("lua5.4-*") if path.is_dir()), None)


def fetch(folder: Path) -> None:
    """Unpacks the source below the folder."""
    # The list of sources is a temporary one, because that of the machine may have no deb-src line.
    sources = folder / "sources.list"
    sources.write_text("deb-src http://deb.debian.org/debian bookworm main\n")
    lists = folder / "lists"
    (lists / "partial").mkdir(parents=True)
    apt = ["apt-get", "-q", "-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=-",
           "-o", f"Dir::State::lists={lists}", "-o", "APT::Sandbox::User=root"]
    for command in (["update"], ["source", "lua5.4"]):
        try:
            done = subprocess.run([*apt, *command], cwd=folder, capture_output=True, text=True, timeout=180)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"apt-get {command[0]}: {error}") from error
        if done.returncode:
            raise Unavailable(f"apt-get {' '.join(command)}: {done.stderr.strip().splitlines()[-1:]}")


def build(source: Path, flag: str) -> Path:
    """The interpreter, compiled with one more flag, for example -fno-omit-frame-pointer; it is compiled once for each flag."""
    binary = source / f"lua{flag}"
    with one_at_a_time():
        if not binary.exists():
            compile_lua(source, flag, binary)
    return binary


def compile_lua(source: Path, flag: str, binary: Path) -> None:
    # What debian/rules writes for its multiarch folders.
    (source / "src/lua5.4-deb-multiarch.h").write_text('#define DEB_HOST_MULTIARCH "none"\n')
    files = [path for path in (source / "src").glob("*.c") if path.name != "luac.c"]
    half = binary.with_name("half-built")  # of a run that was stopped
    subprocess.run(["gcc", "-O2", "-g", flag, "-DLUA_USE_LINUX", "-o", half, *files, "-Wl,-E", "-lm", "-ldl"],
                   check=True, capture_output=True)
    half.rename(binary)
