"""paired_rows.py - the rows of two arms, block by block, as arrays.  rows, metrics -> paired_rows -> verdict"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import numpy as np

from labkit.metrics import Metric


R = TypeVar("R", bound=Mapping[str, Any])


def kept_rows(rows: Iterable[R]) -> list[R]:
    """The rows that are used: all rows of each block's last attempt (see interleave.run_blocks), in the order given."""
    rows = list(rows)
    last: dict[int, int] = {}
    for row in rows:
        last[row["block"]] = max(last.get(row["block"], 0), row.get("attempt", 0))
    return [row for row in rows if row.get("attempt", 0) == last[row["block"]]]


def block_values(rows: Iterable[Mapping[str, Any]], metric: Metric, arm: str) -> dict[int, list[float]]:
    """{block: values of this arm in order}; a row that lacks the metric or failed makes its block incomplete."""
    blocks: dict[int, list[float]] = {}
    for row in sorted(rows, key=lambda row: (row["block"], row["position"])):
        if row["arm"] != arm:
            continue
        value = None if row.get("failure") else metric.value(row)
        blocks.setdefault(row["block"], []).append(float("nan") if value is None else float(value))
    return blocks


def paired_arrays(rows: Iterable[Mapping[str, Any]], metric: Metric, a: str, b: str) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """(A, B, blocks): arrays of shape (blocks, runs per block) of the blocks that both arms completed.

    An interrupted plan leaves its last block incomplete; the whole block is left out, never a single run.
    """
    rows = list(rows)
    left, right = block_values(rows, metric, a), block_values(rows, metric, b)
    sizes = [len(values) for values in (*left.values(), *right.values())]
    runs = max(sizes, default=0)
    kept = [block for block in left if block in right
            and len(left[block]) == len(right[block]) == runs
            and np.all(np.isfinite(left[block] + right[block]))]
    return (np.array([left[k] for k in kept]).reshape(len(kept), runs),
            np.array([right[k] for k in kept]).reshape(len(kept), runs), kept)
