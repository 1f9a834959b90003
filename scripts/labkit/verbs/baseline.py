"""baseline - time the patient as it is: repeated runs, stages, noise floor, whole command"""

from labkit.audit import audit_state, flow
from labkit.outcome import Exit
from labkit.verbs import add_audit_arguments


def add_arguments(parser) -> None:
    add_audit_arguments(parser)


def run(args) -> Exit:
    state = audit_state.load(args.workload, args.budget)
    folder = flow.open_folder(state)
    flow.run_baseline(state, folder)
    print(f"baseline: {folder}/evidence/baseline.json; next: make profile W={args.workload}")
    return Exit.PASSED
