"""appendix.py - every command that was run, with the tool that ran it, and the hash of every file it left."""

from typing import Any

from labkit.conclude.dossier import Dossier


def appendix(dossier: Dossier) -> dict[str, Any]:
    return {
        "commands": [{"path": path, "kind": one["kind"], "command": one["command"], "tool": one["tool"],
                      "started_utc": one["started_utc"], "ended_utc": one["ended_utc"], "seed": one["seed"],
                      "inputs_sha256": one["inputs_sha256"], "budget": one["budget"]}
                     for path, one in dossier.documents],
        "tools": _tool_versions(dossier),
        "files": [{"path": one.path, "sha256": one.sha256, "size_bytes": one.size_bytes} for one in dossier.files],
    }


def _tool_versions(dossier: Dossier) -> list[dict[str, str]]:
    """Each program whose numbers stand in the report."""
    tools = {("lab", one["tool"]["version"]) for _, one in dossier.documents}
    for document in (dossier.command, dossier.instructions):
        if document:
            data = document["data"]
            tools.add((data.get("tool", "hyperfine"), data["version"]))
    stable = dossier.baseline["host"]["stable"]
    tools |= {(name, str(stable[name])) for name in ("compiler", "libc", "kernel") if name in stable}
    return [{"name": name, "version": version} for name, version in sorted(tools)]
