"""Fixtures of more than one file of tests, and how hypothesis works here."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir
from sandbox import lay_out

# What it remembers of failures stands in build/, and how long a machine takes to make an input is no failure.
set_hypothesis_home_dir("build/hypothesis")
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture
def checkout(tmp_path_factory, monkeypatch) -> Path:
    """The folder that the test is in: the lab writes reports/ where it is started, and that is nobody's but the test's."""
    folder = tmp_path_factory.mktemp("checkout")
    lay_out(folder)
    monkeypatch.chdir(folder)
    return folder
