"""named_output.py - an output file that the user named: probed before the work, written at its end.  path, text -> named_output.py -> file

A regular file is replaced atomically, by rename, and keeps its mode. A device, a pipe or a standard stream is not replaced:
the text is written to it. A symbolic link is followed if it belongs to root or to us, and its target is written. Another
user's link is refused: it could choose which of our files is replaced (fs.protected_symlinks need not be set).

Errors  UsageError of one sentence from probe, before minutes of measuring and not after them. LabError from write_named.
"""

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labkit.outcome import LabError, UsageError

LINKS_MAX = 40
FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}
DESCRIPTOR = re.compile(r"/(?:dev/fd|proc/self/fd)/(\d+)")


@dataclass
class Place:
    """An open folder and the name in it; is_regular: a file may be put there by rename."""

    folder: int
    name: str
    mode: int | None = None  # of what is there

    @property
    def is_regular(self) -> bool:
        return self.mode is None or stat.S_ISREG(self.mode)

    @property
    def is_folder(self) -> bool:
        return self.mode is not None and stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        return self.mode is not None and stat.S_ISLNK(self.mode)


def probe(option: str, path: Path | None) -> None:
    """Raise UsageError where nothing can be written. A missing folder is created."""
    if path is None or own_descriptor(path) is not None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with place_of(path) as place:
            if place.is_regular:
                descriptor, draft = open_draft(place)
                os.close(descriptor)
                os.unlink(draft, dir_fd=place.folder)
            elif place.is_folder:
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            elif not os.access(place.name, os.W_OK, dir_fd=place.folder):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise UsageError(f"{option} {path}: nothing can be written there ({reason(error)}); name another place") from None


def write_named(path: Path, text: str, advice: str = "the report's folder holds the same text") -> None:
    """Write the text; a regular file is written completely or not at all. advice: the end of the sentence where that fails."""
    try:
        stream = own_descriptor(path)
        if stream is not None:
            write_all(os.dup(stream), text)
            return
        with place_of(path) as place:
            if place.is_regular:
                replace_file(place, text)
            else:
                write_all(open_special(place), text)
    except OSError as error:
        raise LabError(f"cannot write {path}: {reason(error)}; {advice}") from error


def reason(error: OSError) -> str:
    return "it leads through a symbolic link of another user" if error.errno == errno.ELOOP else error.strerror


def own_descriptor(path: Path) -> int | None:
    """The descriptor, if the path names one of our own streams. Streams are not opened again: one may be a socket, or a log
    that others append to."""
    found = DESCRIPTOR.fullmatch(str(path))
    return STREAMS.get(str(path), int(found.group(1)) if found else None)


@contextlib.contextmanager
def place_of(path: Path) -> Iterator[Place]:
    place = Place(os.open("/" if path.is_absolute() else ".", FOLDER), "")
    try:
        walk(place, path)
        yield place
    finally:
        os.close(place.folder)


def walk(place: Place, path: Path) -> None:
    """Follow the path component by component through trusted links; afterwards place is the last component."""
    rest, links_left = parts_of(path), LINKS_MAX
    while rest:
        place.name, place.mode = rest.pop(0), None
        try:
            status = os.lstat(place.name, dir_fd=place.folder)
        except FileNotFoundError:
            if rest:
                raise
            return
        place.mode = status.st_mode
        if stat.S_ISLNK(status.st_mode):
            links_left -= 1
            if (led := follow(place, status, links_left)) is None:
                return
            rest = led + rest
        elif rest:
            enter(place, place.name)
    if not place.name or place.name == "..":
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


def follow(place: Place, link: os.stat_result, links_left: int) -> list[str] | None:
    """The components of the link's target; None for a descriptor below /proc, whose link text is not a path."""
    text = os.readlink(place.name, dir_fd=place.folder)
    if re.fullmatch(r"\w+:\[\d+\]", text):
        return None
    if links_left < 0 or link.st_uid not in (os.geteuid(), 0):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if os.path.isabs(text):
        enter(place, "/")
    return parts_of(Path(text))


def parts_of(path: Path) -> list[str]:
    return [part for part in path.parts if part != "/"]


def enter(place: Place, name: str) -> None:
    below = os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=place.folder)
    os.close(place.folder)
    place.folder = below


def open_draft(place: Place) -> tuple[int, str]:
    """Create the temporary file under a random name, which nobody can have prepared."""
    name = f".lab-{secrets.token_hex(8)}.part"
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666, dir_fd=place.folder)
    if place.mode is not None:
        os.fchmod(descriptor, stat.S_IMODE(place.mode) & 0o777)
    return descriptor, name


def open_special(place: Place) -> int:
    no_follow = 0 if place.is_link else os.O_NOFOLLOW
    return os.open(place.name, os.O_WRONLY | os.O_CLOEXEC | no_follow, dir_fd=place.folder)


def replace_file(place: Place, text: str) -> None:
    descriptor, draft = open_draft(place)
    try:
        write_all(descriptor, text)
        os.rename(draft, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)
    except BaseException:
        os.unlink(draft, dir_fd=place.folder)
        raise


def write_all(descriptor: int, text: str) -> None:
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
