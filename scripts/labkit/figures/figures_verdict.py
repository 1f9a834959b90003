"""figures_verdict.py - the four figures of a comparison.  comparison document, rows -> SVG

forest      each metric's change with its interval and confidence, the region that is ignored, and the verdict
paired      each block's change in the order in which they ran: a slope shows drift, a bump a disturbance
spread      both arms' runs, sorted, which shows whether they differ in the middle or in the tail
power       the probability with which these runs could detect an effect, over its size

The same document and rows give the same bytes; figure_style.py defines the look.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from labkit.evidence import write_text
from labkit.figures.figure_style import AFTER, BEFORE, GOOD, GRID, INK, MUTED, STYLE, lay_out, legend_above
from labkit.figures.figures_paired import paint_paired, paint_power
from labkit.metrics import METRICS
from labkit.verdicts.paired_rows import kept_rows, paired_arrays
from labkit.wording import at_confidence

COLOURS = {"improved": GOOD, "regressed": AFTER, "equivalent": BEFORE, "identical": BEFORE, "inconclusive": MUTED}


@contextmanager
def drawing(path: Path, width: float = 8.0, height: float = 3.2) -> Iterator[plt.Axes]:
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(width, height), layout="constrained")
        try:
            yield axes
            write_svg(figure, path)
        finally:
            plt.close(figure)


def write_svg(figure: plt.Figure, path: Path) -> None:
    lay_out(figure)
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    write_text(path, text.getvalue())


def write_all(doc: dict, rows: list[dict], folder: Path) -> list[Path]:
    """Write forest.svg, and for each case paired, spread and power of its first metric. Cases without a complete block have none."""
    written = [folder / "forest.svg"]
    draw_forest(doc, written[0])
    names = [case["name"] for case in doc["cases"]]
    for case in doc["cases"]:
        written += draw_case(case, [row for row in rows if row.get("case") == case["name"]], doc["policy"],
                             folder, file_stem(names, case["name"]))
    return written


def file_stem(names: list[str], name: str) -> str:
    """The prefix of the files of one case: empty if it is the only one, else its number and its name."""
    if len(names) == 1:
        return ""
    return f"{names.index(name) + 1}-{re.sub(r'[^A-Za-z0-9_]+', '-', name).strip('-')}-"


def draw_case(case: dict, rows: list[dict], policy: dict, folder: Path, stem: str) -> list[Path]:
    metric = METRICS[case["first_stage"][0]["metric"]]
    stages = [row for row in kept_rows(rows) if row["stage"] in ("pilot", "main")]
    a, b, blocks = paired_arrays(stages, metric, "A", "B")
    if not blocks:
        return []
    changes = np.expm1(np.log(b).mean(axis=1) - np.log(a).mean(axis=1))
    order = np.argsort([first_start(stages, block) for block in blocks])
    paths = [folder / f"{stem}{name}.svg" for name in ("paired", "spread", "power")]
    headline = case["first_stage"][0]
    with drawing(paths[0]) as axes:
        paint_paired(axes, changes[order], headline["autocorrelation"], "B against A")
    draw_spread(a.ravel(), b.ravel(), metric.title, metric.unit, paths[1])
    with drawing(paths[2]) as axes:
        paint_power(axes, np.log1p(changes), policy["alpha"], max(policy["effect_ratio"], headline["floor_ratio"]),
                    headline["mde_ratio"])
    return paths


def first_start(rows: list[dict], block: int) -> int:
    return min(row.get("started_ns", block) for row in rows if row["block"] == block)


def draw_forest(doc: dict, path: Path) -> None:
    """Draw each interval as a line, with its numbers, its confidence and the verdict beside it."""
    shown = [(case["name"], c) for case in doc["cases"] for c in case["comparisons"]
             if c["low"] is not None and c["high"] is not None]
    with drawing(path, height=1.2 + 0.32 * max(1, len(shown))) as axes:
        margin = 100 * doc["policy"]["effect_ratio"]
        axes.axvspan(-margin, margin, color=GRID, linewidth=0)
        axes.axvline(0, color=INK, linewidth=0.8)
        for place, (case, c) in enumerate(shown):
            draw_interval(axes, -place, c)
        axes.set_yticks([-place for place in range(len(shown))],
                        [c["metric"] if len(doc["cases"]) == 1 else f"{case}: {c['metric']}" for case, c in shown])
        axes.set_ylim(-len(shown) + 0.4, 0.6)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(f"change of B against A, %: left is better; grey: below ±{margin:g} %, ignored")
        axes.set_title(f"Every metric of B against A: {doc['verdict']}")


def draw_interval(axes: plt.Axes, place: int, c: dict) -> None:
    colour = COLOURS[c["verdict"]]
    low, high, span = c["low"], c["high"], ""
    if low is not None and high is not None:
        axes.plot([100 * (low - 1), 100 * (high - 1)], [place, place], color=colour, linewidth=3.0, solid_capstyle="butt")
        span = f" [{low - 1:+.2%}, {high - 1:+.2%}]{at_confidence(c.get('confidence'))}"
    axes.plot([100 * (c["ratio"] - 1)], [place], "o", color=colour, markersize=5)
    axes.text(1.02, place, f"{c['ratio'] - 1:+.2%}{span}  {c['verdict']}",
              transform=axes.get_yaxis_transform(), va="center", fontsize=8.5, color=colour)


def draw_spread(a: np.ndarray, b: np.ndarray, title: str, unit: str, path: Path) -> None:
    scale, shown = (1e6, "ms") if unit == "ns" and np.median(a) >= 1e5 else (1.0, unit)
    with drawing(path) as axes:
        for values, name, colour in ((a, "A", BEFORE), (b, "B", AFTER)):
            axes.step(np.sort(values) / scale, np.arange(1, values.size + 1) / values.size, where="post", color=colour,
                      label=f"{name}: {values.size} runs")
        axes.set_xlabel(f"{title}, {shown}")
        axes.set_ylabel("share of runs below")
        axes.set_ylim(0, 1.02)
        axes.set_title("Every run, sorted")
        legend_above(axes)
