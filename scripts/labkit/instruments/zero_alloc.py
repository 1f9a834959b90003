"""zero_alloc.py - check that a stage does not allocate.  `clinic record -e alloc --assert-zero-alloc STAGE`

The assertion works inside the program: the first allocation in the stage ends it with exit code 97 and prints the call
site. A CI job runs the same command, so it gets the same result as the audit.
"""

import tempfile
from pathlib import Path
from typing import Any

from labkit.instruments import Unavailable, clinic
from labkit.process import run_process

BREACHED = 97


def check(argv: list[str], stage: str, *, environment: dict[str, str] | None = None,
          timeout_s: float) -> dict[str, Any]:
    """{"stage", "held", "breach"}; breach: the violated rule, the requested size and the innermost frames, or None."""
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        done = run_process([clinic.program(), *arguments(stage, Path(folder) / "heap.json"), *argv],
                           environment=environment, timeout_s=timeout_s)
    if done.exit_code not in (0, BREACHED) or done.failure not in (None, "exit"):
        raise Unavailable(f"the assertion on stage {stage} ended with {done.failure}, exit code {done.exit_code}: "
                          f"{done.stderr.strip()[-200:]}")
    held = done.exit_code == 0
    return {"stage": stage, "held": held, "breach": None if held else _breach(done.stderr)}


def arguments(stage: str, session: Path | str) -> list[str]:
    return ["record", "-e", "alloc", "--assert-zero-alloc", stage, "-o", str(session), "--"]


def _breach(said: str) -> str:
    """The violated rule and the call: the first line of the message and the first frame."""
    lines = said.splitlines()
    first = next((i for i, line in enumerate(lines) if line.startswith("clinic: stage")), None)
    return " ".join(" ".join(lines[first:first + 2]).split()) if first is not None else said.strip()[-200:]
