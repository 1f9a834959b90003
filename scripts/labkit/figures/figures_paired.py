"""figures_paired.py - the two pictures of a paired comparison: its blocks by time, and what they could have seen.

Pure  paints on axes that the caller made (figures.py, figures_verdict.py).
"""

import math

import numpy as np
from matplotlib.axes import Axes

from labkit.figures.figure_style import AFTER, INK, MUTED
from labkit.stats.power import robust_sigma, sign_test_power

EFFECTS_SHOWN = np.linspace(0, 0.10, 101)


def paint_paired(axes: Axes, changes: np.ndarray, autocorrelation: float, what: str) -> None:
    """changes: shape (blocks,), cost of B over A minus 1 of each block, in the order they ran."""
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.plot(np.arange(1, len(changes) + 1), 100 * changes, "o", markersize=4, color=AFTER, label="one block")
    axes.axhline(100 * np.median(changes), color=AFTER, linewidth=1, label="median")
    axes.set_xlabel("block, in the order they ran")
    axes.set_ylabel(f"{what}, %")
    axes.set_title(f"Differences by time; correlation of neighbours {autocorrelation:+.2f}")
    axes.legend(fontsize=8)


def paint_power(axes: Axes, logs: np.ndarray, alpha: float, threshold_ratio: float, mde_ratio: float | None) -> None:
    """logs: shape (blocks,), log ratio of each block. mde_ratio: as the comparison states it, or None."""
    sigma, threshold = robust_sigma(logs), math.log1p(threshold_ratio)
    found = [sign_test_power(len(logs), sigma, math.log1p(effect), alpha, threshold) for effect in EFFECTS_SHOWN]
    axes.plot(100 * EFFECTS_SHOWN, 100 * np.array(found), color=AFTER)
    if mde_ratio is not None and mde_ratio <= EFFECTS_SHOWN[-1]:
        axes.axvline(100 * mde_ratio, color=MUTED, linewidth=1, linestyle="--", label=f"detectable: {mde_ratio:.2%}")
        axes.legend(fontsize=8)
    axes.set_xlabel("true difference, %")
    axes.set_ylabel("chance to find it, %")
    axes.set_ylim(0, 102)
    axes.set_title(f"What {len(logs)} blocks of this noise can see")
