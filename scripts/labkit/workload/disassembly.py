"""disassembly.py - check that the compiler kept the work to be measured.  binary -> disassembly.py -> Disassembly, Code

Two checks of the machine code, with binutils alone: the barriers around each timed run are within the timed loop
(clinic/black_box.h stores their addresses in .clinic_black_box), and each hot function exists and still has a loop.

Errors  LabError when a tool is missing or the file is not a program.
Pure    reads the binary and nothing else.
"""

import re
import struct
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from labkit.outcome import LabError

SECTION = ".clinic_black_box"
ENTRY = struct.Struct("<QQ")  # address, kind: clinic/black_box.h
KINDS = {1: "input", 2: "output"}

FUNCTION = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\t(?:bnd )?(\S+)(?:\s+(.*))?$")
TARGET = re.compile(r"\b([0-9a-f]+) <([^>+]+)(?:\+0x[0-9a-f]+)?>")
# x86-64: j, jne, jmp ...; aarch64: b, b.ne, cbz, tbnz ...
JUMP = re.compile(r"^(j\w+|b|b\.\w+|cbn?z|tbn?z)$")
CALL = re.compile(r"^(call\w*|bl)$")

# Library functions that count as a loop, because a function may leave its loop to the C library.
LIBRARY_LOOPS = frozenset(("qsort", "qsort_r", "bsearch", "memcpy", "memmove", "memset", "memcmp", "memchr"))
# Library functions whose time is not the time of the program's own work.
INPUT_OUTPUT = frozenset((
    "write", "writev", "pwrite", "read", "readv", "pread", "send", "sendto", "sendmsg", "recv", "recvfrom", "recvmsg", "fsync",
    "fdatasync", "printf", "fprintf", "vprintf", "vfprintf", "dprintf", "__printf_chk", "__fprintf_chk", "__vfprintf_chk", "puts",
    "fputs", "putc", "fputc", "putchar", "fwrite", "fflush", "fread", "fgets", "getline"))


@dataclass(frozen=True)
class Barrier:
    function: str
    kind: str  # input or output
    in_loop: bool


@dataclass(frozen=True)
class HotFunction:
    name: str
    exists: bool
    has_loop: bool  # in the function itself, or in functions of the binary that it calls
    library_calls: tuple[str, ...]

    @property
    def is_alive(self) -> bool:
        return self.exists and (self.has_loop or not LIBRARY_LOOPS.isdisjoint(self.library_calls))

    @property
    def input_output_calls(self) -> tuple[str, ...]:
        return tuple(name for name in self.library_calls if name in INPUT_OUTPUT)


@dataclass(frozen=True)
class Disassembly:
    barriers: tuple[Barrier, ...]
    functions: tuple[HotFunction, ...]

    @property
    def is_guarded(self) -> bool:
        """Whether one function has a barrier on its input and one on its output, both within a loop."""
        looped = {(one.function, one.kind) for one in self.barriers if one.in_loop}
        return any((function, "output") in looped for function, kind in looped if kind == "input")

    @property
    def missing(self) -> tuple[str, ...]:
        """Hot functions that do not exist any more, or contain no work."""
        return tuple(one.name for one in self.functions if not one.is_alive)

    def to_json(self) -> dict:
        functions = [{**asdict(one), "library_calls": list(one.library_calls), "is_alive": one.is_alive}
                     for one in self.functions]
        return {"barriers": [asdict(one) for one in self.barriers], "functions": functions,
                "is_guarded": self.is_guarded, "missing": list(self.missing)}


def inspect(binary: Path, functions: list[str]) -> Disassembly:
    """binary: a program or object file. functions: names of hot functions, as in the source."""
    codes = read_codes(binary)
    barriers = tuple(_barrier(codes, address, kind) for address, kind in _read_marks(binary))
    return Disassembly(barriers, tuple(_hot_function(codes, name) for name in functions))


