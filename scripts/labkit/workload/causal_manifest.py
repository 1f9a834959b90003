"""causal_manifest.py - [causal] of a workload.toml: functions whose virtual speed-ups are measured.  Table -> causal_manifest -> CausalCheck"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from labkit.workload.load_manifest import FOLDER

CPUS = ("one", "all")
PIECES_MAX = 1_000_000


class Table(Protocol):
    """What of manifest.Table this file needs."""

    def get(self, key: str, accepted: str, check: Any, default: Any = None) -> Any: ...
    def integer(self, key: str, low: int, high: int) -> int: ...
    def optional_text(self, key: str) -> str: ...
    def done(self) -> None: ...


@dataclass(frozen=True)
class CausalCheck:
    """functions: the most important one first, because a quick audit measures only that one. speedups_percent: by how much of its time each
    function is to be faster. progress: the stage of clinic/stage.h that begins once for each piece of work; "": the whole run is one.

    program: a program of load/, which is run as NAME --batch FILE ARGUMENTS PIECES; "": the workload itself runs, as in other phases. size: of the
    fixture that is FILE. pieces: of work in a run of a quick audit; a standard one has twice as many. cpus: those that a run may use. work: what
    runs, for the report."""

    functions: tuple[str, ...]
    speedups_percent: tuple[int, ...]
    progress: str
    program: str = ""
    size: str = ""
    arguments: tuple[str, ...] = ()
    pieces: int = 0
    cpus: str = "one"
    work: str = ""


def causal_check(table: Table, folder: Path, sizes: Collection[str]) -> CausalCheck:
    """sizes: of the fixture."""
    program = table.get("program", f"the name of a program {folder / FOLDER}/NAME.c", lambda v: (folder / FOLDER / f"{v}.c").is_file(), default="")
    found = CausalCheck(
        functions=tuple(table.get("functions", "a list of names of functions, each once", are_names)),
        speedups_percent=tuple(table.get("speedups_percent", "a list of rising whole numbers from 1 to 100", are_speedups, default=[50])),
        progress=table.optional_text("progress"),
        program=program,
        size=table.get("size", ", ".join(sizes), lambda v: v in sizes) if program else "",
        arguments=tuple(table.get("arguments", "a list of texts", are_texts, default=[])) if program else (),
        pieces=table.integer("pieces", 1, PIECES_MAX) if program else 0,
        cpus=table.get("cpus", ", ".join(CPUS), lambda v: v in CPUS, default="one"),
        work=table.optional_text("work"),
    )
    table.done()
    return found


def are_names(value: Any) -> bool:
    return isinstance(value, list) and value != [] and all(isinstance(one, str) and one for one in value) and len(set(value)) == len(value)


def are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def are_speedups(value: Any) -> bool:
    return (isinstance(value, list) and value != [] and all(isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= 100 for one in value)
            and value == sorted(set(value)))
