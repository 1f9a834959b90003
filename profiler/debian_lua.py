"""debian_lua.py - Lua 5.4 from Debian's source package: a program nobody here wrote, built as one likes.

Needs apt-get and dpkg-source (package dpkg-dev), and Debian's mirror. Raises Unavailable, which says why.
"""

import subprocess
from pathlib import Path


class Unavailable(Exception):
    """The source cannot be had here; the reason."""


def fetch(folder: Path) -> Path:
    """Unpacks the source below the folder; where it lies."""
    # A source list of its own: the machine's may have no deb-src line.
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
    return next(path for path in folder.iterdir() if path.is_dir() and path.name.startswith("lua5.4-"))


def build(source: Path, flag: str) -> Path:
    """The interpreter, compiled with one more flag, say -fno-omit-frame-pointer; once per flag."""
    binary = source / f"lua{flag}"
    if binary.exists():
        return binary
    # What debian/rules writes for its multiarch folders.
    (source / "src/lua5.4-deb-multiarch.h").write_text('#define DEB_HOST_MULTIARCH "none"\n')
    files = [path for path in (source / "src").glob("*.c") if path.name != "luac.c"]
    subprocess.run(["gcc", "-O2", "-g", flag, "-DLUA_USE_LINUX", "-o", binary, *files, "-Wl,-E", "-lm", "-ldl"],
                   check=True, capture_output=True)
    return binary
