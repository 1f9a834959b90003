"""unchanged_files.py - check that the files of a comparison do not change during it.  paths -> unchanged_files -> LabError

If a program is compiled anew during a comparison, two programs were measured, and the result is valid for neither; the same holds for
an input. A file that is too large to be read again and again is known by its size and its time.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from labkit.outcome import LabError
from labkit.untrusted_file import UntrustedFileError, sha256_of_regular_file


class UnchangedFiles:
    """The identity, size, time of change and content of each file at the start. Changing only the time is no change."""

    def __init__(self, paths: Iterable[Path]):
        self.seen = {path: (identity_of(path), content_of(path)) for path in dict.fromkeys(paths)}

    def check(self, rows: Path) -> None:
        for path, (identity, content) in self.seen.items():
            now = identity_of(path)
            if now == identity:
                continue
            if content_of(path) != content:
                raise LabError(f"{path} has changed while it was measured, so nothing is concluded; the runs so far are in {rows}; "
                               "compare again after its build has finished")
            self.seen[path] = now, content


def identity_of(path: Path) -> tuple[int, ...] | None:
    """None if the file does not exist any more."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def content_of(path: Path) -> str | None:
    """A hash, or the size and time of a file that is too large; None if it does not exist any more."""
    try:
        return sha256_of_regular_file(path.resolve())
    except UntrustedFileError:
        identity = identity_of(path)
        return None if identity is None else str(identity[2:])
