"""audit_figures.py - numbers to pictures.  audit numbers -> audit_figures.py -> figures/*.svg

Every figure is a function of audit.json alone; the bytes depend on the numbers and on matplotlib's version, which
each file names. figure_style.py defines the look.

Pure  no disk; draw() returns bytes.
"""

import io
import re
import statistics
from typing import Any, Callable

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from labkit import wording
from labkit.figures import figures_paired
from labkit.figures.figure_style import (AFTER, BEFORE, DARK, GOOD, GRID, INK, MUTED, OPEN, STAGE_COLOURS, STYLE,
                                         WIDTH_INCHES, lay_out, legend_above)
from labkit.metrics import METRICS
from labkit.phases import COMMAND

Audit = dict[str, Any]

VARIANT = {"baseline": (BEFORE, "o", "baseline"), "union": (AFTER, "D", "union of the accepted")}


SERVER = {"baseline": (BEFORE, "o", "the baseline"), "union": (AFTER, "D", "the union"), "nginx": (MUTED, "s", "nginx")}
SHAPE_ALPHA = 0.4
QUANTILE_LINES = {"p50_ns": ":", "p95_ns": "--", "p99_ns": "-"}
KNEE_TEXT_HEIGHT = {"baseline": 0.99, "union": 0.88}  # of the axis, so that no text covers another; the yardstick's knee is no claim


def draw_figures(audit: Audit) -> dict[str, bytes]:
    """Every figure that these numbers allow: file name to SVG."""
    with matplotlib.rc_context(STYLE):
        drawn = {name: figure(audit) for name, figure in FIGURES.items()}
    return {name: svg for name, svg in drawn.items() if svg is not None}


def draw(height_inches: float, paint: Callable[[Axes], None]) -> bytes:
    figure, axes = plt.subplots(figsize=(WIDTH_INCHES, height_inches), constrained_layout=True)
    try:
        paint(axes)
        lay_out(figure)
        stream = io.BytesIO()
        figure.savefig(stream, format="svg", metadata={"Date": None})
        return rounded(stream.getvalue())
    finally:
        plt.close(figure)


def rounded(svg: bytes) -> bytes:
    """Round coordinates to a hundredth of a point, as further digits are not visible."""
    return re.sub(rb' (?:d|x|y)="[^"]*"', lambda path: re.sub(rb"(\.\d\d)\d+", rb"\1", path.group()), svg)


