"""count_executions.py - runs the fuzzers until each has read so many inputs, over several calls if need be.  `make fuzz-count` -> executions.json

The counts stand in executions.json beside this file, with the commit whose reader was searched last. An input that crashes its reader, hangs
it or makes it allocate too much ends the call with 1, and is a file in build/fuzz.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

COUNTS = Path("hardening/fuzz/executions.json")
FOUND, CORPUS = Path("build/fuzz/found"), Path("hardening/fuzz/corpus")
WRITING = threading.Lock()
EXECUTED = re.compile(r"^stat::number_of_executed_units: (\d+)$", re.M)


def counted() -> dict[str, dict]:
    return json.loads(COUNTS.read_text()) if COUNTS.exists() else {}


def search(name: str, runs: int, seconds: int, limits: list[str]) -> tuple[int, str]:
    """How many inputs the reader was given, and the last output if one of them broke it."""
    (FOUND / name).mkdir(parents=True, exist_ok=True)
    done = subprocess.run([f"build/fuzz/{name}", *limits, f"-runs={runs}", f"-max_total_time={seconds}", "-print_final_stats=1",
                           f"-artifact_prefix=build/fuzz/{name}-", FOUND / name, CORPUS / name],
                          capture_output=True, text=True, errors="replace")
    executed = EXECUTED.search(done.stderr)
    return int(executed[1]) if executed else 0, done.stderr[-3000:] if done.returncode else ""


def commit() -> str:
    return subprocess.run(["git", "describe", "--always", "--dirty=+", "--exclude=*", "--abbrev=12"], capture_output=True, text=True).stdout.strip()


def with_row(name: str, row: dict) -> None:
    """Writes the row of one reader; a call that is interrupted keeps the rows of the readers that were done."""
    COUNTS.write_text(json.dumps(dict(sorted((counted() | {name: row}).items())), indent=1) + "\n")


def count(name: str, args: argparse.Namespace) -> str:
    """Searches for what is missing; returns the last output if an input broke the reader."""
    before = counted().get(name, {"executions": 0, "seconds": 0})
    missing, started = args.runs - before["executions"], time.monotonic()
    if missing <= 0:
        return ""
    executions, broken = search(name, missing, args.seconds, args.limits.split())
    with WRITING:
        with_row(name, {"executions": before["executions"] + executions, "seconds": before["seconds"] + round(time.monotonic() - started),
                        "commit": commit(), "searched": date.today().isoformat()})
    print(f"{name}: {before['executions'] + executions} of {args.runs} executions", flush=True)
    return broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, required=True, help="how many inputs each reader is to be given, those of earlier calls included")
    parser.add_argument("--seconds", type=int, required=True, help="the longest time for each reader in this call")
    parser.add_argument("--limits", default="", help="libFuzzer's options for memory and time")
    parser.add_argument("readers", nargs="+", metavar="READER")
    args = parser.parse_args()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        broken = [said for said in pool.map(lambda name: count(name, args), args.readers) if said]
    print("\n".join(broken))
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
