"""rebench - the accepted candidates together against the baseline, on fresh processes"""

from labkit.audit import audit_state, flow
from labkit.outcome import Exit
from labkit.verbs import add_audit_arguments


def add_arguments(parser) -> None:
    add_audit_arguments(parser)


def run(args) -> Exit:
    state = audit_state.load(args.workload, args.budget)
    folder = flow.open_folder(state)
    flow.run_rebench(state, folder)
    print(f"rebench: {folder}/evidence/rebench.json; next: make audit W={args.workload}")
    return Exit.PASSED