def duration_axis(values_ns: list[float]) -> tuple[float, str]:
    """Divisor and unit for an axis of times."""
    return next(((scale, unit) for scale, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")) if max(values_ns) >= scale),
                (1.0, "ns"))


def distribution(audit: Audit) -> bytes | None:
    """One dot per process, by the metric that the verdict is about, which shows how far the distributions overlap."""
    rebench = audit["rebench"]
    if not rebench or not rebench["main"]:
        return None
    shown: dict[str, list[float]] = {name: rebench["times"][name] for name in VARIANT}
    scale, unit = duration_axis([max(values) for values in shown.values()])

    def paint(axes: Axes) -> None:
        for row, (name, values) in enumerate(reversed(shown.items())):
            colour, marker, label = VARIANT[name]
            median = statistics.median(values) / scale
            xs, ys = swarm([one / scale for one in values], max(max(one) for one in shown.values()) / scale)
            axes.scatter(xs, [row + y for y in ys], s=22, color=colour, marker=marker, alpha=0.75, linewidths=0)
            axes.plot([median, median], [row - 0.38, row + 0.38], color=INK, linewidth=1.6)
            axes.annotate(wording.duration(median * scale), (median, row + 0.40), ha="center", va="bottom", fontsize=9)
        axes.set_yticks(range(len(shown)), [VARIANT[name][2] for name in reversed(shown)])
        axes.set_ylim(-0.6, len(shown) - 0.3)
        axes.set_xlim(left=0)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(f"{rebench['times']['title']}{',' if ',' in rebench['times']['title'] else ''} per {rebench['times']['per']} ({unit})")
        axes.set_title(f"{audit['headline']['size']}: every process, one dot")
    return draw(2.6, paint)


def swarm(values: list[float], widest: float) -> tuple[list[float], list[float]]:
    """Positions of dots: overlapping dots are stacked away from the middle, first up, then down, without randomness."""
    step = widest / 90.0
    levels: dict[int, int] = {}
    xs, ys = list[float](), list[float]()
    for value in sorted(values):
        bin_ = int(value / step)
        level = levels[bin_] = levels.get(bin_, -1) + 1
        xs.append(value)
        ys.append(0.075 * ((level + 1) // 2) * (1 if level % 2 else -1))
    return xs, [max(-0.36, min(0.36, y)) for y in ys]


def scaling(audit: Audit) -> bytes | None:
    """Time per operation over batch sizes: a flat line means that the cost is proportional to the input; a rising line, that it
    grows faster."""
    rebench = audit["rebench"]
    rows = rebench["scaling"] if rebench and rebench["scaling"] else _baseline_scaling(audit)
    if not rows:
        return None
    scale, unit = duration_axis([one["median_ns"] for one in rows])
    is_command = audit["manifest"].get("kind") == COMMAND

    def paint(axes: Axes) -> None:
        for name, (colour, marker, label) in VARIANT.items():
            points = sorted((one for one in rows if one["variant"] == name), key=lambda one: one["ops_count"])
            if not points:
                continue
            middle = [one["median_ns"] / scale for one in points]
            low = [(one["median_ns"] - (one["low_ns"] or one["median_ns"])) / scale for one in points]
            high = [((one["high_ns"] or one["median_ns"]) - one["median_ns"]) / scale for one in points]
            axes.errorbar([one["ops_count"] for one in points], middle, yerr=[low, high], color=colour, marker=marker,
                          markersize=6, linewidth=1.8, capsize=3, label=label)
        counts = sorted({one["ops_count"] for one in rows})
        axes.set_xscale("log")
        axes.set_xticks(counts, [f"{one['size']}\n{wording.count(one['ops_count'])}" for count in counts
                                 for one in rows if one["ops_count"] == count and one["variant"] == "baseline"])
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.set_ylabel(f"time per {audit['headline']['op']} ({unit}), 95 % interval")
        axes.set_xlabel(f"{audit['headline']['op']}s per {'run' if is_command else 'batch'}")
        axes.set_title("Cost of one " + audit["headline"]["op"] + " over " + ("sizes" if is_command else "batch sizes"))
        legend_above(axes)
    return draw(3.1, paint)


def _baseline_scaling(audit: Audit) -> list[dict[str, Any]]:
    return [{"variant": "baseline", "size": one["name"], "ops_count": one["ops_count"],
             **{f"{key}_ns": one["p50"][key] / one["ops_count"] if one["p50"][key] else None
                for key in ("median", "low", "high")}}
            for one in audit["baseline"]["sizes"] if one["p50"]["median"]]


def stages(audit: Audit) -> bytes | None:
    """Shares of the stages per batch size, which show the stage that grows most."""
    rows = audit["baseline"]["stages"]
    if not rows:
        return None
    names, sizes = list(dict.fromkeys(one["stage"] for one in rows)), list(dict.fromkeys(one["size"] for one in rows))
    shares = {(one["size"], one["stage"]): one["share_ratio"] for one in rows}

    def paint(axes: Axes) -> None:
        for y, size in enumerate(reversed(sizes)):
            left = 0.0
            for index, name in enumerate(names):
                width, colour = 100 * shares.get((size, name), 0.0), STAGE_COLOURS[index % len(STAGE_COLOURS)]
                axes.barh(y, width, left=left, height=0.68, color=colour, edgecolor="white", linewidth=1.0,
                          label=name if y == 0 else None)
                if width >= 5:
                    axes.text(left + width / 2, y, f"{width:.0f} %", ha="center", va="center", fontsize=8.5,
                              color="white" if colour in DARK else INK)
                left += width
            axes.barh(y, max(0.0, 100 - left), left=left, height=0.68, color="white", edgecolor=MUTED, hatch="////",
                      linewidth=0.6, label="outside any stage" if y == 0 else None)
        axes.set_yticks(range(len(sizes)), list(reversed(sizes)))
        axes.set_xlim(0, 100)
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f} %"))
        axes.set_xlabel("share of the time of a batch, baseline")
        axes.set_title("Where a batch spends its time")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncol=min(8, len(names) + 1), columnspacing=1.2,
                    handlelength=1.2)
    return draw(1.5 + 0.42 * len(sizes), paint)


def allocations(audit: Audit) -> bytes | None:
    """Exact counts per batch at the size of the complaint, before and after."""
    size = audit["manifest"]["main_size"]
    before = {one["stage"]: one["allocations_count"] for one in (audit["memory"] or {"stages": []})["stages"]
              if one["size"] == size and one["stage"]}
    after = {one["stage"]: one["allocations_count"] for one in (audit["rebench"] or {"memory": []})["memory"]
             if one["size"] == size and one["stage"] and one["variant"] != "baseline"}
    if not before:
        return None

    def paint(axes: Axes) -> None:
        names = list(reversed(before))
        rows = ((before, 0.19, VARIANT["baseline"]), (after, -0.19, VARIANT["union"]))
        for counts, offset, (colour, _, label) in rows:
            for y, name in enumerate(names):
                if name in counts:
                    axes.barh(y + offset, counts[name], height=0.34, color=colour, label=label if y == 0 else None)
                    axes.annotate(wording.count(counts[name]), (counts[name], y + offset), xytext=(4, 0),
                                  textcoords="offset points", va="center", fontsize=8.5)
        axes.set_yticks(range(len(names)), names)
        axes.margins(x=0.12)
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: wording.count(round(value))))
        axes.set_xlabel(f"allocations in one batch ({size}), counted exactly")
        axes.set_title("Allocations per stage")
        legend_above(axes)
    return draw(1.3 + 0.55 * len(before), paint)


