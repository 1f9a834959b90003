"""mutation_score.py - `make mutants`: of small faults planted in a room's sources, how many its C tests notice.  mutated_sources.py -> mutation_score.py

A mutant is killed if a C test of its room, or the replay of the room's fuzz corpus, fails, crashes, is stopped by a sanitizer or does not end.
The others survive, and are printed. A survivor that the compiler translates to the same code as the original cannot be noticed and does not count.
Sampled   the seed and the room's name decide which mutants are chosen; the score of a sample differs from that of all by some percent.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from measured_rooms import ROOMS, all_of, build_tests, programs, sources
from mutants import Mutant, mutants_of
from mutated_sources import copy_tree, mutated, plant

TREE, BUILD = Path("build/mutation"), "build/san-address"
PARSED_WITH = ["-std=gnu11", "-Iprofiler/include", "-Iprofiler", "-D_GNU_SOURCE"]
# Faults of memory count as noticed: `make test` runs the C tests with these sanitizers, too.
BUILT_WITH = ("SAN=address", "PROFILE_FLAGS=-O1 -g0 -w -include foundation/mutant_switch.h")
COMPARED_WITH = ["gcc", *PARSED_WITH, "-O2", "-g0", "-w", "-c", "-o"]


@dataclass(frozen=True)
class Score:
    room: str
    killed: int
    equal: int  # survivors that are the same code
    survivors: tuple[tuple[Mutant, bool], ...]  # each with whether a test reached it

    @property
    def percent(self) -> float:
        return 100 * self.killed / max(1, self.killed + len(self.survivors))


@dataclass(frozen=True)
class Program:
    """A program that tests the room, how long it takes without a mutant, and the numbers of the mutants that it comes past."""

    argv: tuple[str, ...]
    cpu_limit_s: int
    limit_s: float
    reaches: frozenset[int]


def choose(room: str, count: int, seed: int) -> list[Mutant]:
    """A sample of the room's mutants; with count 0, all."""
    found = [mutant for path in sources(room) for mutant in mutants_of(path, PARSED_WITH)]
    return found if not 0 < count < len(found) else sorted(random.Random(f"{seed} {room}").sample(found, count))


def run(argv: tuple[str, ...], environment: dict[str, str], cpu_limit_s: int, limit_s: float) -> bool:
    """Whether the program ended with 0 within its limits: one of CPU time, which others on this machine do not use up, and a later one for a program
    that waits."""
    variables = [f"{name}={value}" for name, value in environment.items()]
    try:
        done = subprocess.run(["prlimit", f"--cpu={cpu_limit_s}", "env", *variables, *argv], cwd=TREE, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=limit_s)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def unmutated(argv: list[str], count: int) -> Program:
    """Runs a program without a mutant. RuntimeError: it fails, so that nothing can be said."""
    with tempfile.NamedTemporaryFile() as reached:
        reached.truncate(max(1, count))
        started = time.monotonic()
        if not run(tuple(argv), {"MUTANTS_REACHED": reached.name}, 300, 600):
            raise RuntimeError(f"{argv[0]} fails in {TREE} without a mutant")
        seconds = time.monotonic() - started
        return Program(tuple(argv), 3 + int(10 * seconds), 30 + 30 * seconds, frozenset(at for at, was in enumerate(reached.read()) if was))


def is_killed(number: int, tests: list[Program]) -> bool:
    return any(not run(test.argv, {"MUTANT_ON": str(number)}, test.cpu_limit_s, test.limit_s) for test in tests if number in test.reaches)


def is_equal_code(mutant: Mutant) -> bool:
    """Whether the compiler makes the same object of both sources, as it does if the change cannot have an effect."""
    source = Path(mutant.path).read_bytes()
    return compiled(mutant.path, source) == compiled(mutant.path, mutated(source, mutant))


def compiled(path: str, text: bytes) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".o") as written:
        subprocess.run([*COMPARED_WITH, written.name, f"-iquote{Path(path).parent}", f"-I{Path(path).parent}", "-x", "c", "-"], input=text, check=True)
        return written.read()


def score(room: str, chosen: list[Mutant], numbers: range) -> Score:
    """chosen: all mutants that are built in; numbers: those of this room among them."""
    tests = all_of(lambda argv: unmutated(argv, len(chosen)), programs(room, BUILD))
    killed = dict(zip(numbers, all_of(lambda number: is_killed(number, tests), numbers), strict=True))
    alive = [number for number in numbers if not killed[number]]
    equal = dict(zip(alive, all_of(lambda number: is_equal_code(chosen[number]), alive), strict=True))
    survivors = tuple((chosen[number], any(number in test.reaches for test in tests)) for number in alive if not equal[number])
    return Score(room, sum(killed.values()), sum(equal.values()), survivors)


def scores(rooms: list[str], count: int, seed: int) -> list[Score]:
    """Plants a sample for each room in one build, and runs each room's tests. RuntimeError: the copy cannot be built, or its tests fail."""
    samples = {room: choose(room, count, seed) for room in rooms}
    chosen = [mutant for sample in samples.values() for mutant in sample]
    copy_tree(TREE)
    plant(TREE, chosen)
    build_tests(TREE, *BUILT_WITH)
    found, at = [], 0
    for room, sample in samples.items():
        found.append(score(room, chosen, range(at, at + len(sample))))
        at += len(sample)
    return found


def described(one: Score) -> str:
    lines = [f"{mutant.path}:{mutant.line}: {mutant.what}{'' if reached else ' (not reached)'}" for mutant, reached in one.survivors]
    counted = f"{one.room}: {one.killed} of {one.killed + len(one.survivors)} mutants killed, {one.percent:.0f} %; {one.equal} more are equal code"
    return "\n".join([*lines, counted])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=list(ROOMS))
    parser.add_argument("--mutants", type=int, default=20, help="how many for each room; 0: all (20)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    args = parser.parse_args()
    for one in scores(args.rooms, args.mutants, args.seed):
        print(described(one), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
