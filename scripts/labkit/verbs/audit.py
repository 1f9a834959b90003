"""audit - run whatever is missing or stale, then render and seal the report"""

from pathlib import Path

from labkit import audit_state, flow
from labkit.outcome import Exit
from labkit.verbs import add_audit_arguments


def add_arguments(parser) -> None:
    add_audit_arguments(parser)


def run(args) -> Exit:
    state = audit_state.load(args.workload, args.budget)
    standing = flow.standing(state)
    if standing is not None:
        print(f"audit: nothing has changed since {standing} was sealed; read {standing / 'audit.md'}")
        return Exit.PASSED
    folder = flow.open_folder(state)
    flow.run_rebench(state, folder)
    return _seal(folder)


def _seal(folder: Path) -> Exit:
    """Numbers, figures, pages, manifest: in that order, and the manifest last."""
    raise NotImplementedError
