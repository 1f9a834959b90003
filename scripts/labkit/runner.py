"""runner.py - make runs: takes blocks of runs as data and returns the result of each.  process -> runner -> subject

A run is data: a runner, on this machine or another, needs only these fields and the files that they name.

Units  _ns nanoseconds, _s seconds.
"""

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from labkit import host, whole_session
from labkit.outcome import UsageError
from labkit.process import STDOUT_KEPT_BYTES, Cpus, ProcessRun, run_process
from labkit.scratch import in_memory

OUTPUT = "{output}"  # in argv: a file chosen by the runner, to which the program writes its JSON document
TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    """One observation to be made: a program, run repeat_count times, each time after the shell command `prepare`."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] | None = None  # None: the runner's own
    files: tuple[Path, ...] = ()  # files that must exist: the program, its fixture
    cwd: Path | None = None
    stdin: Path | None = None
    timeout_s: float = 60.0
    prepare: str | None = None
    repeat_count: int = 1
    expect_exit: int = 0  # any other exit code is a failure
    kept_output_bytes: int = STDOUT_KEPT_BYTES  # of the beginning of what it prints


@dataclass(frozen=True)
class RunBlock:
    """Runs that belong together, in the order in which they are made. seed: the seed of the plan that chose the order."""

    runs: tuple[Run, ...]
    seed: int


@dataclass(frozen=True)
class Finished:
    """The result of a run: its processes up to the first that failed, and the JSON document that it wrote, if any."""

    processes: tuple[ProcessRun, ...]
    document: dict | None
    steal_ns: int  # CPU time that the hypervisor took during the run
    machine: str  # fingerprint of the machine that made the run


class Runner(Protocol):
    """Makes runs on one machine."""

    def run(self, block: RunBlock) -> Iterator[Finished]:
        """Make the runs of the block in order, and yield each as soon as it has ended."""

    def finish(self, run: Run) -> Finished:
        """Make one run that belongs to no block."""


@dataclass(frozen=True)
class LocalRunner:
    """Makes runs on this machine. cpu: the CPUs to which programs are pinned. watch: as in run_process."""

    cpu: Cpus = None
    watch: Callable[[subprocess.Popen], str | int | None] = subprocess.Popen.wait

    def run(self, block: RunBlock) -> Iterator[Finished]:
        return map(self.finish, block.runs)

    def finish(self, run: Run) -> Finished:
        before_ns = steal_ns(self.cpu)
        with _folder_for(run) as folder:
            output = Path(folder or "") / "run.json"
            argv = [str(output) if word == OUTPUT else word for word in run.argv]
            processes = tuple(self._processes(run, argv))
            document = _read_json(output) if folder else None
        return Finished(processes, document, steal_ns(self.cpu) - before_ns, host.fingerprint())

    def _processes(self, run: Run, argv: Sequence[str]) -> Iterator[ProcessRun]:
        for _ in range(run.repeat_count):
            run_hook(run.prepare, "prepare")
            process = run_process(argv, cpu=self.cpu, environment=run.environment, stdin=run.stdin, cwd=run.cwd,
                                  timeout_s=run.timeout_s, expect_exit=run.expect_exit, capture_limit_bytes=run.kept_output_bytes,
                                  watch=self.watch)
            yield process
            if process.failure is not None:
                return


def _folder_for(run: Run) -> contextlib.AbstractContextManager[str | None]:
    """A temporary folder for the run's document; none is made for a run without a document, because that takes time."""
    if OUTPUT not in run.argv:
        return contextlib.nullcontext()
    return tempfile.TemporaryDirectory(prefix="clinic-", dir=in_memory())


def run_hook(text: str | None, name: str) -> None:
    """Run a shell command such as rm, cp or sync before a measurement. It is not timed. name: of the option or key that has it."""
    if text is None:
        return
    done = whole_session.run(["sh", "-c", text])
    if done.returncode != 0:
        raise UsageError(f"{name} {text!r} failed with exit code {done.returncode}: "
                         f"{done.stderr.strip()[-200:] or 'it printed nothing'}")


def steal_ns(cpu: Cpus = None) -> int:
    """Time that the hypervisor took from these CPUs (None: from all) since boot, to one tick. 0 where it is unknown."""
    numbers = cpu if isinstance(cpu, tuple) else (cpu,)
    labels = {"cpu" if number is None else f"cpu{number}" for number in numbers}
    try:
        lines = [line.split() for line in Path("/proc/stat").read_text().splitlines()]
        return sum(int(fields[8]) for fields in lines if fields and fields[0] in labels) * TICK_NS
    except (OSError, IndexError):
        return 0


def _read_json(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None
