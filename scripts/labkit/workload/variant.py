"""variant.py - the sources of one variant: baseline, baseline + one candidate, or the union.  Manifest -> variant.py -> files

A candidate changes one thing. Its overlay replaces files of the baseline. The union of several candidates is a three-way
merge against the baseline; a candidate that changes the same lines as a better one is left out.
"""

import difflib
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from labkit.outcome import UsageError
from labkit.workload.change import CHANGES, BuildChange, sources_of
from labkit.workload.manifest import Candidate, Manifest

BASELINE = "baseline"
UNION = "union"


@dataclass(frozen=True)
class Lines:
    """The number of lines that differ from the baseline, which a reader has to understand."""

    added_count: int
    removed_count: int


@dataclass(frozen=True)
class Variant:
    name: str
    sources: dict[str, str]  # file name -> text of all files that are compiled or included
    cflags: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    members: tuple[str, ...] = ()  # candidates merged into a union
    left_out: tuple[tuple[str, str], ...] = ()  # (candidate, reason) of those not in the union

    def changed_from(self, base: "Variant") -> set[str]:
        """Names of the files that differ from base."""
        return {name for name, text in self.sources.items() if base.sources.get(name) != text}


def baseline(manifest: Manifest) -> Variant:
    sources = sources_of(manifest.folder)
    if not sources:
        raise UsageError(f"{manifest.folder}: no C sources beside workload.toml")
    return Variant(BASELINE, sources)


def candidate(manifest: Manifest, wanted: Candidate) -> Variant:
    return _apply(manifest, baseline(manifest), wanted, name=wanted.id)


def union(manifest: Manifest, accepted: list[Candidate]) -> Variant:
    """Merge the accepted candidates, best first, into one tree; a candidate that conflicts goes to left_out with the reason."""
    base = baseline(manifest)
    merged = Variant(UNION, base.sources)
    for one in accepted:
        try:
            merged = _apply(manifest, merged, one, name=UNION)
            merged = _with(merged, members=(*merged.members, one.id))
        except MergeConflict as conflict:
            rivals = [other.id for other in accepted
                      if other.id in merged.members and conflict.file in candidate(manifest, other).changed_from(base)]
            reason = f"changes the same lines of {conflict.file} as {', '.join(rivals)}"
            merged = _with(merged, left_out=(*merged.left_out, (one.id, reason)))
    return merged


def lines_changed(before: dict[str, str], after: dict[str, str]) -> Lines:
    added = removed = 0
    for name in sorted(set(before) | set(after)):
        old, new = before.get(name, "").splitlines(), after.get(name, "").splitlines()
        for line in list(difflib.unified_diff(old, new, lineterm="", n=0))[2:]:
            added += line.startswith("+")
            removed += line.startswith("-")
    return Lines(added, removed)


class MergeConflict(Exception):
    """Two candidates change the same lines of a file."""

    def __init__(self, file: str):
        super().__init__(file)
        self.file = file


def _with(variant: Variant, **changes) -> Variant:
    return Variant(**{**variant.__dict__, **changes})


def _apply(manifest: Manifest, onto: Variant, one: Candidate, *, name: str) -> Variant:
    """Apply one candidate's change to a tree that may already contain others."""
    kind, value = CHANGES[one.change.kind], one.change.value
    change = kind.apply(manifest.folder, value)
    if change == BuildChange():
        raise UsageError(f"{manifest.folder / 'workload.toml'}: candidate {one.id}: {kind.word} {value} has no C sources")
    base = sources_of(manifest.folder)
    sources = dict(onto.sources)
    for file_name, text in change.sources.items():
        sources[file_name] = _merge_file(file_name, sources.get(file_name, ""), base.get(file_name, ""), text)
    return _with(onto, name=name, sources=sources, cflags=(*onto.cflags, *change.cflags),
                 link=(*onto.link, *change.link), env={**onto.env, **change.env})


def _merge_file(name: str, ours: str, base: str, theirs: str) -> str:
    """Merge with git merge-file, whose exit code is the number of conflicts."""
    if ours == base:
        return theirs
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for label, text in (("ours", ours), ("base", base), ("theirs", theirs)):
            paths.append(Path(folder) / label)
            paths[-1].write_text(text)
        done = subprocess.run(["git", "merge-file", "-p", "--quiet", *map(str, paths)], capture_output=True, text=True)
    if done.returncode != 0:
        raise MergeConflict(name)
    return done.stdout
