"""recompute.py - check that a sealed report follows from its evidence.  sealed report -> recompute.py -> differences

Five checks, each of which names the file or the number that differs: the files are those that were sealed, the evidence
matches its schema, the numbers follow from the evidence, the pages and figures follow from the numbers, and the chain of
versions is intact. audit.json contains the hash of each evidence file, so evidence that was changed and sealed anew is
named, too. Whoever rewrites everything, including later versions and reports/chain.txt, is detected only by git's history,
by a signature (signature.py), or by a person who kept a hash.

A report is read as if its author were hostile: evidence on which the analysis fails is a difference.

Pure except for reading.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

from labkit.analysis.evidence_set import EvidenceSet
from labkit.evidence import figures_named_in
from labkit.outcome import LabError
from labkit.report.chain import head_breaks
from labkit.report.made_by import is_committed
from labkit.report.publish import NUMBERS, numbers_text
from labkit.report.render import PAGES, render_pages
from labkit.report.report_kinds import kind_of_report
from labkit.report.row_checks import impossible_rows
from labkit.report.seal import SEAL, Link, SealManifest, read_manifest, report_files
from labkit.untrusted_file import UntrustedFileError, read_bytes, read_json, sha256_of_regular_file

CREATOR = re.compile(rb"Matplotlib v([\d.]+)")
VERSION_NAME = re.compile(r"v\d{4}")
# The exceptions that unexpected values may cause; any other exception is a defect of the lab and is shown as such.
STUMBLES = (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True)
class Difference:
    file: str  # relative to the report
    place: str  # place in the file; empty for the whole file
    stored: str
    found: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.place}" if self.place else self.file
        return f"{where}: the report has {self.stored}; recomputed: {self.found}"


def recompute(report: Path) -> list[Difference]:
    """Every difference between a sealed report and the result of its evidence. SealError when it was never sealed."""
    differences = as_sealed(report)
    try:
        kind = kind_of_report(report)
        evidence_set = kind.read(report)
        audit = kind.conclude(evidence_set)
        pages = {name: text.encode() for name, text in render_pages(audit, kind.templates).items()}
        figures = kind.draw(audit)
    except LabError as error:
        return differences + [_not_evaluated(str(error))]
    except STUMBLES as error:
        return differences + [_not_evaluated(f"{type(error).__name__}: {str(error)[:200]}")]
    drawn = _instrument_figures(evidence_set)
    differences += [*_uncomputed(report, {*PAGES, NUMBERS, *drawn, *(f"figures/{name}" for name in figures)})]
    differences += [*_other_pictures(report, drawn), *_numbers(report, audit)]
    for name, content in pages.items():
        differences += _content(report, name, content)
    return differences + list(_figures(report, figures))


def as_sealed(report: Path) -> list[Difference]:
    """The checks that need no particular version of the lab: files, chain, and the Matplotlib that drew the figures."""
    manifest = read_manifest(report)
    files = list(file_differences(report, manifest))
    if files:
        return files
    drawn = [f"figures/{path.name}" for path in sorted((report / "figures").glob("*.svg"))]
    return [*_unreadable(report), *_impossible(report), *_uncomputed(report, {*PAGES, NUMBERS, *drawn}), *_plan_differences(report, manifest),
            *_foreign_figures(report, drawn), *chain_differences(report, manifest),
            *(Difference(*one) for one in head_breaks(report))]


def _unreadable(report: Path) -> Iterator[Difference]:
    for path in (path for path in report_files(report) if path.endswith(".json")):
        try:
            read_json(report / path)
        except UntrustedFileError as error:
            yield Difference(path, "", "JSON", str(error))


def _impossible(report: Path) -> list[Difference]:
    """Rows that cannot have been measured. Evidence of a wrong form is reported where the numbers are computed from it."""
    try:
        return [Difference(file, place, "a measured run", wrong) for file, place, wrong in impossible_rows(report)]
    except (*STUMBLES, UntrustedFileError):
        return []


def _not_evaluated(reason: str) -> Difference:
    return Difference("evidence", "", "evidence that can be evaluated", reason)


def file_differences(report: Path, manifest: SealManifest) -> Iterator[Difference]:
    present = set(report_files(report))
    for path, sealed in manifest.files.items():
        if path not in present:
            yield Difference(path, "", "a listed file", "missing")
            continue
        try:
            found = sha256_of_regular_file(report / path)
        except UntrustedFileError as error:
            yield Difference(path, "", "a file", str(error))
            continue
        if found != sealed:
            yield Difference(path, "SHA-256", sealed, found)
    for path in sorted(present - manifest.files.keys()):
        yield Difference(path, "", "no such file", "a file that was not sealed")


def chain_differences(report: Path, manifest: SealManifest) -> Iterator[Difference]:
    """Check the chain back to the first version. A report that was copied elsewhere is checked by itself."""
    if not any(other.is_dir() and other.name != report.resolve().name
               for other in report.resolve().parent.glob("v[0-9][0-9][0-9][0-9]")):
        return
    here, link = report.resolve(), manifest.previous
    while link is not None:
        before = here.parent / link.version
        if not (before / SEAL).is_file():
            yield Difference(SEAL, f"previous version of {here.name}", link.version, "missing")
            return
        if (found := sha256_of_regular_file(before / SEAL)) != link.sha256:
            yield Difference(SEAL, f"manifest of {link.version}", link.sha256, found)
            return
        older = read_manifest(before)
        yield from (Difference(f"../{link.version}/{one.file}", one.place, one.stored, one.found)
                    for one in file_differences(before, older))
        here, link = before, older.previous


def _uncomputed(report: Path, computed: set[str]) -> Iterator[Difference]:
    """Pages that do not follow from evidence, which could contain anything, even when sealed."""
    for path in report_files(report):
        if path not in computed and not path.startswith("evidence/"):
            yield Difference(path, "", "a part of the report", "a file that no evidence leads to")


def _plan_differences(report: Path, manifest: SealManifest) -> Iterator[Difference]:
    """The plan is evidence and names its version and the previous one; the comment of the manifest and the name of the folder
    must agree with it."""
    try:
        plan = read_json(report / "evidence" / "plan.json")["data"]
        planned, version = plan["previous"], str(plan["version"])
        wanted = Link(planned["version"], planned["manifest_sha256"]) if planned else None
    except (UntrustedFileError, KeyError, TypeError) as error:
        yield Difference("evidence/plan.json", "", "a plan", str(error))
        return
    if manifest.previous != wanted:
        yield Difference(SEAL, "previous version", str(manifest.previous), str(wanted))
    name = report.resolve().name
    if VERSION_NAME.fullmatch(name) and name != version:
        yield Difference("evidence/plan.json", "version", version, f"in the folder {name}")


def _foreign_figures(report: Path, drawn: list[str]) -> Iterator[Difference]:
    """A figure of another Matplotlib cannot be drawn again here; it is accepted only if a commit contains exactly this seal."""
    from importlib.metadata import version

    here = version("matplotlib")
    for name in drawn:
        creator = _drawn_by(report / name)
        if creator is not None and creator != here and not is_committed(report / SEAL):
            yield Difference(name, "Matplotlib", creator, f"version {here} here, and no commit holds this seal")


def _drawn_by(path: Path) -> str | None:
    """The Matplotlib version that a figure names; None for figures that the lab draws without Matplotlib."""
    creator = CREATOR.search(read_bytes(path)[:4096])
    return creator[1].decode() if creator else None


def _instrument_figures(evidence_set: EvidenceSet) -> dict[str, str | None]:
    """Pictures that evidence names, with their hashes; None in older evidence without hashes."""
    named = {path: None for _, document in evidence_set.documents for path in figures_named_in(document["data"])}
    return named | {path: sha256 for _, document in evidence_set.documents
                    for path, sha256 in document.get("figures", {}).items()}


def _other_pictures(report: Path, drawn: dict[str, str | None]) -> Iterator[Difference]:
    for path, sha256 in drawn.items():
        if sha256 and (report / path).exists() and (found := sha256_of_regular_file(report / path)) != sha256:
            yield Difference(path, "SHA-256 in the evidence", sha256, found)


def _numbers(report: Path, audit: dict[str, Any]) -> Iterator[Difference]:
    try:
        stored = read_json(report / NUMBERS)
    except UntrustedFileError as error:
        yield Difference(NUMBERS, "", "numbers", str(error))
        return
    found = json.loads(numbers_text(audit))
    yield from _evidence_hashes(stored, found)
    yield from (Difference(NUMBERS, place, before, after) for place, before, after in unlike(stored, found))


def _evidence_hashes(stored: dict[str, Any], found: dict[str, Any]) -> Iterator[Difference]:
    """Differences of evidence hashes, compared by file and not by place in a list, so that the changed file is named."""
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
    """(place, stored, found) of every leaf that differs; a place is keys and indices joined by /."""
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
    """Compare a file with the wanted content; only the first line that differs is reported."""
    try:
        stored = read_bytes(report / name)
    except UntrustedFileError as error:
        yield Difference(name, "", "a listed file", str(error))
        return
    if stored == wanted:
        return
    pairs = zip([*stored.splitlines(), b"<end>"], [*wanted.splitlines(), b"<end>"])
    number, (before, after) = next(((n, pair) for n, pair in enumerate(pairs, start=1) if pair[0] != pair[1]),
                                   (0, (b"", b"")))
    yield Difference(name, f"line {number}", *(line.decode(errors="replace")[:120] for line in (before, after)))


def _figures(report: Path, figures: dict[str, bytes]) -> Iterator[Difference]:
    """Compare the figures that this Matplotlib can draw again; _foreign_figures judges the others."""
    from importlib.metadata import version

    for name, svg in figures.items():
        path = report / "figures" / name
        if not path.is_file() or _drawn_by(path) in (None, version("matplotlib")):
            yield from _content(report, f"figures/{name}", svg)
