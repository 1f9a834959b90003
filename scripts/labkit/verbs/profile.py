"""profile - where the time goes, what it waits for, what it allocates per stage, what bounds it"""

from labkit.audit import audit_state, flow
from labkit.outcome import Exit
from labkit.verbs import add_audit_arguments


def add_arguments(parser) -> None:
    add_audit_arguments(parser)


def run(args) -> Exit:
    state = audit_state.load(args.workload, args.budget)
    folder = flow.open_folder(state)
    flow.run_profile(state, folder)
    print(f"profile: {folder}/evidence/profile.json, {folder}/figures/; next: make optimize W={args.workload}")
    return Exit.PASSED
