"""earlier.py - what the sealed versions before this one claimed: what a new claim of the same code is held against.  reports -> earlier -> plan"""

import json
from pathlib import Path
from typing import Any

from labkit.audit import version

NUMBERS = "audit.json"


def claims(workload: str, before: Path) -> list[dict[str, Any]]:
    """Of every sealed version that confirmed a union, oldest first. Whether it is the same code, the analysis sees from the hashes."""
    found = (claim(folder) for folder in version.all_of(workload) if folder < before and version.is_sealed(folder))
    return [one for one in found if one is not None]


def claim(folder: Path) -> dict[str, Any] | None:
    """None where there is none, or where it cannot be read: an older lab may have written otherwise."""
    try:
        audit = json.loads((folder / NUMBERS).read_text())
        gain, binaries = audit["headline"]["gain"], audit["environment"]["binaries"]
        return {"version": folder.name, "started_utc": audit["environment"]["started_utc"], "fingerprint": audit["environment"]["fingerprint"],
                "engine": audit.get("engine", 1), "metric": gain["metric"], "size": gain["size"],
                "baseline_sha256": binaries["baseline"]["sha256"], "union_sha256": binaries["union"]["sha256"],
                **{key: float(gain[key]) for key in ("gain_ratio", "gain_low", "gain_high", "confidence")}}
    except (OSError, ValueError, KeyError, TypeError):
        return None
