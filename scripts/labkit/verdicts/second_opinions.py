"""second_opinions.py - compare a verdict about time with other measurements.  comparisons, counts -> second_opinions -> pages

Two programs that execute the same number of instructions usually do the same work; a difference in their times then comes from
the placement of code and data or from the machine. An instruction count can also show a change that is too small for noisy
times. CPU time leaves out the time in which another program had the core.
"""

from collections.abc import Mapping
from typing import Any

from labkit.metrics import METRICS
from labkit.verdicts.verdict import CHANGED, INCONCLUSIVE

TIMES = ("time", "wall", "throughput", "p50")
SAME_WORK_RATIO = METRICS["instructions"].tolerance_ratio
CPU_BETTER_FACTOR = 2.0  # CPU time is mentioned only if it could detect an effect this many times smaller


def same_work_text(verdict: str, ratio: float, base_count: int, new_count: int) -> str | None:
    """verdict, ratio: of a time, as cost B / A. None where the instructions agree with the time, or are not known."""
    if not base_count or not new_count:
        return None
    work = new_count / base_count
    said = f"{base_count:,} to {new_count:,} instructions ({work - 1:+.2%}, callgrind)"
    if abs(work - 1) <= SAME_WORK_RATIO:
        return (f"same work: {said}; the difference in time comes from layout, caches or the machine, not from the amount of work"
                if verdict in CHANGED else None)
    if verdict not in CHANGED:
        return f"the change is too small for time to show here, but the counts show it: {said}"
    if (work > 1) != (ratio > 1):
        return f"time and work disagree: {said}; the time per instruction changed, not only their number"
    return None


def cpu_text(case: Mapping[str, Any]) -> str | None:
    """A sentence where wall time cannot decide and CPU time of the same runs could detect much smaller effects; else None."""
    headline, cpu = case["comparisons"][0], next((c for c in case["comparisons"] if c["metric"] == "cpu"), None)
    if case["verdict"] != INCONCLUSIVE or cpu is None or headline["metric"] not in TIMES or "cpu" in case["gating"]:
        return None
    wall_sees, cpu_sees = headline["mde_ratio"], cpu["mde_ratio"]
    if cpu_sees is None or (wall_sees is not None and wall_sees < CPU_BETTER_FACTOR * cpu_sees):
        return None
    seen = "no effect at all" if wall_sees is None else f"{wall_sees:.1%} or more"
    return (f"another program may have used the core: wall time would have shown {seen}, CPU time of the same runs {cpu_sees:.1%} or more (it "
            f"shows {cpu['ratio'] - 1:+.2%}, {cpu['verdict']}); --metric cpu judges by CPU time, which leaves out all waiting")
