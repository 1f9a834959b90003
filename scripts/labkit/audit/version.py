"""version.py - reports/<workload>/vNNNN: open until MANIFEST.sha256 seals it, then never touched again.

A new version starts with the evidence of the one before whose inputs have not changed: as make does
with files, only what is missing or stale is measured.
"""

import json
import shutil
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


def is_fresh(folder: Path | None, name: str, inputs_sha256: str) -> bool:
    """True when this evidence is there, was measured on these inputs, and its machine could be believed."""
    if folder is None:
        return False
    try:
        document = json.loads(evidence_path(folder, name).read_text())
    except (OSError, ValueError):
        return False
    campaign = document.get("data", {}).get("campaign") or {}
    return document.get("inputs_sha256") == inputs_sha256 and campaign.get("invalid") is None


def open_version(workload: str, wanted: dict[str, str]) -> Path:
    """The open version; a new one, with what is still fresh of the last, when the last is sealed.

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
        # The plan is of its version alone: it names the version before it.
        if name == "plan" or not is_fresh(last, name, inputs_sha256):
            continue
        source = evidence_path(last, name)
        # profile.json comes with profile-perf.collapsed and the like.
        for path in [source, *source.parent.glob(f"{source.stem}-*")]:
            target = folder / path.relative_to(last)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
