"""clinic.py - our own sampler and its session files, through the `clinic` program.

Format  profiler/FORMAT.md for sessions; `clinic report --json` for the shares.
"""

import json
from pathlib import Path

from labkit.instruments import Unavailable, run_tool

CLINIC = Path("build/bin/clinic")


def run(*argv: str, timeout_s: float = 300) -> str:
    if not CLINIC.exists():
        raise Unavailable(f"{CLINIC} is not built; run make build")
    return run_tool([str(CLINIC.resolve()), *argv], timeout_s=timeout_s).stdout


def import_perf(script: Path, session: Path) -> None:
    run("import", str(script), "-o", str(session))


def export(session: Path, output: Path, *more: str) -> None:
    run("export", str(session), "-o", str(output), *more)


def report(session: Path, *more: str) -> dict:
    return json.loads(run("report", str(session), "--json", *more))
