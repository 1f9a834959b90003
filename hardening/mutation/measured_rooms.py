"""measured_rooms.py - the rooms whose tests are measured, and the programs that test them.  -> mutation_score.py, branch_coverage.py"""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOMS = ("session", "formats", "unwind")
AT_ONCE = len(os.sched_getaffinity(0))


def sources(room: str) -> list[Path]:
    """The C files of a room that are no tests."""
    return sorted(path for path in Path("profiler", room).glob("*.c") if not path.stem.endswith(("_test", "_fuzz")))


def programs(room: str, tree: Path, build: str) -> list[list[str]]:
    """The command lines, from the folder `tree`, that test a room with programs below `build`: its cmocka tests, and its fuzzers' corpora replayed."""
    tests = [[f"{build}/tests/{path.stem}"] for path in sorted((tree / "profiler" / room).glob("*_test.c"))]
    fuzzers = [path.stem.removesuffix("_fuzz") for path in sorted((tree / "profiler" / room).glob("*_fuzz.c"))]
    return tests + [[f"{build}/fuzz/{name}_replay", *corpus(tree, name)] for name in fuzzers]


def corpus(tree: Path, fuzzer: str) -> list[str]:
    return sorted(str(path.relative_to(tree)) for path in (tree / "hardening/fuzz/corpus" / fuzzer).iterdir())


def build_tests(tree: Path, *variables: str) -> None:
    """Builds the tests of the rooms in a copy of the tree. RuntimeError: that failed; the text is the end of make's output."""
    # The victims, which are not measured, are those of the release build, as in `make test`.
    for goal in (["measured-victims"], ["measured-tests", *variables]):
        done = subprocess.run(["make", "-s", "-C", tree, f"-j{AT_ONCE}", *goal], capture_output=True, text=True, errors="replace")
        if done.returncode:
            raise RuntimeError(f"{done.stderr[-3000:]}\nmake in {tree} ended with {done.returncode}")


def all_of(work, things) -> list:
    """What `work` returns for each of the things, some of which are worked on at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, things))
