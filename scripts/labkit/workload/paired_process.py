"""paired_process.py - two variants of a library workload in one process, timed in turns.  build -> paired_process -> experiment

A process is still one observation: the ratio of what its rounds say. What disturbs one sample of a round disturbs its neighbours, so
a verdict takes a second where processes of their own take many. The price: both share caches, heap and address space, which nobody's
program does; so what regresses here is confirmed by the classical subject, in processes of its own.

Each variant is one relocatable object of the very objects that are linked alone, all of its names local but its workload's. Each block
links them anew, in random order and behind gaps.
"""

import math
import random
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from labkit.evidence import sha256_of
from labkit.outcome import LabError, UsageError
from labkit.runner import Finished, Run, RunBlock, Runner
from labkit.subject import Answer, Row, Slot, Subject, process_fields
from labkit.workload import harness
from labkit.workload.build import BUILD, FLAGS, BuildFailed, compiler, link, objects_of
from labkit.workload.harness import Load
from labkit.workload.library import LibrarySubject
from labkit.workload.link_orders import GAP_STEP_BYTES, GAP_STEPS_COUNT, gap_object
from labkit.workload.manifest import Manifest
from labkit.workload.variant import Variant

PAIRS = BUILD / "lib" / "clinic-pairs.o"
PLACES = {"A": 0, "B": 1, "canary": 2}  # of each arm: clinic_variant_0 and so on; the last is A again
SEED_VARIABLE = "CLINIC_PAIRS_SEED"
PAIRED_MS = 10  # of each variant: rounds share what disturbs them, so a process needs less


@dataclass
class PairedPrograms:
    """A and B in one program, with A's canary where a block has one; linked when a block first wants it."""

    manifest: Manifest
    variants: Mapping[str, Variant]  # A and B
    seed: int
    folder: Path
    parts: dict[str, Path] = field(default_factory=dict)
    linked: dict[tuple[int, bool], Path] = field(default_factory=dict)
    hashes: list[str] = field(default_factory=list)  # of the programs that were linked so far

    def __post_init__(self) -> None:
        if self.variants["A"].env != self.variants["B"].env:
            raise UsageError("the variants differ in their environment, and one process has only one; measure without --in-process")
        if not PAIRS.exists():
            raise LabError(f"{PAIRS} is not built; run make build")

    def of_block(self, number: int, has_canary: bool) -> Path:
        key = (number, has_canary)
        if key not in self.linked:
            self.linked[key] = self._link(*key)
            self.hashes.append(sha256_of(self.linked[key]))
        return self.linked[key]

    def _link(self, number: int, has_canary: bool) -> Path:
        """The flags of both: LTO and the like have been spent on each variant by itself."""
        source, path = random.Random(f"{self.seed}/{number}"), self.folder / f"pairs.{number}.{int(has_canary)}"
        objects = [self._part(arm) for arm in PLACES if has_canary or arm in self.variants]
        source.shuffle(objects)
        gaps = [gap_object(self.folder, GAP_STEP_BYTES * source.randrange(GAP_STEPS_COUNT)) for _ in objects]
        flags = tuple(dict.fromkeys(flag for one in self.variants.values() for flag in one.link))
        both = Variant("pairs", {}, link=flags)
        link(both, [PAIRS, *(one for pair in zip(gaps, objects) for one in pair)], path)
        return path

    def _part(self, arm: str) -> Path:
        if arm not in self.parts:
            self.parts[arm] = relocatable(self.manifest, self.variants.get(arm, self.variants["A"]), PLACES[arm], self.folder)
        return self.parts[arm]


def relocatable(manifest: Manifest, variant: Variant, place: int, folder: Path) -> Path:
    """The whole variant as one object whose only global name is clinic_variant_PLACE."""
    path, name = folder / f"variant-{place}.o", f"clinic_variant_{place}"
    must(variant, compiler(), "-r", "-nostdlib", *FLAGS, *variant.cflags, *map(str, objects_of(manifest, variant)), "-o", str(path))
    must(variant, "objcopy", "--redefine-sym", f"clinic_workload={name}", str(path))
    must(variant, "objcopy", f"--keep-global-symbol={name}", str(path))
    return path


def paired_ns(first: np.ndarray, own: np.ndarray) -> float:
    """The median of A, times the median over rounds of the ratio to A's sample of the same round: what slowed both is not in it."""
    return float(np.median(first)) * math.exp(float(np.median(np.log(own / first))))


def must(variant: Variant, *argv: str) -> None:
    try:
        done = subprocess.run(argv, capture_output=True, text=True)
    except OSError as error:
        raise LabError(f"cannot run {argv[0]}: {error.strerror}; install binutils") from error
    if done.returncode != 0:
        raise BuildFailed(variant.name, done.stderr)


@dataclass(frozen=True)
class PairedSubject(Subject):
    """One workload at one size, both arms in one process. classical: the same in processes of their own, which also counts."""

    manifest: Manifest
    programs: PairedPrograms
    load: Load
    runner: Runner
    classical: LibrarySubject
    timeout_s: float = 60

    kind = "library, in process"

    def run_of(self, arm: str, slot: Slot) -> Run:
        return self._run(slot, slot.arm not in self.programs.variants, slot.block)

    def row_of(self, arm: str, slot: Slot, finished: Finished) -> Row:
        """What the process says of this arm; what belongs to the process as a whole, its memory and CPU time, is no arm's."""
        (process,), document = finished.processes, finished.document
        row = {"variant": arm, "size": self.load.size, "started_ns": process.started_ns, "wall_ns": process.wall_ns}
        row["failure"], row["detail"] = harness.failure_of(process, document)
        if document is not None:
            row |= {key: document[key] for key in ("answer", "batch_count", "ops_count")}
            samples = [np.array(one["samples_ns"], dtype=float) for one in document["variants"]]
            row["samples_ns"] = document["variants"][PLACES[arm]]["samples_ns"]
            row["paired_ns"] = paired_ns(samples[0], samples[PLACES[arm]])
        return row | {"build": slot.build}

    def rows(self, slots: Sequence[Slot], *, seed: int) -> Iterator[Row]:
        """A block is mirrored: each half is one process with all its arms."""
        half = max(1, len(slots) // 2)
        for part in (slots[:half], slots[half:]):
            yield from self._rows_of_process(part, seed) if part else ()

    def count(self, arm: str, metrics: Iterable[str]) -> Row:
        return self.classical.count(arm, metrics)

    def answer(self, arm: str, size: str) -> Answer:
        return self.classical.answer(arm, size)

    def _rows_of_process(self, slots: Sequence[Slot], seed: int) -> Iterator[Row]:
        first, has_canary = slots[0], any(slot.arm not in self.programs.variants for slot in slots)
        finished = next(iter(self.runner.run(RunBlock((self._run(first, has_canary, seed),), seed))))
        for slot in slots:
            yield (slot.place() | {"steal_ns": finished.steal_ns, "machine": finished.machine} | self.row_of(slot.arm, slot, finished))

    def _run(self, slot: Slot, has_canary: bool, seed: int) -> Run:
        order = random.Random(f"{seed}/{slot.block}/{slot.position}/{slot.attempt}").getrandbits(63) | 1
        environment = slot.environment({SEED_VARIABLE: str(order)})
        binary = self.classical.builds["A"].usual
        return harness.run_of(self.manifest, binary, self.load, environment=environment, timeout_s=self.timeout_s,
                              program=self.programs.of_block(slot.build, has_canary))
