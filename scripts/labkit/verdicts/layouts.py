"""layouts.py - does the effect depend on how the programs were linked?  rows -> layouts -> finding, table

Where the linker puts code changes its speed, by several per cent at times (Mytkowicz et al. 2009). Each block runs one build of
each arm; blocks of one pair of builds are one layout.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labkit.metrics import METRICS
from labkit.stats.bootstrap import block_logs
from labkit.verdicts.paired_rows import kept_rows, paired_arrays

DEPENDS_ALPHA = 0.01
DEPENDS_RATIO = 0.01
REORDERINGS_COUNT = 999
SEED = 20260101


@dataclass(frozen=True)
class Layout:
    """a_build, b_build: numbers of the link orders. ratio: B / A as a cost, median of its blocks."""

    a_build: int
    b_build: int
    blocks_count: int
    ratio: float


def logs_by_layout(rows: Sequence[dict], metric: str, a: str = "A", b: str = "B") -> dict[tuple[int, int], np.ndarray]:
    """{(A's build, B's build): log ratios of its blocks}"""
    kept = kept_rows(rows)
    left, right, blocks = paired_arrays(kept, METRICS[metric], a, b)
    if not blocks:
        return {}
    builds = {(row["block"], row["arm"]): row.get("build", 0) for row in kept}
    found: dict[tuple[int, int], list[float]] = {}
    for block, log in zip(blocks, block_logs(left, right)):
        found.setdefault((builds[block, a], builds[block, b]), []).append(float(log))
    return {layout: np.array(logs) for layout, logs in sorted(found.items())}


def layouts_of(rows: Sequence[dict], metric: str) -> list[Layout]:
    return [Layout(*layout, len(logs), math.exp(np.median(logs))) for layout, logs in logs_by_layout(rows, metric).items()]


def depend(rows: Sequence[dict], metric: str) -> bool:
    """Whether medians of layouts lie further apart than DEPENDS_RATIO, and than reorderings of the blocks among them do."""
    groups = [logs for logs in logs_by_layout(rows, metric).values() if len(logs) > 1]
    if len(groups) < 2 or spread_of(groups) <= math.log1p(DEPENDS_RATIO):
        return False
    source, ends, everything = np.random.default_rng(SEED), np.cumsum([len(one) for one in groups])[:-1], np.concatenate(groups)
    as_wide = sum(spread_of(np.split(source.permutation(everything), ends)) >= spread_of(groups)
                  for _ in range(REORDERINGS_COUNT))
    return (as_wide + 1) / (REORDERINGS_COUNT + 1) <= DEPENDS_ALPHA


def spread_of(groups: Sequence[np.ndarray]) -> float:
    middles = [float(np.median(one)) for one in groups]
    return max(middles) - min(middles)
