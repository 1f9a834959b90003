"""audit - run whatever is missing or stale, then render and seal the report"""

import json
import shlex
import sys
import time
from pathlib import Path

from labkit.audit import audit_state, flow, investigation_state, project, version
from labkit.audit.audit_state import AuditState
from labkit.foreign_text import for_terminal
from labkit.metrics import complaints
from labkit.outcome import Exit, LabError, UsageError
from labkit.phases import COMMAND
from labkit.terminal_output import GOOD, OPEN, Line, show
from labkit.verbs import add_audit_arguments
from labkit.wording import plural
from labkit.workload import manifest
from labkit.workload.build import BuildFailed

LOG_LINES = 20
ENDS = {"closed": Exit.PASSED, "not repaired": Exit.FAILED, "test misses it": Exit.FAILED, "not reproduced": Exit.INCONCLUSIVE}
"""{verdict of an investigation: exit code}"""


def add_arguments(parser) -> None:
    add_audit_arguments(parser)
    parser.add_argument("--repetition", type=int, default=0, metavar="NUMBER",
                        help="the number of a repeated audit, which determines its random seeds; the default is 0")
    parser.add_argument("--all", action="store_true", help="audit every workload, one after the other, and print one table at the end")
    add_project_arguments(parser.add_argument_group("a project in place, instead of a workload"))


def add_project_arguments(group) -> None:
    group.add_argument("--source", type=Path, metavar="DIR", help="the folder of a project, into which nothing is written; needs --run")
    group.add_argument("--build", metavar="SH", help="the shell command that builds the project; it runs in a tree of each commit; without it nothing is built")
    group.add_argument("--run", dest="command", metavar="CMD", help="the command to measure, which runs in each tree; {fixture} in it is replaced by the file of --input")
    group.add_argument("--refs", metavar="BASE..HEAD", help="compare these two commits; without it, HEAD is the baseline")
    group.add_argument("--candidate", action="append", default=[], metavar="NAME=REF", help="also compare this commit with the baseline; repeat it for more")
    group.add_argument("--input", type=Path, metavar="FILE", help="the input of the command: its standard input, unless --run contains {fixture}")
    group.add_argument("--ops", type=int, default=1, metavar="COUNT", help="how many operations one run performs; the default is 1")
    group.add_argument("--metric", default="wall", choices=complaints(COMMAND), help="the metric that decides; the default is wall")
    group.add_argument("--answer", default="output", choices=["output", "exit"],
                       help="the answer of a run, which must be equal for all commits: output, which is all that it prints (the default), or exit, "
                            "which is its exit code")
    group.add_argument("--expect-exit", type=int, default=0, metavar="CODE", help="the exit code with which each run must end; the default is 0")
    group.add_argument("--cpus", default="one", choices=["one", "all"], help="the CPUs that a run may use: one (the default), or all, for programs with threads")


def run(args) -> Exit:
    if args.source is not None:
        return run_project(args)
    if args.command or args.build or args.refs or args.candidate or args.input:
        raise UsageError("--build, --run, --refs, --candidate and --input belong to a project; --source DIR names it")
    return run_all(args) if args.all else run_one(args.workload, args)


def run_project(args) -> Exit:
    if not args.command:
        raise UsageError("--source needs --run CMD, the command to measure")
    if args.ops < 1:
        raise UsageError(f"--ops {args.ops}: it must be at least 1")
    source = args.source.expanduser().resolve()
    if not source.is_dir():
        raise UsageError(f"--source {for_terminal(args.source)} is not a folder")
    if args.input and not args.input.is_file():
        raise UsageError(f"--input {for_terminal(args.input)} is not a file")
    base, candidates = project.base_and_candidates(args.refs, args.candidate)
    found = project.Project(source, args.build or project.NO_BUILD, args.command, base, candidates, args.input and args.input.resolve(), args.ops,
                            args.metric, args.answer, args.expect_exit, args.cpus, shlex.join(["scripts/lab", *sys.argv[1:]]))
    project.leave(source)
    name = project.write_manifest(found)
    state = built_state(manifest.load(name, project.PROJECTS), args)
    refuse_unbuilt(state)
    return race(state)


