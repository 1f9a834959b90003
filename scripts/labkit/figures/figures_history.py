"""figures_history.py - one metric over versions, a line per class of machine, change points marked."""

from pathlib import Path

import matplotlib.pyplot as plt

from labkit.figures.figure_style import AFTER, BEFORE, GOOD, MUTED, STYLE
from labkit.figures.figures_verdict import write_svg
from labkit.guard.history import Point, Series
from labkit.verdicts.metrics import METRICS

COLOURS = (BEFORE, GOOD, MUTED)
NANOSECOND_SCALES = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))


def draw(series: list[Series], path: Path) -> None:
    """x is the order of time over all machines; lines never cross from one machine to another."""
    order = sorted((point for one in series for point in one.points), key=lambda point: (point.started_utc, point.label))
    places = {point: place for place, point in enumerate(order)}
    scale, unit = axis_unit(order)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8.0, 3.4), layout="constrained")
        for one, colour in zip(series, COLOURS * len(series)):
            draw_series(axes, one, places, scale, colour)
        axes.set_xticks(range(len(order)), [point.label for point in order], rotation=45, ha="right", fontsize=7)
        axes.set_ylabel(f"{METRICS[order[0].metric].title}, {unit}")
        axes.set_ylim(bottom=0)
        axes.set_title(f"{order[0].workload}/{order[0].size}, {order[0].variant}")
        axes.legend(fontsize=7)
        write_svg(figure, path)
        plt.close(figure)


def draw_series(axes: plt.Axes, one: Series, places: dict[Point, int], scale: float, colour: str) -> None:
    x = [places[point] for point in one.points]
    y = [point.value / scale for point in one.points]
    axes.plot(x, y, "o-", color=colour, markersize=4, linewidth=1, label=f"machine {one.fingerprint[:8]}")
    for place, point in zip(x, one.points):
        if point.low is not None and point.high is not None:
            axes.plot([place, place], [point.low / scale, point.high / scale], color=colour, linewidth=2, alpha=0.5)
    for number, index in enumerate(one.changes):
        axes.axvline((x[index - 1] + x[index]) / 2, color=AFTER, linestyle="--", linewidth=1,
                     label="change point" if number == 0 else None)


def axis_unit(points: list[Point]) -> tuple[float, str]:
    unit = METRICS[points[0].metric].unit
    if unit not in ("ns", "ops/s"):
        return 1.0, unit
    top = max(point.value for point in points)
    return next(((scale, name) for scale, name in NANOSECOND_SCALES if top >= scale), NANOSECOND_SCALES[-1])
