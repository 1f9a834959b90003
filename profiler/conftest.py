"""Fixtures of more than one file of tests."""

import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Callable

import pytest

import debian_lua
from recorded_session import Session, read_session, run


@pytest.fixture(scope="session")
def build_lua(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Compiles Debian's Lua with one more flag, say -fno-omit-frame-pointer."""
    try:
        return partial(debian_lua.build, debian_lua.fetch(tmp_path_factory.mktemp("lua")))
    except debian_lua.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def anybodys_folder() -> Iterator[Path]:
    """pytest's own temporary folders are closed to other users."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield Path(folder)


@pytest.fixture
def record(anybodys_folder: Path) -> Callable[..., Session]:
    """Records a command; the session, or a failure with all that was printed."""

    def go(*command, backend="auto", prefix=(), options=()) -> Session:
        path = anybodys_folder / f"session-{backend}.json"
        done = run("record", "--backend", backend, "-o", path, *options, "--", *command, prefix=prefix,
                   cwd=anybodys_folder)
        assert path.exists(), done.stderr
        return Session(read_session(path), done.stdout, done.stderr, done.returncode)

    return go
