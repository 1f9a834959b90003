"""untrusted_file.py - read a file whose author is not known.  path -> untrusted_file.py -> bytes, text or JSON value

A report, a calibration or a manifest may come from anybody. Only regular files are opened, never through a symbolic
link, and only up to a size limit, so a FIFO, a device or a sparse file of gigabytes neither hangs the reader nor fills
its memory. Ambiguous JSON is refused: duplicate keys, NaN, numbers beyond 64 bits, half a surrogate pair, and nesting
too deep for the parser.

Errors  UntrustedFileError, one sentence: the file, and what is wrong with it.
"""

import hashlib
import json
import os
import re
import stat
import zlib
from pathlib import Path
from typing import Any

from labkit.outcome import Exit, LabError

LIMIT_BYTES = 64 << 20
INTEGER_LIMIT = 1 << 64
CHUNK_BYTES = 1 << 20
GZIP = 16 + zlib.MAX_WBITS  # zlib(3): only the gzip format is accepted
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class UntrustedFileError(LabError):
    """A file that cannot be read as what it should be."""

    code = Exit.FAILED


def read_bytes(path: Path, limit_bytes: int = LIMIT_BYTES) -> bytes:
    """The whole content of a regular file of at most limit_bytes."""
    return b"".join(_chunks(path, limit_bytes))


def read_text(path: Path, limit_bytes: int = LIMIT_BYTES) -> str:
    """The content as text; it must be UTF-8."""
    return _decoded(read_bytes(path, limit_bytes), path)


def read_packed_text(path: Path, limit_bytes: int = LIMIT_BYTES) -> str:
    """The text of a gzip file, which holds at most limit_bytes of it."""
    unpacker = zlib.decompressobj(GZIP)
    try:
        content = unpacker.decompress(read_bytes(path, limit_bytes), limit_bytes)
    except zlib.error as error:
        raise UntrustedFileError(f"{path} is no gzip file: {error}") from error
    if not unpacker.eof:
        raise UntrustedFileError(f"{path} is cut, or holds more than {limit_bytes} bytes")
    return _decoded(content, path)


def read_json(path: Path, limit_bytes: int = LIMIT_BYTES) -> Any:
    """The JSON value that the file holds."""
    return parse_json(read_text(path, limit_bytes), str(path))


def sha256_of_regular_file(path: Path) -> str:
    """The SHA-256 of a regular file of at most LIMIT_BYTES, read in pieces."""
    whole = hashlib.sha256()
    for chunk in _chunks(path, LIMIT_BYTES):
        whole.update(chunk)
    return whole.hexdigest()


def parse_json(text: str, where: str) -> Any:
    """where: the file that an error names."""
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_bounded)
        if SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError as error:
        raise UntrustedFileError(f"{where} is not usable JSON: it is nested too deeply") from error
    except ValueError as error:
        raise UntrustedFileError(f"{where} is not usable JSON: {error}") from error
    return value


def _decoded(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UntrustedFileError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from error


def _chunks(path: Path, limit_bytes: int):
    """Yield the content in pieces. O_NONBLOCK, because opening a FIFO without a writer would wait for ever."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        reason = "is a symbolic link" if path.is_symlink() else f"cannot be read: {error.strerror}"
        raise UntrustedFileError(f"{path} {reason}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UntrustedFileError(f"{path} is not a regular file")
        if status.st_size > limit_bytes:
            raise UntrustedFileError(f"{path} has {status.st_size} bytes; at most {limit_bytes} are read")
        left = limit_bytes
        while left and (chunk := os.read(descriptor, min(CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk
    finally:
        os.close(descriptor)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)[:80]!r} occurs twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _bounded(text: str) -> int:
    if len(text) > 20 or abs(value := int(text)) >= INTEGER_LIMIT:
        raise ValueError(f"the number {text[:20]}... needs more than 64 bits")
    return value
