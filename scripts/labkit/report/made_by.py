"""made_by.py - which version of the lab made a report, and where that version is.  manifest -> made_by.py -> a tree of it

A page follows from its numbers, and numbers from evidence, only by the rules of the version that sealed them. Where
this checkout is another version, the one that sealed the report is looked for in git's history and asked instead:
nothing is excused because it "was made by another version".

A version is named by the hash of all that turns evidence into pages: the files of labkit and the templates. Reports of
lab 0.1.0 name the hash of their pages' code alone, by its content (Renderer, `# pages by`).
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
    """Of this checkout as it stands, changes that are not committed included."""
    names = [path.relative_to(ROOT).as_posix() for folder in (CODE, TEMPLATES) for path in (ROOT / folder).rglob("*")]
    return MadeBy(VERSION, _hash_of({name: _blob_id((ROOT / name).read_bytes()) for name in names if _counts(name)}))


def find_commit(made_by: MadeBy, report: Path) -> str | None:
    """The newest commit of this history with that version; the one that brought the report is tried first."""
    hash_at = _pages_hash_at if made_by.is_of_pages_alone else _hash_at
    return next((commit for commit in _commits(report) if hash_at(commit) == made_by.sha256), None)


def is_committed(path: Path) -> bool:
    """Whether a commit of this history holds this very content: somebody published it, and later changes show."""
    return bool(_bringing(path))


@contextmanager
def tree_of(commit: str) -> Iterator[Path]:
    """A temporary folder with the lab of that commit."""
    with tempfile.TemporaryDirectory(prefix="lab-of-") as folder:
        content = _git("archive", commit, "scripts", TEMPLATES, "hardening/policy.toml")
        with tarfile.open(fileobj=io.BytesIO(content or b"")) as archive:
            archive.extractall(folder)  # of our own history
        yield Path(folder)


def _commits(report: Path) -> Iterator[str]:
    """The one that brought this seal, then those that touch what a version is named by, newest first."""
    changed = (_git("log", "--format=%H", "--", CODE, TEMPLATES) or b"").decode().split()
    yield from dict.fromkeys([*_bringing(report / SEAL), *changed])


def _bringing(path: Path) -> list[str]:
    """The commits that brought this content, wherever it stands now."""
    blob = _blob_id(read_bytes(path))
    return (_git("log", "--all", "--format=%H", "--diff-filter=AM", f"--find-object={blob}") or b"").decode().split()


def _hash_at(commit: str) -> str:
    return _hash_of({name: blob for name, blob in _blobs(commit).items() if _counts(name)})


def _pages_hash_at(commit: str) -> str:
    """As lab 0.1.0 counted it: the content of the templates, of the figures' code, and of what renders and words."""
    names = _blobs(commit)
    folders = [(f"{TEMPLATES}/", ".j2"), (f"{TEMPLATES}/audit_parts/", ".j2"), (f"{CODE}/figures/", ".py")]
    wanted = [name for folder, suffix in folders
              for name in sorted(names) if name.rpartition("/")[0] + "/" == folder and name.endswith(suffix)]
    whole = hashlib.sha256()
    for name in [*wanted, *PAGES_CODE]:
        whole.update((_git("cat-file", "blob", names[name]) or b"") if name in names else b"")
    return whole.hexdigest()


def _blobs(commit: str) -> dict[str, str]:
    """Path to blob id of what a version is named by."""
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
    """None where this is no checkout, or git is missing."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
