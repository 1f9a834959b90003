"""tries.py - changes that need no source code: another allocator, its settings, the locale.  observations -> tries -> commands

Each change runs the command through `env NAME=VALUE`. The unchanged command runs through `env`, too, so that both start one
program more.
"""

import ctypes.util
import shlex
from dataclasses import dataclass

from labkit.diagnose.observe import Observations, Target
from labkit.process import describe_failure, run_process

# {name of the library as the loader knows it: the Debian package that contains it}
ALLOCATORS = {"jemalloc": "libjemalloc2", "tcmalloc_minimal": "libtcmalloc-minimal4", "mimalloc": "libmimalloc2.0"}


@dataclass(frozen=True)
class Change:
    """One environment variable that changes. name: how tables call it; setting: NAME=VALUE."""

    name: str
    setting: str

    def command(self, target: Target) -> str:
        return shlex.join(["env", self.setting, *target.argv])

    def comparison(self, target: Target) -> str:
        """The `lab compare` command that tests it."""
        return " ".join(["scripts/lab", *map(shlex.quote, comparison_arguments(target, [self]))])


HUGE_PAGES = Change("huge pages", "GLIBC_TUNABLES=glibc.malloc.hugetlb=1")


def installed_allocators() -> list[Change]:
    found = {name: ctypes.util.find_library(name) for name in ALLOCATORS}
    return [Change(name.removesuffix("_minimal"), f"LD_PRELOAD={library}") for name, library in found.items() if library]


def changes_for(found: Observations) -> list[Change]:
    """The changes that can have an effect according to the observations."""
    allocates = found.heap is None or found.heap["totals"]["allocations_count"] > 0
    threads = found.alone.threads_count > 1
    return [*(installed_allocators() if allocates else []),
            *([HUGE_PAGES] if allocates else []),
            *([Change("one arena", "MALLOC_ARENA_MAX=1")] if allocates and threads else []),
            Change("C locale", "LC_ALL=C")]


def split_by_answer(target: Target, found: Observations, changes: list[Change], timeout_s: float) -> tuple[list[Change], list[str]]:
    """(the changes with which the command prints the same as alone, a sentence for each of the others): a wrong answer is never timed."""
    alike, refused = [], []
    for change in changes:
        run = run_process(["env", change.setting, *target.argv], stdin=target.stdin, timeout_s=timeout_s, expect_exit=target.expect_exit)
        if run.failure is not None:
            refused.append(f"{change.name}: with {change.setting} the command {describe_failure(run)}")
        elif found.stdout_sha256 is not None and run.stdout_sha256 != found.stdout_sha256:
            refused.append(f"{change.name}: with {change.setting} the command prints something else")
        else:
            alike.append(change)
    return alike, refused


def comparison_arguments(target: Target, changes: list[Change], *more: str) -> list[str]:
    """The arguments of `lab` that compare the command as it is with each change. more: arguments to append."""
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
