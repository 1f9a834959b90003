"""whole_process.py - exact counts of one whole program: instructions by callgrind, allocations by our counter.

The instruments write one file per process of the program's tree at exit; the files are read and summed.
Format  callgrind output, `summary:` line (valgrind manual chapter 6); profiler/README.md for the counter's JSON.
"""

import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labkit.instruments import Unavailable, counter
from labkit.process import run_process
from labkit.runner import run_hook

COUNTS = ("allocations_count", "frees_count", "allocated_bytes")
SUMMARY = re.compile(r"^(?:summary|totals): (\d+)", re.M)


def instructions(argv: Sequence[str], *, timeout_s: float, **how: Any) -> int:
    """Instructions of the program and its children under callgrind, including the start-up of libc under valgrind. how: as in
    run_to_its_end."""
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        run_to_its_end(["valgrind", "--vgdb=no", "--tool=callgrind", "--trace-children=yes", "-q", f"--callgrind-out-file={folder}/%p", *argv],
                       "callgrind", timeout_s=timeout_s, **how)
        counts = [SUMMARY.search(path.read_text(errors="replace")) for path in Path(folder).iterdir()]
    found = [one for one in counts if one is not None]
    if not found or len(found) < len(counts):
        raise Unavailable("callgrind wrote no count of instructions")
    return sum(int(one.group(1)) for one in found)


def allocations(argv: Sequence[str], *, timeout_s: float, environment: Mapping[str, str] | None = None, **how: Any) -> dict[str, int]:
    """{"allocations_count", "frees_count", "allocated_bytes"}, exact. Unavailable for static programs, into which nothing can be loaded.
    A library that the environment loads, such as another allocator, stays loaded. how: as in run_to_its_end."""
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        environment = dict(os.environ if environment is None else environment)
        others = environment.get("LD_PRELOAD")
        environment |= counter.environment(Path(folder) / "%p.json")
        if others:
            environment["LD_PRELOAD"] += f":{others}"
        run_to_its_end(argv, "the program", timeout_s=timeout_s, environment=environment, **how)
        totals = [json.loads(path.read_text())["totals"] for path in Path(folder).iterdir()]
    if not totals:
        raise Unavailable("the allocation counter wrote nothing; is the program static?")
    return {key: sum(one[key] for one in totals) for key in COUNTS}


def run_to_its_end(argv: Sequence[str], name: str, *, timeout_s: float, prepare: str | None = None, **how: Any) -> None:
    """Run argv after the shell command `prepare`. how: what run_process takes. Unavailable where it fails."""
    run_hook(prepare, "prepare")
    run = run_process(argv, timeout_s=timeout_s, **how)
    if run.failure is not None:
        raise Unavailable(f"{name} failed ({run.failure}, exit code {run.exit_code}): {run.stderr.strip()[-200:]}")
