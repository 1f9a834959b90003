"""timed_region.py - finds out what a function does between its first and its last reading of the clock.  binary -> timed_region -> TimedRegion

A timing is wrong in three ways that the machine code shows: the compiler removed the work, because its result is not used; the compiler
did the work itself, because it knows the input; or input and output are timed together with the work. The readings of the clock are
recognised as calls of one of CLOCKS, or of a function that the caller names. A function without such calls, for example because they were
inlined, is inspected as a whole.

Errors  LabError: a tool is missing, or the file is not a program.
Pure    It reads the binary and nothing else.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from labkit.outcome import UsageError
from labkit.wording import listing
from labkit.workload.disassembly import INPUT_OUTPUT, LIBRARY_LOOPS, Code, reached_from, read_codes, source_name

CLOCKS = ("clock_gettime", "gettimeofday", "clock", "clinic_clock_now_ns")
# An instruction that stores a constant of more than 16 bits: it is likely a result, because counts and flags are rarely so large.
CONSTANT = re.compile(r"^mov\w* \s*\$(0x[0-9a-f]{5,16}),|^mov\w* \s*\w+, #(0x[0-9a-f]{4,16})\b")
NS_PER_S = 0x3b9aca00


@dataclass(frozen=True)
class TimedRegion:
    """constants: the large constants that its instructions store, in hexadecimal."""

    function: str
    has_work: bool  # there is a loop, here or in a function that it calls
    constants: tuple[str, ...]
    input_output_calls: tuple[str, ...]
    machine_code: str

    @property
    def pitfalls(self) -> list[str]:
        found = []
        if not self.has_work:
            found.append("no work is left between its readings of the clock" +
                         (f"; the constant {listing(list(self.constants))}, which the compiler computed, stands in its place" if self.constants
                          else ", because its result is not used"))
        if self.input_output_calls:
            found.append(f"it calls {listing(list(self.input_output_calls))} between its readings of the clock, so that their time is measured together with that of the work")
        return found


def inspect_regions(binary: Path, functions: list[str], clocks: tuple[str, ...] = CLOCKS) -> list[TimedRegion]:
    """One region for each function, in their order. UsageError: a function is not in the program; it may have been inlined."""
    codes = read_codes(binary)
    return [_region(codes, name, clocks, binary) for name in functions]


def _region(codes: list[Code], name: str, clocks: tuple[str, ...], binary: Path) -> TimedRegion:
    own = [code for code in codes if source_name(code.name) == name and "@" not in code.name]
    if not own:
        raise UsageError(f"{binary} has no function {name}; it may have been inlined, or it has another name")
    code = max(own, key=lambda one: len(one.instructions))  # of several clones, the largest has the work
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
