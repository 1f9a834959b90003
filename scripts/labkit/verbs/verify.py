"""verify - recompute every number of a sealed report from its evidence; any difference fails

Also prints whether the report is unsigned, is signed by a known key, or has a broken signature, which fails.
"""

import resource
import subprocess
import sys
from pathlib import Path

from labkit.outcome import Exit, UsageError

SHOWN = 40
# An older lab reads the same report, which may be hostile, with fewer checks.
OLDER_TIMEOUT_S = 300
OLDER_MEMORY_BYTES = 4 << 30


def add_arguments(parser) -> None:
    parser.add_argument("report", type=Path, help="the folder of a sealed report, for example reports/telemetry/v0001")


def run(args) -> Exit:
    if not args.report.is_dir():
        raise UsageError(f"{args.report} is not a folder; sealed reports are in reports/<workload>/vNNNN")
    from labkit.report.signature import State, examine

    code = recomputed(args.report)
    signature = examine(args.report)
    print(f"verify: {args.report}: {signature}")
    return Exit.FAILED if signature.state is State.BROKEN else code


def recomputed(report: Path) -> Exit:
    from labkit.report.made_by import this_version  # imported late, so that `lab --help` does not load scipy and matplotlib
    from labkit.report.recompute import as_sealed, recompute
    from labkit.report.seal import read_manifest

    made_by = read_manifest(report).made_by
    if made_by in (None, this_version()):
        return say(report, recompute(report), "every file, number, page and figure follows from the evidence")
    differences = as_sealed(report)
    return say(report, differences, "") if differences else ask_its_maker(report, made_by)


def say(report: Path, differences: list, all_is_well: str) -> Exit:
    if not differences:
        print(f"verify: {report}: {all_is_well}")
        return Exit.PASSED
    for one in differences[:SHOWN]:
        print(f"verify: {one}")
    if len(differences) > SHOWN:
        print(f"verify: and {len(differences) - SHOWN} more")
    print(f"verify: {report}: FAILED, {len(differences)} difference(s)")
    return Exit.FAILED


def ask_its_maker(report: Path, made_by) -> Exit:
    """Let the version that sealed the report recompute it; if that version cannot be found, the pages cannot be checked."""
    from labkit.report.made_by import find_commit, tree_of

    maker = f"lab {made_by.version}, {made_by.sha256[:8]}"
    commit = find_commit(made_by, report)
    if commit is None:
        print(f"verify: {report}: every file is as sealed, but the version that sealed it ({maker}) is not in this "
              "checkout's history, so nothing could be recomputed; fetch the history, or ask the author for the commit")
        return Exit.INCONCLUSIVE
    with tree_of(commit) as tree:
        code, said = run_bounded([sys.executable, "-B", str(tree / "scripts" / "lab"), "verify", str(report.resolve())])
    if code == 0:
        print(f"verify: {report}: every file, number, page and figure follows from the evidence, recomputed by the version "
              f"that sealed it ({maker}, commit {commit[:12]})")
        return Exit.PASSED
    print(said)
    print(f"verify: {report}: FAILED, as recomputed by the version that sealed it ({maker}, commit {commit[:12]})")
    return Exit.FAILED


def run_bounded(command: list[str]) -> tuple[int, str]:
    """The exit code of the command, its output, and the last line of its error output."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = OLDER_MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(hard, OLDER_MEMORY_BYTES)
    try:
        done = subprocess.run(["prlimit", f"--as={limit}", "--", *command], capture_output=True, text=True,
                              errors="replace", timeout=OLDER_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return Exit.FAILED, f"the older version did not end within {OLDER_TIMEOUT_S} s"
    return done.returncode, done.stdout + (done.stderr.strip().splitlines() or [""])[-1]
