"""history - one metric of a workload over its versions, with its change points marked"""

import re

from labkit.gate import history
from labkit.gate.comparison_report import value_text
from labkit.gate.history import Series
from labkit.metrics import METRICS
from labkit.outcome import Exit
from labkit.stats.change_points import SEGMENT_MIN, STEP_MIN
from labkit.terminal_output import Line, Part, Table, show


def add_arguments(parser) -> None:
    parser.add_argument("workload", nargs="?", default="telemetry", help="a folder of workloads/; the default is telemetry")
    parser.add_argument("--metric", default="time", choices=list(METRICS), help="the metric to show; the default is time")
    parser.add_argument("--size", help="the size of the input; the default is the largest")
    parser.add_argument("--variant", default="baseline", help="the variant: baseline (the default) or union")


def run(args) -> Exit:
    count = history.rebuild()
    series = history.read_series(args.workload, args.metric, args.size, args.variant)
    path = history.REPORTS / re.sub(r"[^A-Za-z0-9_]+", "-", args.workload) / f"history-{args.metric}.svg"
    from labkit.figures import figures_history  # imported late, because importing matplotlib takes a second

    figures_history.draw(series, path)
    for one in series:
        show(parts_of(one))
    if len(series) > 1:
        say(f"{len(series)} lines: only points of one machine class, and only audits or only gates, are joined: a faster "
              "machine is not a faster program, and audits and gates measure differently")
    say(f"A step of {STEP_MIN:.0%} or more is marked where at least {SEGMENT_MIN} points follow it: the last {SEGMENT_MIN - 1} points "
          "of a line cannot be judged yet.")
    say(f"history: {count} points in {history.STORE.path}; {path}")
    return Exit.PASSED


def say(sentence: str) -> None:
    show([Line(sentence)])


def parts_of(series: Series) -> list[Part]:
    first, metric = series.points[0], METRICS[series.points[0].metric]
    what = f"cost as a multiple of {first.before}'s" if series.is_chained else f"in {metric.unit}"
    title = (f"machine {series.fingerprint[:16]}: {' '.join(filter(None, (first.workload, first.size)))}, {first.variant}, "
             f"{metric.title}, {what}")
    rows = []
    for index, (point, level) in enumerate(zip(series.points, series.levels)):
        change = "" if index == 0 else f"{level / series.levels[index - 1] - 1:+.2%}"
        shown = f"{level:.4f}" if series.is_chained else value_text(level, metric.unit)
        rows.append((point.started_utc, point.source, point.label, shown, change, "<- change point" if index in series.changes else ""))
    return [Line(title), Table(("",) * 6, rows, frozenset((3, 4)), indent=2)]
