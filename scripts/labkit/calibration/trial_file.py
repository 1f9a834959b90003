"""trial_file.py - the files that keep trials during and after a calibration.  calibration_trials -> FINGERPRINT.jsonl -> FINGERPRINT.CONDITION.jsonl.xz

While a calibration runs, one line for each trial is appended to FINGERPRINT.jsonl. When it is complete, one compressed file for
each condition replaces that file and has the same lines: several megabytes of numbers do not belong in a repository.
"""

import json
import lzma
from pathlib import Path

from labkit.evidence import disk_errors
from labkit.trial_records import packed_file, packed_files, read_head, read_records

CRITERION = "criterion"


def read_trials(path: Path) -> list[dict]:
    """The trials in path. Criterion's result on a trial is a later line of the file and becomes a part of that trial here."""
    records = read_records(path)
    said = {key_of(record): record for record in records if record["kind"] == CRITERION}
    return [record | ({CRITERION: said[key_of(record)]} if key_of(record) in said else {})
            for record in records if record["kind"] == "trial"]


def key_of(record: dict) -> tuple[str, int, int]:
    return record["condition"], record["extra"], record["index"]


def pack(path: Path) -> None:
    """Writes one compressed file for each condition; each starts with the head. Removes path after all of them are written."""
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
    """Writes the packed files back into one file, to which a calibration can append. Does nothing if that file exists or if
    there are no packed files."""
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
