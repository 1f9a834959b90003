"""Fixtures of more than one room."""

from functools import partial
from pathlib import Path
from typing import Callable

import pytest

import debian_lua


@pytest.fixture(scope="session")
def build_lua(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Compiles Debian's Lua with one more flag, say -fno-omit-frame-pointer."""
    try:
        return partial(debian_lua.build, debian_lua.fetch(tmp_path_factory.mktemp("lua")))
    except debian_lua.Unavailable as reason:
        pytest.skip(str(reason))
