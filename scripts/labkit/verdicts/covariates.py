"""covariates.py - when a block may be run again, declared before it is judged.  rows -> re-runs

A slow run is never a reason: whoever may drop unwelcome runs can produce any result. Preemptions and page faults are
no reason either, because a program can cause them: a B with a slow path that causes them would have its slow runs
repeated until none is left (odd_runs.py reports them). One reason is that the hypervisor took the CPU; the other is that the workload
calls a run invalid because no thread of its process ran when its generator was due to send (clinic/workload.h, invalid).
"""

from labkit.outcome import INVALID_RUN

STEAL_RATIO_MAX = 0.10
UNSTABLE_RATIO = 0.5


def disturbance(rows: list[dict]) -> str | None:
    """Why this block was disturbed, or None. Steal time is summed over all rows of the block, because its clock is coarse."""
    if (reason := invalid_run(rows)) is not None:
        return reason
    wall_ns = sum(row.get("wall_ns", 0) for row in rows)
    steal_ns = sum(row.get("steal_ns", 0) for row in rows)
    if wall_ns and steal_ns > STEAL_RATIO_MAX * wall_ns:
        return f"steal time {steal_ns / wall_ns:.0%} of the block"
    return None


def invalid_run(rows: list[dict]) -> str | None:
    """Why one of these runs is no measurement of its program, or None."""
    return next((f"an invalid run: {row['detail']}" for row in rows if row.get("failure") == INVALID_RUN), None)


def disturbed_ratio(rows: list[dict]) -> float:
    """Share of blocks that are still disturbed after all re-runs; above UNSTABLE_RATIO nothing can be concluded."""
    blocks: dict[int, list[dict]] = {}
    for row in rows:
        blocks.setdefault(row["block"], []).append(row)
    return sum(disturbance(block) is not None for block in blocks.values()) / max(1, len(blocks))
