"""change.py - the kinds of change that a candidate may make, one class each.  workload.toml -> change -> manifest, variant

A kind defines the form of its value in a manifest, and its effect on a build. A new kind is a new class: the accepted
keys, the checks and the errors are derived from CHANGES.
"""

import io
import subprocess
import tarfile
from abc import ABC
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from labkit.outcome import UsageError
from labkit.phases import COMMAND, LIBRARY
from labkit.untrusted_file import read_text

CHANGES: dict[str, "ChangeKind"] = {}


@dataclass(frozen=True)
class Change:
    kind: str  # one of CHANGES
    value: Any  # in the form of its kind: text, tuple of flags, or {NAME: value}


@dataclass(frozen=True)
class CommandChange:
    """The effect of a change on a command: another command line ("": the same), additional arguments, variables and flags of the
    compiler and the linker, another commit of its sources."""

    command: str = ""
    flags: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    cflags: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    ref: str = ""


@dataclass(frozen=True)
class BuildChange:
    """The effect of a change: files that replace the baseline's, additional flags and variables."""

    sources: dict[str, str] = field(default_factory=dict)
    cflags: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)


class ChangeKind(ABC):
    """word: the key in [candidate.change]. accepted: description of its value, for error messages. of: the kinds of workload that
    may be changed so."""

    word: ClassVar[str]
    of: ClassVar[tuple[str, ...]] = (LIBRARY, COMMAND)
    accepted: ClassVar[str] = "a text that is not empty"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        CHANGES[cls.word] = cls()

    def accepts(self, value: Any) -> bool:
        return isinstance(value, str) and value.strip() != ""

    def read(self, value: Any) -> Any:
        """The value in the form in which Manifest stores it."""
        return value

    def objection(self, folder: Path, value: Any) -> str | None:
        """The error in a value of the right form, or None; folder: the workload's."""
        return None

    def apply(self, folder: Path, value: Any) -> BuildChange:
        """The effect of this value on a library; UsageError where it names something that does not exist."""
        raise NotImplementedError(f"{self.word} does not change a library")

    def apply_to_command(self, value: Any) -> CommandChange:
        """Its effect on a command."""
        raise NotImplementedError(f"{self.word} does not change a command")


class Overlay(ChangeKind):
    """A folder of files that replace the baseline's."""

    word, of = "overlay", (LIBRARY,)

    def objection(self, folder: Path, value: str) -> str | None:
        return None if (folder / value).is_dir() else f"{folder / value} is not a folder"

    def apply(self, folder: Path, value: str) -> BuildChange:
        return BuildChange(sources=sources_of(folder / value))


class CompilerFlags(ChangeKind):
    word, accepted = "cflags", "a list of flags"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, list) and value != [] and all(isinstance(one, str) for one in value)

    def read(self, value: list[str]) -> tuple[str, ...]:
        return tuple(value)

    def apply(self, folder: Path, value: tuple[str, ...]) -> BuildChange:
        return BuildChange(cflags=value)

    def apply_to_command(self, value: tuple[str, ...]) -> CommandChange:
        return CommandChange(cflags=value)


class LinkerFlags(CompilerFlags):
    word = "link"

    def apply(self, folder: Path, value: tuple[str, ...]) -> BuildChange:
        return BuildChange(link=value)

    def apply_to_command(self, value: tuple[str, ...]) -> CommandChange:
        return CommandChange(link=value)


class Environment(ChangeKind):
    word, accepted = "env", "a table of NAME = 'value'"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, dict) and value != {} and all(isinstance(one, str) for one in value.values())

    def apply(self, folder: Path, value: dict[str, str]) -> BuildChange:
        return BuildChange(env=value)

    def apply_to_command(self, value: dict[str, str]) -> CommandChange:
        return CommandChange(env=value)


class Ref(ChangeKind):
    """The workload's folder at a commit; of a command, its sources."""

    word = "ref"

    def apply(self, folder: Path, value: str) -> BuildChange:
        return BuildChange(sources=_sources_at(folder, value))

    def apply_to_command(self, value: str) -> CommandChange:
        return CommandChange(ref=value)


class Arguments(CompilerFlags):
    """More arguments: where {flags} stands in the command line, or after the program."""

    word, of, accepted = "flags", (COMMAND,), "a list of arguments"

    def apply_to_command(self, value: tuple[str, ...]) -> CommandChange:
        return CommandChange(flags=value)


class OtherCommand(ChangeKind):
    """Another command line."""

    word, of = "command", (COMMAND,)

    def apply_to_command(self, value: str) -> CommandChange:
        return CommandChange(command=value)


def sources_of(folder: Path) -> dict[str, str]:
    """File name to text of all files that are compiled or included, without tests. Links are refused: one may lead to a device
    without an end."""
    return {path.name: read_text(path.resolve()) for path in sorted(folder.glob("*.[ch]"))
            if not path.name.endswith("_test.c")}


def _sources_at(folder: Path, ref: str) -> dict[str, str]:
    done = subprocess.run(["git", "archive", "--format=tar", ref, str(folder)], capture_output=True)
    if done.returncode != 0:
        raise UsageError(f"{folder / 'workload.toml'}: ref {ref}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        found = {}
        for member in archive.getmembers():
            path = Path(member.name)
            is_source = path.parent == folder and path.suffix in (".c", ".h") and not path.name.endswith("_test.c")
            if is_source and (file := archive.extractfile(member)) is not None:
                found[path.name] = file.read().decode()
    return found
