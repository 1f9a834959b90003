"""investigation_plan.py - the plan of an investigation, recorded before its first run: the whole manifest and the number of runs."""

import dataclasses
import json
from pathlib import Path

from labkit.audit.investigation_state import InvestigationState
from labkit.audit.plan import previous_of, source_commit
from labkit.host import Finding


def measure(state: InvestigationState, folder: Path, _findings: list[Finding]) -> dict:
    whole = dataclasses.asdict(state.manifest) | {"folder": str(state.manifest.folder)}
    return {"version": folder.name, "previous": previous_of(state.manifest.name, folder), "runs_count": state.runs_count,
            "manifest": json.loads(json.dumps(whole)), "source": source_commit()}
