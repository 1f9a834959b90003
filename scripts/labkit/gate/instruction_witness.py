"""instruction_witness.py - count the instructions of both arms of a finished campaign, if callgrind is fast enough.  campaign -> counts

It counts only where times were measured; counts that a gate asked for are already among its metrics.
"""

import shutil
from collections.abc import Sequence

import numpy as np

from labkit.experiment.campaign import Campaign
from labkit.experiment.design import Case
from labkit.outcome import Exit, LabError
from labkit.progress import Progress
from labkit.subject import Subject

CALLGRIND_SLOWDOWN = 60
COUNTED = "instructions_count"


def count(campaign: Campaign, cases: Sequence[Case], budget_s: float) -> dict[str, tuple[int, int]]:
    """{case: instructions of A and of B}. budget_s: for all cases; a case that would not fit, or cannot be counted, is absent."""
    found: dict[str, tuple[int, int]] = {}
    if campaign.exit is Exit.ENVIRONMENT or campaign.was_interrupted or shutil.which("valgrind") is None:
        return found
    with Progress("instructions (callgrind)", len(cases), is_logged=False) as progress:
        for case in progress.over(cases):
            cost_s = 2 * CALLGRIND_SLOWDOWN * run_s(campaign, case)
            if cost_s > budget_s or not isinstance(case.observe, Subject):
                continue
            budget_s -= cost_s
            try:
                a, b = (case.observe.count(arm, ["instructions"])[COUNTED] for arm in "AB")
                found[case.name] = a, b
            except LabError:
                continue  # it cannot be counted, so the verdict has no such comparison
    return found


def run_s(campaign: Campaign, case: Case) -> float:
    walls = [row["wall_ns"] / (row.get("repeat_count") or 1) for row in campaign.rows if row["case"] == case.name and row.get("wall_ns")]
    return float(np.median(walls)) / 1e9 if walls else float("inf")
