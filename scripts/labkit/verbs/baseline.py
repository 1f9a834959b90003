"""baseline - time the workload as it is: repeated runs, stages, noise floor, whole command"""

from labkit.audit.flow import open_version, run_baseline
from labkit.outcome import Exit
from labkit.verbs import add_audit_arguments

add_arguments = add_audit_arguments


def run(args) -> Exit:
    folder = open_version(args.workload, args.budget, run_baseline)
    print(f"baseline: {folder}/evidence/baseline.json; next: make profile W={args.workload}")
    return Exit.PASSED
