"""Fixtures that several test files share, and the settings of hypothesis."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

ROOT = Path(__file__).resolve().parents[2]

# Hypothesis stores failing examples in build/. Slow input generation is not a failure, because machines differ in speed.
# The examples depend on the test alone, so a check that passed passes again; `make check` tries fewer examples.
set_hypothesis_home_dir("build/hypothesis")
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True,
                          max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", 100)))
settings.load_profile("any machine")


@pytest.fixture
def checkout(tmp_path_factory, monkeypatch) -> Path:
    """A checkout of the test's own, in which the test runs: the lab writes reports/ into the folder where it is started."""
    folder = tmp_path_factory.mktemp("checkout")
    for path in ROOT.iterdir():
        if path.name not in ("reports", ".git"):
            (folder / path.name).symlink_to(path)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def recorded_audit() -> dict:
    """The numbers of the audit in fixtures/recorded/telemetry. Whoever changes them changes a copy; its tests are in the group `recorded`."""
    from labkit.analysis import analyse
    from labkit.analysis.evidence_set import read_evidence_set

    return analyse(read_evidence_set(Path("fixtures/recorded/telemetry")))
