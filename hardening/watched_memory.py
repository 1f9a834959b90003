"""watched_memory.py - runs the C tests and the replays of the fuzzers' corpora of one build, whose use of memory a tool watches.  used by gates/09-memory

A sanitizer is part of the build; valgrind stands before the program. Either ends the program with an error if memory is used wrongly.
"""

import os
import re
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gate_ending import Fault

CORPUS = Path("hardening/fuzz/corpus")
TIMEOUT_S = 600
SAID_CHARACTERS = 6000


def sources(ending: str) -> list[Path]:
    return sorted(path for place in ("profiler", "workloads") for path in Path(place).rglob(f"*{ending}"))


def unit_tests_of(folder: Path) -> Sequence[Sequence[Path]]:
    """The programs of the C tests. What this build does not contain is left out."""
    found = [folder / "tests" / path.stem for path in sources("_test.c")]
    return [[program] for program in found if program.exists()]


def replays_of(folder: Path) -> Sequence[Sequence[Path]]:
    """The replay of each fuzzer, with the files of its corpus. What this build does not contain is left out."""
    names = [path.stem.removesuffix("_fuzz") for path in sources("_fuzz.c")]
    found = [[folder / "fuzz" / f"{name}_replay", *sorted((CORPUS / name).iterdir())] for name in names]
    return [argv for argv in found if argv[0].exists()]


def run(argv: Sequence[Path], before: Sequence[str]) -> tuple[int, str]:
    """How many tests have passed, or files were read, and what is wrong; "" if nothing is."""
    environment = os.environ | {"CMOCKA_MESSAGE_OUTPUT": "TAP"}
    try:
        done = subprocess.run([*before, *argv], env=environment, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return 0, f"{argv[0]} did not end within {TIMEOUT_S} s"
    files = [str(file) for file in argv[1:]]
    passed = len(files) if files else len(re.findall(r"^ok \d+ - ", done.stdout, re.M))
    is_right = done.returncode == 0 and not re.search(r"^not ok \d+ - ", done.stdout, re.M) and (done.stdout.split() == files if files else passed)
    said = f"{done.stdout[-SAID_CHARACTERS:]}{done.stderr[-SAID_CHARACTERS:]}"
    return passed, "" if is_right else f"{said}\n{argv[0]} ends with {done.returncode}"


def count(argvs: Sequence[Sequence[Path]], before: Sequence[str] = ()) -> int:
    """How many tests or files these programs were right about. Fault: the output of each program that was not, or there is none."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda argv: run(argv, before), argvs))
    if wrong := [why for _, why in results if why]:
        raise Fault("\n".join(wrong))
    if not results:
        raise Fault("the build contains no programs to be watched")
    return sum(passed for passed, _ in results)
