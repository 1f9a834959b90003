"""bench_taken.py - the time that a sampler takes from a program that only spins (victims/taken_time.c).

On a machine whose clock changes speed, 1 % of a program's CPU time cannot be seen. A sample takes some microseconds, each of which the program
counts, so that samplers can be distinguished even if their slowdowns cannot.
"""

import subprocess
from pathlib import Path

from bench_rows import Row

SPINNER = Path("build/victims/taken_time").resolve()

# ns taken for each second of spinning, by sampler: all of them forwards, then backwards.
Pass = dict[str, float]


def measure_taken(rounds: int, prefixes: dict[str, tuple[str, ...]], directory: str) -> list[tuple[Pass, Pass]]:
    """prefixes: {sampler: its command line in front of the program}; words may use {dir}."""
    def run_all(names: list[str]) -> Pass:
        return {name: taken_by(prefixes[name], directory) for name in names}
    return [(run_all(list(prefixes)), run_all(list(prefixes)[::-1])) for _ in range(rounds)]


def taken_by(prefix: tuple[str, ...], directory: str) -> float:
    answer = Path(directory, "taken")
    subprocess.run([word.replace("{dir}", directory) for word in prefix] + [SPINNER, answer], check=True,
                   capture_output=True)
    return float(answer.read_text())


def taken_rows(rounds: list[tuple[Pass, Pass]], plain: str, ours: str, theirs: str) -> list[Row]:
    """The rows of the table. The time that the machine takes without a sampler is subtracted."""
    def own(name: str) -> list[float]:
        return [sum(way[name] - way[plain] for way in both) / 2 for both in rounds]

    return [Row(f"{ours} over {theirs}", "times what it takes", [a / b for a, b in zip(own(ours), own(theirs))]),
            *(Row(name, "ms taken a second", [ns / 1e6 for ns in own(name)]) for name in (ours, theirs))]
