"""Fixtures of more than one file of tests, and how hypothesis works here."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

ROOT = Path(__file__).resolve().parents[2]

# What it remembers of failures stands in build/, and how long a machine takes to make an input is no failure. The
# examples follow from the test alone, so that a check which passed passes again; `make check` tries fewer of them.
set_hypothesis_home_dir("build/hypothesis")
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True,
                          max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", 100)))
settings.load_profile("any machine")


@pytest.fixture
def checkout(tmp_path_factory, monkeypatch) -> Path:
    """The folder that the test is in: the lab writes reports/ where it is started, and that is nobody's but the test's."""
    folder = tmp_path_factory.mktemp("checkout")
    for path in ROOT.iterdir():
        if path.name not in ("reports", ".git"):
            (folder / path.name).symlink_to(path)
    monkeypatch.chdir(folder)
    return folder
