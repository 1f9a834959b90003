"""stages.py - the stages of a campaign, and whether the machine was stable enough.  rows -> stages -> campaign, analysis

Stages   pilot and main are the first stage, which judges; confirm is the second, for what regressed in the first;
         count holds the runs under a counter, whose times are not used.
Canary   a copy of A under another name: if it differs from A, no difference on this machine can be trusted.
Pure     no disk, no clock: the decision of a campaign can be repeated from its rows alone.
"""

from collections.abc import Iterable
from dataclasses import replace

from labkit.verdicts.covariates import UNSTABLE_RATIO, disturbed_ratio
from labkit.verdicts.paired_rows import R, kept_rows
from labkit.verdicts.verdict import INCONCLUSIVE, REGRESSED, Comparison, NothingToCompare, VerdictPolicy, compare

PILOT, MAIN, CONFIRM, COUNT = "pilot", "main", "confirm", "count"
FIRST = (PILOT, MAIN)
CANARY = "canary"
ENVIRONMENT = "environment invalid"
CONFIRMED_ALONE = "judged alone, after a first stage corrected for its family"


def of_stages(rows: Iterable[R], *stages: str) -> list[R]:
    return [row for row in rows if row["stage"] in stages]


def settled(first: Comparison, second: Comparison | None) -> Comparison:
    """The comparison after its confirmation. The second stage's numbers are used, because the first stage's were selected for
    being large."""
    if second is None:
        return replace(first, verdict=INCONCLUSIVE, reason=f"{first.ratio - 1:+.2%} was seen, and not measured again")
    if second.verdict == REGRESSED:
        return replace(second, reason=f"{second.reason}; confirmed on fresh processes, {CONFIRMED_ALONE} (which saw {first.ratio - 1:+.2%})")
    return replace(second, verdict=INCONCLUSIVE,
                   reason=f"the first stage saw {first.ratio - 1:+.2%}, fresh processes did not confirm it")


def judge_canary(rows: Iterable[dict], *, metric: str, policy: VerdictPolicy, floor_ratio: float) -> Comparison | None:
    """The canary against A in all blocks of the first stage in which it ran. Several cases may share one canary, because
    ratios are formed within blocks. None if no such block is complete."""
    try:
        return compare(of_stages(rows, *FIRST), metric=metric, b=CANARY, policy=policy,
                       floor_ratio=floor_ratio)
    except NothingToCompare:
        return None


def canary_objection(name: str, canary: Comparison) -> str | None:
    if not canary.changed:
        return None
    return (f"the canary, a copy of A, differs from A by {canary.ratio - 1:+.2%} in {name}: equal programs now "
            "differ on this machine; try again when it is quieter")


def disturbance_objection(rows: Iterable[dict], last: str = "steal time") -> str | None:
    """The objection that too many blocks were disturbed, or None. rows: of any stages, all attempts."""
    disturbed = disturbed_ratio(kept_rows(row for row in rows if row["stage"] != COUNT))
    if disturbed <= UNSTABLE_RATIO:
        return None
    return (f"{disturbed:.0%} of the blocks were disturbed even after re-runs (last: {last}); "
            "try again when it is quieter")
