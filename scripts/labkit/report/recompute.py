"""recompute.py - does a sealed report follow from its evidence?  sealed report -> recompute.py -> differences

Five questions, each answered with the file or the number that differs: are the files those that were sealed, is
the evidence of its schema, do the numbers follow from it, do the pages and figures follow from the numbers, and is
the chain of versions whole. audit.json holds the hash of each evidence file, so evidence that was changed and
sealed anew is named too. Who rewrites everything, the later versions included, can only be caught by whoever kept
a hash: that is what the chain is for.

A report that another engine judged (verdicts/verdict.py, ENGINE) is checked in all that no verdict touches, and said to be.

Pure but for reading.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

from labkit.analysis import analyse
from labkit.analysis.evidence_set import read_evidence_set
from labkit.outcome import LabError
from labkit.report.publish import NUMBERS, draw, numbers_text
from labkit.report.render import PAGES, render_pages, renderer
from labkit.report.seal import SEAL, Manifest, read_manifest, report_files, sha256_of
from labkit.verdicts.verdict import ENGINE

CREATOR = re.compile(rb"Matplotlib v([\d.]+)")
# The parts of audit.json that follow from the evidence without a verdict.
UNJUDGED = ("schema", "workload", "version", "previous", "budget", "manifest", "policy", "environment", "profile", "memory",
            "hypotheses", "appendix")


@dataclass(frozen=True)
class Difference:
    file: str  # relative to the report
    place: str  # within it; empty for the file as a whole
    stored: str
    found: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.place}" if self.place else self.file
        return f"{where}: the report says {self.stored}, recomputed it is {self.found}"


def recompute(report: Path) -> list[Difference]:
    """Every difference between a sealed report and what its evidence gives. SealError when it was never sealed."""
    manifest = read_manifest(report)
    differences = [*file_differences(report, manifest), *chain_differences(report, manifest)]
    try:
        audit = analyse(read_evidence_set(report))
        pages = {name: text.encode() for name, text in render_pages(audit).items()}
    except LabError as error:
        return differences + [Difference("evidence", "", "that it can be concluded from", str(error))]
    engine = judged_by(report)
    if engine != ENGINE:
        return differences + [*_numbers(report, audit, UNJUDGED)]
    differences += _numbers(report, audit)
    for name, content in pages.items():
        differences += _content(report, name, content)
    return differences + list(_figures(report, audit))


def judged_by(report: Path) -> int:
    """The engine that made the verdicts of a sealed report; the first wrote no number."""
    try:
        return json.loads((report / NUMBERS).read_text(encoding="utf-8")).get("engine", 1)
    except (OSError, ValueError, AttributeError):
        return ENGINE


def other_engine(report: Path) -> str | None:
    """What was not recomputed, because rows became verdicts in another way when the report was sealed; None if by now's."""
    engine = judged_by(report)
    if engine == ENGINE:
        return None
    source = json.loads((report / NUMBERS).read_text(encoding="utf-8")).get("environment", {}).get("source") or {}
    where = f"commit {source['commit'][:12]}" if source.get("commit") else "the version that sealed it"
    return (f"its verdicts, and the pages that tell them, are those of engine {engine}; this is engine {ENGINE}, which would "
            f"judge by other rules and does not recompute them: {where} does")


def excuse(report: Path, differences: list[Difference]) -> str | None:
    """Why these differences are none of the report's: all files are as sealed, all numbers recomputed equal, and only
    pages differ, which another version made of them. None where anything else differs, or this version made them."""
    manifest = read_manifest(report)
    made, here = manifest.renderer, renderer()
    of_pages = all(one.file in PAGES or one.file.startswith("figures/") for one in differences)
    if not differences or made in (None, here) or not of_pages or any(file_differences(report, manifest)):
        return None
    return (f"pages were sealed by another version (lab {made.version}, pages {made.sha256[:8]}; this is {here.version}, "
            f"{here.sha256[:8]}): numbers recomputed equal")


