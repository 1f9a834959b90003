"""profile - where the time goes, what it waits for, what it allocates per stage, what bounds it"""

from labkit.audit.flow import open_version, run_profile
from labkit.outcome import Exit
from labkit.verbs import add_audit_arguments

add_arguments = add_audit_arguments


def run(args) -> Exit:
    folder = open_version(args.workload, args.budget, run_profile)
    print(f"profile: {folder}/evidence/profile.json, {folder}/figures/; next: make optimize W={args.workload}")
    return Exit.PASSED
