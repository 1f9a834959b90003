"""comparison_numbers.py - one comparison, as audit.json keeps it: the verdict, and all that it stood on."""

from collections import Counter
from typing import Any, Sequence

from labkit.analysis.effects import Effect, Row

KEPT = ("metric", "unit", "verdict", "reason", "a_median", "b_median", "gain_ratio", "gain_low", "gain_high",
        "confidence", "family_factor", "p_exact", "p_adjusted", "p_welch",
        "welch_disagrees", "autocorrelation", "noise_ratio", "mde_ratio", "floor_ratio", "mean_ratio", "odd_runs", "blocks_count", "pairs_count")


def comparison_numbers(effect: Effect) -> dict[str, Any]:
    """gain_ratio is before / after of a cost."""
    return {"size": effect.size, "lost_count": effect.lost_count,
            **{key: getattr(effect.comparison, key) for key in KEPT}}


def loss_numbers(rows: Sequence[Row]) -> dict[str, Any]:
    """Runs that were made and do not count: failures by reason, and blocks that were run again."""
    last: dict[tuple[str, int], int] = {}
    for row in rows:
        block = (row["size"], row["block"])
        last[block] = max(last.get(block, 0), row.get("attempt", 0))
    failures = Counter(row["failure"] for row in rows if row["failure"])
    return {"runs_count": len(rows), "failures": dict(sorted(failures.items())),
            "rerun_count": sum(1 for row in rows if row.get("attempt", 0) < last[row["size"], row["block"]])}
