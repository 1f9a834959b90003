"""audit - run whatever is missing or stale, then render and seal the report"""

from pathlib import Path

from labkit.audit import audit_state, flow
from labkit.outcome import Exit
from labkit.verbs import add_audit_arguments


def add_arguments(parser) -> None:
    add_audit_arguments(parser)
    parser.add_argument("--repetition", type=int, default=0, metavar="NUMBER",
                        help="seeds of its own for an audit that is made several times; the default is 0")


def run(args) -> Exit:
    state = audit_state.load(args.workload, args.budget, args.repetition)
    standing = flow.standing(state)
    if standing is not None:
        print(f"audit: nothing has changed since {standing} was sealed; read {standing / 'audit.md'}")
        return Exit.PASSED
    folder = flow.open_folder(state)
    flow.run_rebench(state, folder)
    return _seal(folder)


def _seal(folder: Path) -> Exit:
    """Numbers, figures, pages, manifest: in that order, and the manifest last."""
    from labkit.report.publish import publish  # late: an audit with nothing to do must not pay for matplotlib

    audit = publish(folder)
    passed = sum(1 for row in audit["checklist"] if row["passed"])
    print(f"audit: {audit['headline']['sentence']}; {passed} of {len(audit['checklist'])} rows of the checklist pass; "
          f"read {folder / 'audit.md'}")
    print(audit["regression_check"]["line"])
    if audit["headline"]["verdict"] != "closed":
        print("audit: exit code 0 all the same: the audit is whole, and what it found stands in it")
    return Exit.PASSED
