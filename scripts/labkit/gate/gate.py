"""gate.py - compare two trees in one interleaved run, to find regressions of a change.  git, build -> gate -> campaign

The base ref is checked out into a separate worktree. The workloads of this repository are compiled from both trees with
the same flags and the same harness, and linked in another order for each block; another repository is built by its own command.
"""

import contextlib
import math
import statistics
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from labkit import host, whole_session
from labkit.evidence import write_text
from labkit.experiment.commands import Command, Conditions, ProjectSubject, add_canary, are_identical, parse_command, prepare_pair
from labkit.experiment.design import Case, case_of
from labkit.experiment.interleave import CANARY
from labkit.gate.flame_difference import ProfiledRun
from labkit.metrics import GATES, METRICS, ON_REQUEST, WATCHED, command_metrics, is_tail, workload_metrics
from labkit.outcome import Exit, LabError, UsageError
from labkit.runner import LocalRunner, run_hook
from labkit.workload import fixture, harness, manifest, variant
from labkit.workload.build import Binary, BuildFailed
from labkit.workload.harness import Load
from labkit.workload.library import LibrarySubject
from labkit.workload.link_orders import Copies, Layouts, hashes_of, layouts_of
from labkit.workload.manifest import Manifest
from labkit.workload.paired_process import PAIRED_MS, PairedPrograms, PairedSubject

MINIMUM_MS = 20
BUILD_TIMEOUT_S = 1800


@dataclass(frozen=True)
class Trees:
    """base: a worktree of the ref; head: the working tree, including uncommitted changes."""

    ref: str
    commit: str
    base: Path
    head: Path
    head_commit: str
    dirty: bool

    def to_json(self, repository: str | None = None) -> dict:
        """repository: its name, if it is not this repository."""
        return {"ref": self.ref, "commit": self.commit, "head_commit": self.head_commit, "dirty": self.dirty,
                "repository": repository}


