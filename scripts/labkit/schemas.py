"""schemas.py - is this evidence what it says it is?  document -> schemas.py -> document, or EvidenceError

templates/schemas/<kind>.schema.json says what each kind must hold; checked on write and on read.

Errors  EvidenceError: the file, the place in it, what is wrong there.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema
from jsonschema.validators import extend

from labkit.metrics import complaints
from labkit.outcome import Exit, LabError
from labkit.phases import PHASES

SCHEMAS = Path(__file__).resolve().parents[2] / "templates" / "schemas"
# Not evidence of their own: parts of it, and what the harness writes.
SHARED = ("head", "heap", "run", "bench_run", "campaign")


class EvidenceError(LabError):
    """Evidence that cannot be used: not readable, not of its schema."""

    code = Exit.FAILED


def kinds() -> list[str]:
    """Every kind of evidence: those with a schema of their own, and those of phases that have none yet."""
    written = {path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json")}
    return sorted(written - set(SHARED) | {phase.evidence_kind for phase in PHASES.values()})


def check(document: Any, where: str) -> None:
    """Raise EvidenceError unless document is valid evidence; where is the file that the error names."""
    kind = document.get("kind") if isinstance(document, dict) else None
    if kind not in kinds():
        raise EvidenceError(f"{where}: kind is {kind!r}; accepted: {', '.join(kinds())}")
    error = jsonschema.exceptions.best_match(_validator(kind).iter_errors(document))
    if error is not None:
        place = "/".join(str(step) for step in error.absolute_path) or "the top"
        raise EvidenceError(f"{where}: at {place}: {error.message[:300]}")


@lru_cache(maxsize=None)
def _validator(kind: str) -> Any:
    files = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.schema.json")}
    files["complaint_metric.schema.json"] = {"enum": list(complaints())}  # a table's to say, and no file's
    own = files.get(f"{kind}.schema.json", {"allOf": [{"$ref": "head.schema.json"}]})
    return Validator(_inlined(own, f"{kind}.schema.json", files))


def _inlined(schema: Any, here: str, files: dict[str, Any]) -> Any:
    """The schema with every $ref replaced by what it names: following them one by one takes most of the time."""
    if isinstance(schema, list):
        return [_inlined(one, here, files) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name, _, pointer = schema["$ref"].partition("#")
        found = files[name or here]
        for step in pointer.split("/")[1:]:
            found = found[step]
        return _inlined(found, name or here, files)
    return {key: _inlined(value, here, files) for key, value in schema.items() if key not in ("$defs", "$id")}


def _items(validator, items, instance, schema):
    """Millions of samples are plain counts: those are checked at once, all else one by one as the standard says."""
    if items == COUNT and isinstance(instance, list) and all(type(one) is int and one >= 0 for one in instance):
        return
    yield from jsonschema.Draft202012Validator.VALIDATORS["items"](validator, items, instance, schema)


COUNT = {"type": "integer", "minimum": 0}
Validator = extend(jsonschema.Draft202012Validator, {"items": _items})