def is_counted(audit: Audit) -> bool:
    """Whether the complaint is about counts, which have no intervals, drift or power to draw."""
    return METRICS[audit["manifest"]["metric"]].is_exact


def forest(audit: Audit) -> bytes | None:
    """All candidates, including rejected ones, on one axis; the union below the line."""
    measured = [one for one in audit["candidates"] if one["measured"] and one["gain"]]
    if not measured or is_counted(audit):
        return None
    failed = [one for one in audit["candidates"] if one not in measured]
    main = audit["rebench"]["main"] if audit["rebench"] else None
    rows = sorted(measured, key=lambda one: (-one["gain"]["gain_ratio"], one["id"])) + failed
    bottom = -1.4 if main else -0.6

    reach = _forest_reach([one["gain"] for one in measured] + ([main] if main else []), audit["headline"]["target"])

    def paint(axes: Axes) -> None:
        axes.set_xscale("log")
        for place, one in enumerate(rows):
            _forest_row(axes, len(rows) - 1 - place, one["gain"] if one in measured else None,
                        "accepted" if one["accepted"] else f"{one['verdict']}: {one['rule']}",
                        {"accepted": GOOD, "undecided": OPEN}.get(one["verdict"], MUTED), one["accepted"], "o", reach)
        if main:
            axes.axhline(-0.5, color=INK, linewidth=0.8)
            _forest_row(axes, -1, main, main["verdict"], AFTER, True, "D", reach)
        _forest_guides(axes, audit)
        labels = [one["id"] for one in reversed(rows)]
        axes.set_yticks(([-1] if main else []) + list(range(len(rows))), (["union"] if main else []) + labels)
        axes.set_ylim(bottom, len(rows) - 0.3)
        axes.set_xlim(*reach)
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}×"))
        axes.set_xlabel(f"gain in {audit['headline']['metric']} at {audit['headline']['size']}: baseline / candidate, "
                        "log scale\ngrey: indistinguishable from 1 on this machine")
        axes.set_title("Every candidate against the baseline, with its interval", pad=20)
    return draw(1.6 + 0.34 * (len(rows) + (1 if main else 0)), paint)


