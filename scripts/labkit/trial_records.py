"""trial_records.py - read the trials of a calibration.  FINGERPRINT.jsonl, .CONDITION.jsonl.xz -> records

The first record is the head. The others are trials, or another tool's later results on a trial (calibration/trial_file.py).
"""

import json
import lzma
from pathlib import Path

from labkit.evidence import disk_errors
from labkit.row_file import read_rows

# QUIET and BUSY compare a program with copies of itself. In the other conditions both sides are linked anew for each
# block, and judged as `lab gate`, an audit and `lab gate --in-process` judge.
OF_ONE_PROGRAM = QUIET, BUSY = "quiet", "busy"
RELINKED, AUDIT, IN_PROCESS = "relinked", "audit", "in process"
CONDITIONS = (*OF_ONE_PROGRAM, RELINKED, AUDIT, IN_PROCESS)


def read_records(path: Path) -> list[dict]:
    """The head and all trials so far, from path or from the packed files made of it; [] if none of them exists."""
    if path.exists():
        return list(read_rows(path))
    records: list[dict] = []
    for packed in packed_files(path):
        with disk_errors(packed), lzma.open(packed, "rt", encoding="utf-8") as lines:
            records += [json.loads(line) for line in lines]
    return records


def read_head(path: Path) -> dict:
    return next(record for record in read_records(path) if record["kind"] == "head")


def packed_files(path: Path) -> list[Path]:
    """The packed files that exist. They are found by name and not by pattern, because the file names of the quick size
    begin like those of the documented size."""
    return [packed for condition in CONDITIONS if (packed := packed_file(path, condition)).exists()]


def packed_file(path: Path, condition: str) -> Path:
    return path.with_name(f"{path.stem}.{condition.replace(' ', '-')}.jsonl.xz")
