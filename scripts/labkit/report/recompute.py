"""recompute.py - does a sealed report follow from its evidence?  sealed report -> recompute.py -> differences

Five questions, each answered with the file or the number that differs: are the files those that were sealed, is
the evidence of its schema, do the numbers follow from it, do the pages and figures follow from the numbers, and is
the chain of versions whole. audit.json holds the hash of each evidence file, so evidence that was changed and
sealed anew is named too. Who rewrites everything, the later versions and reports/chain.txt included, is caught by git's
history, by a signature (signature.py), or by whoever kept a hash.

A report is read as if its author were hostile: whatever its evidence makes the analysis stumble over is a difference.

Pure but for reading.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

from labkit.analysis import analyse
from labkit.analysis.evidence_set import EvidenceSet, read_evidence_set
from labkit.evidence import figures_named_in
from labkit.outcome import LabError
from labkit.report.chain import head_breaks
from labkit.report.made_by import is_committed
from labkit.report.publish import NUMBERS, draw, numbers_text
from labkit.report.render import PAGES, render_pages
from labkit.report.row_checks import impossible_rows
from labkit.report.seal import SEAL, Link, SealManifest, read_manifest, report_files
from labkit.untrusted_file import UntrustedFileError, read_bytes, read_json, sha256_of_regular_file

CREATOR = re.compile(rb"Matplotlib v([\d.]+)")
VERSION_NAME = re.compile(r"v\d{4}")
# What code meets in values that its author did not foresee; anything else is a defect of ours and shown as one.
STUMBLES = (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError)


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
    differences = as_sealed(report)
    try:
        evidence_set = read_evidence_set(report)
        audit = analyse(evidence_set)
        pages = {name: text.encode() for name, text in render_pages(audit).items()}
        figures = draw(audit)
    except LabError as error:
        return differences + [_not_concluded(str(error))]
    except STUMBLES as error:
        return differences + [_not_concluded(f"{type(error).__name__}: {str(error)[:200]}")]
    drawn = _instrument_figures(evidence_set)
    differences += [*_uncomputed(report, {*PAGES, NUMBERS, *drawn, *(f"figures/{name}" for name in figures)})]
    differences += [*_other_pictures(report, drawn), *_numbers(report, audit)]
    for name, content in pages.items():
        differences += _content(report, name, content)
    return differences + list(_figures(report, figures))


def as_sealed(report: Path) -> list[Difference]:
    """What any version can say, without concluding from the evidence: files, chain, and who drew the figures."""
    manifest = read_manifest(report)
    files = list(file_differences(report, manifest))
    if files:
        return files
    drawn = [f"figures/{path.name}" for path in sorted((report / "figures").glob("*.svg"))]
    return [*_unreadable(report), *_impossible(report), *_uncomputed(report, {*PAGES, NUMBERS, *drawn}), *_plan_says(report, manifest),
            *_foreign_figures(report, drawn), *chain_differences(report, manifest),
            *(Difference(*one) for one in head_breaks(report))]


def _unreadable(report: Path) -> Iterator[Difference]:
    for path in (path for path in report_files(report) if path.endswith(".json")):
        try:
            read_json(report / path)
        except UntrustedFileError as error:
            yield Difference(path, "", "JSON", str(error))


def _impossible(report: Path) -> list[Difference]:
    """Evidence that is not even of its shape is named where the numbers are concluded from it."""
    try:
        return [Difference(file, place, "a measured run", wrong) for file, place, wrong in impossible_rows(report)]
    except (*STUMBLES, UntrustedFileError):
        return []


def _not_concluded(reason: str) -> Difference:
    return Difference("evidence", "", "that it can be concluded from", reason)


def file_differences(report: Path, manifest: SealManifest) -> Iterator[Difference]:
    present = set(report_files(report))
    for path, sealed in manifest.files.items():
        if path not in present:
            yield Difference(path, "", "that it exists", "missing")
            continue
        try:
            found = sha256_of_regular_file(report / path)
        except UntrustedFileError as error:
            yield Difference(path, "", "a file", str(error))
            continue
        if found != sealed:
            yield Difference(path, "SHA-256", sealed, found)
    for path in sorted(present - manifest.files.keys()):
        yield Difference(path, "", "nothing of it", "a file that was not sealed")


def chain_differences(report: Path, manifest: SealManifest) -> Iterator[Difference]:
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
        if (found := sha256_of_regular_file(before / SEAL)) != link.sha256:
            yield Difference(SEAL, f"manifest of {link.version}", link.sha256, found)
            return
        older = read_manifest(before)
        yield from (Difference(f"../{link.version}/{one.file}", one.place, one.stored, one.found)
                    for one in file_differences(before, older))
        here, link = before, older.previous


def _uncomputed(report: Path, computed: set[str]) -> Iterator[Difference]:
    """A page that nothing computes says what it likes, sealed or not."""
    for path in report_files(report):
        if path not in computed and not path.startswith("evidence/"):
            yield Difference(path, "", "a part of it", "a file that no evidence leads to")


def _plan_says(report: Path, manifest: SealManifest) -> Iterator[Difference]:
    """The plan is evidence and names the version and the one before it: neither a comment nor a folder's name may
    say otherwise."""
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
    """A figure of another Matplotlib cannot be drawn again here: it passes where a commit holds this very seal."""
    from importlib.metadata import version

    here = version("matplotlib")
    for name in drawn:
        if (creator := _drawn_by(report / name)) not in (None, here) and not is_committed(report / SEAL):
            yield Difference(name, "Matplotlib", creator, f"version {here} here, and no commit holds this seal")


def _drawn_by(path: Path) -> str | None:
    """The Matplotlib version that a figure names; None for what the lab draws itself."""
    creator = CREATOR.search(read_bytes(path)[:4096])
    return creator[1].decode() if creator else None


def _instrument_figures(evidence_set: EvidenceSet) -> dict[str, str | None]:
    """Pictures that evidence names, with the hash it gives; None in evidence from before figures had one."""
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
        stored = read_bytes(report / name)
    except UntrustedFileError as error:
        yield Difference(name, "", "that it exists", str(error))
        return
    if stored == wanted:
        return
    pairs = zip([*stored.splitlines(), b"<end>"], [*wanted.splitlines(), b"<end>"])
    number, (before, after) = next(((n, pair) for n, pair in enumerate(pairs, start=1) if pair[0] != pair[1]),
                                   (0, (b"", b"")))
    yield Difference(name, f"line {number}", *(line.decode(errors="replace")[:120] for line in (before, after)))


def _figures(report: Path, figures: dict[str, bytes]) -> Iterator[Difference]:
    """Drawn again only by the Matplotlib that drew them; _foreign_figures judges the others."""
    from importlib.metadata import version

    for name, svg in figures.items():
        path = report / "figures" / name
        if not path.is_file() or _drawn_by(path) in (None, version("matplotlib")):
            yield from _content(report, f"figures/{name}", svg)
