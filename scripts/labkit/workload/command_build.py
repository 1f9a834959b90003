"""command_build.py - finds or builds the program of a variant, with its arguments and its folder.  CommandVariant -> command_build -> Program

A project is built in a tree of its own below build/. The tree is a clone that shares the objects of the project's repository, or a copy if there
is no repository. Nothing is written into the project. The log of every build is kept beside its tree.
"""

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.evidence import digest, disk_errors, sha256_of, write_text
from labkit.host import first_line
from labkit.outcome import UsageError
from labkit.progress import Progress
from labkit.workload import build
from labkit.workload.build import Binary, BuildFailed
from labkit.workload.command_manifest import PLACEHOLDER, CommandManifest, Source
from labkit.workload.command_variant import CommandVariant

BUILD_TIMEOUT_S = 1800
HASHED_BYTES_MAX = 64 << 20  # the largest file among the arguments that is hashed, such as the script of an interpreter
LOG_TAIL_CHARACTERS = 3000
NOT_BUILT = "not built here"


@dataclass(frozen=True)
class Program(Binary):
    """words: the command line with its placeholders. folder: the folder in which it runs. tree: the tree of the built project, or None.

    sha256 covers the program, the words of its command line, the files that they name, and its variables.
    """

    words: tuple[str, ...] = ()
    folder: Path = Path()
    tree: Path | None = None


def build_all(manifest: CommandManifest, variants: Sequence[CommandVariant]) -> dict[str, Program | BuildFailed]:
    """Builds one variant after the other, because a build may use all CPUs itself. A failed build is returned as a value, so that one bad
    candidate does not stop an audit."""

    def attempt(variant: CommandVariant) -> Program | BuildFailed:
        try:
            return program_of(manifest, variant)
        except BuildFailed as failure:
            return failure

    return {variant.name: attempt(variant) for variant in variants}


def program_of(manifest: CommandManifest, variant: CommandVariant) -> Program:
    """The program of a variant. BuildFailed: it does not build, or there is no program afterwards."""
    tree = built_tree(manifest, variant) if manifest.source else None
    folder = tree or manifest.folder.absolute()
    words = with_flags(shlex.split(variant.command), variant.flags)
    path = find_program(variant.name, words[0].replace("{tree}", str(tree)), folder)
    compiler = first_line(build.compiler(), "--version") if tree else NOT_BUILT
    identity = digest([sha256_of(path), words, sorted(variant.env.items()), [sha256_of(one) for one in files_among(words[1:], folder, tree)]])
    return Program(variant.name, path, build.read_build_id(path), identity, path.stat().st_size, compiler,
                   (*variant.cflags, *variant.link, *words), tuple(sorted(variant.env.items())), tuple(words), folder, tree)


def with_flags(words: list[str], flags: Sequence[str]) -> list[str]:
    """The words with the flags in place of {flags}, or after the program if there is no {flags}."""
    if "{flags}" not in words:
        return [words[0], *flags, *words[1:]]
    return [one for word in words for one in (flags if word == "{flags}" else (word,))]


def find_program(variant: str, name: str, folder: Path) -> Path:
    found = shutil.which(os.path.join(folder, name) if "/" in name else name)
    if found is None:
        raise BuildFailed(variant, f"there is no program {name}{f' in {shown(folder)}' if '/' in name else ''}, or it may not be run")
    return Path(found)


def files_among(words: Sequence[str], folder: Path, tree: Path | None) -> list[Path]:
    """The files that the command line names, such as a script. An input is not one of them, because its hash is recorded as that of a fixture."""
    paths = [folder / word.replace("{tree}", str(tree)) for word in words if "{fixture}" not in word and not word.startswith("-") and len(word) < 4096]
    return [path for path in paths if path.is_file() and path.stat().st_size <= HASHED_BYTES_MAX]


def built_tree(manifest: CommandManifest, variant: CommandVariant) -> Path:
    """The folder inside the tree that corresponds to the project's folder. It is built once for the same commit and build command."""
    source = manifest.source
    assert source is not None, "only what is built here has a tree"
    command, origin = build_command(source, variant), origin_of(source, variant.ref)
    tree = build.folder_of(manifest) / "trees" / digest([origin.identity, command])[:16]
    note, log = tree.with_suffix(".built"), tree.with_suffix(".log")
    if not note.exists():
        with disk_errors(tree):
            shutil.rmtree(tree, ignore_errors=True)
            tree.parent.mkdir(parents=True, exist_ok=True)
        with Progress(f"build {variant.name}", 1):
            origin.lay_out(tree)
            run_build(variant.name, command, tree / origin.prefix, log)
        write_text(note, f"{origin.identity}\n{command}\n")
    return (tree / origin.prefix).absolute()


