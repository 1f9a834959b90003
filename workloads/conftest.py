"""Fixtures that several test files share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    """A folder that all workers of one run share, because otherwise each would compile every candidate."""
    below = tmp_path_factory.getbasetemp()
    folder = (below.parent if "PYTEST_XDIST_WORKER" in os.environ else below) / "variants"
    folder.mkdir(exist_ok=True)
    return folder