def built_state(wanted: manifest.Manifest, args) -> AuditState:
    """The log of a base that does not build is shown, and not only named."""
    try:
        return audit_state.state_of(wanted, args.budget, args.repetition)
    except UsageError as error:
        if isinstance(error.__cause__, BuildFailed):
            show_log(error.__cause__)
        raise


def refuse_unbuilt(state: AuditState) -> None:
    """A commit that does not build is rejected in the report; where no commit builds, nothing is measured."""
    failed = {one.id: result for one in state.manifest.candidates if isinstance(result := state.built[one.id], BuildFailed)}
    for result in failed.values():
        show_log(result)
    if failed and len(failed) == len(state.manifest.candidates):
        name, result = next(iter(failed.items()))
        raise LabError(f"{name} does not build, so there is nothing to compare: {for_terminal(result.log.splitlines()[-1])}; nothing was measured", Exit.FAILED)


def show_log(failed: BuildFailed) -> None:
    """The end of it; its last line is the sentence that is printed anyway."""
    for line in failed.log.splitlines()[-1 - LOG_LINES:-1]:
        print(f"  | {for_terminal(line)}", file=sys.stderr)


def run_all(args) -> Exit:
    """Audit every workload; the failure of one does not prevent the others from being audited."""
    from labkit.report.audit_table import audit_table

    audits, failures, took_s, code = {}, {}, {}, Exit.PASSED
    for name in sorted([*(name for name, _ in manifest.finished()), *manifest.investigation_names()]):
        began_s = time.monotonic()
        try:
            code = run_one(name, args) or code
            if (last := version.latest(name)) is not None:
                audits[name] = json.loads((last / "audit.json").read_text())
        except LabError as error:
            failures[name], code = str(error).splitlines()[0], error.code
        took_s[name] = time.monotonic() - began_s
    show([audit_table(audits, failures, took_s)])
    print(f"audit: {plural(len(took_s), 'audit')} took {sum(took_s.values()) / 60:.1f} min")
    return code


def run_one(workload: str, args) -> Exit:
    return investigate(workload, args) if manifest.kind_of(workload) == manifest.INVESTIGATION else race(
        audit_state.load(workload, args.budget, args.repetition))


def investigate(workload: str, args) -> Exit:
    """Audit a crash, a hang or a wrong benchmark: the fault, its repairs and the test that detects it are judged, and decide the exit code."""
    state = investigation_state.load(workload, args.budget)
    folder = investigation_state.standing(state)
    if folder is not None:
        print(f"audit: nothing has changed since {folder} was sealed; read {folder / 'audit.md'}")
        return ENDS[json.loads((folder / "audit.json").read_text())["headline"]["verdict"]]
    from labkit.report.publish import publish

    folder = investigation_state.run(state)
    audit = publish(folder)
    _say(audit, folder)
    return ENDS[audit["headline"]["verdict"]]


def race(state: AuditState) -> Exit:
    """Audits candidates against the baseline. The exit code is 0 when the audit is complete, whatever its result is."""
    standing = flow.standing(state)
    if standing is not None:
        print(f"audit: nothing has changed since {standing} was sealed; read {standing / 'audit.md'}")
        _say_code(json.loads((standing / "audit.json").read_text()))
        return Exit.PASSED
    folder = flow.open_folder(state)
    flow.run_rebench(state, folder)
    return _seal(folder)


def _seal(folder: Path) -> Exit:
    """Write numbers, figures and pages in this order, and the manifest last."""
    from labkit.report.publish import publish  # imported late, so that an audit with nothing to do does not load matplotlib

    audit = publish(folder)
    _say(audit, folder)
    _say_code(audit)
    return Exit.PASSED


def _say_code(audit: dict) -> None:
    if audit["headline"]["verdict"] != "closed":
        print(f"audit: {audit['headline']['sentence'].lower()}; the exit code is 0, because the audit is complete; its report states what it found")


def _say(audit: dict, folder: Path) -> None:
    passed = sum(1 for row in audit["checklist"] if row["passed"])
    sentence = audit["headline"]["sentence"]
    colour = GOOD if audit["headline"]["verdict"] == "closed" else OPEN
    show([Line(f"audit: {sentence}; {passed} of {len(audit['checklist'])} rows of the checklist pass; read {folder / 'audit.md'}",
               coloured=[(len("audit: "), len("audit: ") + len(sentence), colour)])])
    print(audit["regression_check"]["line"])
