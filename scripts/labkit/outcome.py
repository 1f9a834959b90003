"""outcome.py - the exit codes of lab, and the one exception that carries them.

Every error that a user may see is a LabError, whose message is one sentence: what failed, on what, and what to try.
Only scripts/lab turns it into a line and an exit code.
"""

from enum import IntEnum


# The failure of a run that is no measurement of its program: its surroundings failed, by nothing that the program did.
INVALID_RUN = "environment"


class Exit(IntEnum):
    PASSED = 0
    FAILED = 1        # regressed, or a gate failed
    USAGE = 2         # wrong usage, or a broken manifest
    INCONCLUSIVE = 3  # says the effect that could have been seen
    ENVIRONMENT = 4   # the environment is invalid, and why


MEANINGS = {
    Exit.PASSED: "passed",
    Exit.FAILED: "regressed or a gate failed",
    Exit.USAGE: "wrong usage or a broken manifest",
    Exit.INCONCLUSIVE: "inconclusive",
    Exit.ENVIRONMENT: "the environment is invalid",
}


class LabError(Exception):
    """What failed, on what, what to try; and the exit code it means."""

    code = Exit.ENVIRONMENT

    def __init__(self, message: str, code: Exit | None = None):
        super().__init__(message)
        if code is not None:
            self.code = code


class UsageError(LabError):
    code = Exit.USAGE
