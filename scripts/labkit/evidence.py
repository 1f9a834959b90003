"""evidence.py - one JSON file per measurement, schema-checked on write and on read, written once.

Files appear by rename, so a reader never sees half of one, and an interrupted or full disk leaves
the old state. Format: templates/schemas/*.schema.json (JSON Schema 2020-12); head in DESIGN section 5.
"""

import errno
import hashlib
import json
import os
import sys
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any, Iterator

from labkit import VERSION
from labkit.host import Finding, Host
from labkit.outcome import Exit, LabError

SCHEMAS = Path(__file__).resolve().parents[2] / "templates" / "schemas"


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
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "started_utc": started_utc, "ended_utc": now_utc(),
        "host": host.to_json(),
        "workload": workload, "budget": budget, "seed": seed, "inputs_sha256": inputs_sha256,
        "fixture": {"sha256": fixture}, "binaries": binaries,
        "findings": [finding.to_json() for finding in findings],
    }


@lru_cache(maxsize=None)
def _validator(kind: str):
    import jsonschema  # late: a run with nothing to do must not pay for it

    schemas = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.schema.json")}
    name = f"{kind}.schema.json"
    if name not in schemas:
        raise LabError(f"no schema for evidence of kind {kind!r} in {SCHEMAS}", Exit.USAGE)
    store = {schema.get("$id", key): schema for key, schema in schemas.items()}
    store.update(schemas)
    resolver = jsonschema.RefResolver(base_uri=schemas[name].get("$id", name), referrer=schemas[name], store=store)
    return jsonschema.Draft202012Validator(schemas[name], resolver=resolver)


def check(document: dict, kind: str, where: str) -> None:
    """LabError naming the file and the path inside it when the document is not what its schema says."""
    errors = sorted(_validator(kind).iter_errors(document), key=lambda error: list(error.absolute_path))
    if errors:
        path = "/".join(map(str, errors[0].absolute_path)) or "(top)"
        raise LabError(f"{where}: {path}: {errors[0].message[:200]}; {len(errors)} such in all. "
                       "It is not evidence of this version: remove it and measure again", Exit.FAILED)


def read(path: Path, kind: str) -> dict:
    try:
        document = json.loads(path.read_text())
    except OSError as error:
        raise LabError(f"cannot read evidence {path}: {error.strerror}") from error
    except ValueError as error:
        raise LabError(f"{path} is not JSON: {error}; remove it and measure again", Exit.FAILED) from error
    check(document, kind, str(path))
    return document


def write(path: Path, document: dict) -> None:
    check(document, document["kind"], str(path))
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Whole or not at all."""
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
    """A full or read-only disk is a sentence, not a traceback."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.EFBIG):
            raise LabError(f"cannot write {path}: {error.strerror}; free some space or fix the permission, "
                           "then run the same command: what was measured before is kept") from error
        raise
