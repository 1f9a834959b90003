"""Every row of the checklist can fail: each has a planted fault that fails it, and nothing else does."""

from typing import Any

import pytest

from example_evidence import LEAN, example_documents, plant, write_example
from labkit.analysis import analyse
from labkit.analysis.checklist import CHECKS, check_rows
from labkit.analysis.evidence_set import read_evidence_set

pytestmark = pytest.mark.xdist_group("checklist")  # one worker analyses


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    return analyse(read_evidence_set(write_example(tmp_path_factory.mktemp("example"), example_documents(candidates=LEAN))))


FAULTS: list[tuple[int, str, Any]] = [
    (1, "baseline.sizes.0.p50.low", None),
    (1, "rebench", None),
    (1, "rebench.main.pairs_count", 4),
    (2, "environment.disassembly.barriers", [{"function": "run", "kind": "in"}]),
    (2, "environment.disassembly.functions.0.loop", False),
    (2, "environment.disassembly.functions", []),
    (3, "baseline.setup.overlapping_count", 1),
    (3, "baseline.setup.checked_count", 0),
    (3, "environment.fixtures_equal", False),
    (4, "profile", None),
    (4, "profile.samplings.0.duration_s", 29.0),
    (4, "profile.flame_graph", None),
    (5, "memory", None),
    (5, "memory.stages", []),
    (5, "memory.stages.2.stage", "another"),
    (5, "environment.self_test.0.passed", False),
    (6, "rebench", None),
    (6, "rebench.accepted", []),
    (6, "rebench.answers.0.equal", False),
    (6, "rebench.failure", {"reason": "crash", "detail": "signal 11"}),
    (6, "manifest.fixture.sizes.enormous", 50_000),
    (7, "rebench.main.p_adjusted", 0.05),
    (7, "rebench.main.verdict", "inconclusive"),
    (8, "baseline.noise.0.verdict", "regressed"),
    (8, "baseline.noise", []),
    (9, "candidates.0.measured", False),
    (9, "candidates", []),
    (10, "memory.witnesses", []),
    (10, "memory.witnesses.0.counts.allocations_count.unexplained", 3),
    (10, "memory.witnesses", [{"instrument": "heaptrack", "counts": {"allocations_count": {
        "counter": 7, "witness": 8, "difference": -1, "own": 1, "unexplained": 0}}}]),
    (11, "candidates.0.campaign.invalid", "the canary, a copy of A, differs"),
    (11, "candidates.0.campaign.canary", None),
    (11, "rebench.campaign", None),
    (12, "rebench.main.gain_low", 1.40),
    (13, "trade_offs.guard.silence", []),
    (13, "trade_offs.guard.silence.1.status", "broken"),
]


def test_the_example_passes_every_row(audit):
    assert [row.number for row in check_rows(audit) if not row.passed] == []


@pytest.mark.parametrize("number, path, value", FAULTS)
def test_a_planted_fault_turns_its_row_red(audit, number, path, value):
    row = check_rows(plant(audit, path, value))[number - 1]
    assert not row.passed, f"row {number} passes: {row.seen}"
    assert row.seen


def test_every_row_has_a_planted_fault():
    assert {number for number, _, _ in FAULTS} == set(range(1, len(CHECKS) + 1))


def test_the_seven_of_the_issue_come_first(audit):
    wanted = ("intervals", "black_box", "outside", "30 s", "per stage", "before and after", "p < 0.05")
    for row, words in zip(check_rows(audit), wanted):
        assert words in row.title
