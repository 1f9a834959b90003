"""effects.py - compare the rows of two arms, size by size.  run rows -> effects.py -> Effect

Arm A is the baseline, arm B the candidate; one row is one process, which is one observation. labkit/verdicts/verdict.py
decides what counts as changed, with the alpha and the minimum effect of hardening/policy.toml.
"""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Mapping, Sequence

from labkit.metrics import METRICS
from labkit.policy import AcceptancePolicy
from labkit.verdicts.stages import CONFIRM, COUNT, FIRST, MAIN, of_stages, settled
from labkit.verdicts.verdict import REGRESSED, Comparison, NothingToCompare, VerdictPolicy, compare, judge_together

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Effect:
    """One metric at one size. comparison.gain_ratio is baseline / candidate of a cost: above 1 is better."""

    size: str
    comparison: Comparison
    lost_count: int  # number of failed runs; their blocks are not used


def verdict_policy(policy: AcceptancePolicy) -> VerdictPolicy:
    return VerdictPolicy(alpha=policy.alpha, effect_ratio=policy.minimum_gain_ratio,
                         equivalence_ratio=policy.equivalence_ratio)


def sizes_of(rows: Sequence[Row]) -> list[str]:
    """The sizes, the smallest first. A failed row may not know its number of operations."""
    operations: dict[str, int] = {}
    for row in rows:
        operations[row["size"]] = max(operations.get(row["size"], 0), row.get("ops_count") or 0)
    return sorted(operations, key=operations.__getitem__)


def measure_effects(rows: Sequence[Row], metric: str, policy: AcceptancePolicy, *, other: str = "B",
                    floor_ratio: float = 0.0, alpha_shares: Mapping[str, float] = MappingProxyType({})
                    ) -> tuple[Effect, ...]:
    """`other` against arm A, per size; a size at which no block is complete is absent. p is not yet corrected.
    alpha_shares: {size: part of alpha that the last look could spend}; a size that is absent has all of alpha."""
    effects = []
    for size in dict.fromkeys(row["size"] for row in rows):  # as measured: of equal p-values, the order decides which is corrected first
        here = [dict(row) for row in rows if row["size"] == size]
        try:
            compared = compare(here, metric=metric, b=other, policy=verdict_policy(policy),
                               floor_ratio=floor_ratio, alpha_share=alpha_shares.get(size, 1.0))
        except NothingToCompare:
            continue
        effects.append(Effect(size, compared, sum(1 for row in here if row["failure"])))
    return tuple(effects)


def first_stage(data: Mapping[str, Any]) -> list[Row]:
    """The rows of the first stage: neither those of the confirmation nor those under a counter."""
    return of_stages(data["runs"], *FIRST)


def stage_effects(data: Mapping[str, Any], metric: str, policy: AcceptancePolicy, stages: Sequence[str] = FIRST
                  ) -> tuple[Effect, ...]:
    """The effects on one metric at all sizes from these stages of a campaign; an exact metric comes from its counting runs.
    Empty if the campaign was broken off."""
    record = data["campaign"]
    if record is None:
        return ()
    rows = of_stages(data["runs"], *((COUNT,) if is_exact(metric) else stages))
    shares = record.get("alpha_shares", {}).get(CONFIRM if CONFIRM in stages else MAIN, {})
    return measure_effects(rows, metric, policy, floor_ratio=record["floor_ratio"], alpha_shares=shares)


def is_exact(metric: str) -> bool:
    return METRICS[metric].is_exact


def confirmed(effects: Sequence[Effect], data: Mapping[str, Any], policy: AcceptancePolicy) -> tuple[Effect, ...]:
    """Effects after the second stage: a regression of a sampled metric counts only if fresh processes confirmed it."""
    return tuple(_confirmed(one, data, policy) for one in effects)


def _confirmed(first: Effect, data: Mapping[str, Any], policy: AcceptancePolicy) -> Effect:
    metric = first.comparison.metric
    if first.comparison.verdict != REGRESSED or is_exact(metric):
        return first
    second = next((one.comparison for one in stage_effects(data, metric, policy, (CONFIRM,))
                   if one.size == first.size), None)
    return replace(first, comparison=settled(first.comparison, second))


def judged_together(effects: Sequence[Effect], policy: AcceptancePolicy) -> tuple[Effect, ...]:
    """Apply Holm's correction to the family; each comparison.p_adjusted may then be compared with alpha."""
    compared = judge_together([one.comparison for one in effects], verdict_policy(policy))
    return tuple(replace(one, comparison=judged) for one, judged in zip(effects, compared))
