"""virtual_speedups.py - runs with and without a virtual speed-up of one function, in random mirrored blocks.  instruments -> virtual_speedups -> rows"""

from collections.abc import Callable, Sequence

from labkit.experiment.interleave import Row, plan_blocks, run_blocks
from labkit.instruments import virtual_speedup
from labkit.instruments.virtual_speedup import Work

NONE = 0  # per cent: the runs to which the others are compared


def run_speedups(work: Work, function: str, percents: Sequence[int], blocks_count: int, *, seed: int,
                 on_row: Callable[[Row], None] = lambda row: None) -> list[Row]:
    """Two runs for each speed-up, and two without one, in each block. percents: of the function's time, 1 to 100. Unavailable where a run
    could not be measured."""
    arms = [str(one) for one in (NONE, *sorted(set(percents) - {NONE}))]
    plan = plan_blocks(blocks_count, seed, arms, case=function)
    return run_blocks(plan, lambda slot: virtual_speedup.observe(work, function, int(slot.arm)), on_row, cpu=work.cpu)


def runs_count(percents: Sequence[int], blocks_count: int) -> int:
    return 2 * blocks_count * len({NONE, *percents})
