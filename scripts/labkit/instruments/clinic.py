"""clinic.py - our own sampler and its session files, through the `clinic` program.

Format  profiler/FORMAT.md for sessions; `clinic report --json` for the shares.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labkit import in_a_checkout
from labkit.instruments import Unavailable, run_tool
from labkit.process import run_process

CLINIC = Path("build/bin/clinic")


def program() -> str:
    found = in_a_checkout(CLINIC)
    if not found.exists():
        raise Unavailable(f"{found} is not built; run make build")
    return str(found.resolve())


def run(*argv: str, timeout_s: float = 300, **how: Any) -> str:
    """how: what run_tool takes."""
    return run_tool([program(), *argv], timeout_s=timeout_s, **how).stdout


def record(argv: Sequence[str], session: Path, *, timeout_s: float, events: str = "cpu", stdin: Path | None = None,
           cwd: Path | None = None, expect_exit: int = 0) -> None:
    """Make one run under an instrument (events: what record -e takes). Unavailable where it cannot observe or where the command fails."""
    done = run_process([program(), "record", "-e", events, "-o", str(session.resolve()), "--", *argv], timeout_s=timeout_s,
                       stdin=stdin, cwd=cwd, expect_exit=expect_exit)
    if done.failure is not None:
        said = " ".join(done.stderr.split())[-300:]
        raise Unavailable(f"clinic record -e {events} of {' '.join(argv)} ended with {done.failure}, exit code {done.exit_code}: "
                          f"{said}")


def merge(sessions: Sequence[Path], output: Path) -> None:
    run("merge", *map(str, sessions), "-o", str(output))


def diff(base: Path, new: Path, picture: Path, title: str) -> dict:
    """The output of `clinic diff --json` over all functions; it also draws the picture."""
    return json.loads(run("diff", str(base), str(new), "-o", str(picture), "--title", title, "--json"))


def import_perf(script: Path, session: Path) -> None:
    run("import", str(script), "-o", str(session))


def export(session: Path, output: Path, *more: str) -> None:
    run("export", str(session), "-o", str(output), *more)


def report(session: Path, *more: str) -> dict:
    return json.loads(run("report", str(session), "--json", *more))
