"""layouts.py - does the effect depend on how the programs were linked?  rows -> layouts -> finding, table

The place where the linker puts code changes its speed, sometimes by several per cent (Mytkowicz et al. 2009). Each block runs
one build of each arm; the blocks of one pair of builds are one layout. Where each block has a layout of its own, the two pairs
of a block share it. If the layout matters, these two pairs differ less from each other than from the pairs of other blocks.
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
COUPLES_MIN = 7  # fewer blocks cannot reach DEPENDS_ALPHA
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
    """Whether the ratio differs between layouts by more than DEPENDS_RATIO and by more than chance explains."""
    groups = list(logs_by_layout(rows, metric).values())
    if any(len(logs) > 1 for logs in groups):
        return groups_differ([logs for logs in groups if len(logs) > 1])
    return blocks_differ(*pairs_by_time(rows, metric))


def groups_differ(groups: Sequence[np.ndarray]) -> bool:
    """Whether the ranks of the layouts differ by more than after random reordering of the blocks (Kruskal & Wallis 1952)."""
    if len(groups) < 2 or spread_of(groups) <= math.log1p(DEPENDS_RATIO):
        return False
    source, ends = np.random.default_rng(SEED), np.cumsum([len(one) for one in groups])[:-1]
    ranks = np.argsort(np.argsort(np.concatenate(groups)))
    apart = between_groups(np.split(ranks, ends))
    as_wide = sum(between_groups(np.split(source.permutation(ranks), ends)) >= apart for _ in range(REORDERINGS_COUNT))
    return (as_wide + 1) / (REORDERINGS_COUNT + 1) <= DEPENDS_ALPHA


def between_groups(groups: Sequence[np.ndarray]) -> float:
    return sum(len(one) * float(one.mean()) ** 2 for one in groups)


def pairs_by_time(rows: Sequence[dict], metric: str, a: str = "A", b: str = "B") -> tuple[np.ndarray, np.ndarray]:
    """Log ratios of the first and of the second pair of each block, in the order in which the blocks ran."""
    kept = kept_rows(rows)
    left, right, blocks = paired_arrays(kept, METRICS[metric], a, b)
    if not blocks:
        return np.array([]), np.array([])
    place = {block: number for number, block in enumerate(dict.fromkeys(row["block"] for row in kept))}
    order = sorted(range(len(blocks)), key=lambda index: place[blocks[index]])
    logs = np.log(right / left)[order]
    return logs[:, 0], logs[:, -1]


def blocks_differ(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether the layouts of blocks change the ratio. Blocks that are neighbours in time are compared, so that a slow change of
    the machine is not taken for an effect of the layout. For each two neighbours, the product of the two pairs' differences
    has a mean of twice the variance between layouts; without such a variance its sign is random (sign-flip test)."""
    count = len(first) // 2
    if count < COUPLES_MIN:
        return False
    products = (first[:2 * count:2] - first[1:2 * count:2]) * (second[:2 * count:2] - second[1:2 * count:2])
    if 2 * math.sqrt(max(0.0, products.mean() / 2)) <= math.log1p(DEPENDS_RATIO):
        return False
    signs = np.random.default_rng(SEED).choice((-1, 1), (REORDERINGS_COUNT, count))
    as_large = np.count_nonzero((signs * products).sum(axis=1) >= products.sum())
    return (as_large + 1) / (REORDERINGS_COUNT + 1) <= DEPENDS_ALPHA


def spread_of(groups: Sequence[np.ndarray]) -> float:
    middles = [float(np.median(one)) for one in groups]
    return max(middles) - min(middles)
