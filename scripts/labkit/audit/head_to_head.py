"""head_to_head.py - compare the baseline with one changed program at every size, with the engine of compare and gate.

harness, campaign -> head_to_head -> the rows and the campaign of the evidence

Sizes are cases of one campaign: their blocks alternate, and one canary, a copy of the baseline, checks the machine for
all of them. Each block runs both programs in a link order of its own, so the result is an average over layouts with
equal weights.

Stops at the first run that fails: a crash decides the outcome, and a hang costs its whole time limit.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from labkit import error_rates, policy
from labkit.analysis.effects import verdict_policy
from labkit.audit.audit_state import AuditState, row_file, rows_path
from labkit.audit.patient import Reference
from labkit.experiment.campaign import PRICE_BLOCKS, Campaign, start
from labkit.experiment.continuation import go_on, may_go_on
from labkit.experiment.design import CANARY_ALPHA, SELECTION_LOOKS, Case, Design, case_of
from labkit.experiment.stage_runner import Experiment
from labkit.metrics import METRICS
from labkit.outcome import INVALID_RUN, Exit, LabError
from labkit.progress import Progress
from labkit.row_file import RowFile
from labkit.stats.power import blocks_at_least
from labkit.verdicts.stages import CANARY, CONFIRM
from labkit.verdicts.verdict import NothingToCompare
from labkit.workload import build, harness
from labkit.workload.link_orders import Layouts, folder_of_layouts, hashes_of
from labkit.workload.variant import Variant

PILOT_CANARY_SHARE = 0.25  # at least
SINGLE_LOOK = (1.0,)  # the claim about the union uses all its blocks and its whole alpha


@dataclass(frozen=True)
class Plan:
    """How much may be measured, and what is judged. gating: the metrics that decide, the complaint's first."""

    gating: tuple[str, ...]
    budget_s: float
    pilot_blocks: int
    other_pilot_blocks: int  # blocks at each size other than the complaint's
    family_count: int = 1  # number of comparisons that are judged together, over all candidates
    deciding_gain_ratio: float | None = None  # the gain at which a candidate is decided: measuring stops when the interval lies on one side of it; None: never stop early
    allowed_loss_ratio: float = 0.0  # the same for a loss at the other sizes
    counts_instructions: bool = True  # whether callgrind counts those of the changed program, too


@dataclass(frozen=True)
class Unfinished:
    """A campaign to which more blocks can be added. rows: its rows so far, as evidence has them."""

    experiment: Experiment
    sides: dict[str, Layouts]
    rows: list[dict]


@dataclass(frozen=True)
class Measured:
    """The measurements for the evidence. failure: that of the first run that failed; then there is no campaign. unfinished: None where
    no look is left."""

    rows: list[dict]
    campaign: dict | None
    failure: dict | None
    unfinished: Unfinished | None = None


class RunFailed(Exception):
    """A run of the changed program failed; it is not timed any further."""


def measure(state: AuditState, folder: Path, name: str, changed: Variant, known: tuple[Reference, ...],
            plan: Plan, progress: Progress) -> Measured:
    with folder_of_layouts(build.folder_of(state.manifest)) as programs:
        return measure_in(programs, state, folder, name, changed, known, plan, progress)


def measure_in(programs: Path, state: AuditState, folder: Path, name: str, changed: Variant, known: tuple[Reference, ...],
               plan: Plan, progress: Progress) -> Measured:
    sides = sides_of(state, changed, state.seed(folder, f"{name}/layouts"), programs)
    link_pilot(sides, plan.pilot_blocks)
    cases = [size_case(state, sides, one, plan) for one in known]
    design = design_of(state, folder, name, plan, cases)
    record, failure = None, None
    with row_file(folder, name) as log:
        experiment = Experiment(cases, design, _on_row(log, progress), time.monotonic)
        try:
            record = describe(start(experiment), design, sides)
        except RunFailed:
            failure = failure_of(log.kept[-1])
        except NothingToCompare:
            pass  # no run gave the metric, for instance because p99 needs more samples than a process takes; the report states this
    rows = [_without_case(row) for row in log.kept]
    return Measured(rows, record, failure, Unfinished(experiment, sides, rows) if record and may_go_on(experiment) else None)


def measure_on(state: AuditState, folder: Path, name: str, before: Unfinished, more_s: float, progress: Progress) -> Measured:
    """The campaign with further blocks, in layouts that no block before had."""
    record, failure = None, None
    with folder_of_layouts(build.folder_of(state.manifest)) as programs, row_file(folder, name) as log:
        for side in before.sides.values():
            side.move_to(programs)
        before.experiment.on_row = _on_row(log, progress)
        try:
            campaign = go_on(before.experiment, more_s)
            record = describe(campaign, before.experiment.design, before.sides)
        except RunFailed:
            failure = failure_of(log.kept[-1])
        finally:
            rows_path(folder, name).unlink(missing_ok=True)  # the evidence of the first part stays, if this part is broken off
    return Measured([*before.rows, *(_without_case(row) for row in log.kept)], record, failure)


def sides_of(state: AuditState, changed: Variant, seed: int, programs: Path) -> dict[str, Layouts]:
    """{arm: its program in every layout}"""
    before = state.patient.baseline()
    arms = {arm: state.patient.layouts(state, one, seed, programs) for arm, one in (("A", before), ("B", changed))}
    return arms | {CANARY: state.patient.canary(state, arms["A"])}


