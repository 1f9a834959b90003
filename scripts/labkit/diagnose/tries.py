"""tries.py - changes that need no source code: another allocator, its settings, the locale.  observations -> tries -> commands

Each is the command behind `env NAME=VALUE`; so is the command that it is compared with, so that both start one program more.
"""

import ctypes.util
import shlex
from dataclasses import dataclass

from labkit.diagnose.observe import Observations, Target
from labkit.experiment.commands import describe_failure
from labkit.process import run_process

# Name: what it is called for the loader, and the Debian package that has it.
ALLOCATORS = {"jemalloc": "libjemalloc2", "tcmalloc_minimal": "libtcmalloc-minimal4", "mimalloc": "libmimalloc2.0"}


@dataclass(frozen=True)
class Change:
    """One setting of the environment. name: for a table."""

    name: str
    setting: str

    def command(self, target: Target) -> str:
        return shlex.join(["env", self.setting, *target.argv])

    def comparison(self, target: Target) -> str:
        """The command that tests it."""
        return " ".join(["scripts/lab", *map(shlex.quote, comparison_arguments(target, [self]))])


HUGE_PAGES = Change("huge pages", "GLIBC_TUNABLES=glibc.malloc.hugetlb=1")


def installed_allocators() -> list[Change]:
    found = {name: ctypes.util.find_library(name) for name in ALLOCATORS}
    return [Change(name.removesuffix("_minimal"), f"LD_PRELOAD={library}") for name, library in found.items() if library]


def changes_for(found: Observations) -> list[Change]:
    """Those that the observations do not rule out."""
    allocates = found.heap is None or found.heap["totals"]["allocations_count"] > 0
    threads = found.alone.threads_count > 1
    return [*(installed_allocators() if allocates else []),
            *([HUGE_PAGES] if allocates else []),
            *([Change("one arena", "MALLOC_ARENA_MAX=1")] if allocates and threads else []),
            Change("C locale", "LC_ALL=C")]


def split_by_answer(target: Target, found: Observations, changes: list[Change], timeout_s: float) -> tuple[list[Change], list[str]]:
    """Those with which the command prints what it prints alone, and a sentence for each of the others: a wrong answer is never timed."""
    alike, refused = [], []
    for change in changes:
        run = run_process(["env", change.setting, *target.argv], stdin=target.stdin, timeout_s=timeout_s, expect_exit=target.expect_exit)
        if run.failure is not None:
            refused.append(f"{change.name}: with {change.setting} it {describe_failure(run)}")
        elif found.stdout_sha256 is not None and run.stdout_sha256 != found.stdout_sha256:
            refused.append(f"{change.name}: with {change.setting} it prints something else")
        else:
            alike.append(change)
    return alike, refused


def comparison_arguments(target: Target, changes: list[Change], *more: str) -> list[str]:
    """Of `lab compare`: the command as it is, and each change."""
    first, *others = changes
    options = ["--a", shlex.join(["env", *target.argv]), "--b", first.command(target)]
    for one in others:
        options += ["--also", one.command(target)]
    for name in ("as it is", *(one.name for one in changes)):
        options += ["--name", name]
    options += ["--cpus", "all"]
    if target.stdin is not None:
        options += ["--stdin", str(target.stdin)]
    if target.expect_exit:
        options += ["--expect-exit", str(target.expect_exit)]
    return ["compare", *options, *more]
