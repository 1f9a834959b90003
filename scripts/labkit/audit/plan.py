"""plan.py - the pre-registration: what will be measured and by which rules, written before anything is measured.

The manifest and the policy are copied unchanged, so that a sealed report is complete in itself.
"""

import dataclasses
import json
import subprocess
import tomllib
from pathlib import Path

from labkit import evidence
from labkit.audit import earlier, version
from labkit.audit.audit_state import POLICY, AuditState
from labkit.audit.version import SEAL
from labkit.host import Finding
from labkit.workload import quick_audit


def measure(state: AuditState, folder: Path, findings: list[Finding]) -> dict:
    findings += quick_audit.findings(state.manifest) if state.budget.name == "quick" else []
    return {
        "version": folder.name,
        "previous": previous_of(state.manifest.name, folder),
        "earlier": earlier.claims(state.manifest.name, folder),
        "manifest": _manifest(state),
        "policy": tomllib.loads(POLICY.read_text()),
        "protocol": dataclasses.asdict(state.budget),
        "source": source_commit(),
    }


def _manifest(state: AuditState) -> dict:
    whole = dataclasses.asdict(state.manifest) | {"folder": str(state.manifest.folder)}
    return json.loads(json.dumps(whole))  # tuples become lists, as in the JSON file


def previous_of(workload: str, folder: Path) -> dict | None:
    """The sealed version before this one: each manifest contains the hash of its predecessor, so versions form a chain."""
    before = [one for one in version.all_of(workload) if one < folder and version.is_sealed(one)]
    if not before:
        return None
    return {"version": before[-1].name, "manifest_sha256": evidence.sha256_of(before[-1] / SEAL)}


def source_commit() -> dict | None:
    """The commit that is measured; None outside a git checkout. Changes below reports/ are ignored, because reports are output."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True)
    if commit.returncode != 0:
        return None
    status = subprocess.run(["git", "status", "--porcelain", "--untracked-files=no", "--", ":!reports"],
                            capture_output=True, text=True)
    return {"commit": commit.stdout.strip(), "dirty": status.stdout.strip() != ""}
