"""earlier.py - the claims of earlier sealed versions, with which a new claim on the same code is compared.  reports -> earlier -> plan"""

import json
from pathlib import Path
from typing import Any

from labkit.audit import version

NUMBERS = "audit.json"


def claims(workload: str, before: Path) -> list[dict[str, Any]]:
    """The claims of all sealed versions that confirmed a union, oldest first. The analysis compares hashes to see whether the code
    is the same."""
    found = (claim(folder) for folder in version.all_of(workload) if folder < before and version.is_sealed(folder))
    return [one for one in found if one is not None]


def claim(folder: Path) -> dict[str, Any] | None:
    """The claim of one version; None where there is none, or where it cannot be read because an older lab wrote another format."""
    try:
        audit = json.loads((folder / NUMBERS).read_text())
        gain, binaries = audit["headline"]["gain"], audit["environment"]["binaries"]
        return {"version": folder.name, "started_utc": audit["environment"]["started_utc"], "fingerprint": audit["environment"]["fingerprint"],
                "engine": audit.get("engine", 1), "metric": gain["metric"], "size": gain["size"],
                "baseline_sha256": binaries["baseline"]["sha256"], "union_sha256": binaries["union"]["sha256"],
                **{key: float(gain[key]) for key in ("gain_ratio", "gain_low", "gain_high", "confidence")}}
    except (OSError, ValueError, KeyError, TypeError):
        return None
