"""evidence.py - one JSON file per measurement, schema-checked on write and on read, written once.

Files appear by rename, so a reader never sees half of one, and an interrupted or full disk leaves
the old state. Format: templates/schemas/*.schema.json (JSON Schema 2020-12); the head is head.schema.json.
On disk, a list of rows with the same fields is stored as a table, which halves its size: {"fields": [...],
"texts": {field: [...]}, "rows": [[...], ...]}. Each field name and each distinct text of a column is stored once.
"""

import errno
import hashlib
import json
import os
import re
import sys
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Iterator

from labkit import VERSION
from labkit.foreign_text import as_unicode
from labkit.host import Finding, Host
from labkit.outcome import Exit, LabError
from labkit.untrusted_file import UntrustedFileError, read_json


FIGURE = re.compile(r"figures/[A-Za-z0-9_.-]+\.svg")
LINED_DEPTH = 3
TABLE_DEPTH = LINED_DEPTH + 1  # a row of a table is a level deeper than a row of a list


def now_utc() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest(value: Any) -> str:
    """SHA-256 of a JSON value with sorted keys: the staleness key of a phase."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def head(kind: str, *, started_utc: str, host: Host, workload: str, budget: str, seed: int, inputs_sha256: str,
         fixture: dict[str, str], binaries: dict[str, dict], findings: list[Finding]) -> dict:
    """The part that all evidence shares; `data` is the caller's to add."""
    return {
        "schema": 1, "kind": kind,
        "tool": {"name": "lab", "version": VERSION},
        "command": [Path(sys.argv[0]).name, *map(as_unicode, sys.argv[1:])],
        "started_utc": started_utc, "ended_utc": now_utc(),
        "host": host.to_json(),
        "workload": workload, "budget": budget, "seed": seed, "inputs_sha256": inputs_sha256,
        "fixture": {"sha256": fixture}, "binaries": binaries,
        "findings": [finding.to_json() for finding in findings],
    }


def read(path: Path, kind: str) -> dict:
    from labkit.schemas import check

    try:
        document = unpacked(read_json(path))
    except UntrustedFileError as error:
        raise LabError(f"{error}; remove it and measure again", Exit.FAILED) from error
    check(document, str(path))
    if document["kind"] != kind:
        raise LabError(f"{path} holds {document['kind']!r}, not {kind!r}; remove it and measure again", Exit.FAILED)
    return document


def write(path: Path, document: dict) -> None:
    from labkit.schemas import check  # imported late, so that a run with nothing to do does not load jsonschema

    check(document, str(path))
    write_text(path, layout(packed(document), lined_depth=TABLE_DEPTH) + "\n")


def figures_named_in(value: Any) -> set[str]:
    """Every figure of the report that the evidence names; an instrument drew these figures."""
    if isinstance(value, str):
        return {value} if FIGURE.fullmatch(value) else set()
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(figures_named_in, parts))


def packed(document: dict) -> dict:
    """The form on disk: the lists of rows in `data` become tables."""
    return document | {"data": {name: as_table(value) for name, value in document["data"].items()}}


def unpacked(document: Any) -> Any:
    """The inverse of packed(). A document of another form is returned unchanged, and the schema refuses it."""
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        return document
    return document | {"data": {name: as_rows(value) for name, value in data.items()}}


def as_table(value: Any) -> Any:
    """Rows with different fields (a failed run has others) are returned unchanged."""
    is_rows = isinstance(value, list) and len(value) > 1 and all(isinstance(row, dict) for row in value)
    if not is_rows or not value[0] or any(row.keys() != value[0].keys() for row in value):
        return value
    columns = {name: [row[name] for row in value] for name in value[0]}
    texts = {name: list(dict.fromkeys(column)) for name, column in columns.items()
             if all(isinstance(one, str) for one in column)}
    for name, known in texts.items():
        places = {one: place for place, one in enumerate(known)}
        columns[name] = [places[one] for one in columns[name]]
    return {"fields": list(columns), "texts": texts, "rows": [list(row) for row in zip(*columns.values())]}


def as_rows(value: Any) -> Any:
    if not isinstance(value, dict) or value.keys() != {"fields", "texts", "rows"}:
        return value
    fields, texts = value["fields"], value["texts"]
    try:
        return [{name: texts[name][cell] if name in texts else cell for name, cell in zip(fields, row, strict=True)}
                for row in value["rows"]]
    except (IndexError, TypeError, ValueError):
        return value  # a torn or edited table, which the schema refuses


def layout(value: Any, depth: int = 0, lined_depth: int = LINED_DEPTH) -> str:
    """JSON that people and diffs can read: the outer lined_depth levels are broken into lines, a row of a run is one line."""
    inner, outer = "\n" + " " * (depth + 1), "\n" + " " * depth
    if depth >= lined_depth or not value or not isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if isinstance(value, list):
        return "[" + ",".join(inner + layout(one, depth + 1, lined_depth) for one in value) + outer + "]"
    pairs = (f"{json.dumps(key, ensure_ascii=False)}: {layout(one, depth + 1, lined_depth)}"
             for key, one in value.items())
    return "{" + ",".join(inner + pair for pair in pairs) + outer + "}"


def write_text(path: Path, text: str) -> None:
    """Write the file completely, or leave the old one."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with open(temporary, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn the errors of a full or read-only disk into a LabError of one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.EFBIG):
            raise LabError(f"cannot write {path}: {error.strerror}; free some space or fix the permission, "
                           "then run the same command: what was measured before is kept") from error
        raise
