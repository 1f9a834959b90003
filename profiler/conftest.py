"""Fixtures of more than one room: Lua, a program nobody here wrote, built from Debian's source package."""

import subprocess
from pathlib import Path
from typing import Callable

import pytest


@pytest.fixture(scope="session")
def lua_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Debian's source package of Lua 5.4, unpacked by apt."""
    folder = tmp_path_factory.mktemp("lua")
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
            pytest.skip(f"apt-get {command[0]}: {error}")
        if done.returncode:
            pytest.skip(f"apt-get {' '.join(command)}: {done.stderr.strip().splitlines()[-1:]}")
    return next(path for path in folder.iterdir() if path.is_dir() and path.name.startswith("lua5.4-"))


@pytest.fixture(scope="session")
def build_lua(lua_source: Path) -> Callable[[str], Path]:
    """Compiles the interpreter with one more flag, say -fno-omit-frame-pointer."""
    def build(flag: str) -> Path:
        binary = lua_source / f"lua{flag}"
        if binary.exists():
            return binary
        # What debian/rules writes for its multiarch folders.
        (lua_source / "src/lua5.4-deb-multiarch.h").write_text('#define DEB_HOST_MULTIARCH "none"\n')
        files = [path for path in (lua_source / "src").glob("*.c") if path.name != "luac.c"]
        subprocess.run(["gcc", "-O2", "-g", flag, "-DLUA_USE_LINUX", "-o", binary, *files, "-Wl,-E", "-lm", "-ldl"],
                       check=True, capture_output=True)
        return binary
    return build
