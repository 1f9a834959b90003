"""history - one metric of a workload over its versions, change points marked"""

import re

from labkit.figures import figures_history
from labkit.gate import history
from labkit.gate.history import Series
from labkit.metrics import METRICS
from labkit.outcome import Exit


def add_arguments(parser) -> None:
    parser.add_argument("workload", nargs="?", default="telemetry", help="a folder of workloads/; the default is telemetry")
    parser.add_argument("--metric", default="time", choices=list(METRICS), help="what to show; the default is time")
    parser.add_argument("--size", help="the size of the input; the default is the largest")
    parser.add_argument("--variant", default="baseline", help="whose runs: baseline (the default) or union")


def run(args) -> Exit:
    count = history.rebuild()
    series = history.read_series(args.workload, args.metric, args.size, args.variant)
    path = history.REPORTS / re.sub(r"[^A-Za-z0-9_]+", "-", args.workload) / f"history-{args.metric}.svg"
    figures_history.draw(series, path)
    for one in series:
        print("\n".join(lines_of(one)))
    if len(series) > 1:
        print(f"{len(series)} classes of machine: their points are not joined, for a faster machine is not a faster "
              "program")
    print(f"history: {count} points in {history.STORE.path}; {path}")
    return Exit.PASSED


def lines_of(series: Series) -> list[str]:
    lines = [f"machine {series.fingerprint[:16]}"]
    for index, point in enumerate(series.points):
        previous = series.points[index - 1].value if index else None
        change = "" if previous is None else f"{point.value / previous - 1:+8.2%}"
        mark = "  <- change point" if index in series.changes else ""
        lines.append(f"  {point.started_utc}  {point.source:<5} {point.label:<10} {point.value:14,.1f} {change}{mark}")
    return lines
