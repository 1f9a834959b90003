"""figures_calibration.py - the operating characteristic: how often "changed" is said, by how much was planted."""

from pathlib import Path

import matplotlib.pyplot as plt

from labkit.calibration.calibration import GATE
from labkit.figures.figure_style import AFTER, BEFORE, MUTED, STYLE
from labkit.figures.figures_verdict import write_svg


def draw(summary: dict, path: Path) -> None:
    """Left, false alarms between identical programs; right, the share of planted slowdowns found. A row a condition."""
    conditions = summary["conditions"]
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(len(conditions), 2, figsize=(9.5, 3.3 * len(conditions)), squeeze=False,
                                    layout="constrained", width_ratios=(1, 1.3))
        for (false_alarms, power), (condition, tools) in zip(grid, conditions.items()):
            draw_false_alarms(false_alarms, tools, f"{condition}: identical programs called different")
            draw_power(power, tools, f"{condition}: planted slowdown found")
        write_svg(figure, path)
        plt.close(figure)


def draw_false_alarms(axes: plt.Axes, tools: dict, title: str) -> None:
    shown = [(tool, rates["0"]) for tool, rates in tools.items() if "0" in rates]
    for place, (tool, rate) in enumerate(shown):
        share = 100 * rate["changed_count"] / rate["trials_count"]
        axes.errorbar([share], [-place], xerr=[[share - 100 * rate["low_ratio"]], [100 * rate["high_ratio"] - share]],
                      fmt="o", markersize=5, capsize=3, color=AFTER if tool == GATE else BEFORE)
    axes.axvline(1, color=MUTED, linewidth=0.8, linestyle="--")
    axes.set_yticks([-place for place in range(len(shown))], [tool for tool, _ in shown], fontsize=7)
    axes.set_xlim(left=0)
    axes.set_xlabel("% of comparisons, exact 95 % interval")
    axes.set_title(title)


def draw_power(axes: plt.Axes, tools: dict, title: str) -> None:
    for tool, rates in tools.items():
        extras = sorted((extra for extra in rates if extra != "0"), key=int)
        if not extras:
            continue
        shares = [100 * rates[extra]["changed_count"] / rates[extra]["trials_count"] for extra in extras]
        axes.plot([int(extra) / 10 for extra in extras], shares, "o-", markersize=3,
                  linewidth=2.2 if tool == GATE else 1, color=AFTER if tool == GATE else None, label=tool)
    axes.set_ylim(0, 104)
    axes.set_xlabel("planted slowdown, %")
    axes.set_ylabel("found, %")
    axes.set_title(title)
    axes.legend(fontsize=6)
