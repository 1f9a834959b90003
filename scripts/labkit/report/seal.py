"""seal.py - close a report: the hash of every file, and of the version before.  report folder -> MANIFEST.sha256

The manifest is what `sha256sum -c` reads, with one comment line that names the previous version's manifest, so that
versions form a chain: nothing sealed can be changed later without breaking every link after it. A second comment
names the version of the tool, and the hash of all that turns its numbers into pages.

Written last, by rename: a report with a manifest is complete.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.evidence import write_text
from labkit.outcome import Exit, LabError

SEAL = "MANIFEST.sha256"
LINE = re.compile(r"^([0-9a-f]{64})  (\S.*)$")
PAGES_BY = re.compile(r"^# pages by lab (\S+) ([0-9a-f]{64})$")
PREVIOUS = re.compile(r"^# previous (v\d{4}) ([0-9a-f]{64})$")


@dataclass(frozen=True)
class Link:
    """The version before, by name and by the hash of its manifest."""

    version: str
    sha256: str


@dataclass(frozen=True)
class Renderer:
    """What made the pages: the tool's version, and the hash of its templates and of the code that words and draws."""

    version: str
    sha256: str


@dataclass(frozen=True)
class Manifest:
    previous: Link | None
    renderer: Renderer | None
    files: dict[str, str]  # path relative to the report, to SHA-256


class SealError(LabError):
    """A manifest that is missing or cannot be read."""

    code = Exit.FAILED


def seal(report: Path, previous: dict[str, Any] | None, renderer: Renderer | None = None) -> Path:
    """Write the manifest over everything in report. previous: {"version", "manifest_sha256"} of the plan, or None."""
    lines = [f"# previous {previous['version']} {previous['manifest_sha256']}"] if previous else []
    lines += [f"# pages by lab {renderer.version} {renderer.sha256}"] if renderer else []
    lines += [f"{sha256_of(report / path)}  {path}" for path in report_files(report)]
    write_text(report / SEAL, "\n".join(lines) + "\n")
    return report / SEAL


def report_files(report: Path) -> list[str]:
    """All files of a report but its manifest and what begins with a dot, sorted."""
    found = [path.relative_to(report).as_posix() for path in report.rglob("*") if path.is_file()]
    return sorted(path for path in found if path != SEAL and not any(part[0] == "." for part in path.split("/")))


def read_manifest(report: Path) -> Manifest:
    try:
        lines = (report / SEAL).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SealError(f"{report / SEAL}: cannot be read ({error}); is {report} a sealed report?") from error
    previous, renderer, files = None, None, {}
    for number, line in enumerate(lines, start=1):
        if match := PREVIOUS.match(line):
            previous = Link(*match.groups())
        elif match := PAGES_BY.match(line):
            renderer = Renderer(*match.groups())
        elif match := LINE.match(line):
            files[match[2]] = match[1]
        else:
            raise SealError(f"{report / SEAL}: line {number} is neither a hash nor one of our comments: {line[:80]!r}")
    return Manifest(previous, renderer, files)


def link_to(report: Path | None) -> dict[str, str] | None:
    """What the plan of the next version says about this one."""
    return None if report is None else {"version": report.name, "manifest_sha256": sha256_of(report / SEAL)}


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
