"""audit - run whatever is missing or stale, then render and seal the report"""

import json
from pathlib import Path

from labkit.audit import audit_state, flow, investigation_state, version
from labkit.outcome import Exit, LabError
from labkit.verbs import add_audit_arguments
from labkit.workload import manifest

ENDS = {"closed": Exit.PASSED, "not repaired": Exit.FAILED, "test misses it": Exit.FAILED, "not reproduced": Exit.INCONCLUSIVE}
"""{verdict of an investigation: exit code}"""


def add_arguments(parser) -> None:
    add_audit_arguments(parser)
    parser.add_argument("--repetition", type=int, default=0, metavar="NUMBER",
                        help="the number of a repeated audit, from which its seeds follow; the default is 0")
    parser.add_argument("--all", action="store_true", help="audit every workload, one after the other, and print one table at the end")


def run(args) -> Exit:
    return run_all(args) if args.all else run_one(args.workload, args)


def run_all(args) -> Exit:
    """Audit every workload; the failure of one does not prevent the others from being audited."""
    from labkit.report.audit_table import audit_table

    audits, failures, code = {}, {}, Exit.PASSED
    for name in sorted([*manifest.finished_names(), *manifest.investigation_names()]):
        try:
            code = run_one(name, args) or code
            audits[name] = json.loads((version.latest(name) / "audit.json").read_text())
        except LabError as error:
            failures[name], code = str(error).splitlines()[0], error.code
    print(audit_table(audits, failures))
    return code


def run_one(workload: str, args) -> Exit:
    return investigate(workload, args) if manifest.kind_of(workload) == manifest.INVESTIGATION else race(workload, args)


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


def race(workload: str, args) -> Exit:
    """Audit candidates against the baseline: the exit code is 0 when the audit is complete, whatever it found."""
    state = audit_state.load(workload, args.budget, args.repetition)
    standing = flow.standing(state)
    if standing is not None:
        print(f"audit: nothing has changed since {standing} was sealed; read {standing / 'audit.md'}")
        return Exit.PASSED
    folder = flow.open_folder(state)
    flow.run_rebench(state, folder)
    return _seal(folder)


def _seal(folder: Path) -> Exit:
    """Write numbers, figures and pages in this order, and the manifest last."""
    from labkit.report.publish import publish  # imported late, so that an audit with nothing to do does not load matplotlib

    audit = publish(folder)
    _say(audit, folder)
    if audit["headline"]["verdict"] != "closed":
        print("audit: the exit code is 0, because the audit is complete; its report states what it found")
    return Exit.PASSED


def _say(audit: dict, folder: Path) -> None:
    passed = sum(1 for row in audit["checklist"] if row["passed"])
    print(f"audit: {audit['headline']['sentence']}; {passed} of {len(audit['checklist'])} rows of the checklist pass; "
          f"read {folder / 'audit.md'}")
    print(audit["regression_check"]["line"])
