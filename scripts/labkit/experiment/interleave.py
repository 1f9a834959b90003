"""interleave.py - the order of runs: random mirrored blocks (ABBA, BAAB), a canary, re-runs on declared covariates.

process -> interleave -> evidence

A block runs its arms in random order and then in the reverse order, so that linear drift inside it
cancels; two arms give ABBA or BAAB. Everything random comes from the plan's seed.

Units    _ns nanoseconds, _bytes bytes.
Drops    nothing: a disturbed block is run again as a whole and its rows stay, with a lower "attempt".
"""

import os
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.verdicts.stages import CANARY

ENVIRONMENT_BYTES_MAX = 4096
ENVIRONMENT_VARIABLE = "CLINIC_PADDING"
TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")

Row = dict
"""One process run as evidence keeps it: what observe returned, and where it stood in the plan."""


@dataclass(frozen=True)
class Slot:
    """One run to be made."""

    arm: str
    block: int
    position: int
    order: str
    attempt: int
    build: int
    environment_bytes: int
    case: str = ""

    def environment(self, base: dict[str, str]) -> dict[str, str]:
        """base plus padding: where the stack starts changes speed, so no arm may own one lucky size."""
        return base | {ENVIRONMENT_VARIABLE: "x" * self.environment_bytes}


@dataclass(frozen=True)
class Block:
    """Arms in the order they run. build rotates equivalent binaries (link orders) over blocks; case is what is
    compared, where one plan compares several things."""

    index: int
    arms: tuple[str, ...]
    build: int
    environment_bytes: int
    case: str = ""

    @property
    def order(self) -> str:
        """"ABBA", or names joined by spaces where they are longer than a letter."""
        return ("" if all(len(arm) == 1 for arm in self.arms) else " ").join(self.arms)

    def slots(self, attempt: int) -> list[Slot]:
        return [Slot(arm, self.index, position, self.order, attempt, self.build, self.environment_bytes, self.case)
                for position, arm in enumerate(self.arms)]


def plan_blocks(blocks_count: int, seed: int, arms: Sequence[str] = ("A", "B"), *, canary_share: float = 0.0,
                first_block: int = 0, case: str = "") -> tuple[Block, ...]:
    """Mirrored blocks in random order. A canary (a copy of arms[0]) runs in canary_share of them, spread evenly.

    first_block numbers on from an earlier plan (a pilot), so that rows of both can stand in one file.
    """
    source = random.Random(f"{seed}/{case}/{first_block}")
    first_build = source.randrange(1 << 16)
    blocks = []
    for index in range(first_block, first_block + blocks_count):
        members = list(arms)
        if int((index + 1) * canary_share) > int(index * canary_share):
            members.append(CANARY)
        source.shuffle(members)
        blocks.append(Block(index, tuple(members + members[::-1]), build=first_build + index,
                            environment_bytes=source.randrange(ENVIRONMENT_BYTES_MAX), case=case))
    return tuple(blocks)


def run_blocks(plan: Iterable[Block], observe: Callable[[Slot], dict], on_row: Callable[[Row], None] = lambda row: None,
               *, cpu: int | None = None, disturbed: Callable[[list[Row]], str | None] = lambda rows: None,
               reruns_max: int = 0) -> list[Row]:
    """Run every slot; a block that `disturbed` names a reason for is run again, at most reruns_max times in all.

    on_row gets each row as soon as it is there, so that an interrupted run keeps what it measured.
    """
    rows: list[Row] = []
    reruns_left = reruns_max
    for block in plan:
        attempt = 0
        while True:
            block_rows = [observe_slot(slot, observe, on_row, cpu) for slot in block.slots(attempt)]
            rows += block_rows
            if reruns_left == 0 or disturbed(block_rows) is None:
                break
            reruns_left -= 1
            attempt += 1
    return rows


def observe_slot(slot: Slot, observe, on_row, cpu: int | None) -> Row:
    before_ns = steal_ns(cpu)
    observed = observe(slot)
    row = {"arm": slot.arm, "block": slot.block, "position": slot.position, "order": slot.order,
           "attempt": slot.attempt, "build": slot.build, "environment_bytes": slot.environment_bytes,
           "steal_ns": steal_ns(cpu) - before_ns} | observed
    if slot.case:
        row["case"] = slot.case
    on_row(row)
    return row


def steal_ns(cpu: int | None = None) -> int:
    """Time the hypervisor took from cpu (or from all) since boot; resolution is one tick. 0 where unknown."""
    label = "cpu " if cpu is None else f"cpu{cpu} "
    try:
        for line in Path("/proc/stat").read_text().splitlines():
            if line.startswith(label):
                return int(line.split()[8]) * TICK_NS
    except (OSError, IndexError):
        pass
    return 0
