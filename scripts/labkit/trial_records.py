"""trial_records.py - the trials of a calibration, read from where they are kept.  FINGERPRINT.jsonl, .CONDITION.jsonl.xz -> records

The first record is the head; the others are trials, or what another tool said of one later (calibration/trial_file.py).
"""

import json
import lzma
from pathlib import Path

from labkit.evidence import disk_errors
from labkit.row_file import read_rows

# Of one program and its copies; then both sides linked anew for each block: as `lab gate` judges,
# as an audit does, and as `lab gate --in-process` does.
OF_ONE_PROGRAM = QUIET, BUSY = "quiet", "busy"
RELINKED, AUDIT, IN_PROCESS = "relinked", "audit", "in process"
CONDITIONS = (*OF_ONE_PROGRAM, RELINKED, AUDIT, IN_PROCESS)


def read_records(path: Path) -> list[dict]:
    """The head and all trials so far, from path or from what it was packed into; [] if there is neither."""
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
    """By name and not by pattern: the quick size's files begin like the documented size's."""
    return [packed for condition in CONDITIONS if (packed := packed_file(path, condition)).exists()]


def packed_file(path: Path, condition: str) -> Path:
    return path.with_name(f"{path.stem}.{condition.replace(' ', '-')}.jsonl.xz")
