"""trial_file.py - where trials are kept.  calibration_trials -> FINGERPRINT.jsonl -> FINGERPRINT.CONDITION.jsonl.xz

While a calibration runs, one line a trial is appended to FINGERPRINT.jsonl. When it is complete, a compressed file a
condition takes its place, with the same lines: several megabytes of numbers do not belong in a repository.
"""

import json
import lzma
from pathlib import Path

from labkit.error_rates import AUDIT
from labkit.evidence import disk_errors
from labkit.row_file import read_rows

# Of one program and its copies; then both sides linked anew for each block: as `lab gate` judges,
# as an audit does, and as `lab gate --in-process` does.
OF_ONE_PROGRAM = QUIET, BUSY = "quiet", "busy"
RELINKED, IN_PROCESS = "relinked", "in process"
CONDITIONS = (*OF_ONE_PROGRAM, RELINKED, AUDIT, IN_PROCESS)
CRITERION = "criterion"


def read_records(path: Path) -> list[dict]:
    """The head and all trials so far, from path or from what it was packed into; [] if there is neither."""
    if path.exists():
        return list(read_rows(path))
    records: list[dict] = []
    for packed in packed_files(path):
        with disk_errors(packed), lzma.open(packed, "rt", encoding="utf-8") as lines:
            records += [json.loads(line) for line in lines]
    return records


def read_trials(path: Path) -> list[dict]:
    """What criterion said of a trial comes as a later line, and is handed out as a part of the trial."""
    records = read_records(path)
    said = {key_of(record): record for record in records if record["kind"] == CRITERION}
    return [record | ({CRITERION: said[key_of(record)]} if key_of(record) in said else {})
            for record in records if record["kind"] == "trial"]


def key_of(record: dict) -> tuple[str, int, int]:
    return record["condition"], record["extra"], record["index"]


def read_head(path: Path) -> dict:
    return next(record for record in read_records(path) if record["kind"] == "head")


def packed_files(path: Path) -> list[Path]:
    """By name and not by pattern: the quick size's files begin like the documented size's."""
    return [packed for condition in CONDITIONS if (packed := packed_file(path, condition)).exists()]


def packed_file(path: Path, condition: str) -> Path:
    return path.with_name(f"{path.stem}.{condition.replace(' ', '-')}.jsonl.xz")


def pack(path: Path) -> None:
    """Every condition's file opens with the head. path goes once all of them are written."""
    head = read_head(path)
    by_condition: dict[str, list[dict]] = {}
    for trial in read_trials(path):
        by_condition.setdefault(trial["condition"], []).append(trial)
    for condition, trials in by_condition.items():
        packed = packed_file(path, condition)
        with disk_errors(packed), lzma.open(packed, "wt", encoding="utf-8", preset=9) as lines:
            lines.writelines(line_of(record) for record in (head, *trials))
    path.unlink()


def unpack(path: Path) -> None:
    """Back into one growing file, for a calibration that goes on; nothing if there is one, or none was packed."""
    records = [] if path.exists() else read_records(path)
    heads = [record for record in records if record["kind"] == "head"]
    if heads:
        trials = [record for record in records if record["kind"] == "trial"]
        with disk_errors(path):
            path.write_text("".join(line_of(record) for record in (heads[0], *trials)), encoding="utf-8")
        for packed in packed_files(path):
            packed.unlink()


def line_of(record: dict) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
