"""virtual_speedup.py - one run of a program, as if one of its functions were faster: `clinic causal`.

Every other thread is delayed while the function runs; without these delays, the run took as long as it would take with a faster function
(Curtsinger and Berger, Coz, SOSP 2015).

Units   _ns nanoseconds of virtual time: the delays are already subtracted.
Format  what `clinic causal -o` writes: profiler/README.md.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.instruments import Unavailable, clinic
from labkit.process import Cpus, run_process
from labkit.untrusted_file import read_json

SUMS = ("threads_count", "samples_count", "function_samples_count", "cpu_ns", "function_cpu_ns", "ready_ns", "inserted_ns", "slept_ns")


@dataclass(frozen=True)
class Work:
    """What is run, and what counts as progress.

    file: the program or library that has the functions; None: the first word of argv. progress: the stage (clinic/stage.h) whose beginnings are
    counted; None: the whole run is one piece of work."""

    argv: tuple[str, ...]
    file: Path | None = None
    progress: str | None = None
    cpu: Cpus = None
    timeout_s: float = 60.0
    stdin: Path | None = None
    cwd: Path | None = None
    environment: Mapping[str, str] | None = None
    expect_exit: int = 0


def observe(work: Work, function: str, speedup_percent: int) -> dict[str, Any]:
    """One row: the virtual time of one piece of work, period_ns, and what the process counted. Unavailable where nothing could be measured."""
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        output = Path(folder) / "causal.json"
        done = run_process([clinic.program(), "causal", "--function", function, "--speedup", str(speedup_percent), "-o", str(output),
                            *options_of(work), "--", *work.argv], cpu=work.cpu, environment=work.environment, stdin=work.stdin, cwd=work.cwd,
                           timeout_s=work.timeout_s, expect_exit=work.expect_exit)
        if done.failure is not None:
            said = " ".join(done.stderr.split())[-300:]
            raise Unavailable(said if "clinic:" in said else f"{work.argv[0]} ended with {done.failure}, exit code {done.exit_code}: {said}")
        return row_of(read_json(output), work.progress) | {"function": function, "speedup_percent": speedup_percent}


def options_of(work: Work) -> list[str]:
    return [*(["--file", str(work.file)] if work.file else []), *(["--progress", work.progress] if work.progress else [])]


def row_of(document: Mapping[str, Any], progress: str | None) -> dict[str, Any]:
    """The row of the process that ran the function."""
    process = the_process(document["processes"])
    return {"period_ns": period_of(process, progress), **{key: process[key] for key in SUMS}}


def the_process(processes: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Virtual time does not pass from one process to another, so that the function may run in one process only."""
    busy = [one for one in processes if one["function_samples_count"]]
    if len(busy) > 1:
        raise Unavailable(f"{len(busy)} processes ran the function; a virtual speed-up works inside one process")
    found = busy or sorted(processes, key=lambda one: -one["cpu_ns"])[:1]
    if not found:
        raise Unavailable("no process that could be observed had loaded the function's file when it started")
    return found[0]


def period_of(process: Mapping[str, Any], progress: str | None) -> float:
    if progress is not None and process["progress_count"] < 2:
        raise Unavailable(f"the stage {progress} began {process['progress_count']} times; at least two are needed to measure a period")
    if progress is None and not process["ended_ns"]:
        raise Unavailable("the process was killed, so the end of its work is unknown; --progress STAGE counts pieces of it")
    if progress is None:
        period_ns = float(process["ended_ns"] - process["begun_ns"])
    else:
        period_ns = (process["progress_last_ns"] - process["progress_first_ns"]) / (process["progress_count"] - 1)
    if period_ns <= 0:
        raise Unavailable("the virtual speed-up leaves no time at all; choose a smaller one")
    return period_ns
