"""figure_style.py - the common look of all figures.

Text is drawn as paths, so that it looks the same in every viewer. Colours are those of Okabe and Ito (2008), which people
with colour blindness can distinguish, and are never the only difference: marks are filled or hollow, areas hatched or plain.
"""

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

matplotlib.use("svg")  # before anything imports pyplot

BEFORE, AFTER, GOOD, OPEN, MUTED = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#8A8F98"
STAGE_COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2", "#D55E00")
DARK = ("#0072B2", "#009E73", "#D55E00")  # those of the colours on which text is white
INK, GRID = "#24292F", "#E3E6EA"
WIDTH_INCHES = 8.0
STYLE = {
    "svg.hashsalt": "perf-clinic", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 9.5,
    "text.color": INK, "axes.edgecolor": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 11, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "axes.titlepad": 10, "axes.grid": True, "axes.axisbelow": True, "grid.color": GRID,
    "grid.linewidth": 0.8, "figure.facecolor": "white", "savefig.facecolor": "white", "legend.frameon": False,
    "axes.formatter.use_locale": False, "hatch.linewidth": 0.6,
}


def lay_out(figure: Figure) -> None:
    """Compute the layout of a finished figure. Without this, savefig would draw everything twice."""
    engine = figure.get_layout_engine()
    assert engine is not None
    engine.execute(figure)
    figure.set_layout_engine(None)


def legend_above(axes: Axes) -> None:
    """Put the legend right of the title, in one row, where it hides no point or line."""
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, fontsize=8.5, borderaxespad=0.2,
                columnspacing=1.4, handlelength=1.6)