def link_pilot(sides: dict[str, Layouts], blocks_count: int) -> None:
    """The programs of the pilot, those of both arms at the same time, because nothing is timed yet. Sizes share the programs of a block. An interruption
    waits for one pair of programs only."""
    with ThreadPoolExecutor() as pool:
        for block in range(blocks_count):
            list(pool.map(lambda arm: sides[arm].of_block(block), "AB"))


def size_case(state: AuditState, sides: dict[str, Layouts], known: Reference, plan: Plan) -> Case:
    """One size of the program. Where the complaint is about a count, time is watched, too."""
    counts = any(METRICS[one].is_exact for one in plan.gating)
    is_main = known.size == state.manifest.main_size
    return case_of(state.patient.subject(state, sides, known), known.size, gating=plan.gating, watched=("time",) if counts else (),
                   canary_of="the baseline", undecided_ratio=undecided_ratio(plan, is_main),
                   pilot_blocks=plan.pilot_blocks if is_main else plan.other_pilot_blocks)


def undecided_ratio(plan: Plan, is_main: bool) -> float | None:
    """The ratio of costs (after / before) that has to be decided: at the size of the complaint the gain that the policy asks
    for, at other sizes the loss that it allows."""
    if plan.deciding_gain_ratio is None:
        return None
    return 1.0 / (1.0 + plan.deciding_gain_ratio) if is_main else 1.0 + plan.allowed_loss_ratio


def design_of(state: AuditState, folder: Path, name: str, plan: Plan, cases: list[Case]) -> Design:
    """The design of the campaign. The canary is judged once in the campaign of each candidate, with an alpha that allows a false
    alarm in one audit of a hundred."""
    canary_alpha = CANARY_ALPHA / (len(state.manifest.candidates) + 1)
    return Design(seed=state.seed(folder, name), budget_s=plan.budget_s,
                  policy=verdict_policy(policy.parse(policy.load())), cpu=state.patient.cpu(state),
                  floor_ratio=error_rates.floor_ratio(), family_count=plan.family_count,
                  canary_alpha=canary_alpha, pilot_canary_share=canary_share(cases, canary_alpha),
                  look_shares=SINGLE_LOOK if plan.deciding_gain_ratio is None else SELECTION_LOOKS,
                  insists_on_pilot=True)


def canary_share(cases: list[Case], alpha: float) -> float:
    """The share of the pilot's later blocks that run a canary, so that there are enough for a verdict; the first block of each
    case always has one."""
    needed = blocks_at_least(alpha) + 1  # the number of blocks that a share gives is rounded down
    first = PRICE_BLOCKS * len(cases)
    rest = sum(case.pilot_blocks for case in cases) - first
    return min(1.0, max(PILOT_CANARY_SHARE, (needed - first) / rest))


def _on_row(log: RowFile, progress: Progress) -> Callable[[dict], None]:
    started = time.monotonic()

    def on_row(row: dict) -> None:
        log.add(row)
        if row["failure"] == INVALID_RUN:
            return  # its block is run again, or left out
        if row["failure"] and row["arm"] == "B":
            raise RunFailed
        harness.must(row, "measuring the baseline")
        progress.reach(time.monotonic() - started, row["size"])
    return on_row


def _without_case(row: dict) -> dict:
    """The row without its case, because a case is a size here and the row has its size."""
    return {key: value for key, value in row.items() if key != "case"}


def failure_of(row: dict) -> dict:
    failure = {"reason": row["failure"], "detail": f"size {row['size']}, block {row['block']}: {row['detail']}"}
    return failure | ({"backtraces": row["backtraces"]} if "backtraces" in row else {})


def describe(campaign: Campaign, design: Design, sides: dict[str, Layouts]) -> dict:
    """The decisions made before and during the measurement. Verdicts are not stored: the report computes them from the rows."""
    canary = campaign.cases[0].canary
    return {
        "seed": design.seed, "budget_s": design.budget_s, "floor_ratio": design.floor_ratio,
        "family_count": design.family_count, "canary_alpha": design.canary_policy.alpha,
        "wanted_blocks": campaign.wanted, "first_stage_blocks": campaign.blocks,
        "confirm_blocks": {case.name: _confirm_blocks(campaign, case.name) for case in campaign.cases},
        "reruns": list(campaign.reruns), "alpha_shares": campaign.alpha_shares,
        "canary": {key: canary.to_json()[key] for key in ("ratio", "low", "high", "verdict", "blocks_count")}
        if canary else None,
        "link_orders": {arm: hashes_of(sides[arm]) for arm in "AB"},
        "invalid": campaign.reason if campaign.exit == Exit.ENVIRONMENT else None,
    }


def _confirm_blocks(campaign: Campaign, size: str) -> int:
    return len({row["block"] for row in campaign.rows if row["size"] == size and row["stage"] == CONFIRM})


def refuse_invalid(name: str, data: dict, path: Path) -> None:
    """Exit with code 4 after the evidence was written: the rows are kept, nothing is concluded, and the next run measures again."""
    reason = data["campaign"]["invalid"] if data["campaign"] else None
    if reason is not None:
        raise LabError(f"{name}: environment invalid: {reason}; its rows are in {path}, and the same command measures "
                       "it again", Exit.ENVIRONMENT)
