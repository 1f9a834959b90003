"""project.py - writes a manifest for a project in place: its folder, how it is built, what runs, which commits.  arguments -> project -> workload.toml

With this manifest, the phases of an audit treat the project like any other workload. It is written below build/, never into the project.
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
TARGET = 1.01  # the question is whether the change is faster at all, which means by at least 1 %


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
        """The name of the folder. A workload of this repository with the same name keeps it, because the reports of both must stay apart."""
        found = NAME_CHARACTERS.sub("_", self.source.name.lower()).strip("_") or "project"
        found = found if found[0].isalpha() else f"project_{found}"
        return f"{found}_project" if found in manifest.names() else found


def base_and_candidates(refs: str | None, named: list[str]) -> tuple[str, dict[str, str]]:
    """The commit of the baseline, and the commit of each candidate by its name. In BASE..HEAD, BASE is the baseline and HEAD a candidate;
    each NAME=REF is a further candidate. Without BASE..HEAD, HEAD is the baseline. UsageError: an argument has another form."""
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
    """Changes the working folder to a checkout of the lab outside of the project, because reports and builds are written to the working
    folder."""
    here = Path.cwd()
    if here.is_relative_to(project) or not (here / "hardening/policy.toml").exists():
        os.chdir(ROOT)
    if Path.cwd().is_relative_to(project):
        raise UsageError(f"{project} contains this checkout of the lab, and nothing may be written into a project; audit its workloads with make audit")


def write_manifest(project: Project) -> str:
    """Writes the manifest below PROJECTS and returns the name of its workload."""
    origin = command_build.origin_of(manifest_source(project), project.base)  # reports a missing folder or commit before anything runs
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
    lines = ["# lab audit --source wrote this file, and writes it again each time.", "schema = 1", f"name = {quoted(project.name)}",
             f"title = {quoted(project.source.name)}", 'kind = "command"', f"complaint = {quoted(complaint_of(project))}",
             f"metric = {quoted(project.metric)}", f"target = {TARGET}", 'op = "operation"', f"run = {quoted(project.run)}",
             f"answer = {quoted(project.answer)}", f"expect_exit = {project.expect_exit}", f"cpus = {quoted(project.cpus)}",
             *(["stdin = true"] if is_stdin else []), f"again = {quoted(project.again)}",
             "[fixture]", f"sizes = {{ whole = {project.ops_count} }}",
             *([f"files = {{ whole = {quoted(str(project.input))} }}"] if project.input else []),
             "[source]", f"folder = {quoted(str(project.source))}", f"build = {quoted(project.build)}", f"ref = {quoted(project.base)}"]
    for name, ref in project.candidates.items():
        lines += ["[[candidate]]", f"id = {quoted(name)}", f"title = {quoted(title_of(project, ref))}", f"change = {{ ref = {quoted(ref)} }}",
                  "predicted_gain = 0.0", "risk = 2", 'risk_why = "Nobody has stated the risk of this change."', 'rollback = "Any answer that differs."']
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """The text as a TOML string; TOML's basic strings have the same escapes as JSON."""
    return json.dumps(text)


def complaint_of(project: Project) -> str:
    if not project.candidates:
        return f"Where does the time of {project.run} go?"
    return f"Is {project.run} faster at {', '.join(project.candidates.values())} than at {project.base}?"


def title_of(project: Project, ref: str) -> str:
    """The first line of the commit's message."""
    return command_build.git(project.source, "log", "-1", "--format=%s", ref) or ref