def _forest_row(axes: Axes, y: float, gain: dict[str, Any] | None, word: str, colour: str, solid: bool,
                marker: str, reach: tuple[float, float]) -> None:
    """Draw one row; an interval that leaves the axis ends in an arrow, and its numbers are printed beside it."""
    beside = axes.get_yaxis_transform()
    if gain is None:
        axes.text(1.02, y, word, transform=beside, va="center", fontsize=8.5, color=MUTED)
        return
    low, high = (reach[0] if gain["gain_low"] is None else gain["gain_low"],
                 reach[1] if gain["gain_high"] is None else gain["gain_high"])  # infinite, where there were too few blocks
    ends = (max(low, reach[0]), min(high, reach[1]))
    axes.plot(ends, [y, y], color=colour, linewidth=2.2, solid_capstyle="butt")
    for end, limit, arrow in zip(ends, reach, ("<", ">")):
        axes.plot([end], [y], marker=arrow if end == limit else "|", markersize=6 if end == limit else 9, color=colour,
                  markeredgewidth=1.4)
    axes.plot([min(max(gain["gain_ratio"], reach[0]), reach[1])], [y], marker=marker, markersize=6.5, color=colour,
              markerfacecolor=colour if solid else "white", markeredgewidth=1.6)
    text = f"{wording.gain_interval(gain['gain_ratio'], gain['gain_low'], gain['gain_high'], gain['confidence'])}  {word}"
    axes.text(1.02, y, text, transform=beside, va="center", fontsize=8.5)


def _forest_reach(gains: list[dict[str, Any]], target: float) -> tuple[float, float]:
    """The limits of the axis: all point estimates and the target, with a margin; intervals up to twice that range."""
    middles = [one["gain_ratio"] for one in gains] + [1.0, target]
    low, high = min(middles), max(middles)
    lows, highs = ([one[end] for one in gains if one[end] is not None] for end in ("gain_low", "gain_high"))
    return (max(min([*lows, low]), low / 1.5) / 1.04, min(max([*highs, target, high]), high * 1.5) * 1.04)


def _forest_guides(axes: Axes, audit: Audit) -> None:
    """Draw the lines of no effect and of the target, and the noise floor of this machine."""
    noise = next((one for one in audit["baseline"]["noise"] if one["size"] == audit["headline"]["size"]), None)
    above = axes.get_xaxis_transform()
    if noise and noise["mde_ratio"]:
        axes.axvspan(1 / (1 + noise["mde_ratio"]), 1 + noise["mde_ratio"], color=GRID, linewidth=0)
    axes.axvline(1.0, color=INK, linewidth=1.0)
    axes.text(1.0, 1.01, "no effect ", transform=above, ha="right", va="bottom", fontsize=8, color=INK)
    axes.axvline(audit["headline"]["target"], color=AFTER, linewidth=1.2, linestyle=(0, (4, 3)))
    axes.text(audit["headline"]["target"], 1.01, f" target {audit['headline']['target']:g}×", transform=above,
              ha="left", va="bottom", fontsize=8, color=AFTER)


def paired(audit: Audit) -> bytes | None:
    """Every block of the confirmation, in the order in which they ran: a slope shows drift, a bump a disturbance."""
    rebench = audit["rebench"]
    if not rebench or not rebench["main"] or is_counted(audit):
        return None
    changes = np.array(rebench["block_changes"])
    return draw(2.9, lambda axes: figures_paired.paint_paired(axes, changes, rebench["main"]["autocorrelation"],
                                                              "union against baseline"))


