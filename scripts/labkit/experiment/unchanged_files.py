"""unchanged_files.py - the files that runs depend on stay what they were.  paths -> unchanged_files -> LabError

A program that is compiled anew in the middle of a comparison is two programs; what was measured of both belongs to neither.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from labkit.outcome import LabError
from labkit.untrusted_file import UntrustedFileError, sha256_of_regular_file


class UnchangedFiles:
    """As they are now: which file, its size, when it was changed last; and its content, for a touch changes nothing."""

    def __init__(self, paths: Iterable[Path]):
        self.seen = {path: (identity_of(path), content_of(path)) for path in dict.fromkeys(paths)}

    def check(self, rows: Path) -> None:
        for path, (identity, content) in self.seen.items():
            now = identity_of(path)
            if now == identity:
                continue
            if content_of(path) != content:
                raise LabError(f"{path} has changed while it was measured, so nothing is concluded; the runs so far are in {rows}; "
                               "compare again once nothing builds it")
            self.seen[path] = now, content


def identity_of(path: Path) -> tuple[int, ...] | None:
    """None: it is gone."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def content_of(path: Path) -> str | None:
    try:
        return sha256_of_regular_file(path.resolve())
    except UntrustedFileError:
        return None
