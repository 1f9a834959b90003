"""release_check.py - `make release-check` and `make gates-red`.  hardening/gates/NN-name -> release-checklist.md, evidence.json

A gate is a program that ends with 0 (passed), 1 (failed) or 77 (skipped); its last line is the evidence, or the reason. NN-name.red
plants a fault and ends with 0 if the gate then fails: a gate that cannot fail proves nothing. The comment on the second line of a
gate states what it asserts. Gates check the folder in which they are started, so red twins start them in a copy.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

GATES = Path("hardening/gates")
PAGE, EVIDENCE = Path("hardening/release-checklist.md"), Path("hardening/evidence.json")
NAME = re.compile(r"\d\d-[a-z-]+")
VERDICTS = {0: "pass", 77: "skip"}
TIMEOUT_S = 1200


@dataclass(frozen=True)
class Result:
    gate: str
    asserts: str
    verdict: str  # pass, fail or skip
    evidence: str
    seconds: float
    commit: str  # the commit that it checked; a "+" behind it means that there were uncommitted changes


def gates(only: list[str]) -> list[Path]:
    found = sorted(path for path in GATES.iterdir() if NAME.fullmatch(path.name))
    return [path for path in found if not only or path.name[:2] in only]


def asserted_by(gate: Path) -> str:
    """The text of the comment on the second line of a gate, after the name."""
    second = gate.read_text(encoding="utf-8").splitlines()[1]
    return second.removeprefix(f"# {gate.name} - ").rstrip(".")


def run(program: Path) -> tuple[int, str, float]:
    """(exit code, last line of the output, seconds). A gate that hangs is killed after TIMEOUT_S and counts as failed."""
    started = time.monotonic()
    with subprocess.Popen([f"./{program}"], env=without_make(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          start_new_session=True) as running:
        try:
            lines = running.communicate(timeout=TIMEOUT_S)[0].strip().splitlines()
            code = running.returncode
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)  # its children, too, because they keep the pipe open
            code, lines = 1, [f"it did not end within {TIMEOUT_S} s"]
    if code not in VERDICTS:
        print("\n".join(f"    {line}" for line in lines[-40:-1]))
    return code, lines[-1] if lines else "it printed nothing", time.monotonic() - started


def without_make() -> dict[str, str]:
    """The environment without what make says to a make below it: each gate's own make uses all processors, as one that a person starts."""
    return {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}


def check(only: list[str]) -> list[Result]:
    results = []
    for gate in gates(only):
        code, last, seconds = run(gate)
        results.append(Result(gate.name, asserted_by(gate), VERDICTS.get(code, "fail"), last, round(seconds, 1), judged()))
        print(f"{results[-1].verdict:5} {gate.name:20} {seconds:5.0f} s  {last}", flush=True)
    return results


def judged() -> str:
    return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain") else "")


def rewritten(results: list[Result]) -> None:
    """Writes evidence and page with the rows of these gates replaced or added; the other rows stay."""
    evidence = json.loads(EVIDENCE.read_text())
    rows = {one["gate"]: one for one in evidence["gates"]} | {one.gate: asdict(one) for one in results}
    standing = {path.name for path in gates([])}
    EVIDENCE.write_text(json.dumps(evidence | {"gates": [rows[name] for name in sorted(rows) if name in standing]}, indent=1) + "\n")
    PAGE.write_text(page(json.loads(EVIDENCE.read_text())))


def write(results: list[Result]) -> None:
    EVIDENCE.write_text(json.dumps({"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain")),
                                    "checked_utc": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                                    "gates": [asdict(one) for one in results]}, indent=1) + "\n")
    PAGE.write_text(page(json.loads(EVIDENCE.read_text())))


def page(evidence: dict) -> str:
    """The text of the checklist, from the evidence alone; a test compares the two with each other and with the gates."""
    count = {verdict: sum(one["verdict"] == verdict for one in evidence["gates"]) for verdict in ("pass", "fail", "skip")}
    dirty = ", with changes that are not committed" if evidence["dirty"] else ""
    rows = [f"| {mark(one['verdict'])} | [{one['gate']}](gates/{one['gate']}) | {cell(one['asserts'])} | {cell(one['evidence'])}{again(one, evidence)} | {one['seconds']:.0f} |"
            for one in evidence["gates"]]
    return "\n".join([
        "# Release checklist", "",
        f"Written by `make release-check` on {evidence['checked_utc'][:16]} (UTC), of commit `{evidence['commit'][:12]}`{dirty}: "
        f"{count['pass']} passed, {count['fail']} failed, {count['skip']} skipped. Each gate has a twin that plants a fault and must turn it red "
        "(`make gates-red`).", "",
        "| | Gate | What it asserts | Evidence | s |", "|---|---|---|---|--:|", *rows]) + "\n"


def again(one: dict, evidence: dict) -> str:
    """A note beside a gate that was run again at another commit; otherwise an empty text."""
    commit = one.get("commit", evidence["commit"]).rstrip("+")
    return "" if evidence["commit"].startswith(commit) else f" (run again, of `{commit[:12]}`)"


def mark(verdict: str) -> str:
    return {"pass": "PASS", "fail": "**FAIL**", "skip": "skipped"}[verdict]


def cell(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;")


def check_red(only: list[str]) -> int:
    """The number of gates that did not fail with a fault planted, or that have no red twin."""
    green = 0
    for gate in gates(only):
        twin = gate.with_name(f"{gate.name}.red")
        code, last, seconds = run(twin) if twin.exists() else (1, "it has no red twin", 0.0)
        green += code not in VERDICTS
        print(f"{'red' if code == 0 else 'skip' if code == 77 else 'GREEN':5} {gate.name:20} {seconds:5.0f} s  {last}", flush=True)
    return green


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True).stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--red", action="store_true", help="run the red twins instead; each plants a fault that its gate must find")
    parser.add_argument("--only", nargs="+", default=[], metavar="NN", help="run only the gates with these numbers, and do not write the page (but see --again)")
    parser.add_argument("--again", action="store_true", help="with --only: write the rows of these gates into the page; the other rows stay")
    args = parser.parse_args()
    if unknown := set(args.only) - {path.name[:2] for path in gates([])}:
        parser.error(f"there is no gate {', '.join(sorted(unknown))}")
    if args.red:
        return int(check_red(args.only) > 0)
    results = check(args.only)
    if not args.only:
        write(results)
    elif args.again:
        rewritten(results)
    failed = [one.gate for one in results if one.verdict == "fail"]
    print(f"release-check: {len(results) - len(failed)} of {len(results)} not red" + (f"; RED: {', '.join(failed)}" if failed else ""))
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
