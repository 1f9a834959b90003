"""repeat - the same audit several times, in fresh clones: do its decisions and intervals agree?

Writes reports/repeat/WORKLOAD.MACHINE.json and .md. The clones contain the last commit, without uncommitted changes.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from labkit import host, repeatability
from labkit.evidence import write_text
from labkit.outcome import Exit, LabError, UsageError
from labkit.progress import Progress
from labkit.row_file import RowFile, read_rows
from labkit.schemas import check
from labkit.terminal_output import Line, show
from labkit.verbs import add_audit_arguments
from labkit.workload import manifest

KEPT = Path("build/repeat")


def add_arguments(parser) -> None:
    add_audit_arguments(parser)
    parser.add_argument("--times", type=int, default=5, metavar="COUNT", help="how many audits; the default is 5")


def run(args) -> Exit:
    manifest.load(args.workload)
    if args.times < 2:
        raise UsageError(f"--times {args.times}: at least 2 audits are needed for a comparison")
    if changed := output_of("git", "status", "--porcelain", "--untracked-files=no"):
        raise UsageError(f"{changed.splitlines()[0].strip()}: this change is not committed, so the clones would lack it; commit it first")
    commit = output_of("git", "rev-parse", "HEAD").strip()
    if not commit:
        raise UsageError("this is not a git checkout; an audit is repeated in clones of a checkout")
    kept = KEPT / f"{args.workload}.{commit[:12]}.{args.budget}.{host.fingerprint()[:16]}.jsonl"
    records = all_audits(args, commit, kept)
    audits, invalid = [one["audit"] for one in records if "audit" in one], [one["invalid"] for one in records if "invalid" in one]
    if len(audits) < 2:
        raise LabError(f"{len(audits)} of {args.times} audits were valid, and a comparison needs 2 (last: {invalid[-1]}); {kept} keeps them, and a "
                       "larger --times continues", Exit.ENVIRONMENT)
    found = repeatability.document(args.workload, audits, invalid)
    path = repeatability.path_of(args.workload, found["fingerprint"])
    check(found, str(path))
    write_text(path, json.dumps(found, indent=1) + "\n")
    write_text(path.with_suffix(".md"), repeatability.page(found))
    kept.unlink()
    show([Line(f"repeat: {repeatability.sentence(found)}; read {path.with_suffix('.md')}"), repeatability.decisions(found["audits"])])
    return Exit.PASSED


def all_audits(args, commit: str, kept: Path) -> list[dict]:
    """The record of each audit, on disk before the next one begins: its number, and the audit's summary or why it was invalid. Those
    that an earlier call left in `kept` are not made again."""
    done = {one["number"]: one for one in read_rows(kept)} if kept.exists() else {}
    missing = [number for number in range(1, args.times + 1) if number not in done]
    with Progress("repeat", len(missing)) as progress, RowFile(kept) as log:
        for number in missing:
            progress.say(f"repeat: audit {number} of {args.times}")
            done[number] = {"number": number} | audit_in_a_clone(args, commit, number)
            log.add(done[number])
            if "invalid" in done[number]:
                progress.say(f"repeat: audit {number} was invalid: {done[number]['invalid']}")
            progress.advance(f"{number} of {args.times} audits")
    return [done[number] for number in range(1, args.times + 1)]


def audit_in_a_clone(args, commit: str, number: int) -> dict:
    """{"audit": summary} of one audit in a fresh clone, which has no build and no open version, or {"invalid": reason}; number
    determines its seeds."""
    with tempfile.TemporaryDirectory(prefix="clinic-repeat-") as folder:
        clone = Path(folder) / "clone"
        must_run("git", "clone", "--quiet", ".", str(clone))
        must_run("git", "checkout", "--quiet", commit, cwd=clone)
        must_run("make", "--silent", "build", cwd=clone)
        audit = (sys.executable, "-B", "scripts/lab", "audit", args.workload, "--budget", args.budget, "--repetition", str(number))
        try:
            must_run(*audit, cwd=clone)
        except LabError as error:
            if error.code is not Exit.ENVIRONMENT:
                raise
            return {"invalid": str(error)}
        versions = sorted((clone / "reports" / args.workload).glob("v[0-9][0-9][0-9][0-9]/audit.json"))
        if not versions:
            raise LabError(f"audit {number} wrote no report")
        return {"audit": repeatability.summary_of_audit(json.loads(versions[-1].read_text()))}


def must_run(*argv: str, cwd: Path | None = None) -> None:
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:] or ["it printed nothing"]
        raise LabError(f"{' '.join(argv[:4])} failed with exit code {done.returncode}: {said[0][:300]}",
                       Exit.ENVIRONMENT if done.returncode == Exit.ENVIRONMENT else Exit.FAILED)


def output_of(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True).stdout
