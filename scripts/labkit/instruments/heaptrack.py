"""heaptrack.py - the second allocation counter: its summary, and the order of all calls from its recording.

It counts calls by its own rules (memalign and pvalloc are not hooked) and includes its own start-up. It therefore also runs
a program that allocates nothing, whose counts are heaptrack's own (it loads libstdc++, which reserves 72 704 bytes for
exceptions thrown when there is no memory).
Format  the recording (heaptrack's src/interpret/heaptrack_interpret.cpp): one event per line, numbers in hexadecimal;
        `s LENGTH TEXT` a string, `i IP MODULE [FUNCTION FILE LINE ...]` an address, `t ADDRESS CALLER` a stack frame,
        `a SIZE STACK` a block that `+ N` allocates and `- N` frees, N the number of the `a` line. A realloc is `-` and `+`.
"""

import gzip
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.host import first_line, has_tool
from labkit.instruments import Unavailable, run_tool

SUMMARY = {
    "allocations_count": r"calls to allocation functions: (\d+)",
    "temporary_count": r"temporary memory allocations: (\d+)",
}
NOTHING = ["/bin/true"]
FRAMES_KEPT = 8
LIBRARY_START = "_dl_init"  # glibc's function that runs the constructors of the libraries of a program


def version() -> str:
    return first_line("heaptrack", "--version")


def summary(argv: list[str], *, timeout_s: float, **how: Any) -> dict[str, Any]:
    """{"allocations_count", "temporary_count", "peak_bytes", "burst", "own"}; own: the counts for a program that does nothing."""
    return _track(argv, timeout_s, **how) | {"own": {key: value for key, value in _track(NOTHING, timeout_s).items()
                                              if key != "burst"}}


def _track(argv: list[str], timeout_s: float, **how: Any) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        run_tool(["heaptrack", "-o", f"{folder}/track", *argv], timeout_s=timeout_s, **how)
        recorded = sorted(Path(folder).glob("track*"))
        if not recorded:
            raise Unavailable("heaptrack wrote no file")
        text = run_tool(["heaptrack_print", "-f", str(recorded[0]), "-p", "0", "-a", "0", "-T", "0"],
                        timeout_s=timeout_s).stdout
        return _summarised(text) | follow(_lines(recorded[0]))


def _summarised(text: str) -> dict[str, int]:
    found = {}
    for name, pattern in SUMMARY.items():
        match = re.search(pattern, text)
        if match is None:
            raise Unavailable(f"heaptrack_print printed no {name}")
        found[name] = int(match.group(1))
    return found


def _lines(recording: Path) -> list[str]:
    """The lines of the recording; heaptrack writes zstd or gzip, depending on its build."""
    if recording.suffix == ".gz":
        return gzip.decompress(recording.read_bytes()).decode(errors="replace").splitlines()
    if not has_tool("zstd"):
        raise Unavailable("zstd, which unpacks heaptrack's recording, is not installed; run make setup")
    done = subprocess.run(["zstd", "-dcq", str(recording)], capture_output=True)
    if done.returncode != 0:
        raise Unavailable(f"heaptrack's recording cannot be unpacked: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(errors="replace").splitlines()


def follow(lines: Iterable[str]) -> dict[str, Any]:
    """Replay the calls: the most bytes live at once, and the longest sequence of allocations without a free.

    {"peak_bytes", "burst": {"allocations_count", "allocated_bytes", "stack"}}; stack: functions, innermost first, of
    the call site with most allocations in that sequence. Allocations of libraries before main, including heaptrack's own,
    count as live, but not in the sequence.
    """
    book = Book()
    row: list[Block] = []
    longest: list[Block] = []
    live = peak = 0
    for line in lines:
        kind, _, rest = line.partition(" ")
        if kind == "+":
            block = book.blocks[int(rest, 16)]
            row += [] if block.before_main else [block]
            live += block.size_bytes
            peak = max(peak, live)
        elif kind == "-":
            longest, row = max(longest, row, key=len), []
            live -= book.blocks[int(rest, 16)].size_bytes
        else:
            book.note(kind, rest)
    longest = max(longest, row, key=len)
    commonest = Counter(block.trace for block in longest).most_common(1)
    return {"peak_bytes": peak, "burst": {
        "allocations_count": len(longest), "allocated_bytes": sum(block.size_bytes for block in longest),
        "stack": book.stack(commonest[0][0]) if commonest else []}}


@dataclass(frozen=True)
class Block:
    size_bytes: int
    trace: int
    before_main: bool


class Book:
    """The tables to which the events of a recording refer. Strings, addresses and frames count from 1, blocks from 0."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self.functions: list[list[str]] = []  # functions at each address, inlined ones first
        self.frames: list[tuple[int, int]] = []  # address, calling frame
        self.blocks: list[Block] = []

    def note(self, kind: str, rest: str) -> None:
        if kind == "s":
            self.strings.append(rest.partition(" ")[2])
            return
        if kind not in ("i", "t", "a"):
            return
        numbers = [int(field, 16) for field in rest.split()]
        if kind == "i":
            self.functions.append([self.strings[name - 1] for name in numbers[2::3] if name])
        elif kind == "t":
            self.frames.append((numbers[0], numbers[1]))
        else:
            self.blocks.append(Block(numbers[0], numbers[1], LIBRARY_START in self._whole_stack(numbers[1])))

    def stack(self, frame: int) -> list[str]:
        return self._whole_stack(frame)[:FRAMES_KEPT]

    def _whole_stack(self, frame: int) -> list[str]:
        found = []
        while frame:
            address, frame = self.frames[frame - 1]
            found += self.functions[address - 1]
        return found
