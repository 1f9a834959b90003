"""figures_history.py - one metric over versions: one line per machine class, change points as dashed lines."""

import statistics
from pathlib import Path

import matplotlib.pyplot as plt

from labkit.figures.figure_style import AFTER, BEFORE, GOOD, MUTED, STYLE, legend_above
from labkit.figures.figures_verdict import write_svg
from labkit.gate.history import Series
from labkit.gate.history_store import Point
from labkit.metrics import METRICS

LOOKS = ((BEFORE, "o"), (GOOD, "s"), (MUTED, "^"))  # of a class of machine
ROOM_ABOVE, ROOM_LEAST = 0.15, 0.03  # margins, as shares of the range and of the value
NANOSECOND_SCALES = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))


def draw(series: list[Series], path: Path) -> None:
    """x is the order of time over all machines; lines never cross from one machine to another. Audits and gates have different
    units, so only the series of the longest line's source are drawn."""
    series = [one for one in series if one.is_chained == series[0].is_chained]
    order = sorted((point for one in series for point in one.points), key=lambda point: (point.started_utc, point.label))
    places = {point: place for place, point in enumerate(order)}
    scale, unit = (1.0, "× of the first base") if series[0].is_chained else axis_unit(order)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8.0, 3.4), layout="constrained")
        for one, (colour, marker) in zip(series, LOOKS * len(series)):
            draw_series(axes, one, places, scale, colour, marker)
        axes.set_xticks(range(len(order)), [point.label for point in order], rotation=45, ha="right", fontsize=7)
        axes.set_ylabel(f"{METRICS[order[0].metric].title}, {unit}")
        axes.set_ylim(*shown_range([level / scale for one in series for level in one.levels]))
        bars = "bars: 95 % intervals" if any(point.low is not None and point.high is not None for point in order) else ""
        axes.set_title(" ".join(filter(None, (order[0].workload, order[0].size, f"({order[0].variant})", bars))))
        legend_above(axes)
        write_svg(figure, path)
        plt.close(figure)


def shown_range(values: list[float]) -> tuple[float, float]:
    """The range around the points, not from zero: a step of 2 % must be visible, but noise must not look like steps."""
    low, high = min(values), max(values)
    room = max(ROOM_ABOVE * (high - low), ROOM_LEAST * high)
    return max(0.0, low - room), high + room


def draw_series(axes: plt.Axes, one: Series, places: dict[Point, int], scale: float, colour: str, marker: str) -> None:
    """Audits are filled, gate runs hollow; a change point lies between the last point before and the first after."""
    x = [places[point] for point in one.points]
    y = [level / scale for level in one.levels]
    axes.plot(x, y, "-", marker=marker, color=colour, markersize=5, linewidth=1,
              label=f"machine {one.fingerprint[:8]}")
    gates = [index for index, point in enumerate(one.points) if point.source == "gate"]
    axes.plot([x[index] for index in gates], [y[index] for index in gates], marker, color=colour, markersize=5,
              markerfacecolor="white")
    for place, point in zip(x, one.points):
        if point.low is not None and point.high is not None:
            axes.plot([place, place], [point.low / scale, point.high / scale], color=colour, linewidth=2, alpha=0.5)
    for number, index in enumerate(one.changes):
        draw_change(axes, (x[index - 1] + x[index]) / 2, step_ratio(one, number), colour)


def draw_change(axes: plt.Axes, place: float, ratio: float, colour: str) -> None:
    axes.axvline(place, color=AFTER, linestyle="--", linewidth=1)
    axes.text(place, 0.98, f" {ratio - 1:+.1%}", transform=axes.get_xaxis_transform(), va="top", fontsize=8.5,
              color=colour)


def step_ratio(one: Series, number: int) -> float:
    """Median after change point number over the median before, each up to the next change."""
    ends = (0, *one.changes, len(one.points))
    before, after = (statistics.median(one.levels[start:end])
                     for start, end in (ends[number:number + 2], ends[number + 1:number + 3]))
    return after / before


def axis_unit(points: list[Point]) -> tuple[float, str]:
    unit = METRICS[points[0].metric].unit
    if unit not in ("ns", "ops/s"):
        return 1.0, unit
    top = max(point.value for point in points)
    return next(((scale, name) for scale, name in NANOSECOND_SCALES if top >= scale), NANOSECOND_SCALES[-1])
