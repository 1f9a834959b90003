"""mutated_sources.py - a copy of the tree in which chosen mutants are built in, each behind a switch.  mutants.py -> mutated_sources.py -> mutation_score.py

One build serves all mutants: an expression e with mutant 7 becomes (clinic_mutant_is_on(7) ? (mutated e) : (e)), and mutants may lie in each other.
"""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from mutants import Mutant

COPIED = ("Makefile", "*.mk", "profiler", "scripts/setup.sh", "scripts/packages.txt", "hardening/fuzz", "hardening/release")
SWITCH = Path(__file__).resolve().parent


def switched(source: bytes, numbered: list[tuple[int, Mutant]]) -> bytes:
    """The text of a file with these mutants in it, each behind the switch of its number."""
    outer = sorted(numbered, key=lambda one: (one[1].start, -one[1].end, not one[1].statement, one[0]))
    return within(source, 0, len(source), outer)


def within(source: bytes, start: int, end: int, inner: list[tuple[int, Mutant]]) -> bytes:
    """The bytes start to end with the mutants in them, of which an outer one comes before those that lie in it."""
    written, at = b"", start
    while inner:
        number, mutant = inner[0]
        below = [one for one in inner[1:] if one[1].end <= mutant.end]
        inner = [one for one in inner[1:] if one[1].end > mutant.end]
        original = within(source, mutant.start, mutant.end, below)
        written += source[at:mutant.start] + choice(number, mutant, original)
        at = mutant.end
    return written + source[at:end]


def choice(number: int, mutant: Mutant, original: bytes) -> bytes:
    kept = b"(void)(" + original + b")" if mutant.statement else b"(" + original + b")"
    return b"(clinic_mutant_is_on(%d) ? (%s) : %s)" % (number, mutant.text.encode(), kept)


def mutated(source: bytes, mutant: Mutant) -> bytes:
    """The text of a file with one mutant alone, without a switch."""
    return source[:mutant.start] + b"(" + mutant.text.encode() + b")" + source[mutant.end:]


def copy_tree(tree: Path, instead: Mapping[str, bytes] = MappingProxyType({})) -> None:
    """Copies what the C tests are built from, with other texts for the files in `instead`, which may be new. Files that are equal keep their times, so
    that make builds only what has changed."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z", "--", *COPIED], capture_output=True, text=True, check=True)
    names = {name for name in listed.stdout.split("\0") if name and Path(name).is_file()}
    for name in names | set(instead):
        write_if_changed(tree / name, instead[name] if name in instead else Path(name).read_bytes())
    for name in names:
        shutil.copymode(name, tree / name)
    for there in (tree / "profiler").rglob("*.[ch]"):
        if str(there.relative_to(tree)) not in names | set(instead):
            there.unlink()


def write_if_changed(path: Path, text: bytes) -> None:
    if not path.exists() or path.read_bytes() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)


def planted(chosen: list[Mutant]) -> dict[str, bytes]:
    """The files with these mutants in them, and the switch, in the lowest room, where every program is linked with it."""
    texts = {f"profiler/foundation/{name}": (SWITCH / name).read_bytes() for name in ("mutant_switch.c", "mutant_switch.h")}
    for path in {mutant.path for mutant in chosen}:
        of_file = [(number, mutant) for number, mutant in enumerate(chosen) if mutant.path == path]
        texts[path] = switched(Path(path).read_bytes(), of_file)
    return texts
