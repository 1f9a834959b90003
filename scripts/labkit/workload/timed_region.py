"""timed_region.py - what a function does between its first and its last reading of the clock.  binary -> timed_region -> TimedRegion

A timing loop lies in three ways that the machine code shows: the compiler removed the work, because nobody uses its result; it did
the work itself, because the input is known; or most of what is timed is input and output. Whoever inlines the reading of the clock
has to name another function of the clock; a function that calls none is looked at as a whole.

Errors  LabError when a tool is missing or the file is not a program.
Pure    reads the binary and nothing else.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from labkit.outcome import UsageError
from labkit.wording import listing
from labkit.workload.disassembly import INPUT_OUTPUT, LIBRARY_LOOPS, Code, reached_from, read_codes, source_name

CLOCKS = ("clock_gettime", "gettimeofday", "clock", "clinic_clock_now_ns")
# A value of more than 16 bits that is put somewhere as it stands: a result, and hardly a count or a flag.
CONSTANT = re.compile(r"^mov\w* \s*\$(0x[0-9a-f]{5,16}),|^mov\w* \s*\w+, #(0x[0-9a-f]{4,16})\b")
NS_PER_S = 0x3b9aca00


@dataclass(frozen=True)
class TimedRegion:
    """constants: what the instructions put in place as it stands, in hexadecimal."""

    function: str
    has_work: bool  # a loop, here or in what is called
    constants: tuple[str, ...]
    input_output_calls: tuple[str, ...]
    machine_code: str

    @property
    def pitfalls(self) -> list[str]:
        found = []
        if not self.has_work:
            found.append("no work is left between its readings of the clock" +
                         (f"; the constant {listing(list(self.constants))} stands in its place, which the compiler computed" if self.constants
                          else ", for nobody uses its result"))
        if self.input_output_calls:
            found.append(f"it calls {listing(list(self.input_output_calls))} between its readings of the clock, so that their time is measured with the work's")
        return found


def inspect_regions(binary: Path, functions: list[str], clocks: tuple[str, ...] = CLOCKS) -> list[TimedRegion]:
    """In the order of `functions`. UsageError where one is not in the program: it may have been inlined."""
    codes = read_codes(binary)
    return [_region(codes, name, clocks, binary) for name in functions]


def _region(codes: list[Code], name: str, clocks: tuple[str, ...], binary: Path) -> TimedRegion:
    own = [code for code in codes if source_name(code.name) == name and "@" not in code.name]
    if not own:
        raise UsageError(f"{binary} has no function {name}; it may have been inlined, or the name is another")
    code = max(own, key=lambda one: len(one.instructions))  # of several clones the one with the work
    begin, end = _between(code, clocks)
    called = [symbol for at, symbol in code.call_sites if begin <= at <= end and source_name(symbol) not in clocks]
    reached, library = reached_from(codes, called)
    has_loop = any(begin <= from_ <= end and to <= from_ for from_, to in code.jumps) or any(one.has_loop for one in reached)
    inside = [text for at, text in code.instructions if begin <= at <= end]
    return TimedRegion(name, has_loop or not LIBRARY_LOOPS.isdisjoint(library), _constants(inside),
                       tuple(one for one in library if one in INPUT_OUTPUT), "\n".join(f"{at:8x}:  {text}" for at, text in code.instructions))


def _between(code: Code, clocks: tuple[str, ...]) -> tuple[int, int]:
    read_at = [at for at, symbol in code.call_sites if source_name(symbol) in clocks]
    return (min(read_at), max(read_at)) if len(read_at) > 1 else (code.begin, code.end)


def _constants(instructions: list[str]) -> tuple[str, ...]:
    found = [match[1] or match[2] for match in map(CONSTANT.match, instructions) if match]
    return tuple(dict.fromkeys(one for one in found if int(one, 16) != NS_PER_S))
