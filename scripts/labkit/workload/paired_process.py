"""paired_process.py - two variants of a library workload in one process, timed alternately.  build -> paired_process -> experiment

A process is still one observation: one ratio from all its rounds. A disturbance of one sample in a round disturbs its neighbours, too,
so a verdict takes a second, where separate processes need many. The disadvantage: both variants share caches, heap and address space,
which they do not in real use. A regression is therefore confirmed with the classical subject, in separate processes.

Each variant is one relocatable object, made of the same objects that are linked alone; all its names are local except its workload's.
Each block links the variants anew, in random order and after gaps.
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
from labkit.subject import Answer, Row, Slot, Subject
from labkit.workload import harness
from labkit.workload.build import BUILD, FLAGS, BuildFailed, compiler, link, objects_of
from labkit.workload.harness import Load
from labkit.workload.library import LibrarySubject
from labkit.workload.link_orders import GAP_STEP_BYTES, GAP_STEPS_COUNT, gap_object
from labkit.workload.manifest import Manifest
from labkit.workload.variant import Variant

PAIRS = BUILD / "lib" / "clinic-pairs.o"
PLACES = {"A": 0, "B": 1, "canary": 2}  # number of each arm: clinic_variant_0 and so on; the last is A again
SEED_VARIABLE = "CLINIC_PAIRS_SEED"
PAIRED_MS = 10  # timed work per variant: the arms of a round are disturbed alike, so a process needs less of it


@dataclass
class PairedPrograms:
    """A and B in one program, with A's canary where a block has one. It is linked when a block first needs it."""

    manifest: Manifest
    variants: Mapping[str, Variant]  # A and B
    seed: int
    folder: Path
    parts: dict[str, Path] = field(default_factory=dict)
    linked: dict[tuple[int, bool], Path] = field(default_factory=dict)
    hashes: list[str] = field(default_factory=list)  # hashes of the programs linked so far

    def __post_init__(self) -> None:
        if self.variants["A"].env != self.variants["B"].env:
            raise UsageError("the variants differ in their environment, but one process has only one environment; measure without --in-process")
        if not PAIRS.exists():
            raise LabError(f"{PAIRS} is not built; run make build")

    def of_block(self, number: int, has_canary: bool) -> Path:
        key = (number, has_canary)
        if key not in self.linked:
            self.linked[key] = self._link(*key)
            self.hashes.append(sha256_of(self.linked[key]))
        return self.linked[key]

    def _link(self, number: int, has_canary: bool) -> Path:
        """Link with the flags of both variants; LTO and similar passes were already applied to each variant."""
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
    """The variant as one object whose only global name is clinic_variant_PLACE."""
    path, name = folder / f"variant-{place}.o", f"clinic_variant_{place}"
    must(variant, compiler(), "-r", "-nostdlib", *FLAGS, *variant.cflags, *map(str, objects_of(manifest, variant)), "-o", str(path))
    must(variant, "objcopy", "--redefine-sym", f"clinic_workload={name}", str(path))
    must(variant, "objcopy", f"--keep-global-symbol={name}", str(path))
    return path


def paired_ns(first: np.ndarray, own: np.ndarray) -> float:
    """The median of A, times the median over rounds of the ratio to A's sample of the same round. What slows both cancels."""
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
    """One workload at one size, both arms in one process. classical: the subject with separate processes, which also counts exact metrics."""

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
        """The fields of this arm. The memory and CPU time of the whole process belong to no arm and are left out."""
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
        """The rows of a block. A block is mirrored: each half is one process with all arms."""
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
