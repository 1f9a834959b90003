"""covariates.py - when a block may be run again, declared before it is judged.  pilot rows -> Limits -> re-runs

A slow run is never a reason: dropping what one dislikes makes any result. Reasons are what the machine did, whatever
time came of it: the hypervisor took the CPU, the kernel preempted the program, its pages came from disk.
"""

from dataclasses import dataclass, field

import numpy as np

STEAL_RATIO_MAX = 0.10
SWITCHES_ALLOWANCE = 20
PILOT_FACTOR = 4
UNSTABLE_RATIO = 0.5


@dataclass(frozen=True)
class Limits:
    """Per process run, but steal: the clock of steal ticks too slowly for less than a block.

    involuntary_switches, major_faults: {arm: most that is usual}. An arm not listed has none of its own to allow.
    """

    steal_ratio: float = STEAL_RATIO_MAX
    involuntary_switches: dict[str, float] = field(default_factory=dict)
    major_faults: dict[str, float] = field(default_factory=dict)

    def disturbance(self, rows: list[dict]) -> str | None:
        """Why this block (all its rows) was disturbed, or None."""
        wall_ns = sum(row.get("wall_ns", 0) for row in rows)
        steal_ns = sum(row.get("steal_ns", 0) for row in rows)
        if wall_ns and steal_ns > self.steal_ratio * wall_ns:
            return f"steal time {steal_ns / wall_ns:.0%} of the block"
        for row in rows:
            if row.get("involuntary_switches_count", 0) > self.involuntary_switches.get(row["arm"], SWITCHES_ALLOWANCE):
                return f"{row['involuntary_switches_count']} involuntary switches in one run of {row['arm']}"
            if row.get("major_faults_count", 0) > self.major_faults.get(row["arm"], 0):
                return f"{row['major_faults_count']} major faults in one run of {row['arm']}"
        return None


def limits_from(pilot_rows: list[dict]) -> Limits:
    """What is usual for each arm, from its pilot: a program with threads is preempted more than one without."""
    arms = {row["arm"] for row in pilot_rows}

    def usual(name: str, arm: str) -> float:
        return float(np.median([row.get(name, 0) for row in pilot_rows if row["arm"] == arm]))

    return Limits(
        involuntary_switches={arm: SWITCHES_ALLOWANCE + PILOT_FACTOR * usual("involuntary_switches_count", arm)
                              for arm in arms},
        major_faults={arm: PILOT_FACTOR * usual("major_faults_count", arm) for arm in arms})


def disturbed_ratio(rows: list[dict], limits: Limits) -> float:
    """Share of blocks that are still disturbed after all re-runs; beyond UNSTABLE_RATIO nothing can be concluded."""
    blocks: dict[int, list[dict]] = {}
    for row in rows:
        blocks.setdefault(row["block"], []).append(row)
    return sum(limits.disturbance(block) is not None for block in blocks.values()) / max(1, len(blocks))
