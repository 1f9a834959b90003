"""seal.py - close a report: the hash of every file and of the previous version.  report folder -> MANIFEST.sha256

`sha256sum -c` can read the manifest. One comment line contains the hash of the previous version's manifest, so versions
form a chain: a sealed report cannot be changed later without breaking all later links. A second comment names the version
of the lab that made the report (made_by.py), which alone can recompute its pages. A manifest is unambiguous: a file or a
comment that occurs twice, or a path that leads out of the report, is refused.

Written last, by rename: a report with a manifest is complete.
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from labkit.evidence import write_text
from labkit.outcome import Exit, LabError
from labkit.untrusted_file import UntrustedFileError, read_text, sha256_of_regular_file

SEAL = "MANIFEST.sha256"
LINE = re.compile(r"^([0-9a-f]{64})  (\S.*)$")
MADE_BY = re.compile(r"^# (made|pages) by lab (\S+) ([0-9a-f]{64})$")
PREVIOUS = re.compile(r"^# previous (v\d{4}) ([0-9a-f]{64})$")


@dataclass(frozen=True)
class Link:
    """The previous version: its name and the hash of its manifest."""

    version: str
    sha256: str


@dataclass(frozen=True)
class MadeBy:
    """The version of the lab that made a report: its name, and the hash of the code that turns evidence into pages."""

    version: str
    sha256: str
    is_of_pages_alone: bool = False  # lab 0.1.0 did not include the code of the numbers in the hash


@dataclass(frozen=True)
class SealManifest:
    previous: Link | None
    made_by: MadeBy | None
    files: dict[str, str]  # path relative to the report, to SHA-256


class SealError(LabError):
    """A manifest that is missing or cannot be read."""

    code = Exit.FAILED


def seal(report: Path, previous: dict[str, Any] | None, made_by: MadeBy | None = None) -> Path:
    """Write the manifest over everything in report. previous: {"version", "manifest_sha256"} of the plan, or None."""
    lines = [f"# previous {previous['version']} {previous['manifest_sha256']}"] if previous else []
    lines += [f"# made by lab {made_by.version} {made_by.sha256}"] if made_by else []
    lines += [f"{sha256_of_regular_file(report / path)}  {path}" for path in report_files(report)]
    write_text(report / SEAL, "\n".join(lines) + "\n")
    return report / SEAL


def report_files(report: Path) -> list[str]:
    """All files of a report, sorted, except its manifest and names that begin with a dot."""
    found = [path.relative_to(report).as_posix() for path in report.rglob("*") if path.is_symlink() or not path.is_dir()]
    return sorted(path for path in found if path != SEAL and not any(part[0] == "." for part in path.split("/")))


def read_manifest(report: Path) -> SealManifest:
    try:
        lines = read_text(report / SEAL).splitlines()
    except UntrustedFileError as error:
        raise SealError(f"{error}; is {report} a sealed report?") from error
    found: dict[str, Any] = {}
    for number, line in enumerate(lines, start=1):
        name, value = _entry(line, f"{report / SEAL}: line {number}")
        if name in found:
            raise SealError(f"{report / SEAL}: line {number} names {name} a second time")
        found[name] = value
    return SealManifest(found.pop("# previous", None), found.pop("# made by", None), found)


def _entry(line: str, where: str) -> tuple[str, Any]:
    """The entry of a line: a file and its hash, or a comment and its content."""
    if match := PREVIOUS.match(line):
        return "# previous", Link(*match.groups())
    if match := MADE_BY.match(line):
        return "# made by", MadeBy(match[2], match[3], is_of_pages_alone=match[1] == "pages")
    match = LINE.match(line)
    if match is None:
        raise SealError(f"{where} is neither a hash nor a known comment: {line[:80]!r}")
    if PurePosixPath(match[2]).is_absolute() or ".." in match[2].split("/"):
        raise SealError(f"{where} names a file outside the report: {match[2][:80]!r}")
    return match[2], match[1]


def link_to(report: Path | None) -> dict[str, str] | None:
    """The reference to this version in the plan of the next one."""
    return None if report is None else {"version": report.name, "manifest_sha256": sha256_of_regular_file(report / SEAL)}