def power(audit: Audit) -> bytes | None:
    """The probability with which the confirmation could detect an effect, over its size."""
    rebench = audit["rebench"]
    if not rebench or not rebench["main"] or is_counted(audit):
        return None
    policy = audit["policy"]["verdict"]
    return draw(2.9, lambda axes: figures_paired.paint_power(
        axes, np.log1p(rebench["block_changes"]), policy["alpha"], policy["minimum_gain_ratio"],
        rebench["main"]["mde_ratio"]))


def resident(audit: Audit) -> bytes | None:
    """Resident memory over time; a line that keeps rising shows a leak."""
    series = audit["memory"]["rss"] if audit["memory"] else None
    if not series:
        return None

    def paint(axes: Axes) -> None:
        seconds = [one["time_ns"] / 1e9 for one in series["series"]]
        mebibytes = [one["rss_bytes"] / 2**20 for one in series["series"]]
        axes.fill_between(seconds, mebibytes, color=BEFORE, alpha=0.18, linewidth=0)
        axes.plot(seconds, mebibytes, color=BEFORE, linewidth=1.6)
        axes.set_ylim(bottom=0)
        axes.set_xlim(0, max(seconds))
        axes.set_xlabel("seconds under sustained load")
        axes.set_ylabel("resident set (MiB)")
        axes.set_title("Memory over time, baseline")
    return draw(2.3, paint)


def load_curves(audit: Audit) -> bytes | None:
    """Response times against the offered load: one colour for each server, one kind of line for each quantile, and the knees."""
    load = audit["load"]
    if not load:
        return None

    def paint(axes: Axes) -> None:
        for curve in load["curves"]:
            variant, _, shape = curve["server"].partition(", ")
            colour, marker, label = SERVER[variant]
            points = [one for one in curve["points"] if one["p99_ns"]]
            for name, line in QUANTILE_LINES.items():
                if shape and name != "p99_ns":
                    continue  # a second shape of each variant is there to be compared, and has one line only
                axes.plot([one["offered_per_s"] for one in points], [one[name] / 1e6 for one in points], color=colour, linestyle=line, linewidth=1.6,
                          marker=marker if name == "p99_ns" else None, markersize=4.5, alpha=SHAPE_ALPHA if shape else None,
                          label=f"{label}, {shape}, p99" if shape else f"{label}, {name.removesuffix('_ns')}")
            if curve["knee_per_s"] and curve["server"] in KNEE_TEXT_HEIGHT:
                axes.axvline(curve["knee_per_s"], color=colour, linewidth=1.0, linestyle=(0, (2, 2)))
                axes.annotate(f"knee of {label}\n{wording.significant(curve['knee_per_s'], 4)} per second", (curve["knee_per_s"], KNEE_TEXT_HEIGHT[curve["server"]]),
                              xycoords=axes.get_xaxis_transform(), xytext=(-4, 0), textcoords="offset points", ha="right", va="top", fontsize=8, color=colour)
        axes.set_xscale("log")
        axes.set_yscale("log")
        shown = spaced_rates(sorted({one["offered_per_s"] for curve in load["curves"] for one in curve["points"]}))
        axes.set_xticks(shown, [wording.significant(one, 4) for one in shown])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: wording.significant(value)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel(f"offered {audit['headline']['op']}s per second, log scale")
        axes.set_ylabel("response time (ms), log scale")
        axes.set_title("Response times against the offered load")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncol=len(load["curves"]), fontsize=8.5, columnspacing=1.4, handlelength=2.4)
    return draw(4.6, paint)


def spaced_rates(rates: list[float]) -> list[float]:
    """Those whose labels do not cover each other on a logarithmic axis."""
    shown: list[float] = []
    for rate in rates:
        if not shown or rate >= 1.4 * shown[-1]:
            shown.append(rate)
    return shown


FIGURES: dict[str, Callable[[Audit], bytes | None]] = {
    "distribution.svg": distribution,
    "scaling.svg": scaling,
    "stages.svg": stages,
    "allocations.svg": allocations,
    "forest.svg": forest,
    "paired.svg": paired,
    "power.svg": power,
    "resident.svg": resident,
    "load.svg": load_curves,
}
