"""project.py - a project in place as a workload: its folder, how it is built, what runs, which commits.  arguments -> project -> workload.toml

The manifest is written below build/, never into the project, so that the phases of an audit find what they find of any workload.
"""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from labkit import ROOT
from labkit.evidence import write_text
from labkit.outcome import UsageError
from labkit.workload import command_build, manifest

PROJECTS = Path("build/projects")
NAME_CHARACTERS = re.compile(r"[^a-z0-9_]+")
ID_CHARACTERS = re.compile(r"[^a-z0-9]+")
NO_BUILD = ":"
TARGET = 1.01  # what the policy asks of any change


@dataclass(frozen=True)
class Project:
    """candidates: name to commit. input: the file that the command reads, or None. again: the command that audits it again."""

    source: Path
    build: str
    run: str
    base: str
    candidates: dict[str, str]
    input: Path | None
    ops_count: int
    metric: str
    answer: str
    expect_exit: int
    cpus: str
    again: str

    @property
    def name(self) -> str:
        """Of the folder; never that of a workload of this repository, whose reports are others."""
        found = NAME_CHARACTERS.sub("_", self.source.name.lower()).strip("_") or "project"
        found = found if found[0].isalpha() else f"project_{found}"
        return f"{found}_project" if found in manifest.names() else found


def base_and_candidates(refs: str | None, named: list[str]) -> tuple[str, dict[str, str]]:
    """BASE..HEAD is one candidate; NAME=REF are candidates against HEAD. UsageError for another form."""
    base, candidates = "HEAD", dict[str, str]()
    if refs is not None:
        base, dots, head = refs.partition("..")
        if not (base and dots and head) or head.startswith("."):
            raise UsageError(f"--refs {refs!r}: write two commits, as in --refs v1.0..main")
        candidates[id_of(head)] = head
    for one in named:
        name, equals, ref = one.partition("=")
        if not (equals and ref and manifest.is_id(name)):
            raise UsageError(f"--candidate {one!r}: write NAME=REF, a name of lower-case letters, digits and dashes and a commit")
        if name in candidates:
            raise UsageError(f"--candidate {one!r}: {name} occurs twice; each needs a name of its own")
        candidates[name] = ref
    return base, candidates


def id_of(ref: str) -> str:
    found = ID_CHARACTERS.sub("-", ref.lower()).strip("-")
    return found if manifest.is_id(found) else "changed"


def leave(project: Path) -> None:
    """Work in a checkout of the lab that is not the project, because reports and builds are written where the lab works."""
    here = Path.cwd()
    if here.is_relative_to(project) or not (here / "hardening/policy.toml").exists():
        os.chdir(ROOT)
    if Path.cwd().is_relative_to(project):
        raise UsageError(f"{project} contains this checkout of the lab, and nothing may be written into a project; audit its workloads with make audit")


def write_manifest(project: Project) -> str:
    """The name of the workload, which is found below PROJECTS."""
    origin = command_build.origin_of(manifest_source(project), project.base)  # a folder or a commit that does not exist is named at once
    if project.candidates and origin.commit is None:
        raise UsageError(f"{project.source} is not in a git repository, so it has no commits to compare")
    for ref in project.candidates.values():
        command_build.origin_of(manifest_source(project), ref)
    write_text(PROJECTS / project.name / "workload.toml", text_of(project))
    return project.name


def manifest_source(project: Project) -> command_build.Source:
    return command_build.Source(str(project.source), project.build, project.base)


def text_of(project: Project) -> str:
    is_stdin = project.input is not None and "{fixture}" not in project.run
    lines = ["# Written by lab audit --source; the next one writes it anew.", "schema = 1", f"name = {quoted(project.name)}",
             f"title = {quoted(project.source.name)}", 'kind = "command"', f"complaint = {quoted(complaint_of(project))}",
             f"metric = {quoted(project.metric)}", f"target = {TARGET}", 'op = "operation"', f"run = {quoted(project.run)}",
             f"answer = {quoted(project.answer)}", f"expect_exit = {project.expect_exit}", f"cpus = {quoted(project.cpus)}",
             *(["stdin = true"] if is_stdin else []), f"again = {quoted(project.again)}",
             "[fixture]", f"sizes = {{ whole = {project.ops_count} }}",
             *([f"files = {{ whole = {quoted(str(project.input))} }}"] if project.input else []),
             "[source]", f"folder = {quoted(str(project.source))}", f"build = {quoted(project.build)}", f"ref = {quoted(project.base)}"]
    for name, ref in project.candidates.items():
        lines += ["[[candidate]]", f"id = {quoted(name)}", f"title = {quoted(title_of(project, ref))}", f"change = {{ ref = {quoted(ref)} }}",
                  "predicted_gain = 0.0", "risk = 2", 'risk_why = "Nobody has stated it."', 'rollback = "Any answer that differs."']
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """As TOML, whose basic strings have the escapes of JSON."""
    return json.dumps(text)


def complaint_of(project: Project) -> str:
    if not project.candidates:
        return f"Where does the time of {project.run} go?"
    return f"Is {project.run} faster at {', '.join(project.candidates.values())} than at {project.base}?"


def title_of(project: Project, ref: str) -> str:
    """The first line of its message."""
    return command_build.git(project.source, "log", "-1", "--format=%s", ref) or ref
