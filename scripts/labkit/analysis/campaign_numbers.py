"""campaign_numbers.py - how a comparison was conducted, and whether its machine could be believed.

The canary and the share of disturbed blocks are taken from the rows again, by the rules that the campaign itself used;
the evidence only adds what rows cannot say: the plan, and the reasons of re-runs.
"""

from dataclasses import replace
from typing import Any, Mapping

from labkit.analysis.effects import verdict_policy
from labkit.metrics import METRICS
from labkit.policy import AcceptancePolicy
from labkit.verdicts.stages import canary_objection, disturbance_objection, judge_canary

Data = Mapping[str, Any]


def campaign_numbers(data: Data, metric: str, policy: AcceptancePolicy) -> dict[str, Any] | None:
    """data: of a candidate or of the union. None where nothing was timed to its end."""
    record = data["campaign"]
    if record is None:
        return None
    canary = _canary(data, metric, policy)
    return {
        **{key: record[key] for key in ("seed", "budget_s", "floor_ratio", "family_count", "wanted_blocks",
                                        "first_stage_blocks", "confirm_blocks", "reruns")},
        "rerun_count": len(record["reruns"]),
        "link_orders_count": {arm: len(set(builds)) for arm, builds in record["link_orders"].items()},
        "canary": canary and {key: getattr(canary, key) for key in ("ratio", "low", "high", "verdict", "blocks_count")}
        | {"flagged": canary.changed},
        "invalid": (canary and canary_objection("the baseline", canary)) or disturbance_objection(data["runs"]),
    }


def _canary(data: Data, metric: str, policy: AcceptancePolicy):
    record = data["campaign"]
    timed = metric if not METRICS[metric].is_exact else "time"
    return judge_canary(data["runs"], metric=timed, floor_ratio=record["floor_ratio"],
                        policy=replace(verdict_policy(policy), alpha=record["canary_alpha"]))