@dataclass
class Subjects:
    """The cases to measure, the identical ones that need no measuring, and notes. profiled: {case: {arm: one run}}.

    arms: {name: command, sha256, builds}. layouts, pairs: programs of arms that are linked during the measurement, alone or
    together with the other side.
    """

    cases: list[Case] = field(default_factory=list)
    profiled: dict[str, dict[str, ProfiledRun]] = field(default_factory=dict)
    arms: dict[str, dict] = field(default_factory=dict)
    layouts: dict[str, Layouts] = field(default_factory=dict)
    pairs: dict[str, PairedPrograms] = field(default_factory=dict)
    identical: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def arms_as_run(self) -> dict[str, dict]:
        """The arms with every build that was run, after the measurement."""
        return self.arms | {name: self.arms[name] | {"builds": self._builds(name)} for name in self.layouts}

    def _builds(self, name: str) -> list[str]:
        """The hashes of the programs of an arm; in one process, of the programs that contain both sides."""
        return self.pairs[name].hashes if name in self.pairs else hashes_of(self.layouts[name])


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise UsageError(f"{repository}: git {arguments[0]} failed: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()


@contextlib.contextmanager
def trees(repository: Path, ref: str) -> Iterator[Trees]:
    """Make the worktree of the base; it is removed afterwards in any case."""
    head = Path(git(repository, "rev-parse", "--show-toplevel"))
    try:
        commit = git(repository, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    except UsageError:
        raise UsageError(f"--base {ref!r} is not a commit of {head}; fetch it, or name another") from None
    with tempfile.TemporaryDirectory(prefix="clinic-gate-") as folder:
        base = Path(folder) / "base"
        git(repository, "worktree", "add", "--detach", "--quiet", str(base), commit)
        try:
            yield Trees(ref, commit, base, head, git(repository, "rev-parse", "HEAD"),
                        bool(git(repository, "status", "--porcelain", "--untracked-files=no")))
        finally:
            git(repository, "worktree", "remove", "--force", str(base))


def workload_subjects(both: Trees, names: Iterable[str], logs: Path, seed: int, scratch: Path, *, measure_identical: bool,
                      counts_instructions: bool, in_process: bool = False) -> Subjects:
    """Every size of every workload that both trees have. scratch: for programs; seed: of the layouts."""
    subjects = Subjects()
    for name in names:
        wanted = manifest.load(name)
        fixture.ensure(wanted)
        if not (both.base / wanted.folder / "workload.toml").exists():
            subjects.notes.append(f"{name} is not in the base, so there is nothing to compare it with")
            continue
        folder = scratch / name
        folder.mkdir()
        arms = {"A": linked(wanted, replace(wanted, folder=both.base / wanted.folder), "base", logs, seed, folder),
                "B": linked(wanted, wanted, "head", logs, seed, folder)}
        sides = {f"{name} base": arms["A"], f"{name} head": arms["B"]}
        subjects.arms |= {side: arm_document(layouts.usual, side.split()[-1]) for side, layouts in sides.items()}
        if arms["A"].usual.sha256 == arms["B"].usual.sha256 and not measure_identical:
            subjects.identical.append(name)
            continue
        subjects.layouts |= sides
        if in_process:
            pairs = programs_of(wanted, both, seed, folder)
            subjects.pairs |= dict.fromkeys(sides, pairs)
            subjects.notes.append(in_process_note(name))
        for size in wanted.fixture.sizes:
            load = equal_load(wanted, size, arms["A"].usual)
            case = workload_case(wanted, load, arms, counts_instructions and size == wanted.main_size)
            if in_process:
                case = in_one_process(case, wanted, pairs)
            subjects.cases.append(case)
            work = equal_work(wanted, load, arms["A"].usual)
            subjects.profiled[case.name] = {arm: workload_run(wanted, work, arms[arm].usual) for arm in "AB"}
    return subjects


def linked(wanted: Manifest, source: Manifest, side: str, logs: Path, seed: int, folder: Path) -> Layouts:
    """The layouts of one tree's baseline. A base that does not build is wrong usage; a head that does not build is a failure."""
    sources = replace(variant.baseline(source), name=f"gate-{side}")
    try:
        return layouts_of(wanted, sources, seed, folder)
    except BuildFailed as failure:
        log = logs / f"{side}-build.log"
        write_text(log, failure.log)
        raise LabError(f"the {side} of {wanted.name} does not build: {first_error(failure.log)} (log: {log})",
                       Exit.USAGE if side == "base" else Exit.FAILED) from None


def first_error(log: str) -> str:
    lines = [line for line in log.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "it printed nothing")[:200]


def arm_document(binary: Binary, side: str) -> dict:
    return {"command": f"{binary.path} ({side})", "sha256": binary.sha256, "builds": [binary.sha256]}


def equal_load(wanted: Manifest, size: str, base: Binary) -> Load:
    """The load with the number of batches that the base's harness chose from the clock, so that both arms do the same work."""
    first = harness.must(harness.observe(wanted, base, Load(size, samples_count=3), cpu=host.measuring_cpu()),
                         "first run of the base")
    return Load(size, samples_count=max(5, METRICS[wanted.metric].samples_needed), minimum_ms=MINIMUM_MS, batch_count=first["batch_count"], expect=first["answer"])


def workload_run(wanted: Manifest, load: Load, binary: Binary) -> ProfiledRun:
    return ProfiledRun((*harness.command(wanted, binary, load.size), *load.arguments()))


def equal_work(wanted: Manifest, load: Load, base: Binary) -> Load:
    """The load with a fixed number of runs, the number that the base makes in the time of the load. A program that runs for a given
    time does less when it is slower, so its CPU time hardly changes: "6.34 to 6.90 ms" was printed beside "+137 %"."""
    one = harness.must(harness.observe(wanted, base, replace(load, minimum_ms=0), cpu=host.measuring_cpu()), "a run of the base")
    sample_ns = statistics.median(one["samples_ns"])
    return replace(load, minimum_ms=0, samples_count=max(load.samples_count, math.ceil(load.minimum_ms * 1e6 / sample_ns)))


def workload_case(wanted: Manifest, load: Load, arms: dict[str, Layouts], counts_instructions: bool) -> Case:
    subject = LibrarySubject(wanted, arms | {CANARY: Copies(arms["A"])}, load, LocalRunner(host.measuring_cpu()))
    return case_of(subject, f"{wanted.name}/{load.size}",
                   gating=(*workload_metrics(GATES), *((wanted.metric,) if is_tail(wanted.metric) else ())),
                   watched=workload_metrics(WATCHED, *((ON_REQUEST,) if counts_instructions else ())))


def programs_of(wanted: Manifest, both: Trees, seed: int, folder: Path) -> PairedPrograms:
    """Programs that contain the baselines of both trees."""
    sources = {"A": variant.baseline(replace(wanted, folder=both.base / wanted.folder)), "B": variant.baseline(wanted)}
    named = {arm: replace(sources[arm], name=f"gate-{side}") for arm, side in (("A", "base"), ("B", "head"))}
    return PairedPrograms(wanted, named, seed, folder)


def in_process_note(name: str) -> str:
    return (f"{name}: both versions ran alternately in one process, so memory and tails are not judged; regressions were confirmed in separate "
            "processes")


def in_one_process(case: Case, wanted: Manifest, programs: PairedPrograms) -> Case:
    """The case measured by pairs in one process; regressions are confirmed in separate processes. Memory is that of the process and not
    of an arm, so it is not judged."""
    classical = case.observe
    assert isinstance(classical, LibrarySubject), "only what is linked with the harness can run beside another variant in one process"
    load = replace(classical.load, minimum_ms=PAIRED_MS)
    subject = PairedSubject(wanted, programs, load, classical.runner, classical)
    return replace(case, observe=subject, confirmed_by=classical, gating=tuple(one for one in case.gating if one != "peak_rss"),
                   watched=tuple(one for one in case.watched if METRICS[one].is_exact))


def command_subjects(both: Trees, runs: Iterable[str], build_command: str | None, conditions: Conditions, logs: Path,
                     scratch: Path, *, measure_identical: bool) -> Subjects:
    """The subjects of any repository: build both trees, then run every --run command in each."""
    for side, tree in (("base", both.base), ("head", both.head)):
        run_build(build_command, tree, side, logs)
    subjects = Subjects()
    for number, text in enumerate(runs, start=1):
        sides = {"A": built_command(text, both.base, build_command), "B": built_command(text, both.head, build_command)}
        subjects.arms |= {f"{text} {side}": {"command": f"{text} ({side})", "sha256": sides[arm].sha256,
                                             "builds": [sides[arm].sha256]}
                          for arm, side in (("A", "base"), ("B", "head"))}
        if are_identical(sides["A"], sides["B"]) and not measure_identical:
            subjects.identical.append(text)
            continue
        folder = scratch / str(number)
        folder.mkdir()
        subjects.cases.append(project_case(text, sides, conditions, folder, subjects.notes))
        subjects.profiled[text] = {arm: command_run(sides[arm], conditions) for arm in "AB"}
    return subjects


def built_command(text: str, tree: Path, build_command: str | None) -> Command:
    try:
        return parse_command(text, tree)
    except UsageError as error:
        hint = "; name the command that builds a tree with --build SH" if build_command is None else ""
        raise UsageError(f"{error}{hint}") from None


def project_case(text: str, sides: dict[str, Command], conditions: Conditions, scratch: Path,
                 notes: list[str]) -> Case:
    subject = prepare_pair([sides["A"]], [sides["B"]], conditions, ProjectSubject)
    add_canary(subject, scratch)
    notes += [f"{text}: {note}" for note in subject.notes]
    return case_of(subject, text, gating=command_metrics(GATES), watched=command_metrics(WATCHED))


def command_run(command: Command, conditions: Conditions) -> ProfiledRun:
    return ProfiledRun(command.argv, cwd=command.cwd, stdin=conditions.stdin, timeout_s=conditions.timeout_s,
                       before=lambda: run_hook(conditions.prepare, "--prepare"))


def run_build(command: str | None, tree: Path, side: str, logs: Path) -> None:
    if command is None:
        return
    try:
        done = whole_session.run(["sh", "-c", command], cwd=tree, timeout_s=BUILD_TIMEOUT_S)
        output, failed = done.stdout + done.stderr, done.returncode != 0
    except subprocess.TimeoutExpired:
        output, failed = f"the build did not end within {BUILD_TIMEOUT_S} s", True
    if failed:
        log = logs / f"{side}-build.log"
        write_text(log, output)
        raise LabError(f"the {side} does not build: {first_error(output)} (log: {log})",
                       Exit.USAGE if side == "base" else Exit.FAILED)
