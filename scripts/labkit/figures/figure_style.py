"""figure_style.py - how all figures look.

Text is drawn as paths, so that it looks alike in every viewer. Colours are Okabe and Ito's (2008), told apart by any
eye, and never the only difference: filled and hollow, hatched and plain, words beside both.
"""

import matplotlib
from matplotlib.axes import Axes

matplotlib.use("svg")  # before anything imports pyplot

BEFORE, AFTER, GOOD, OPEN, MUTED = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#8A8F98"
STAGE_COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2", "#D55E00")
DARK = ("#0072B2", "#009E73", "#D55E00")  # of these: text on them is white
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


def legend_above(axes: Axes) -> None:
    """Right of the title, in one row: there no point or line can lie under it."""
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, fontsize=8.5, borderaxespad=0.2,
                columnspacing=1.4, handlelength=1.6)
