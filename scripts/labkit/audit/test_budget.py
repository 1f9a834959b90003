"""An audit's budget by name or by time, and whether the workloads fit into a quick one."""

import json
import statistics
from pathlib import Path

import pytest

from labkit import evidence
from labkit.audit import budget
from labkit.outcome import UsageError
from labkit.workload import manifest, quick_audit


@pytest.mark.parametrize("text, name", [("quick", "quick"), ("thorough", "thorough"), ("100", "quick"), ("700", "standard"), ("1e6", "thorough")])
def test_seconds_choose_the_most_thorough_that_fits(text, name):
    assert budget.load(text).name == name


@pytest.mark.parametrize("text", ["soon", "", "10", "-1", "nan", "inf"])
def test_what_is_neither_is_wrong_usage(text):
    with pytest.raises(UsageError, match="quick"):
        budget.load(text)


REPORTS = sorted(Path("reports").glob("*/v0001/evidence/baseline.json"))
RUN_LIMIT_S = 0.2  # 8 candidates with 50 runs of each arm at this limit take three minutes


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.parts[1])
def test_a_quick_audit_judges_at_a_size_whose_run_is_short(path):
    """By the times in the sealed reports, whose budget times at least 50 ms in each run. A workload that is slower needs [quick] in its manifest."""
    judged = quick_audit.shortened(manifest.load(path.parts[1])).main_size
    runs = evidence.unpacked(json.loads(path.read_text()))["data"]["runs"]
    assert statistics.median(one["wall_ns"] for one in runs if one["size"] == judged) / 1e9 < RUN_LIMIT_S
