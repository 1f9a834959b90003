"""named_files.py - the files on which a command line depends: its program, a script's interpreter, files among its arguments.

command line -> named_files -> unchanged_files

A file that the command writes may be among its arguments, too (`-o out`). It changes in the run that checks the answer, by which it is
recognised: InputFiles notes the files before that run, and leaves out those that have changed since.
"""

import os
import shlex
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from labkit.experiment.unchanged_files import identity_of

SHEBANG_BYTES = 256  # the kernel reads no more
NOT_KEPT = ("/proc/", "/sys/", "/dev/")  # what is read there changes by itself


class InputFiles:
    """Files that may be inputs, with their identities before the first run."""

    def __init__(self, paths: Iterable[Path] = ()):
        self.before = {path: identity_of(path) for path in paths}

    def forget(self, paths: Iterable[Path]) -> None:
        for path in paths:
            self.before.pop(path, None)

    def unwritten(self) -> list[Path]:
        """Those that no run so far has changed."""
        return [path for path, identity in self.before.items() if identity_of(path) == identity]


def files_among(words: Iterable[str], cwd: Path | None = None) -> Iterator[Path]:
    """The regular files that the words of a command line name: alone, behind `=`, or within the line that a shell is given."""
    for word in words:
        yield from regular([word, word.partition("=")[2]], cwd) or regular(words_of_shell(word), cwd)


def regular(texts: Iterable[str], cwd: Path | None) -> list[Path]:
    paths = [os.path.join(cwd or os.curdir, text) for text in texts if text]
    return [Path(path) for path in paths if os.path.isfile(path) and not os.path.realpath(path).startswith(NOT_KEPT)]


def words_of_shell(text: str) -> list[str]:
    """The words of a line for `sh -c`; none where there is only one, or where quotes do not match."""
    if not set(" \t\n;&|<>") & set(text):
        return []
    try:
        return list(shlex.shlex(text, posix=True, punctuation_chars=True))
    except ValueError:
        return []


def interpreter_of(program: Path) -> Path | None:
    """The program behind `#!` of a script, of env's argument where that is env; None for a program that is no script."""
    try:
        with open(program, "rb") as file:
            first = os.fsdecode(file.read(SHEBANG_BYTES)).partition("\n")[0]
    except OSError:
        return None
    if not first.startswith("#!") or not (words := first[2:].split()):
        return None
    if Path(words[0]).name == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    found = shutil.which(words[0]) if words else None
    return Path(found) if found else None
