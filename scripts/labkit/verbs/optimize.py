"""optimize - build every candidate, check its answers, measure each alone, accept or reject"""

from labkit.audit import audit_state, flow
from labkit.outcome import Exit
from labkit.verbs import add_audit_arguments


def add_arguments(parser) -> None:
    add_audit_arguments(parser)


def run(args) -> Exit:
    state = audit_state.load(args.workload, args.budget)
    folder = flow.open_folder(state)
    flow.run_optimize(state, folder)
    from labkit.analysis import decisions_of

    for one in decisions_of(folder):
        print(f"{'accept' if one.accepted else 'reject'}  {one.id:<20} {one.reason}")
    print(f"optimize: {folder}/evidence/candidates/; next: make rebench W={args.workload}")
    return Exit.PASSED
