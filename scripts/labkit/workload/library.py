"""library.py - a library workload as a subject: sources linked with our harness, which times, checks and counts.

harness, instruments -> library -> experiment
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.instruments import Unavailable, counter, valgrind
from labkit.metrics import ALLOCATION_COUNTER, CALLGRIND, PROGRAM_FILE, instruments_of
from labkit.outcome import INVALID_RUN, LabError
from labkit.runner import Finished, Run, Runner
from labkit.subject import Answer, Row, Slot, Subject
from labkit.workload import harness
from labkit.workload.build import Binary
from labkit.workload.harness import Load
from labkit.workload.link_orders import Layouts
from labkit.workload.manifest import Manifest

COUNTED_RUNS = 10


@dataclass(frozen=True)
class LibrarySubject(Subject):
    """One workload at one size. builds: the builds of each arm, with a layout of its own for each block."""

    manifest: Manifest
    builds: Mapping[str, Layouts]
    load: Load
    runner: Runner
    timeout_s: float = 60

    kind = "library"
    in_manifest = True

    def run_of(self, arm: str, slot: Slot) -> Run:
        return harness.run_of(self.manifest, self._binary(arm, slot), self.load, environment=slot.environment({}),
                              timeout_s=self.timeout_s)

    def row_of(self, arm: str, slot: Slot, finished: Finished) -> Row:
        row = harness.row_of(self._binary(arm, slot), self.load, finished)
        return trimmed(row) | {"build": self.builds[arm].number_of(slot.build)}

    def count(self, arm: str, metrics: Iterable[str]) -> Row:
        """Count with each instrument in a separate run, so that no instrument affects another or a timing."""
        binary, instruments = self.builds[arm].usual, instruments_of(metrics)
        row = self._counted_allocations(binary) if ALLOCATION_COUNTER in instruments else {}
        if CALLGRIND in instruments:
            row["instructions_count"] = self._instructions(binary)
        if PROGRAM_FILE in instruments:
            row["binary_bytes"] = binary.size_bytes
        return row

    def answer(self, arm: str, size: str) -> Answer:
        finished = self.runner.finish(harness.run_of(self.manifest, self.builds[arm].usual, Load(size, batch_count=1),
                                                     timeout_s=self.timeout_s))
        row = harness.row_of(self.builds[arm].usual, Load(size, batch_count=1), finished)
        if row["failure"] == INVALID_RUN:
            return Answer(row["answer"], None, None)  # its time is no measurement, but its answer is one
        return Answer(row.get("answer"), row["failure"], row["detail"], row.get("backtraces", ""))

    def files(self) -> Iterable[Path]:
        return [path for arm in ("A", "B") for path in harness.run_of(self.manifest, self.builds[arm].usual, self.load).files]

    def _binary(self, arm: str, slot: Slot) -> Binary:
        return self.builds[arm].of_block(slot.build)

    def _counted_allocations(self, binary: Binary) -> Row:
        if not counter.LIBRARY.exists():
            raise LabError(f"{counter.LIBRARY} is not built, but is needed to count allocations; run make build")
        load = replace(self.load, samples_count=COUNTED_RUNS, batch_count=1, minimum_ms=0)
        finished = self.runner.finish(harness.run_of(self.manifest, binary, load, environment=counter.environment(),
                                                     timeout_s=self.timeout_s))
        row = harness.row_of(binary, load, finished)
        found = row.pop("allocations", None) or {}
        if row["failure"] == INVALID_RUN:
            row["failure"] = None  # counts are counts, however late
        return trimmed(row) | {"steal_ns": 0, "environment_bytes": 0, "build": 0, "machine": finished.machine} | {
            key: found[key] for key in ("allocations_count", "allocated_bytes") if key in found}

    def _instructions(self, binary: Binary) -> int:
        """Instructions of the timed loop for one batch, by callgrind, which slows it down about fifty times."""
        argv = harness.command(self.manifest, binary, self.load.size, "--warmup", "1", "--batch", "1", "--runs", "1")
        try:
            return sum(valgrind.instructions_by_function(argv, timeout_s=300).values())
        except Unavailable as reason:
            raise LabError(f"{self.manifest.name}/{self.load.size}: instructions cannot be counted: {reason}") from None


def trimmed(row: Row) -> Row:
    """The row without fields that are the same in every row (the evidence has the clock once) or empty."""
    same = {"clock"} | ({"detail"} if row["failure"] is None else set())
    return {key: value for key, value in row.items() if key not in same}
