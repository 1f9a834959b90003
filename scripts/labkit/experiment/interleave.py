"""interleave.py - the order of runs: random mirrored blocks (ABBA, BAAB), a canary, re-runs on declared covariates.

process -> interleave -> evidence

A block runs its arms in random order and then in the reverse order, so that linear drift inside it
cancels; two arms give ABBA or BAAB. Everything random comes from the plan's seed.

Units    _ns nanoseconds, _bytes bytes.
Drops    nothing: a disturbed block is run again as a whole and its rows stay, with a lower "attempt".
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from labkit.process import Cpus
from labkit.runner import steal_ns
from labkit.subject import Row, Slot, Subject
from labkit.verdicts.stages import CANARY

ENVIRONMENT_BYTES_MAX = 4096


@dataclass(frozen=True)
class Block:
    """Arms in the order in which they run. build: the number of the equivalent program (link order) that the block
    runs; case: the name of the comparison, where one plan has several."""

    index: int
    arms: tuple[str, ...]
    build: int
    environment_bytes: int
    case: str = ""
    seed: int = 0  # of the plan

    @property
    def order(self) -> str:
        """"ABBA", or names joined by spaces where they are longer than a letter."""
        return ("" if all(len(arm) == 1 for arm in self.arms) else " ").join(self.arms)

    def slots(self, attempt: int) -> list[Slot]:
        return [Slot(arm, self.index, position, self.order, attempt, self.build, self.environment_bytes, self.case)
                for position, arm in enumerate(self.arms)]


def plan_blocks(blocks_count: int, seed: int, arms: Sequence[str] = ("A", "B"), *, canary_share: float = 0.0,
                first_block: int = 0, first_build: int = 0, case: str = "") -> tuple[Block, ...]:
    """Mirrored blocks in random order. A canary (a copy of arms[0]) runs in canary_share of them, spread evenly.

    first_block continues the numbers of an earlier plan (a pilot), so that one file can hold the rows of both; first_build
    likewise, so that each block of a case has a build number of its own.
    """
    source = random.Random(f"{seed}/{case}/{first_block}")
    source.randrange(1 << 16)  # no longer used, but still drawn, so that the seed of an old report gives the same plan as then
    blocks = []
    for index in range(first_block, first_block + blocks_count):
        members = list(arms)
        if int((index + 1) * canary_share) > int(index * canary_share):
            members.append(CANARY)
        source.shuffle(members)
        blocks.append(Block(index, tuple(members + members[::-1]), build=first_build + index - first_block,
                            environment_bytes=source.randrange(ENVIRONMENT_BYTES_MAX), case=case, seed=seed))
    return tuple(blocks)


def run_blocks(plan: Iterable[Block], observe: Subject | Callable[[Slot], Row],
               on_row: Callable[[Row], None] = lambda row: None, *, cpu: Cpus = None,
               disturbed: Callable[[list[Row]], str | None] = lambda rows: None, reruns_max: int = 0) -> list[Row]:
    """Run every slot; a block that `disturbed` names a reason for is run again, at most reruns_max times in all.

    on_row gets each row as soon as it is made, so that an interrupted run keeps its measurements. A subject's runner gets a
    whole block; a plain function is called slot by slot, and cpu names the CPUs whose steal time counts.
    """
    rows: list[Row] = []
    reruns_left = reruns_max
    for block in plan:
        attempt = 0
        while True:
            block_rows = []
            for row in rows_of(block, attempt, observe, cpu):
                on_row(row)
                block_rows.append(row)
            rows += block_rows
            if reruns_left == 0 or disturbed(block_rows) is None:
                break
            reruns_left -= 1
            attempt += 1
    return rows


def rows_of(block: Block, attempt: int, observe: Subject | Callable[[Slot], Row], cpu: Cpus) -> Iterator[Row]:
    if isinstance(observe, Subject):
        yield from observe.rows(block.slots(attempt), seed=block.seed)
        return
    for slot in block.slots(attempt):
        before_ns = steal_ns(cpu)
        observed = observe(slot)
        yield slot.place() | {"steal_ns": steal_ns(cpu) - before_ns} | observed
