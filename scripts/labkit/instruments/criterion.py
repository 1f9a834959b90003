"""criterion.py - criterion.rs (Debian: librust-criterion-dev) on two programs, by criterion_pair.rs.

Format  stdout: one sentence of SENTENCES on B; CRITERION_HOME/pair/{a,new}/raw.csv: one sample per line, with
        sample_measured_value in ns for iteration_count runs.
"""

import csv
import os
import shlex
import tempfile
from pathlib import Path

from labkit.instruments import Unavailable, run_tool

PROGRAM = Path("build/calibration/criterion_pair")
SENTENCES = {"Performance has regressed.": "regressed", "Performance has improved.": "improved",
             "Change within noise threshold.": "unchanged", "No change in performance detected.": "unchanged"}


def compare(a: list[str], b: list[str], *, budget_s: float, cpu: int, timeout_s: float) -> dict:
    """{"verdict", "a_us", "b_us"}: its verdict on b, and its samples in microseconds per run. Arguments have no spaces."""
    if not PROGRAM.exists():
        raise Unavailable(f"{PROGRAM} is not built; run make calibrate")
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        done = run_tool([str(PROGRAM), str(cpu), f"{budget_s:.3f}", shlex.join(a), shlex.join(b)],
                        timeout_s=timeout_s, environment=os.environ | {"CRITERION_HOME": folder})
        return {"verdict": verdict_of(done.stdout), "a_us": samples_us(Path(folder) / "pair/a/raw.csv"),
                "b_us": samples_us(Path(folder) / "pair/new/raw.csv")}


def verdict_of(said: str) -> str:
    """The verdict in criterion's output. Program A is not compared with anything, so only B has a sentence."""
    found = [verdict for sentence, verdict in SENTENCES.items() if sentence in said]
    if len(found) != 1:
        raise Unavailable(f"criterion printed no known verdict: {' '.join(said.split())[-200:]}")
    return found[0]


def samples_us(path: Path) -> list[float]:
    with open(path, newline="") as file:
        return [round(float(row["sample_measured_value"]) / float(row["iteration_count"]) / 1000, 1)
                for row in csv.DictReader(file)]