def build_command(source: Source, variant: CommandVariant) -> str:
    return source.build.replace("{cflags}", shlex.join(variant.cflags)).replace("{link}", shlex.join(variant.link))


def run_build(variant: str, command: str, folder: Path, log: Path) -> None:
    """Runs the build command; its output goes to the log while it runs. BuildFailed: it fails, or takes too long."""
    with disk_errors(log), open(log, "w") as output:
        output.write(f"$ {command}\n")
        output.flush()
        try:
            code = subprocess.run(["sh", "-c", command], cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                  timeout=BUILD_TIMEOUT_S).returncode
        except subprocess.TimeoutExpired:
            raise BuildFailed(variant, f"the build did not end within {BUILD_TIMEOUT_S} s (log: {shown(log)})") from None
    if code != 0:
        raise BuildFailed(variant, f"{tail_of(log)}\nthe build {command!r} ended with exit code {code}: {first_error(log)} (log: {shown(log)})")


def first_error(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines()[1:] if line.strip()]
    return next((line for line in lines if "error" in line.lower() or "not found" in line), lines[-1] if lines else "it printed nothing")[:300]


def tail_of(log: Path) -> str:
    return log.read_text(errors="replace")[-LOG_TAIL_CHARACTERS:]


def shown(path: Path) -> str:
    """The path relative to the working folder if it is inside it, so that a report does not name folders of the machine."""
    return os.path.relpath(path) if path.absolute().is_relative_to(Path.cwd()) else str(path)


@dataclass(frozen=True)
class Origin:
    """The source of a tree. identity: equal for equal contents. prefix: the project's folder inside the tree. commit: None for a copy."""

    folder: Path
    identity: str
    prefix: str = ""
    commit: str | None = None

    def lay_out(self, tree: Path) -> None:
        if self.commit is None:
            with disk_errors(tree):
                shutil.copytree(self.folder, tree, symlinks=True)
            return
        git(self.folder, "clone", "--quiet", "--shared", "--no-checkout", str(self.folder.absolute()), str(tree.absolute()))
        git(tree, "checkout", "--quiet", "--detach", self.commit)


def origin_of(source: Source, ref: str) -> Origin:
    """UsageError: the folder or the commit does not exist."""
    folder = Path(source.folder).expanduser().absolute()
    if not folder.is_dir():
        raise UsageError(f"the source folder {folder} does not exist")
    if not is_repository(folder):
        if ref != "HEAD":
            raise UsageError(f"{folder} is not in a git repository, so it has no commit {ref}")
        return Origin(folder, digest(contents_of(folder)))
    try:
        commit = git(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    except UsageError:
        raise UsageError(f"{ref!r} is not a commit of {folder}; fetch it, or name another") from None
    return Origin(Path(git(folder, "rev-parse", "--show-toplevel")), commit, git(folder, "rev-parse", "--show-prefix"), commit)


def is_repository(folder: Path) -> bool:
    return subprocess.run(["git", "-C", str(folder), "rev-parse", "--verify", "--quiet", "HEAD"], capture_output=True).returncode == 0


def contents_of(folder: Path) -> list[tuple[str, int, int]]:
    """The path, the size and the time of the last change of every file."""
    return [(str(path.relative_to(folder)), status.st_size, status.st_mtime_ns) for path in sorted(folder.rglob("*"))
            if not path.is_dir() for status in [path.lstat()]]


def is_dirty(source: Source) -> bool:
    """Whether the project has changes that are not committed, and which therefore are not measured."""
    folder = Path(source.folder).expanduser()
    return is_repository(folder) and bool(git(folder, "--no-optional-locks", "status", "--porcelain", "--untracked-files=no"))


def lines_between(source: Source, base: str, changed: str) -> tuple[int, int]:
    """The numbers of (added, removed) lines between two commits; a binary file counts as none."""
    folder = Path(source.folder).expanduser()
    counts = [line.split("\t")[:2] for line in git(folder, "diff", "--numstat", base, changed).splitlines()]
    added, removed = (sum(int(pair[side]) for pair in counts if pair[side] != "-") for side in (0, 1))
    return added, removed


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise UsageError(f"{folder}: git {arguments[0]} failed: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()


def arguments_of(program: Program, values: dict[str, str]) -> tuple[str, ...]:
    """The command line with these values in place of its placeholders."""
    def filled(word: str) -> str:
        return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), word)

    return (str(program.path), *(filled(word) for word in program.words[1:]))
