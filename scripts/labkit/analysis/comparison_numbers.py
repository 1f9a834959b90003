"""comparison_numbers.py - one comparison in audit.json: the verdict, its reasons, and how it was conducted.

The canary and the share of disturbed blocks are computed from the rows again, by the rules of the campaign. The evidence
adds only what the rows do not contain: the plan, and the reasons of re-runs.
"""

from collections import Counter
from dataclasses import replace
from typing import Any, Mapping, Sequence

from labkit.analysis.effects import Effect, Row, verdict_policy
from labkit.metrics import METRICS
from labkit.policy import AcceptancePolicy
from labkit.verdicts.stages import canary_objection, disturbance_objection, judge_canary

Data = Mapping[str, Any]
KEPT = ("metric", "unit", "verdict", "reason", "a_median", "b_median", "gain_ratio", "gain_low", "gain_high",
        "confidence", "family_factor", "alpha_share", "p_exact", "p_adjusted", "p_welch",
        "welch_disagrees", "autocorrelation", "noise_ratio", "mde_ratio", "floor_ratio", "mean_ratio", "odd_runs", "blocks_count", "pairs_count")


def comparison_numbers(effect: Effect) -> dict[str, Any]:
    """The numbers of an effect; gain_ratio is cost before / cost after."""
    return {"size": effect.size, "lost_count": effect.lost_count,
            **{key: getattr(effect.comparison, key) for key in KEPT}}


def loss_numbers(rows: Sequence[Row]) -> dict[str, Any]:
    """Runs that were made but are not used: failures by reason, and blocks that were run again."""
    last: dict[tuple[str, int], int] = {}
    for row in rows:
        block = (row["size"], row["block"])
        last[block] = max(last.get(block, 0), row.get("attempt", 0))
    failures = Counter(row["failure"] for row in rows if row["failure"])
    return {"runs_count": len(rows), "failures": dict(sorted(failures.items())),
            "rerun_count": sum(1 for row in rows if row.get("attempt", 0) < last[row["size"], row["block"]])}


def campaign_numbers(data: Data, metric: str, policy: AcceptancePolicy) -> dict[str, Any] | None:
    """data: the evidence of a candidate or of the union. None where the timing did not end."""
    record = data["campaign"]
    if record is None:
        return None
    canary = _canary(data, metric, policy)
    return {
        **{key: record[key] for key in ("seed", "budget_s", "floor_ratio", "family_count", "wanted_blocks",
                                        "first_stage_blocks", "confirm_blocks", "reruns")},
        "rerun_count": len(record["reruns"]),
        "link_orders_count": {arm: len(set(builds)) for arm, builds in record["link_orders"].items()},
        "canary": canary and {key: getattr(canary, key) for key in ("ratio", "low", "high", "confidence", "verdict", "blocks_count")}
        | {"flagged": canary.changed},
        "invalid": (canary and canary_objection("the baseline", canary)) or disturbance_objection(data["runs"]),
    }


def _canary(data: Data, metric: str, policy: AcceptancePolicy):
    record = data["campaign"]
    timed = metric if not METRICS[metric].is_exact else "time"
    return judge_canary(data["runs"], metric=timed, floor_ratio=record["floor_ratio"],
                        policy=replace(verdict_policy(policy), alpha=record["canary_alpha"]))
