"""harness.py - run a library workload once through its harness, as one evidence row.  build, fixture -> harness -> row

One process run is one observation: its row holds all its samples in order.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from labkit.outcome import INVALID_RUN, LabError
from labkit.process import ProcessRun
from labkit.runner import OUTPUT, Finished, LocalRunner, Run
from labkit.subject import Row, process_fields
from labkit.workload import fixture
from labkit.workload.build import Binary
from labkit.workload.manifest import Manifest

WRONG_ANSWER = 1  # the harness's exit code
ATTEMPTS = 3


@dataclass(frozen=True)
class Load:
    """How much of the workload one process runs."""

    size: str
    samples_count: int = 1
    minimum_ms: int = 0
    samples_max: int = 0  # where minimum_ms would take more samples; 0: no limit
    warmup_count: int = 1
    batch_count: int = 0  # 0: the harness chooses the number from the clock
    stages: bool = False
    expect: str | None = None

    def arguments(self) -> list[str]:
        argv = ["--size", self.size, "--runs", str(self.samples_count), "--warmup", str(self.warmup_count),
                "--minimum-ms", str(self.minimum_ms)]
        if self.samples_max:
            argv += ["--runs-max", str(self.samples_max)]
        if self.batch_count:
            argv += ["--batch", str(self.batch_count)]
        if self.stages:
            argv.append("--stages")
        if self.expect is not None:
            argv += ["--expect", self.expect]
        return argv


def command(manifest: Manifest, binary: Binary | Path, size: str, *more: str) -> list[str]:
    path = binary.path if isinstance(binary, Binary) else binary
    return [str(path), "--size", size, "--fixture", str(fixture.path_of(manifest, size)), *more]


def run_of(manifest: Manifest, binary: Binary, load: Load, *, environment: dict[str, str] | None = None,
           timeout_s: float = 60, program: Path | None = None) -> Run:
    """One process run of the harness, as data. program: another link of the same variant, which runs in the binary's environment."""
    return Run(argv=(*command(manifest, program or binary, load.size), *load.arguments(), "--json", OUTPUT),
               environment={**environment_of(binary), **(environment or {})},
               files=(program or binary.path, fixture.path_of(manifest, load.size)), timeout_s=timeout_s)


def row_of(binary: Binary, load: Load, finished: Finished) -> Row:
    """The row of that run. A crash, a hang or a wrong answer gives a row with its failure and detail; no row is left out."""
    (process,), document = finished.processes, finished.document
    row: Row = {"variant": binary.variant, "size": load.size, **process_fields(process)}
    row["failure"], row["detail"] = failure_of(process, document)
    if process.backtraces and row["failure"] == "timeout":
        row["backtraces"] = process.backtraces
    if document is not None:
        row.update({key: document[key] for key in ("answer", "batch_count", "ops_count", "samples_ns")})
        row.update({key: document[key] for key in ("clock", "stages", "allocations", "runs_count")
                    if key in document})
        row.update(_timed_part(document))
    return row


def observe(manifest: Manifest, binary: Binary, load: Load, *, cpu: int | None = None,
            environment: dict[str, str] | None = None, timeout_s: float = 60) -> Row:
    """Make one run on this machine, outside of any plan. A run that the workload calls invalid is made again, ATTEMPTS times in all."""
    for _ in range(ATTEMPTS):
        row = row_of(binary, load, LocalRunner(cpu).finish(run_of(manifest, binary, load, environment=environment, timeout_s=timeout_s)))
        if row["failure"] != INVALID_RUN:
            break
        print(f"{row['variant']} on size {row['size']}: a run is invalid: {row['detail']}", file=sys.stderr)
    return row


def _timed_part(document: dict) -> dict:
    """The end of set-up and warm-up, and the CPU time since then, which belongs to the samples."""
    return {"timed_started_ns": document["started_ns"], "timed_user_ns": document["usage"]["user_ns"],
            "timed_system_ns": document["usage"]["system_ns"]}


def must(row: Row, doing: str, *, is_timed: bool = True) -> Row:
    """The row; LabError if the run failed. It is used for the baseline, which has to run. is_timed: whether the times of the row are used; an
    invalid run is good enough for counts."""
    if row["failure"] == INVALID_RUN and not is_timed:
        return row
    if row["failure"] == INVALID_RUN:
        raise LabError(f"{doing}: {row['variant']} on size {row['size']}: environment invalid: {row['detail']}; the same command goes on")
    if row["failure"]:
        raise LabError(f"{doing}: {row['variant']} on size {row['size']} failed ({row['failure']}): {row['detail']}")
    return row


def environment_of(binary: Binary) -> dict[str, str]:
    """A small, fixed environment plus the variant's variables; what a login shell exports must not affect a measurement."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", **dict(binary.env)}


def failure_of(process: ProcessRun, document: dict | None) -> tuple[str | None, str | None]:
    """(reason, detail) of a failure; reasons: answer, crash, timeout, exit, spawn, or INVALID_RUN."""
    said = process.stderr.strip()[-500:]
    if process.failure == "timeout":
        return "timeout", f"still running after {process.wall_ns / 1e9:.0f} s and killed"
    if process.failure == "signal":
        return "crash", f"killed by signal {process.signal}; {said}"
    if process.failure in ("spawn", "output"):
        return "crash", said or process.failure
    if process.exit_code == WRONG_ANSWER:
        return "answer", said
    if process.exit_code != 0 or document is None:
        return "exit", f"exit code {process.exit_code}; {said}"
    if "invalid" in document:
        return INVALID_RUN, document["invalid"]
    return None, None
