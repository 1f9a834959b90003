"""mutation_score.py - `make mutants`: of small faults planted in a room's sources, how many its C tests notice.  mutated_sources.py -> mutation_score.py

A mutant is killed if a C test of its room, or the replay of the room's fuzz corpus, fails, crashes, is stopped by a sanitizer or does not end.
The others survive, and are printed. A survivor that the compiler translates to the same code as the original cannot be noticed and does not count.
Sampled   the seed decides for each mutant alone whether it is chosen, so that a change of the sources exchanges few of them. The score of a sample
differs from that of all mutants by some percent.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from measured_rooms import ROOMS, all_of, build_tests, programs, sources
from mutants import Mutant, mutants_of
from mutated_sources import copy_tree, mutated, planted

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
    return sorted(sorted(found, key=lots(found, seed).__getitem__)[:count or None])


def lots(found: list[Mutant], seed: int) -> dict[Mutant, bytes]:
    """What decides about a mutant: a hash of its file, its words, and how often these were there before."""
    before: Counter = Counter()
    drawn = {}
    for mutant in found:
        key = (mutant.path, mutant.what)
        drawn[mutant] = hashlib.sha256(f"{seed} {key} {before[key]}".encode()).digest()
        before[key] += 1
    return drawn


def command(argv: Sequence[str], environment: dict[str, str], cpu_limit_s: int) -> list[str]:
    return ["prlimit", f"--cpu={cpu_limit_s}", "env", *(f"{name}={value}" for name, value in environment.items()), *argv]


def passes(number: int, test: Program) -> bool:
    """Whether the program ends with 0 although the mutant is on, within its limits: one of CPU time, which others on this machine do not use up, and
    a later one for a program that waits."""
    try:
        done = subprocess.run(command(test.argv, {"MUTANT_ON": str(number)}, test.cpu_limit_s), cwd=TREE, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=test.limit_s)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def unmutated(argv: list[str], count: int) -> Program:
    """Runs a program without a mutant. RuntimeError: it fails, so that nothing can be said."""
    with tempfile.NamedTemporaryFile() as reached:
        reached.truncate(max(1, count))
        started = time.monotonic()
        running = subprocess.Popen(command(argv, {"MUTANTS_REACHED": reached.name}, 300), cwd=TREE, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        if running.returncode:
            raise RuntimeError(f"{argv[0]} in {TREE} ends with {running.returncode} without a mutant")
        cpu_limit_s = 2 + round(5 * (used.ru_utime + used.ru_stime))
        limit_s = 60 + 30 * (time.monotonic() - started)
        return Program(tuple(argv), cpu_limit_s, limit_s, frozenset(at for at, was in enumerate(reached.read()) if was))


def is_killed(number: int, tests: list[Program]) -> bool:
    return any(not passes(number, test) for test in tests if number in test.reaches)


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
    # A mutant that a short program notices costs no run of a long one.
    tests = sorted(all_of(lambda argv: unmutated(argv, len(chosen)), programs(room, TREE, BUILD)), key=lambda test: test.cpu_limit_s)
    killed = dict(zip(numbers, all_of(lambda number: is_killed(number, tests), numbers), strict=True))
    alive = [number for number in numbers if not killed[number]]
    equal = dict(zip(alive, all_of(lambda number: is_equal_code(chosen[number]), alive), strict=True))
    survivors = tuple((chosen[number], any(number in test.reaches for test in tests)) for number in alive if not equal[number])
    return Score(room, sum(killed.values()), sum(equal.values()), survivors)


def scores(rooms: list[str], count: int, seed: int) -> Iterator[Score]:
    """Plants a sample for each room in one build, and runs each room's tests. RuntimeError: the copy cannot be built, or its tests fail."""
    samples = {room: choose(room, count, seed) for room in rooms}
    chosen = [mutant for sample in samples.values() for mutant in sample]
    copy_tree(TREE, planted(chosen))
    build_tests(TREE, *BUILT_WITH)
    at = 0
    for room, sample in samples.items():
        yield score(room, chosen, range(at, at + len(sample)))
        at += len(sample)


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
