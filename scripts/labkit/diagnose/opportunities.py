"""opportunities.py - what to try first, and what it can bring at most.  observations -> opportunities -> table

A ceiling is the speed-up that would result if the part in question took no time any more (Amdahl's law); no change reaches it. It is
None where it cannot be known before the change is tried. Whether a change is worth its effort is decided by a comparison, and each
row names the command for it.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.diagnose import limits
from labkit.diagnose.observe import Observations, Target
from labkit.diagnose.tries import ALLOCATORS, HUGE_PAGES, installed_allocators
from labkit.foreign_text import as_unicode, for_terminal
from labkit.wording import count, duration, percent, plural, share_interval, size

LEAST_SHARE = 0.02  # of the samples; below it noise would hide even the ceiling
FUNCTIONS_MOST, SITES_MOST, LOCKS_MOST = 5, 3, 2
LEAST_ALLOCATIONS = 10_000
LEAST_SITE_SHARE = 0.01  # of all allocations
LEAST_WAIT_SHARE = 0.02
LEAST_COMPILED_SHARE = 0.1
WAITS_FOR_EVENTS = {"join", "barrier", "cond"}  # a thread waits here for an event, not for a lock that another thread holds


@dataclass(frozen=True)
class Opportunity:
    """One row of the table. ceiling: a factor of speed, or None. risk: low, medium or high, with the reason. test: the command that
    measures the change."""

    what: str
    because: str
    ceiling: float | None
    risk: str
    test: str


def find(target: Target, found: Observations) -> list[Opportunity]:
    """All opportunities: the largest ceiling first, those without a ceiling last."""
    rows = [*_functions(target, found), *_compiler(target, found), *_allocator(target, found), *_huge_pages(target, found),
            *_sites(target, found), *_locks(target, found), *_waiting(target, found)]
    return [replace(one, test=as_unicode(one.test)) for one in sorted(rows, key=lambda one: -(one.ceiling or 0.0))]


def _changed_program(target: Target) -> str:
    return _comparison(shlex.join(target.argv), shlex.join([f"./{Path(target.argv[0]).name}.new", *target.argv[1:]]))


def _changed_library(target: Target) -> str:
    return _comparison(shlex.join(["env", *target.argv]), shlex.join(["env", "LD_LIBRARY_PATH=./new", *target.argv]))


def _comparison(old: str, new: str) -> str:
    return f"scripts/lab compare --a {shlex.quote(old)} --b {shlex.quote(new)}"


def _test_of(target: Target, library: str) -> str:
    """The command that tests a change of that library. Code of the system cannot be changed, only called less often, so the program
    changes instead."""
    return _changed_program(target) if belongs_to_program(target, library) or belongs_to_system(library) else _changed_library(target)


def belongs_to_program(target: Target, library: str) -> bool:
    return library == str(target.program.resolve())


def belongs_to_system(library: str) -> bool:
    """Whether it is the kernel, the C library or the loader, which nobody rebuilds to make one program faster."""
    return library.startswith("[") or Path(library).name.startswith(("libc.so", "libm.so", "ld-linux", "libpthread.so", "ld-musl"))


def _functions(target: Target, found: Observations) -> Iterator[Opportunity]:
    if found.cpu is None:
        return
    for one in found.cpu["functions"][:FUNCTIONS_MOST]:
        if one["self_ratio"] < LEAST_SHARE:
            return
        name, place = for_terminal(one["name"]), for_terminal(Path(one["library"]).name or "an unknown library")
        share = limits.share_of(one)
        what = f"fewer calls of {name}" if belongs_to_system(one["library"]) else f"a faster {name}, or fewer calls of it"
        yield Opportunity(what, f"{share_interval(share)} of the samples are in it ({place})", limits.amdahl(share["ratio"]),
                          "medium: its results must stay the same",
                          _test_of(target, one["library"]))


def _compiler(target: Target, found: Observations) -> Iterator[Opportunity]:
    """Other compiler options for the file that has most of the samples, unless it belongs to the system."""
    hottest = max((one for one in (found.cpu or {"libraries": []})["libraries"] if not belongs_to_system(one["name"])),
                  key=lambda one: one["self_ratio"], default=None)
    if hottest is None or hottest["self_ratio"] < LEAST_COMPILED_SHARE:
        return
    name = for_terminal(Path(hottest["name"]).name)
    yield Opportunity(f"{name} built with -O3 -march=native, with -flto, or with -fprofile-use",
                      f"{percent(hottest['self_ratio'])} of the samples are in its code", None,
                      "low: code built with -march=native does not run on older processors; a profile must come from typical work", _test_of(target, hottest["name"]))


def _allocator(target: Target, found: Observations) -> Iterator[Opportunity]:
    share = limits.self_share(found.cpu, limits.ALLOCATOR) if found.cpu else 0.0
    if share < LEAST_SHARE:
        return
    others = installed_allocators()
    because = f"{percent(share)} of the samples are in the allocator"
    if found.heap:
        because += f", for {count(found.heap['totals']['allocations_count'])} allocations"
    test = others[0].comparison(target) if others else f"apt-get install {next(iter(ALLOCATORS.values()))}, then this diagnosis again with --try"
    yield Opportunity("another allocator", because, limits.amdahl(share), "low: the code stays as it is; the program may use more memory", test)


def _huge_pages(target: Target, found: Observations) -> Iterator[Opportunity]:
    share = limits.total_share(found.cpu, limits.PAGE_FAULT) if found.cpu else 0.0
    if share < LEAST_SHARE:
        return
    yield Opportunity("huge pages, or reuse of memory", f"{percent(share)} of the samples are in page faults, of which a run has {count(found.alone.minor_faults_count)}",
                      limits.amdahl(share), "low: the program may use more memory", HUGE_PAGES.comparison(target))


def _sites(target: Target, found: Observations) -> Iterator[Opportunity]:
    if found.heap is None or found.heap["totals"]["allocations_count"] < LEAST_ALLOCATIONS:
        return
    total = found.heap["totals"]["allocations_count"]
    for one in sorted(found.heap["sites"], key=lambda site: -site["allocations_count"])[:SITES_MOST]:
        if one["allocations_count"] < LEAST_SITE_SHARE * total:
            return
        place = " < ".join(frame["function"] for frame in one["frames"][:3])
        yield Opportunity(f"fewer allocations in {for_terminal(place)}",
                          f"{count(one['allocations_count'])} of {count(total)} allocations, {size(one['allocated_bytes'])}", None,
                          "medium: memory that is kept or reused must still be freed in time", _changed_program(target))


def _locks(target: Target, found: Observations) -> Iterator[Opportunity]:
    held = (lock for lock in found.locks or [] if lock["kind"] not in WAITS_FOR_EVENTS)
    for lock in sorted(held, key=lambda lock: -lock["wait_ns"])[:LOCKS_MOST]:
        if lock["wait_ns"] < LEAST_WAIT_SHARE * found.alone.wall_ns:
            return
        holder = f", while {for_terminal(lock['owner'][0])} held it" if lock["owner"] else ""
        yield Opportunity(f"less time under the {lock['kind']} {for_terminal(lock['name'])}",
                          f"{plural(lock['contended_count'], 'wait')} of {duration(lock['wait_ns'])} in sum, over all threads{holder}", None,
                          "high: the data that the lock protects must stay consistent", _changed_program(target))


def _waiting(target: Target, found: Observations) -> Iterator[Opportunity]:
    seen, share = limits.waits(found), limits.blocked_share(found)
    if not seen or share is None or share < limits.WAITING_SHARE or not seen["stacks"]:
        return
    worst = max(seen["stacks"], key=lambda one: one["blocked_ns"])
    where = " < ".join(list(reversed(worst["stack"]))[:3])
    ceiling = limits.amdahl(share) if found.alone.threads_count <= 1 else None
    yield Opportunity("fewer or shorter waits", f"its threads are blocked for {percent(share)} of their time, and longest in {for_terminal(where)}", ceiling,
                      "medium: the program may need the result that it waits for", _changed_program(target))


def tests(found: list[Opportunity]) -> list[dict]:
    """[{"rows", "command"}]: each command once, with the numbers (from 1) of the rows that it tests."""
    rows: dict[str, list[int]] = {}
    for number, one in enumerate(found, 1):
        rows.setdefault(one.test, []).append(number)
    return [{"rows": numbers, "command": command} for command, numbers in rows.items()]
