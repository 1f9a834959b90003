"""limits.py - what bounds a command: computing, waiting, or the kernel.  observations -> limits -> sentences

Each share is of the samples, of CPU time or of the time of the threads, and each sentence names which.
"""

from collections.abc import Iterable
from typing import Any

from labkit.analysis.function_names import public_name
from labkit.diagnose.observe import Alone, Observations
from labkit.wording import duration, percent, plural

KERNEL = "[kernel]"
PAGE_FAULT = ("asm_exc_page_fault", "exc_page_fault", "page_fault")
ALLOCATOR = {"malloc", "free", "calloc", "realloc", "cfree", "int_malloc", "int_free", "int_realloc", "malloc_consolidate",
             "unlink_chunk", "sysmalloc", "systrim", "posix_memalign", "aligned_alloc", "memalign", "int_memalign", "tcache_init",
             "operator new", "operator delete"}
LEAST_ACCOUNTED_NS = 200_000_000
WAITING_SHARE, KERNEL_SHARE, PREEMPTED_SHARE = 0.2, 0.25, 0.1


def amdahl(share: float) -> float:
    """By which factor the whole becomes faster if a part with this share of it took no time any more (Amdahl 1967). No ceiling is
    above 1000, because a part that has all samples still does not have all the time."""
    return 1.0 / (1.0 - min(share, 0.999))


def self_share(report: dict[str, Any], names: Iterable[str]) -> float:
    wanted = set(names)
    return sum(one["self_ratio"] for one in report["functions"] if public_name(one["name"].split("(")[0]) in wanted)


def share_of(row: dict[str, Any], kind: str = "self") -> dict[str, float]:
    """The share of a row of the report and its 95 % interval. kind: self or total."""
    return {"ratio": row[f"{kind}_ratio"], "low": row[f"{kind}_low_ratio"], "high": row[f"{kind}_high_ratio"]}


def total_share(report: dict[str, Any], names: Iterable[str]) -> float:
    """The total share of that one of the names that has most; their shares are not added, because they call each other."""
    wanted = set(names)
    return max((one["total_ratio"] for one in report["functions"] if one["name"] in wanted), default=0.0)


def library_share(report: dict[str, Any], library: str) -> float:
    return sum(one["self_ratio"] for one in report["libraries"] if one["name"] == library)


def waits(found: Observations) -> dict[str, Any] | None:
    return (found.cpu or {}).get("off_cpu")


def blocked_share(found: Observations) -> float | None:
    """The share of the threads' time in which they were blocked; None where waits could not be observed."""
    seen = waits(found)
    return seen["blocked_ns"] / seen["watched_ns"] if seen and seen["watched_ns"] else None


def ready_share(found: Observations) -> float:
    """The share of the threads' time in which they were ready to run but had no CPU; 0 where it could not be observed."""
    seen = waits(found)
    return seen["ready_ns"] / seen["watched_ns"] if seen and seen["watched_ns"] else 0.0


def describe(found: Observations) -> list[str]:
    """The sentences of the page about what bounds the command; the first one is the answer."""
    return [one for one in (_first(found), _kernel(found), _preempted(found), _parallel(found.alone), _memory(found.alone)) if one]


def cpus_used(alone: Alone) -> float:
    return alone.cpu_ns / alone.wall_ns if alone.wall_ns else 0.0


def _first(found: Observations) -> str:
    used, blocked = cpus_used(found.alone), blocked_share(found)
    spent = f"it used {duration(found.alone.cpu_ns)} of CPU time in {duration(found.alone.wall_ns)}"
    waited = used < 1 - WAITING_SHARE if blocked is None else blocked > WAITING_SHARE
    if waited:
        return f"It waits: {spent}" + ("." if blocked is None else f", and its threads were blocked for {percent(blocked)} of their time.")
    return f"It computes: {spent}" + ("." if ready_share(found) < PREEMPTED_SHARE else ", and it did not always have a CPU when it was ready to run.")


def _kernel(found: Observations) -> str | None:
    """The share comes from the samples where they include the kernel, because the system accounts a short run in whole clock ticks."""
    sampled = library_share(found.cpu, KERNEL) if found.cpu else 0.0
    accounted = found.alone.system_ns / found.alone.cpu_ns if found.alone.cpu_ns > LEAST_ACCOUNTED_NS else 0.0
    share = sampled or accounted
    if share < KERNEL_SHARE:
        return None
    return (f"{percent(share)} of its CPU time is spent in the kernel: in system calls, page faults or copies. "
            "`strace -cf` counts the system calls.")


def _preempted(found: Observations) -> str | None:
    share = ready_share(found)
    if share < PREEMPTED_SHARE:
        return None
    return (f"For {percent(share)} of their time its threads were ready to run but had no CPU: other programs ran, or it has more "
            "threads than there are CPUs. With a free CPU for each thread its wall time would be shorter.")


def _parallel(alone: Alone) -> str | None:
    if alone.threads_count <= 1:
        return "It has one thread, so more CPUs do not help it."
    return f"It has up to {plural(alone.threads_count, 'thread')}, which kept {cpus_used(alone):.2f} CPUs busy on average."


def _memory(alone: Alone) -> str | None:
    if not alone.major_faults_count:
        return None
    return f"{plural(alone.major_faults_count, 'page fault')} needed a read from a disk."