@dataclass
class Code:
    """The machine code of one function: its instructions as objdump shows them, its jumps and its calls, each with its address."""

    name: str
    begin: int
    end: int
    instructions: list[tuple[int, str]]
    jumps: list[tuple[int, int]]  # from, to
    call_sites: list[tuple[int, str]]

    @property
    def calls(self) -> set[str]:
        return {symbol for _, symbol in self.call_sites}

    def has_loop_around(self, address: int) -> bool:
        return any(self.begin <= to <= address <= from_ for from_, to in self.jumps)

    @property
    def has_loop(self) -> bool:
        return any(self.begin <= to <= from_ for from_, to in self.jumps)


def _run(*argv: str) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace")
    except OSError as error:
        raise LabError(f"cannot read {argv[-1]}: {argv[0]}: {error.strerror}; install binutils") from error
    if done.returncode != 0 and "not found in any input file" not in done.stderr:  # the section is missing, which is a valid result
        raise LabError(f"cannot read {argv[-1]}: {done.stderr.strip()}")
    return done.stdout


def source_name(symbol: str) -> str:
    """time_batch.constprop.0 -> time_batch: compilers clone functions and add such suffixes."""
    return symbol.split(".")[0].split("@")[0]


def read_codes(binary: Path) -> list[Code]:
    """Every function of a program or an object file. LabError where it cannot be read."""
    codes: list[Code] = []
    for line in _run("objdump", "-d", "-w", "--no-show-raw-insn", str(binary)).splitlines():
        if head := FUNCTION.match(line):
            address = int(head[1], 16)
            codes.append(Code(head[2], address, address, [], [], []))
        elif codes and (found := INSTRUCTION.match(line)):
            _add_instruction(codes[-1], int(found[1], 16), found[2], found[3] or "")
    return codes


def _add_instruction(code: Code, address: int, mnemonic: str, operands: str) -> None:
    code.end = address
    code.instructions.append((address, f"{mnemonic} {operands}".strip()))
    target = TARGET.search(operands)
    if not target:
        return
    if JUMP.match(mnemonic) and source_name(target[2]) == source_name(code.name):
        code.jumps.append((address, int(target[1], 16)))
    elif JUMP.match(mnemonic) or CALL.match(mnemonic):
        code.call_sites.append((address, target[2]))  # a jump to another function is a tail call


def _read_marks(binary: Path) -> list[tuple[int, int]]:
    dump = _run("objdump", "-s", "-j", SECTION, str(binary))
    rows = re.findall(r"^ [0-9a-f]+ ((?:[0-9a-f]+ ){1,4})", dump, re.M)
    content = bytes.fromhex("".join(rows))
    return [(address, kind) for address, kind in ENTRY.iter_unpack(content[: len(content) // ENTRY.size * ENTRY.size])]


def _barrier(codes: list[Code], address: int, kind: int) -> Barrier:
    for code in codes:
        if code.begin <= address <= code.end:
            return Barrier(source_name(code.name), KINDS.get(kind, f"kind {kind}"), code.has_loop_around(address))
    return Barrier("unknown", KINDS.get(kind, f"kind {kind}"), False)


def _hot_function(codes: list[Code], name: str) -> HotFunction:
    reached, library_calls = _reach(codes, name)
    return HotFunction(name, bool(reached), any(code.has_loop for code in reached), library_calls)


def _reach(codes: list[Code], name: str) -> tuple[list[Code], tuple[str, ...]]:
    """The function with its clones and all functions of this binary that they call; and the library functions they call."""
    return reached_from(codes, [code.name for code in codes if source_name(code.name) == name and "@" not in code.name])


def reached_from(codes: list[Code], symbols: list[str]) -> tuple[list[Code], tuple[str, ...]]:
    """These functions and all of this binary that they call; and the library functions they call."""
    by_symbol = {code.name: code for code in codes if "@" not in code.name}
    waiting = list(symbols)
    reached: dict[str, Code] = {}
    library = set()
    while waiting:
        symbol = waiting.pop()
        if symbol in reached:
            continue
        if symbol not in by_symbol:
            library.add(source_name(symbol))
            continue
        reached[symbol] = by_symbol[symbol]
        waiting.extend(by_symbol[symbol].calls)
    return list(reached.values()), tuple(sorted(library))
