"""schemas.py - check a document against the schema of its kind.  document -> schemas.py -> document, or EvidenceError

templates/schemas/<kind>.schema.json defines each kind. Documents are checked when they are written and when they are read.

Errors  EvidenceError: the file, the place in it, what is wrong there.
Late    jsonschema is imported where it validates: many verbs import this module and check nothing, and importing
        jsonschema takes as long as importing the rest of lab.
"""

import hashlib
import json
import marshal
from functools import lru_cache
from pathlib import Path
from typing import Any

from labkit.metrics import complaints
from labkit.outcome import Exit, LabError
from labkit.phases import INVESTIGATION_PHASES, PHASES
from labkit.fault_witnesses import WITNESSES

SCHEMAS = Path(__file__).resolve().parents[2] / "templates" / "schemas"
# Schemas of parts of evidence and of the harness's output, which are not kinds of evidence.
SHARED = ("head", "heap", "load", "run", "bench_run", "campaign")


class EvidenceError(LabError):
    """Evidence that cannot be used: it is not readable or does not match its schema."""

    code = Exit.FAILED


def kinds() -> list[str]:
    """Every kind of evidence: the kinds with a schema of their own, and those of phases that have none yet."""
    written = {path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json")}
    return sorted(written - set(SHARED) | {phase.evidence_kind for phase in (*PHASES.values(), *INVESTIGATION_PHASES.values())})


def check(document: Any, where: str) -> None:
    """Raise EvidenceError unless document is valid evidence; where is the file that the error names."""
    kind = document.get("kind") if isinstance(document, dict) else None
    if kind not in kinds():
        raise EvidenceError(f"{where}: kind is {kind!r}; accepted: {', '.join(kinds())}")
    (validator, accepted), content = _validator(kind), _content_sha256(document)
    if content in accepted:
        return
    import jsonschema

    error = jsonschema.exceptions.best_match(validator.iter_errors(document))
    if error is not None:
        place = "/".join(str(step) for step in error.absolute_path) or "the top"
        raise EvidenceError(f"{where}: at {place}: {error.message[:300]}")
    if content:
        accepted.add(content)


def _content_sha256(document: Any) -> bytes | None:
    """A hash that is the same for two documents only if all their values and types are: in JSON, 1, 1.0 and true differ.
    It is made with version 2 of marshal, which depends on values alone; None where marshal does not know a type."""
    try:
        return hashlib.sha256(marshal.dumps(document, 2)).digest()
    except ValueError:
        return None


@lru_cache(maxsize=None)
def _validator(kind: str) -> tuple[Any, set[bytes]]:
    """The validator of a kind, and the hashes of documents that it accepted: an audit reads what it has just written, and
    validation takes nine tenths of the time of reading."""
    files = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.schema.json")}
    files["complaint_metric.schema.json"] = {"enum": list(complaints())}  # the table of phases lists the kinds, not a file
    files["witness.schema.json"] = {"enum": list(WITNESSES)}
    own = files.get(f"{kind}.schema.json", {"allOf": [{"$ref": "head.schema.json"}]})
    return _validator_class()(_inlined(own, f"{kind}.schema.json", files)), set()


def _inlined(schema: Any, here: str, files: dict[str, Any]) -> Any:
    """The schema with every $ref replaced by its target: following references one by one takes most of the time. A part that named its
    $schema would be checked by the standard validator in place of ours."""
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
    return {key: _inlined(value, here, files) for key, value in schema.items() if key not in ("$defs", "$id", "$schema")}


@lru_cache(maxsize=None)
def _validator_class() -> type:
    """The standard validator, except that plain values, and arrays of plain counts, are checked at once: there are millions of samples."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    def items(validator, items, instance, schema):
        if items == COUNT and isinstance(instance, list) and all(type(one) is int and one >= 0 for one in instance):
            return
        yield from Draft202012Validator.VALIDATORS["items"](validator, items, instance, schema)

    def properties(validator, properties, instance, schema):
        if isinstance(instance, dict):
            for name, part in properties.items():
                if name in instance and not _is_plain(instance[name], part):
                    yield from validator.descend(instance[name], part, path=name, schema_path=name)

    return extend(Draft202012Validator, {"items": items, "properties": properties})


def _is_plain(value: Any, schema: Any) -> bool:
    """Whether value is valid because it is an integer or a text of which only the type and the least value or length are asked. Otherwise
    jsonschema decides."""
    kind, least = LEAST.get(type(value), ("", ""))
    if not isinstance(schema, dict) or schema.get("type") != kind or not schema.keys() <= {"type", least}:
        return False
    return least not in schema or (value if kind == "integer" else len(value)) >= schema[least]


COUNT = {"type": "integer", "minimum": 0}
LEAST = {int: ("integer", "minimum"), str: ("string", "minLength")}  # a bool is no int here, as in JSON
