"""version.py - reports/<workload>/vNNNN: open until MANIFEST.sha256 seals it, then never changed again.

A new version starts with the evidence of the previous one whose inputs have not changed. As make does with files, only
missing or stale evidence is measured.
"""

import contextlib
import json
import shutil
from datetime import datetime
from pathlib import Path

from labkit.evidence import disk_errors

SEAL = "MANIFEST.sha256"
REPORTS = Path("reports")


def all_of(workload: str) -> list[Path]:
    return sorted(path for path in (REPORTS / workload).glob("v[0-9][0-9][0-9][0-9]") if path.is_dir())


def latest(workload: str) -> Path | None:
    found = all_of(workload)
    return found[-1] if found else None


def is_sealed(folder: Path) -> bool:
    return (folder / SEAL).exists()


def evidence_path(folder: Path, name: str) -> Path:
    return folder / "evidence" / f"{name}.json"


def seconds_before(folder: Path, name: str, budget: str) -> float | None:
    """How long the same phase took in the newest other version of the same budget; None where there is none."""
    for other in reversed([path for path in all_of(folder.parent.name) if path.name != folder.name]):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            document = json.loads(evidence_path(other, name).read_text())
            if document["budget"] == budget:
                ended, started = (datetime.fromisoformat(document[key]) for key in ("ended_utc", "started_utc"))
                return (ended - started).total_seconds()
    return None


def is_fresh(folder: Path | None, name: str, inputs_sha256: str) -> bool:
    """True when this evidence exists, was measured on these inputs, and its environment was valid."""
    if folder is None:
        return False
    try:
        document = json.loads(evidence_path(folder, name).read_text())
    except (OSError, ValueError):
        return False
    campaign = document.get("data", {}).get("campaign") or {}
    return document.get("inputs_sha256") == inputs_sha256 and campaign.get("invalid") is None


def open_version(workload: str, wanted: dict[str, str]) -> Path:
    """The open version. If the last version is sealed, a new one is made with the fresh evidence of the last.

    wanted: evidence name -> inputs_sha256.
    """
    last = latest(workload)
    if last is not None and not is_sealed(last):
        return last
    number = 1 if last is None else int(last.name[1:]) + 1
    folder = REPORTS / workload / f"v{number:04d}"
    with disk_errors(folder):
        (folder / "evidence").mkdir(parents=True, exist_ok=True)
        if last is not None:
            _carry_over(last, folder, wanted)
    return folder


def _carry_over(last: Path, folder: Path, wanted: dict[str, str]) -> None:
    for name, inputs_sha256 in wanted.items():
        # The plan is not copied, because it names the version before its own.
        if name == "plan" or not is_fresh(last, name, inputs_sha256):
            continue
        source = evidence_path(last, name)
        # Files such as profile-perf.collapsed belong to profile.json.
        for path in [source, *source.parent.glob(f"{source.stem}-*")]:
            target = folder / path.relative_to(last)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
