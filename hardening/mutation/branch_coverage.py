"""branch_coverage.py - `make branches`: which branches of a room's sources its C tests take.  measured_rooms.py -> branch_coverage.py

The tests are those of mutation_score.py, built by gcc without optimisation, so that each branch of the source is one of the program. gcov
counts how often each was taken, in all test programs of the room together.
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from measured_rooms import ROOMS, all_of, build_tests, programs, sources
from mutated_sources import copy_tree

TREE, BUILD = Path("build/branches"), "build/coverage"
BUILT_WITH = ("O=build/coverage", "PROFILE_FLAGS=--coverage -fprofile-abs-path -O0 -w")


@dataclass(frozen=True)
class Coverage:
    room: str
    taken: int
    count: int
    missed: tuple[tuple[str, int, int], ...]  # file, line, how many branches of the line were never taken

    @property
    def percent(self) -> float:
        return 100 * self.taken / max(1, self.count)


def counts_of(room: str) -> dict[str, dict[int, list[int]]]:
    """{file of the room: {line: how often each of its branches was taken}}, from all programs that test the room."""
    # A file that no program is linked with has no counts; gcov then takes it from its notes that nothing was executed.
    notes = [str((TREE / BUILD / "obj" / path.with_suffix(".gcno")).resolve()) for path in sources(room)]
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["gcov", "--json-format", "--branch-probabilities", *notes], cwd=scratch, capture_output=True, check=True)
        written = [json.loads(gzip.decompress(path.read_bytes())) for path in Path(scratch).iterdir()]
    known = {str((TREE / path).resolve()): str(path) for path in sources(room)}
    found: dict[str, dict[int, list[int]]] = {}
    for one in (file for data in written for file in data["files"] if file["file"] in known):
        lines = found.setdefault(known[one["file"]], {})
        for line in one["lines"]:
            lines.setdefault(line["line_number"], []).extend(branch["count"] for branch in line["branches"] if not branch["throw"])
    return found


def measure(room: str) -> Coverage:
    """Runs the programs that test a room, which must have been built, and adds up. RuntimeError: one of them fails."""
    for old in (TREE / BUILD).rglob("*.gcda"):
        old.unlink()
    for argv, done in zip(ran := programs(room, TREE, BUILD), all_of(run, ran), strict=True):
        if done.returncode:
            raise RuntimeError(f"{argv[0]} ended with {done.returncode}\n{done.stderr[-2000:]}")
    counts = counts_of(room)
    branches = [(path, line, taken) for path, lines in counts.items() for line, taken in lines.items() if taken]
    missed = tuple(sorted((path, line, taken.count(0)) for path, line, taken in branches if 0 in taken))
    total = sum(len(taken) for _, _, taken in branches)
    return Coverage(room, total - sum(one[2] for one in missed), total, missed)


def run(argv: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run(argv, cwd=TREE, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=600)


def coverages(rooms: list[str]) -> Iterator[Coverage]:
    """Builds the tests of all rooms, and measures one room after the other. RuntimeError: they cannot be built, or fail."""
    copy_tree(TREE)
    build_tests(TREE, *BUILT_WITH)
    for room in rooms:
        yield measure(room)


def listed(one: Coverage) -> str:
    lines = [f"{path}:{line}: {count} not taken" for path, line, count in one.missed]
    return "\n".join([*lines, f"{one.room}: {one.taken} of {one.count} branches taken, {one.percent:.1f} %"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=list(ROOMS))
    args = parser.parse_args()
    for one in coverages(args.rooms):
        print(listed(one), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
