"""link_orders.py - one program in a different layout for each block, linked before the pilot, or when a later block first needs it.

objects -> link_orders -> library, calibration_trials

The place where the linker puts code changes its speed, sometimes by several per cent (Mytkowicz et al. 2009), and no variant
may profit from one lucky layout. A layout is an order of the objects after a gap of unused bytes. Order and gap are drawn from
a seed and the layout's number. The gap gives a program of a single object several layouts, too. Objects are compiled once.
"""

import functools
import random
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from labkit.evidence import disk_errors, sha256_of
from labkit.outcome import LabError
from labkit.workload.build import Binary, build, compiler, copy_of, link, objects_of
from labkit.workload.manifest import Manifest
from labkit.workload.variant import Variant

GAP_STEP_BYTES = 16
GAP_STEPS_COUNT = 256  # up to a page
ATTEMPTS_MAX = 5  # attempts to find a layout that no other number has

Link = Callable[[Sequence[Path], Path], None]
"""(objects in their order, the program to write)"""


P = TypeVar("P", bound=Binary)
P_co = TypeVar("P_co", bound=Binary, covariant=True)


class Layouts(Protocol[P_co]):
    """The layouts of one arm's program."""

    @property
    def usual(self) -> P_co:
        """The build used outside of comparisons."""

    def number_of(self, block_build: int) -> int:
        """The number of the program; equal numbers are equal programs."""

    def of_block(self, block_build: int) -> P_co:
        """The program that a block with this build number runs."""

    def move_to(self, folder: Path) -> None:
        """Link further programs in this folder."""


@dataclass(frozen=True)
class OneLayout(Generic[P]):
    """A program in a single layout."""

    usual: P

    def number_of(self, block_build: int) -> int:
        return 0

    def of_block(self, block_build: int) -> P:
        return self.usual

    def move_to(self, folder: Path) -> None:
        pass


@dataclass
class LinkOrders:
    """A different layout for each number. folder: holds the programs and belongs to the caller."""

    usual: Binary
    objects: Sequence[Path]
    link: Link
    seed: int
    folder: Path
    linked: dict[int, Binary] = field(default_factory=dict)

    def number_of(self, block_build: int) -> int:
        """The first number with the same program."""
        wanted = self.of_block(block_build).sha256
        return next(number for number, one in self.linked.items() if one.sha256 == wanted)

    def of_block(self, block_build: int) -> Binary:
        known = self.linked.get(block_build)
        if known is None or known.path.parent != self.folder:
            self.linked[block_build] = self._linked(block_build)
        return self.linked[block_build]

    def move_to(self, folder: Path) -> None:
        """The programs in the earlier folder may be gone: one that is needed again is linked again, from the same seed."""
        self.folder = folder

    def _linked(self, number: int) -> Binary:
        """Link a layout. A small program may give the same binary in two orders; then another order is drawn."""
        path = self.folder / f"{self.usual.path.name}.{number}"
        known = {one.sha256 for other, one in self.linked.items() if other != number}
        for attempt in range(ATTEMPTS_MAX):
            source = random.Random(f"{self.seed}/{number}/{attempt}")
            objects = list(self.objects)
            source.shuffle(objects)
            gap = gap_object(self.folder, GAP_STEP_BYTES * source.randrange(GAP_STEPS_COUNT))
            self.link([gap, *objects], path)
            sha256 = sha256_of(path)
            if sha256 not in known:
                break
        return replace(self.usual, path=path, build_id="", sha256=sha256, size_bytes=path.stat().st_size)


@dataclass
class Copies:
    """Copies of another arm's programs, for a canary."""

    of: Layouts[Binary]
    copied: dict[Path, Binary] = field(default_factory=dict)

    @property
    def usual(self) -> Binary:
        return self._copy(self.of.usual)

    def number_of(self, block_build: int) -> int:
        return self.of.number_of(block_build)

    def of_block(self, block_build: int) -> Binary:
        return self._copy(self.of.of_block(block_build))

    def move_to(self, folder: Path) -> None:
        pass  # a copy stands beside its program

    def _copy(self, binary: Binary) -> Binary:
        if binary.path not in self.copied:
            self.copied[binary.path] = copy_of(binary)
        return self.copied[binary.path]


def layouts_of(manifest: Manifest, variant: Variant, seed: int, folder: Path) -> LinkOrders:
    """The layouts of one variant of a workload; BuildFailed if it does not compile."""
    return LinkOrders(build(manifest, variant), objects_of(manifest, variant), functools.partial(link, variant), seed, folder)


def hashes_of(layouts: Layouts) -> list[str]:
    """The hashes of the programs that were run, by their numbers; that of the usual build where none was run."""
    linked = layouts.linked if isinstance(layouts, LinkOrders) else {}
    return [linked[number].sha256 for number in sorted(linked)] or [layouts.usual.sha256]


def gap_object(folder: Path, gap_bytes: int) -> Path:
    """An object that contains only a gap in the code. Two threads may ask for the same one, so it appears by rename."""
    path = folder / f"gap-{gap_bytes}.o"
    if path.exists():
        return path
    temporary = path.with_name(f".{path.name}.{threading.get_native_id()}.tmp")
    source = f'.text\n.skip {gap_bytes}\n.section .note.GNU-stack,"",%progbits\n'
    try:
        done = subprocess.run([compiler(), "-c", "-x", "assembler", "-", "-o", str(temporary)], input=source, text=True,
                              capture_output=True)
        if done.returncode != 0:
            raise LabError(f"cannot write {path}: {done.stderr.strip()[-300:]}")
        temporary.rename(path)
    except OSError as error:
        raise LabError(f"cannot run the compiler {compiler()}: {error.strerror}; install it or set CC=") from error
    finally:
        temporary.unlink(missing_ok=True)
    return path


@contextmanager
def folder_of_layouts(beside: Path) -> Iterator[Path]:
    """A folder for the programs of one comparison. It is removed afterwards, or by the next comparison if this process is killed.
    Only one exists in a tree, as only one audit runs. It is not in the folder for temporary files, where running programs may be
    forbidden."""
    with disk_errors(beside):
        beside.mkdir(parents=True, exist_ok=True)
        for left in beside.glob("layouts-*"):
            shutil.rmtree(left, ignore_errors=True)
        made = tempfile.TemporaryDirectory(prefix="layouts-", dir=beside)
    with made as folder:
        yield Path(folder)
