"""rebench - the accepted candidates together against the baseline, on fresh processes"""

from labkit.audit.flow import open_version, run_rebench
from labkit.outcome import Exit
from labkit.verbs import add_audit_arguments

add_arguments = add_audit_arguments


def run(args) -> Exit:
    folder = open_version(args.workload, args.budget, run_rebench)
    print(f"rebench: {folder}/evidence/rebench.json; next: make audit W={args.workload}")
    return Exit.PASSED
