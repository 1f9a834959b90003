"""second_opinions.py - what a second witness says of a verdict about time.  comparisons, counts -> second_opinions -> pages

Instructions are counted, not timed: two programs that execute equally many do the same work, as a rule, and a difference in
their time comes from where code and data lie, or from the machine. And a count shows a change that time is too noisy for. CPU time
leaves out the time in which somebody else had the core.
"""

from collections.abc import Mapping
from typing import Any

from labkit.metrics import METRICS
from labkit.verdicts.verdict import CHANGED, INCONCLUSIVE

TIMES = ("time", "wall", "throughput", "p50")
SAME_WORK_RATIO = METRICS["instructions"].tolerance_ratio
CPU_BETTER_FACTOR = 2.0  # so much finer must CPU time see, to be worth the reader's time


def same_work_text(verdict: str, ratio: float, base_count: int, new_count: int) -> str | None:
    """verdict, ratio: of a time, as cost B / A. None where the instructions say what the time says, or nothing."""
    if not base_count or not new_count:
        return None
    work = new_count / base_count
    said = f"{base_count:,} to {new_count:,} instructions ({work - 1:+.2%}, callgrind)"
    if abs(work - 1) <= SAME_WORK_RATIO:
        return (f"same work: {said}; the difference in time comes from layout, caches or the machine, not from work that is more or less"
                if verdict in CHANGED else None)
    if verdict not in CHANGED:
        return f"less than time can show here, but counted: {said}"
    if (work > 1) != (ratio > 1):
        return f"time and work disagree: {said}; what the instructions cost changed, not how many there are"
    return None


def cpu_text(case: Mapping[str, Any]) -> str | None:
    """Where wall time cannot decide and CPU time, of the same runs, sees much finer: how far it would have got."""
    headline, cpu = case["comparisons"][0], next((c for c in case["comparisons"] if c["metric"] == "cpu"), None)
    if case["verdict"] != INCONCLUSIVE or cpu is None or headline["metric"] not in TIMES or "cpu" in case["gating"]:
        return None
    wall_sees, cpu_sees = headline["mde_ratio"], cpu["mde_ratio"]
    if cpu_sees is None or (wall_sees is not None and wall_sees < CPU_BETTER_FACTOR * cpu_sees):
        return None
    seen = "no effect at all" if wall_sees is None else f"{wall_sees:.1%} or more"
    return (f"another program may be on the core: wall time would have shown {seen}, CPU time of the same runs {cpu_sees:.1%} or more (it says "
            f"{cpu['ratio'] - 1:+.2%}, {cpu['verdict']}); --metric cpu judges by it, and leaves out all waiting")
