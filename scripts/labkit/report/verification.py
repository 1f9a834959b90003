"""verification.py - verify a sealed report; the result in sentences and as an exit code.  sealed report -> verification.py -> Verification

A report that this version of the lab sealed is recomputed here. Any other report is recomputed by the version that sealed it, if
that version is in git's history. The signature is checked as well, and a broken signature fails.
"""

import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from labkit.outcome import Exit
from labkit.report.made_by import find_commit, this_version, tree_of
from labkit.report.recompute import Difference, as_sealed, recompute
from labkit.report.seal import MadeBy, read_manifest
from labkit.report.signature import State, examine

SHOWN = 40
# An older lab reads the same report, which may be hostile, with fewer checks.
OLDER_TIMEOUT_S = 300
OLDER_MEMORY_BYTES = 4 << 30


@dataclass(frozen=True)
class Verification:
    """lines: the sentences; the last but one is the conclusion, and the last is about the signature."""

    code: Exit
    lines: tuple[str, ...]

    @property
    def conclusion(self) -> str:
        return self.lines[-2]

    @property
    def signature(self) -> str:
        return self.lines[-1]


def verify(report: Path) -> Verification:
    """Raises SealError if the folder was never sealed."""
    code, lines = _recomputed(report)
    signature = examine(report)
    broken = signature.state is State.BROKEN
    return Verification(Exit.FAILED if broken else code, (*lines, f"{report}: {signature}"))


def _recomputed(report: Path) -> tuple[Exit, list[str]]:
    made_by = read_manifest(report).made_by
    if made_by is None or made_by == this_version():
        differences = recompute(report)
        return _failed(report, differences) if differences else (
            Exit.PASSED, [f"{report}: every file, number, page and figure follows from the evidence"])
    differences = as_sealed(report)
    return _failed(report, differences) if differences else _ask_its_maker(report, made_by)


def _failed(report: Path, differences: list[Difference]) -> tuple[Exit, list[str]]:
    more = [f"and {len(differences) - SHOWN} more"] if len(differences) > SHOWN else []
    return Exit.FAILED, [*map(str, differences[:SHOWN]), *more, f"{report}: FAILED, {len(differences)} difference(s)"]


def _ask_its_maker(report: Path, made_by: MadeBy) -> tuple[Exit, list[str]]:
    """Let the version that sealed the report recompute it; if that version cannot be found, the pages cannot be checked."""
    maker = f"lab {made_by.version}, {made_by.sha256[:8]}"
    commit = find_commit(made_by, report)
    if commit is None:
        return Exit.INCONCLUSIVE, [
            f"{report}: every file is as sealed, but the version that sealed it ({maker}) is not in this checkout's "
            "history, so nothing could be recomputed; fetch the history, or ask the author for the commit"]
    with tree_of(commit) as tree:
        code, said = _run_bounded([sys.executable, "-B", str(tree / "scripts" / "lab"), "verify", str(report.resolve())])
    if code == 0:
        return Exit.PASSED, [f"{report}: every file, number, page and figure follows from the evidence, recomputed by the "
                             f"version that sealed it ({maker}, commit {commit[:12]})"]
    said_lines = [line.removeprefix("verify: ") for line in said.splitlines()]
    return Exit.FAILED, [*said_lines, f"{report}: FAILED, as recomputed by the version that sealed it ({maker}, commit {commit[:12]})"]


def _run_bounded(command: list[str]) -> tuple[int, str]:
    """The exit code of the command, its output, and the last line of its error output."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = OLDER_MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(hard, OLDER_MEMORY_BYTES)
    try:
        done = subprocess.run(["prlimit", f"--as={limit}", "--", *command], capture_output=True, text=True,
                              errors="replace", timeout=OLDER_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return Exit.FAILED, f"the older version did not end within {OLDER_TIMEOUT_S} s"
    return done.returncode, done.stdout + (done.stderr.strip().splitlines() or [""])[-1]
