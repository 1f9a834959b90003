"""row_file.py - rows as JSON lines, each on disk before the next is measured.  interleave -> rows.jsonl -> anyone

An interrupted or crashed campaign keeps every row that it measured; an incomplete last line is ignored.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from labkit.evidence import disk_errors


class RowFile:
    """An append-only file. kept: the rows added through this object."""

    def __init__(self, path: Path):
        self.path = path
        self.kept: list[dict] = []
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self.file = open(path, "a", encoding="utf-8")

    def __enter__(self) -> "RowFile":
        return self

    def __exit__(self, *_error) -> None:
        with disk_errors(self.path):
            self.file.close()  # a write that a full disk refused is tried once more

    def add(self, row: dict) -> None:
        self.kept.append(row)
        with disk_errors(self.path):
            self.file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
            self.file.flush()


def read_rows(path: Path) -> Iterator[dict]:
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)