def file_differences(report: Path, manifest: Manifest) -> Iterator[Difference]:
    present = set(report_files(report))
    for path, sealed in manifest.files.items():
        if path not in present:
            yield Difference(path, "", "that it exists", "missing")
        elif (found := sha256_of(report / path)) != sealed:
            yield Difference(path, "SHA-256", sealed, found)
    for path in sorted(present - manifest.files.keys()):
        yield Difference(path, "", "nothing of it", "a file that was not sealed")


def chain_differences(report: Path, manifest: Manifest) -> Iterator[Difference]:
    """Back to the first version. A report that was copied out of its row of versions stands for itself."""
    if not any(other.is_dir() and other.name != report.resolve().name
               for other in report.resolve().parent.glob("v[0-9][0-9][0-9][0-9]")):
        return
    here, link = report.resolve(), manifest.previous
    while link is not None:
        before = here.parent / link.version
        if not (before / SEAL).is_file():
            yield Difference(SEAL, f"previous version of {here.name}", link.version, "missing")
            return
        if (found := sha256_of(before / SEAL)) != link.sha256:
            yield Difference(SEAL, f"manifest of {link.version}", link.sha256, found)
            return
        here, link = before, read_manifest(before).previous


def _numbers(report: Path, audit: dict[str, Any], parts: tuple[str, ...] | None = None) -> Iterator[Difference]:
    """parts: keys of audit.json to look at; all, if None."""
    try:
        stored = json.loads((report / NUMBERS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        yield Difference(NUMBERS, "", "numbers", f"not readable: {error}")
        return
    found = json.loads(numbers_text(audit))
    yield from _evidence_hashes(stored, found)
    if parts is not None:
        stored, found = ({key: numbers.get(key) for key in parts} for numbers in (stored, found))
    yield from (Difference(NUMBERS, place, before, after) for place, before, after in unlike(stored, found))


def _evidence_hashes(stored: dict[str, Any], found: dict[str, Any]) -> Iterator[Difference]:
    """By file, not by place in a list: whoever changed a digit wants its file named."""
    def hashes(audit: Any) -> dict[str, str]:
        try:
            return {one["path"]: one["sha256"] for one in audit["appendix"].pop("files")}
        except (KeyError, TypeError, AttributeError):
            return {}
    before, after = hashes(stored), hashes(found)
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            yield Difference(path, "SHA-256 in audit.json", str(before.get(path)), str(after.get(path)))


def unlike(stored: Any, found: Any, place: str = "") -> Iterator[tuple[str, str, str]]:
    """(place, stored, found) of every leaf that differs; places are keys and indices joined by /."""
    if isinstance(stored, dict) and isinstance(found, dict):
        for key in dict.fromkeys([*stored, *found]):
            yield from unlike(stored.get(key, "absent"), found.get(key, "absent"), f"{place}/{key}".lstrip("/"))
    elif isinstance(stored, list) and isinstance(found, list) and len(stored) == len(found):
        for index, (one, other) in enumerate(zip(stored, found)):
            yield from unlike(one, other, f"{place}/{index}".lstrip("/"))
    elif stored != found or type(stored) is not type(found):
        yield place or "the top", _short(stored), _short(found)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _content(report: Path, name: str, wanted: bytes) -> Iterator[Difference]:
    """The first line that differs tells enough."""
    try:
        stored = (report / name).read_bytes()
    except OSError as error:
        yield Difference(name, "", "that it exists", str(error))
        return
    if stored == wanted:
        return
    pairs = zip([*stored.splitlines(), b"<end>"], [*wanted.splitlines(), b"<end>"])
    number, (before, after) = next(((n, pair) for n, pair in enumerate(pairs, start=1) if pair[0] != pair[1]),
                                   (0, (b"", b"")))
    yield Difference(name, f"line {number}", *(line.decode(errors="replace")[:120] for line in (before, after)))


def _figures(report: Path, audit: dict[str, Any]) -> Iterator[Difference]:
    """Drawn again only by the matplotlib that drew them; under another, their hashes must do."""
    from importlib.metadata import version

    for name, svg in draw(audit).items():
        path = report / "figures" / name
        creator = CREATOR.search(path.read_bytes()[:4096]) if path.is_file() else None
        if creator is None or creator[1].decode() == version("matplotlib"):
            yield from _content(report, f"figures/{name}", svg)
