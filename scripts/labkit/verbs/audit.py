"""audit - run whatever is missing or stale, then render and seal the report"""

import json
from pathlib import Path

from labkit.audit import audit_state, flow, version
from labkit.outcome import Exit, LabError
from labkit.verbs import add_audit_arguments
from labkit.workload import manifest


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
    for name in manifest.finished_names():
        try:
            run_one(name, args)
            audits[name] = json.loads((version.latest(name) / "audit.json").read_text())
        except LabError as error:
            failures[name], code = str(error).splitlines()[0], error.code
    print(audit_table(audits, failures))
    return code


def run_one(workload: str, args) -> Exit:
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
    passed = sum(1 for row in audit["checklist"] if row["passed"])
    print(f"audit: {audit['headline']['sentence']}; {passed} of {len(audit['checklist'])} rows of the checklist pass; "
          f"read {folder / 'audit.md'}")
    print(audit["regression_check"]["line"])
    if audit["headline"]["verdict"] != "closed":
        print("audit: the exit code is 0, because the audit is complete; its report states what it found")
    return Exit.PASSED
