"""timed_work.py - is the work in what is timed, and is it alone there?  machine code, answers, runs -> timed_work -> findings

A naive timing lies in three ways: the work is dead code that the compiler removed, the compiler folded it into a constant, or
input and output drown it. workloads/pitfalls has each of them; here they are looked for in every workload.

Pure    no disk, no clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labkit.host import Finding
from labkit.wording import listing, percent
from labkit.workload.disassembly import Disassembly
from labkit.workload.manifest import Stage

KERNEL_SHARE_MAX_RATIO = 0.5


def findings_about_work(found: Disassembly, stages: Sequence[Stage], answers: Mapping[str, Any], runs: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """answers: of each size. runs: rows of processes, whose user_ns and system_ns are read."""
    return [*_removed(found, stages), *_folded(answers), *_drowned(found, stages, kernel_share_ratio(runs))]


def kernel_share_ratio(runs: Iterable[Mapping[str, Any]]) -> float:
    """Of the CPU time of all processes that ended well; 0 where there was none."""
    ended = [one for one in runs if one["failure"] is None]
    total_ns = sum(one["user_ns"] + one["system_ns"] for one in ended)
    return sum(one["system_ns"] for one in ended) / total_ns if total_ns else 0.0


def _removed(found: Disassembly, stages: Sequence[Stage]) -> list[Finding]:
    return [Finding("error", f"stage {one.name}", f"{one.entry} has no loop after optimisation, neither itself nor in what it calls.",
                    "The compiler removed its work or did it beforehand: its time is not the time of any work.")
            for one in stages if one.entry in found.missing]


def _folded(answers: Mapping[str, Any]) -> list[Finding]:
    if len(answers) < 2 or len(set(map(str, answers.values()))) > 1:
        return []
    return [Finding("error", "answers", f"The answer is {next(iter(answers.values()))} at every size ({listing(list(answers))}).",
                    "It does not depend on the fixture, so that the compiler may know it, and a candidate that does nothing may give it.")]


def _drowned(found: Disassembly, stages: Sequence[Stage], kernel_ratio: float) -> list[Finding]:
    calls = {one.name: one.input_output_calls for one in found.functions}
    level = "warning" if kernel_ratio > KERNEL_SHARE_MAX_RATIO else "note"
    return [Finding(level, f"stage {one.name}", f"{one.entry} reaches {listing(list(calls[one.entry]))}; the kernel had {percent(kernel_ratio)} of the processes' CPU time.",
                    "Input and output are timed with the work: a change of the work alone shows by so much less.")
            for one in stages if calls.get(one.entry)]
