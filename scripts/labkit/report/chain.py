"""chain.py - the newest version of a report, and whether the chain from it to a version is intact.  manifests, reports/chain.txt -> breaks

Each manifest contains the hash of the previous one, so an older version cannot be changed without changing all later ones.
The newest version has no successor; its hash is in reports/chain.txt, one line per workload, under git: whoever replaces
the newest report changes a second file, which a reviewer sees in the same diff.

Format   WORKLOAD vNNNN SHA-256 of its manifest, separated by spaces.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from labkit.evidence import write_text
from labkit.report.made_by import ROOT
from labkit.report.seal import SEAL, Link, SealError, read_manifest
from labkit.untrusted_file import UntrustedFileError, read_text, sha256_of_regular_file

CHAIN = ROOT / "reports" / "chain.txt"
LINE = re.compile(r"^(\S+) (v\d{4}) ([0-9a-f]{64})$")
NAME = "reports/chain.txt"

Break = tuple[str, str, str, str]  # file, place, recorded value, found value


def read_heads() -> dict[str, Link]:
    """{workload: its newest version}; empty where there is no such file. SealError for a malformed line."""
    if not CHAIN.exists() and not CHAIN.is_symlink():
        return {}
    heads: dict[str, Link] = {}
    try:
        lines = read_text(CHAIN).splitlines()
    except UntrustedFileError as error:
        raise SealError(str(error)) from error
    for number, line in enumerate(lines, start=1):
        match = LINE.match(line)
        if match is None or match[1] in heads:
            raise SealError(f"{NAME}: line {number} does not name the newest version of a workload: {line[:80]!r}")
        heads[match[1]] = Link(match[2], match[3])
    return heads


def is_of_this_tree(report: Path) -> bool:
    """Whether the report is at reports/WORKLOAD/vNNNN. A report that was copied elsewhere is checked by itself."""
    return report.resolve().parent.parent == CHAIN.parent


def record_head(report: Path) -> None:
    """Record the report that was just sealed as the newest version of its workload."""
    if not is_of_this_tree(report):
        return
    heads = read_heads() | {report.resolve().parent.name: Link(report.resolve().name, sha256_of_regular_file(report / SEAL))}
    write_text(CHAIN, "".join(f"{workload} {head.version} {head.sha256}\n" for workload, head in sorted(heads.items())))


def head_breaks(report: Path) -> Iterator[Break]:
    """The breaks of the chain from the newest recorded version back to this one."""
    here = report.resolve()
    head = read_heads().get(here.parent.name) if is_of_this_tree(report) else None
    if head is None:
        return
    if here.name > head.version:
        yield NAME, f"newest version of {here.parent.name}", head.version, here.name
        return
    link: Link | None = head
    while link is not None and link.version > here.name:
        newer = here.parent / link.version
        if not (newer / SEAL).is_file():
            yield NAME, f"a version after {here.name}", link.version, "missing"
            return
        if (found := sha256_of_regular_file(newer / SEAL)) != link.sha256:
            yield NAME, f"manifest of {link.version}", link.sha256, found
            return
        link = read_manifest(newer).previous
    if link is None or link.version != here.name:
        yield NAME, f"the version before {head.version}", str(link and link.version), here.name
    elif (found := sha256_of_regular_file(here / SEAL)) != link.sha256:
        yield NAME, f"manifest of {link.version}", link.sha256, found
