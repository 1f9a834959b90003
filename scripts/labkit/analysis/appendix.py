"""appendix.py - every command that was run, the version of every tool, and the hash of every evidence file."""

from typing import Any

from labkit.analysis.evidence_set import EvidenceSet


def appendix(evidence_set: EvidenceSet) -> dict[str, Any]:
    return {"commands": commands_of(evidence_set), "tools": _tool_versions(evidence_set), "files": files_of(evidence_set)}


def commands_of(evidence_set) -> list[dict[str, Any]]:
    """evidence_set: anything with documents, in the order of the workflow."""
    return [{"path": path, "kind": one["kind"], "command": one["command"], "tool": one["tool"], "started_utc": one["started_utc"],
             "ended_utc": one["ended_utc"], "seed": one["seed"], "inputs_sha256": one["inputs_sha256"], "budget": one["budget"]}
            for path, one in evidence_set.documents]


def files_of(evidence_set) -> list[dict[str, Any]]:
    return [{"path": one.path, "sha256": one.sha256, "size_bytes": one.size_bytes} for one in evidence_set.files]


def _tool_versions(evidence_set: EvidenceSet) -> list[dict[str, str]]:
    """Each program whose numbers the report contains."""
    tools = {("lab", one["tool"]["version"]) for _, one in evidence_set.documents}
    for document in (evidence_set.command, evidence_set.instructions):
        if document:
            data = document["data"]
            tools.add((data.get("tool", "hyperfine"), data["version"]))
    stable = evidence_set.baseline["host"]["stable"]
    tools |= {(name, str(stable[name])) for name in ("compiler", "libc", "kernel") if name in stable}
    return [{"name": name, "version": version} for name, version in sorted(tools)]
