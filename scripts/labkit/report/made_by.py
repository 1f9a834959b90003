"""made_by.py - the version of the lab that made a report, checked out from history.  manifest -> made_by.py -> a tree of that version

Only the version of the lab that sealed a report can compute its numbers and pages again exactly. Where this checkout is
another version, the sealing version is searched in git's history and recomputes the report: no difference is excused
because a report "was made by another version".

A version is named by the hash of all code that turns evidence into pages: the files of labkit and the templates. Reports
of lab 0.1.0 name the hash of the code of their pages alone (Renderer, `# pages by`).
"""

import hashlib
import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from labkit import VERSION
from labkit.report.seal import SEAL, MadeBy
from labkit.untrusted_file import read_bytes

ROOT = Path(__file__).resolve().parents[3]
CODE, TEMPLATES = "scripts/labkit", "templates"
PAGES_CODE = (f"{CODE}/report/render.py", f"{CODE}/wording.py")


@lru_cache(maxsize=None)
def this_version() -> MadeBy:
    """The version of this checkout, including uncommitted changes."""
    names = [path.relative_to(ROOT).as_posix() for folder in (CODE, TEMPLATES) for path in (ROOT / folder).rglob("*")]
    return MadeBy(VERSION, _hash_of({name: _blob_id((ROOT / name).read_bytes()) for name in names if _counts(name)}))


def find_commit(made_by: MadeBy, report: Path) -> str | None:
    """The newest commit of this history with that version; the commit that added the report is tried first."""
    hash_at = _pages_hash_at if made_by.is_of_pages_alone else _hash_at
    return next((commit for commit in _commits(report) if hash_at(commit) == made_by.sha256), None)


def is_committed(path: Path) -> bool:
    """Whether a commit of this history contains exactly this content; then it was published, and later changes are visible."""
    return bool(_bringing(path))


@contextmanager
def tree_of(commit: str) -> Iterator[Path]:
    """A temporary folder with the lab of that commit."""
    with tempfile.TemporaryDirectory(prefix="lab-of-") as folder:
        content = _git("archive", commit, "scripts", TEMPLATES, "hardening/policy.toml")
        with tarfile.open(fileobj=io.BytesIO(content or b"")) as archive:
            archive.extractall(folder)  # a commit of our own history
        yield Path(folder)


def _commits(report: Path) -> Iterator[str]:
    """The commit that added this seal, then all commits that change files of the version's hash, newest first."""
    changed = (_git("log", "--format=%H", "--", CODE, TEMPLATES) or b"").decode().split()
    yield from dict.fromkeys([*_bringing(report / SEAL), *changed])


def _bringing(path: Path) -> list[str]:
    """The commits that added this content, under any path."""
    blob = _blob_id(read_bytes(path))
    return (_git("log", "--all", "--format=%H", "--diff-filter=AM", f"--find-object={blob}") or b"").decode().split()


def _hash_at(commit: str) -> str:
    return _hash_of({name: blob for name, blob in _blobs(commit).items() if _counts(name)})


def _pages_hash_at(commit: str) -> str:
    """The hash as lab 0.1.0 computed it: over the templates and the code of figures, rendering and wording."""
    names = _blobs(commit)
    folders = [(f"{TEMPLATES}/", ".j2"), (f"{TEMPLATES}/audit_parts/", ".j2"), (f"{CODE}/figures/", ".py")]
    wanted = [name for folder, suffix in folders
              for name in sorted(names) if name.rpartition("/")[0] + "/" == folder and name.endswith(suffix)]
    whole = hashlib.sha256()
    for name in [*wanted, *PAGES_CODE]:
        whole.update(_content_of(names[name]) if name in names else b"")
    return whole.hexdigest()


@lru_cache(maxsize=None)
def _content_of(blob: str) -> bytes:
    """Most files are the same in hundreds of commits, so that each content is read once."""
    return _git("cat-file", "blob", blob) or b""


def _blobs(commit: str) -> dict[str, str]:
    """Path to blob id of the files in a version's hash."""
    listed = (_git("ls-tree", "-r", "-z", commit, CODE, TEMPLATES) or b"").decode().split("\0")
    return {name: head.split()[2] for head, _, name in (line.partition("\t") for line in listed if line)}


def _counts(name: str) -> bool:
    path = Path(name)
    in_code = name.startswith(CODE) and path.suffix == ".py" and not path.name.startswith("test_")
    return in_code or (name.startswith(TEMPLATES) and path.suffix in (".j2", ".json"))


def _hash_of(blobs: dict[str, str]) -> str:
    return hashlib.sha256("".join(f"{blob} {name}\n" for name, blob in sorted(blobs.items())).encode()).hexdigest()


def _blob_id(content: bytes) -> str:
    """git's name of a file's content, so that a checkout and a commit are compared without reading every commit."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _git(*arguments: str) -> bytes | None:
    """The output of git; None outside a checkout, or where git is missing."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
