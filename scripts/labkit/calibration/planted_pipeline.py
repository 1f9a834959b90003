"""planted_pipeline.py - the pipeline of a workload with some thousandths more work.  library -> planted_pipeline -> relinked_trials

A sample of the slower arms has more batches than its row says: 51 instead of 50 are 2 % more of the very same work.
"""

from dataclasses import dataclass, replace

from labkit.outcome import LabError
from labkit.runner import Finished, Run
from labkit.subject import Row, Slot
from labkit.workload.harness import Load
from labkit.workload.library import LibrarySubject

BATCHES = 50  # in a sample, so that a fiftieth can be planted


@dataclass(frozen=True)
class PlantedSubject(LibrarySubject):
    """The arms of `slower` do `extra` thousandths more work than their rows say."""

    extra: int = 0
    slower: tuple[str, ...] = ()

    def run_of(self, arm: str, slot: Slot) -> Run:
        return replace(self, load=self.slower_load, slower=()).run_of(arm, slot) if arm in self.slower else super().run_of(arm, slot)

    def row_of(self, arm: str, slot: Slot, finished: Finished) -> Row:
        row = super().row_of(arm, slot, finished)
        return row | {"batch_count": self.load.batch_count} if "batch_count" in row else row

    @property
    def slower_load(self) -> Load:
        batches, rest = divmod(self.load.batch_count * (1000 + self.extra), 1000)
        if rest:
            raise LabError(f"{self.extra} thousandths of {self.load.batch_count} batches are no whole number of batches")
        return replace(self.load, batch_count=batches)


def with_more_work(usual: LibrarySubject, extra: int, slower: tuple[str, ...]) -> LibrarySubject:
    """The subject whose arms of `slower` do `extra` thousandths more work; the subject itself for 0. A process takes one sample, of
    as many batches as fit into its time, which is the same statistic for a metric of total time."""
    if extra == 0:
        return usual
    load = replace(usual.load, samples_count=1, minimum_ms=0, batch_count=BATCHES)
    return PlantedSubject(usual.manifest, usual.builds, load, usual.runner, extra=extra, slower=slower)
