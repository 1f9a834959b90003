"""figures_calibration.py - the operating characteristic: how often a tool reports a change, over the planted slowdown.

A tool has one colour and one mark in the whole figure; the names beside the false alarms are the legend of both sides.
Other statistics on our own runs are only in the table, to keep the figure readable.
"""

from pathlib import Path

import matplotlib.pyplot as plt

from labkit.calibration.calibration_rates import ON_OUR_RUNS
from labkit.figures.figure_style import AFTER, BEFORE, INK, MUTED, STAGE_COLOURS, STYLE
from labkit.figures.figures_verdict import write_svg
from labkit.gate_rates import GATE, GATE_WHERE_USABLE
from labkit.trial_records import AUDIT

RIVAL_COLOURS = [BEFORE, *(colour for colour in STAGE_COLOURS if colour not in (AFTER, BEFORE))]
MARKS = "s^vDPX*<>"
FALSE_ALARMS_WANTED, POWER_WANTED = 1, 90  # percent


def draw(summary: dict, path: Path) -> None:
    """Left, false alarms between identical programs; right, the share of planted slowdowns found. One row per condition."""
    conditions = summary["conditions"]
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(len(conditions), 2, figsize=(10.5, 3.5 * len(conditions)), squeeze=False,
                                    layout="constrained", width_ratios=(1, 1.2))
        for (false_alarms, power), (condition, rates) in zip(grid, conditions.items()):
            tools = {tool: rates[tool] for tool in rates if tool not in (GATE_WHERE_USABLE, *ON_OUR_RUNS)}
            looks = looks_of(list(tools))
            draw_false_alarms(false_alarms, tools, looks, f"{condition}: false alarms")
            draw_power(power, tools, looks, condition, "gain" if condition == AUDIT else "slowdown")
        write_svg(figure, path)
        plt.close(figure)


def looks_of(tools: list[str]) -> dict[str, dict]:
    """The colour and mark of each tool; the gate is emphasised by colour, size and place."""
    rivals = [tool for tool in tools if tool != GATE]
    looks = {tool: {"color": RIVAL_COLOURS[place % len(RIVAL_COLOURS)], "marker": MARKS[place % len(MARKS)],
                    "markersize": 5, "linewidth": 1.0, "zorder": 2} for place, tool in enumerate(rivals)}
    return looks | {GATE: {"color": AFTER, "marker": "o", "markersize": 7, "linewidth": 2.6, "zorder": 3}}


def draw_false_alarms(axes: plt.Axes, tools: dict, looks: dict[str, dict], title: str) -> None:
    shown = [(tool, rates["0"]) for tool, rates in tools.items() if "0" in rates]
    for place, (tool, rate) in enumerate(shown):
        share = 100 * rate["changed_count"] / rate["trials_count"]
        axes.errorbar([share], [-place], xerr=[[share - 100 * rate["low_ratio"]], [100 * rate["high_ratio"] - share]],
                      capsize=3, **looks[tool] | {"linestyle": "none"})
        axes.text(1.02, -place, f"{rate['changed_count']} of {rate['trials_count']}", fontsize=8, va="center",
                  transform=axes.get_yaxis_transform())
    axes.axvline(FALSE_ALARMS_WANTED, color=MUTED, linewidth=0.8, linestyle="--")
    axes.set_yticks([-place for place in range(len(shown))], [tool for tool, _ in shown], fontsize=8)
    for label, (tool, _) in zip(axes.get_yticklabels(), shown):
        label.set(color=looks[tool]["color"] if tool == GATE else INK, fontweight="bold" if tool == GATE else "normal")
    axes.set_xlim(left=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"% of identical programs called different; dashed: {FALSE_ALARMS_WANTED} %")
    axes.set_title(title)


def draw_power(axes: plt.Axes, tools: dict, looks: dict[str, dict], condition: str, effect: str) -> None:
    for tool, rates in tools.items():
        extras = sorted((extra for extra in rates if extra != "0"), key=int)
        shares = [100 * rates[extra]["changed_count"] / rates[extra]["trials_count"] for extra in extras]
        axes.plot([int(extra) / 10 for extra in extras], shares, **looks[tool])
    axes.axhline(POWER_WANTED, color=MUTED, linewidth=0.8, linestyle="--")
    axes.set_ylim(0, 104)
    axes.set_xlim(left=0)
    axes.set_xlabel(f"planted {effect}, %")
    axes.set_ylabel(f"% found; dashed: {POWER_WANTED} %")
    axes.set_title(f"{condition}: planted {effect}s found")
