"""figures_paired.py - the two figures of a paired comparison: its blocks by time, and its power.

Pure  paints on axes that the caller made (audit_figures.py, figures_verdict.py).
"""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from labkit.figures.figure_style import AFTER, INK, MUTED, legend_above
from labkit.stats.power import robust_sigma, sign_test_power

EFFECT_SHOWN_MIN, EFFECT_SHOWN_MAX = 0.03, 1.0
FAR_FROM_ZERO = 2.0


def paint_paired(axes: Axes, changes: np.ndarray, autocorrelation: float, what: str) -> None:
    """changes: shape (blocks,), cost of B over A minus 1 of each block, in the order in which they ran."""
    percent, blocks = 100 * changes, np.arange(1, len(changes) + 1)
    axes.plot(blocks, percent, "-", linewidth=0.8, alpha=0.4, color=AFTER)
    axes.plot(blocks, percent, "o", markersize=4, color=AFTER, label="one block")
    axes.axhline(np.median(percent), color=AFTER, linewidth=1, label="median")
    paint_zero(axes, percent)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("block, in the order they ran")
    axes.set_ylabel(f"{what}, %")
    axes.set_title(f"Differences by time; correlation of neighbours {autocorrelation:+.2f}")
    legend_above(axes)


def paint_zero(axes: Axes, percent: np.ndarray) -> None:
    """Draw the line of no difference, unless it is so far away that it would hide drift."""
    spread, nearest = float(np.ptp(percent)), float(np.min(np.abs(percent)))
    if nearest <= FAR_FROM_ZERO * max(spread, 1.0) or np.min(percent) * np.max(percent) <= 0:
        axes.axhline(0, color=INK, linewidth=0.8)
        return
    above = np.max(percent) < 0
    axes.text(0.01, 0.97 if above else 0.03, "no difference (0 %) is far above" if above else
              "no difference (0 %) is far below", transform=axes.transAxes, va="top" if above else "bottom", fontsize=8,
              color=MUTED)


def paint_power(axes: Axes, logs: np.ndarray, alpha: float, threshold_ratio: float, mde_ratio: float | None) -> None:
    """logs: shape (blocks,), log ratio of each block. mde_ratio: that of the comparison, or None."""
    effects = np.linspace(0, min(max(2 * (mde_ratio or 0.0), EFFECT_SHOWN_MIN), EFFECT_SHOWN_MAX), 201)
    sigma, threshold = robust_sigma(logs), math.log1p(threshold_ratio)
    found = [sign_test_power(len(logs), sigma, math.log1p(effect), alpha, threshold) for effect in effects]
    axes.plot(100 * effects, 100 * np.array(found), color=AFTER)
    if mde_ratio is not None and mde_ratio <= effects[-1]:
        axes.axvline(100 * mde_ratio, color=MUTED, linewidth=1, linestyle="--", label=f"detectable: {mde_ratio:.2%}")
        legend_above(axes)
    axes.set_xlabel("true difference, %")
    axes.set_ylabel("probability of detection, %")
    axes.set_ylim(0, 102)
    axes.set_xlim(0, 100 * effects[-1])
    axes.set_title(f"Power of {len(logs)} blocks with this noise")
