"""Fixtures that several test files use."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Callable

import pytest

import debian_lua
from recorded_session import BUILD, OURSELVES, Caller, Session, needs_perf, read_session, run


@pytest.fixture(scope="session")
def build_lua() -> Callable[[str], Path]:
    """A function that compiles Debian's Lua with one more flag, for example -fno-omit-frame-pointer."""
    try:
        return partial(debian_lua.build, debian_lua.source())
    except debian_lua.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def anybodys_folder() -> Iterator[Path]:
    """A temporary folder that every user may enter, because pytest's own folders are closed to other users."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield Path(folder)


# The words of a command that drops every privilege, as a user who owns no other process.
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all")


@pytest.fixture(scope="session")
def nobody() -> Iterator[Caller]:
    """A caller without privileges. Root's own folders may be closed to others, so there it has a copy of the build;
    whoever is not root is such a caller already."""
    if os.geteuid():
        yield OURSELVES
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for part in ("bin", "lib", "victims"):
            shutil.copytree(BUILD / part, Path(folder, part))
        yield Caller(AS_NOBODY, Path(folder))


@pytest.fixture
def record(anybodys_folder: Path) -> Callable[..., Session]:
    """Records a command; the session, or a failure with all that was printed. Skips what needs perf events where
    the machine refuses them."""

    def go(*command, backend="auto", by=OURSELVES, prefix=(), options=()) -> Session:
        if backend == "perf":
            needs_perf(by)
        path = anybodys_folder / f"session-{backend}.json"
        done = run("record", "--backend", backend, "-o", path, *options, "--", *command, by=by, prefix=prefix,
                   cwd=anybodys_folder)
        assert path.exists(), done.stderr
        return Session(read_session(path), done.stdout, done.stderr, done.returncode)

    return go
