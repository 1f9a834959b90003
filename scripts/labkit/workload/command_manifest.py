"""command_manifest.py - reads the manifest of a workload that is any program, in any language.  workload.toml -> command_manifest -> CommandManifest

The manifest states what runs, on which inputs, how its answer is checked, and where it is built, if it is built here.

Errors  UsageError naming the file, the key, what was found and what is accepted.
"""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.phases import COMMAND
from labkit.process import lone_shell_syntax
from labkit.workload.manifest import READERS, Fixture, Manifest, Table, common_parts, sizes_of

OUTPUT, EXIT = "output", "exit"
ONE, ALL = "one", "all"
PLACES = ("fixture", "size", "ops", "flags", "tree", "work")
PLACEHOLDER = re.compile(r"\{(" + "|".join(PLACES) + r")\}")


@dataclass(frozen=True)
class CommandFixture(Fixture):
    """The inputs of each size: files beside the manifest, a generator of fixtures/, a command that makes them, or none.

    files: size name to path, relative to the manifest. make: a shell command that writes {output}.
    """

    files: dict[str, str] = field(default_factory=dict)
    make: str = ""


@dataclass(frozen=True)
class Source:
    """A project that is built here. folder: its folder. build: the shell command that builds it, which runs in that folder. ref: the commit
    of the baseline; a folder that is not in a git repository has only its present contents, which HEAD stands for."""

    folder: str
    build: str
    ref: str


@dataclass(frozen=True)
class CommandManifest(Manifest):
    """run: the command line, without a shell. prepare: a shell command that runs before each run and is not timed, or "". is_stdin: the
    fixture is its standard input. answer: OUTPUT, EXIT, or a shell command that reads the file {output} and prints the part that must be
    equal. cpus: ONE or ALL. again: the command that repeats this audit, if it is not `make audit`."""

    fixture: CommandFixture
    run: str
    prepare: str
    is_stdin: bool
    answer: str
    expect_exit: int
    cpus: str
    environment: dict[str, str]
    source: Source | None
    again: str


def command_manifest(table: Table, folder: Path) -> CommandManifest:
    parts = common_parts(table, folder, _fixture(table.sub("fixture"), folder), COMMAND)
    found = CommandManifest(
        **parts,
        run=table.get("run", "a command line without shell syntax, or sh -c '...'", is_command_line),
        prepare=table.optional_text("prepare"),
        is_stdin=table.get("stdin", "true or false", lambda v: isinstance(v, bool), default=False),
        answer=_answer(table),
        expect_exit=table.integer("expect_exit", 0, 255) if "expect_exit" in table.table else 0,
        cpus=table.get("cpus", f"{ONE} or {ALL}", lambda v: v in (ONE, ALL), default=ONE),
        environment=_environment(table),
        source=_source(table) if "source" in table.table else None,
        again=table.optional_text("again"),
    )
    table.done()
    _refuse_what_has_no_place(table, found)
    return found


def is_command_line(value: Any) -> bool:
    """Whether it can run without a shell. Without one, a word of shell syntax such as | would be an argument, which nobody intends."""
    try:
        words = shlex.split(value)
    except (ValueError, AttributeError):
        return False
    return words != [] and not lone_shell_syntax(words)


def _answer(table: Table) -> str:
    """{ command = "..." } is stored as the command."""
    value = table.get("answer", f"{OUTPUT}, {EXIT} or a table with a command", lambda v: v in (OUTPUT, EXIT) or _is_check(v), default=OUTPUT)
    return value if isinstance(value, str) else value["command"]


def _is_check(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"command"} and isinstance(value["command"], str) and value["command"].strip() != ""


def _environment(table: Table) -> dict[str, str]:
    return table.get("environment", "a table of NAME = 'value'",
                     lambda v: isinstance(v, dict) and all(isinstance(one, str) for one in v.values()), default={})


def _source(table: Table) -> Source:
    inner = table.sub("source")
    found = Source(folder=inner.text("folder"), build=inner.text("build"), ref=inner.optional_text("ref") or "HEAD")
    inner.done()
    return found


def _fixture(table: Table, folder: Path) -> CommandFixture:
    sizes = sizes_of(table)
    found = CommandFixture(
        generator=table.optional_text("generator"), seed=table.integer("seed", 0, 2**63 - 1) if "seed" in table.table else 0, sizes=sizes,
        files=table.get("files", f"a table with a file for each of {', '.join(sizes)}",
                        lambda v: isinstance(v, dict) and v.keys() == sizes.keys() and all(isinstance(one, str) for one in v.values()), default={}),
        make=table.optional_text("make"))
    table.done()
    ways = [name for name in ("generator", "files", "make") if getattr(found, name)]
    if len(ways) > 1:
        raise table.fail("", f"has {' and '.join(ways)}; accepted: at most one of them")
    for size, path in found.files.items():
        if not (folder / path).is_file():
            raise table.fail("files", f"{size}: {folder / path} is not a file")
    return found


def _refuse_what_has_no_place(table: Table, found: CommandManifest) -> None:
    """Refuses a placeholder for something that this workload does not have, and an input that nothing reads."""
    named = set(PLACEHOLDER.findall(found.run))
    has_input = bool(found.fixture.generator or found.fixture.files or found.fixture.make)
    if "fixture" in named | ({"fixture"} if found.is_stdin else set()) and not has_input:
        raise table.fail("run", "reads a fixture, but [fixture] has neither files, generator nor make")
    if has_input and "fixture" not in named and not found.is_stdin:
        raise table.fail("run", "does not read its input; write {fixture} where its path belongs, or stdin = true")
    for key, text in (("run", found.run), ("prepare", found.prepare)):
        if "{tree}" in text and found.source is None:
            raise table.fail(key, "contains {tree}, but the manifest has no [source]")
    for one in found.candidates:
        if one.change.kind in ("cflags", "link", "ref") and found.source is None:
            raise table.fail("candidate", f"{one.id}: {one.change.kind} changes a build, but the manifest has no [source]")
        if found.source and one.change.kind in ("cflags", "link") and f"{{{one.change.kind}}}" not in found.source.build:
            raise table.fail("source.build", f"has no {{{one.change.kind}}}, where the flags of candidate {one.id} would go")
        if one.change.kind == "command" and not is_command_line(one.change.value):
            raise table.fail("candidate", f"{one.id}: {one.change.value!r} contains shell syntax, but commands run without a shell; write sh -c '...'")


READERS[COMMAND] = command_manifest
