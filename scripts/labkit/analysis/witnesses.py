"""witnesses.py - how far two instruments that measured the same program agree.

Overlap is the share of self time that both attribute to the same functions: the sum of min(p, q), 1 for full agreement.
Self time includes the code inlined into a function, because not every instrument can distinguish inlined functions.

Counts of allocations are compared likewise. Only a measurement can explain a difference: the other tool's counts for a
program that allocates nothing are its own and are subtracted, and so is what our preload adds for each further thread, a slot
in the C library's table of thread-local storage. Any remaining difference is unexplained and fails the checklist. Peaks are
compared for programs with one thread only, because with several threads they vary from run to run.
"""

import re
from itertools import combinations
from typing import Any, Iterable, Mapping

from labkit.analysis.evidence_set import EvidenceSet, Stack
from labkit.analysis.function_names import plain_name
from labkit.analysis.shares import share

DIFFERENCES_SHOWN = 5
COUNTS = ("allocations_count", "frees_count", "allocated_bytes", "peak_bytes")
WITNESSES = {"valgrind": "valgrind memcheck", "dhat": "valgrind DHAT", "massif": "valgrind massif",
             "heaptrack": "heaptrack"}
DTV_SLOT_BYTES = 16  # of glibc's dtv_t on 64 bits, one for each module with thread-local storage; the preload is one more
COUNTED = "callgrind (instructions, not time)"
# The names of a function without a symbol: ours is from its unwind information; perf names the file alone; callgrind gives the address.
UNWOUND, FILE, ADDRESS = re.compile(r"(.+)!fde_0x([0-9a-f]+)"), re.compile(r"\[.+\]"), re.compile(r"0x[0-9a-f]+")
NAMELESS = "code without symbols"


def agreements(evidence_set: EvidenceSet) -> list[dict[str, Any]]:
    """The overlap of every pair of samplers, and of each sampler with callgrind, which does not see kernel code."""
    sampled = evidence_set.stacks_by_instrument
    pairs = [_agreement(first, self_shares(sampled[first]), second, self_shares(sampled[second]))
             for first, second in combinations(sampled, 2)]
    counted = _instruction_shares(evidence_set)
    if counted:
        pairs += [_agreement(name, self_shares(one for one in stacks if not one.in_kernel), COUNTED, counted)
                  for name, stacks in sampled.items()]
    return pairs


def self_shares(stacks: Iterable[Stack]) -> dict[str, float]:
    counts: dict[str, int] = {}
    for stack in stacks:
        name = plain_name(stack.leaf)
        counts[name] = counts.get(name, 0) + stack.samples_count
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()}


def _instruction_shares(evidence_set: EvidenceSet) -> dict[str, float]:
    variants = evidence_set.instructions["data"]["variants"] if evidence_set.instructions else ()
    baseline = next((one for one in variants if one["variant"] == "baseline"), None)
    shares: dict[str, float] = {}
    if baseline is None:
        return shares
    for one in baseline["functions"]:
        name = plain_name(one["name"])
        shares[name] = shares.get(name, 0.0) + one["self_count"] / baseline["total_count"]
    return shares


def in_words_of(shares: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """The same shares, with code without symbols under the names that the other instrument gives to it."""
    has_files, has_addresses = (any(map(form.fullmatch, other)) for form in (FILE, ADDRESS))

    def name_in_other(name: str) -> str:
        if found := UNWOUND.fullmatch(name):
            address, file = f"0x{int(found[2], 16):016x}", f"[{found[1]}]"
            return next((one for one in (address, file) if one in other), name)
        is_nameless = has_addresses and FILE.fullmatch(name) or has_files and ADDRESS.fullmatch(name)
        return NAMELESS if is_nameless else name

    renamed: dict[str, float] = {}
    for name, ratio in shares.items():
        renamed[name_in_other(name)] = renamed.get(name_in_other(name), 0.0) + ratio
    return renamed


def _agreement(first: str, ours: dict[str, float], second: str, theirs: dict[str, float]) -> dict[str, Any]:
    p, q = in_words_of(ours, theirs), in_words_of(theirs, ours)
    functions = sorted(p.keys() | q.keys())
    apart = sorted(functions, key=lambda one: (-abs(p.get(one, 0.0) - q.get(one, 0.0)), one))
    return {"first": first, "second": second,
            "overlap_ratio": sum(min(p.get(one, 0.0), q.get(one, 0.0)) for one in functions),
            "differences": [{"function": one, "first_ratio": p.get(one, 0.0), "second_ratio": q.get(one, 0.0)}
                            for one in apart[:DIFFERENCES_SHOWN]]}


def stages_by_instrument(evidence_set: EvidenceSet) -> list[dict[str, Any]]:
    """Share of samples with the stage's entry function on the stack, per sampler; and of the samples outside all stages."""
    entries = {stage["name"]: stage["entry"] for stage in evidence_set.manifest["stages"]}
    rows = [{"stage": name, "shares": {instrument: _share(stacks, {entry})
                                       for instrument, stacks in evidence_set.stacks_by_instrument.items()}}
            for name, entry in entries.items()]
    outside = {instrument: _share(stacks, set(entries.values()), inside=False)
               for instrument, stacks in evidence_set.stacks_by_instrument.items()}
    return [*rows, {"stage": None, "shares": outside}] if evidence_set.stacks_by_instrument else []


def _share(stacks: tuple[Stack, ...], entries: set[str], inside: bool = True) -> Any:
    counted = sum(one.samples_count for one in stacks if bool(entries & one.functions) == inside)
    return share(counted, sum(one.samples_count for one in stacks))


def count_witnesses(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each tool, the quantities that both the tool and our counter counted."""
    ours, found = data["counter"], []
    preload_bytes = DTV_SLOT_BYTES * (_threads_count(data) - 1)
    compared = [key for key in COUNTS if key != "peak_bytes" or not _is_threaded(data)]
    for name, title in WITNESSES.items():
        theirs = data.get(name) or {}
        shared = [key for key in compared if ours and key in theirs and key in ours]
        if shared:
            own = dict(theirs.get("own", {}))
            own["allocated_bytes"] = own.get("allocated_bytes", 0) - preload_bytes
            found.append({"instrument": title,
                          "counts": {key: _pair(ours[key], theirs[key], own.get(key, 0)) for key in shared}})
    return found


def _is_threaded(data: Mapping[str, Any]) -> bool:
    return _threads_count(data) > 1


def _threads_count(data: Mapping[str, Any]) -> int:
    return max((one.get("threads_count", 1) for one in data["rss_series"]), default=1)


def _pair(ours: int, theirs: int, own: int) -> dict[str, int]:
    """own: the tool's own counts less ours, 0 where they do not explain any of the difference."""
    difference = ours - theirs
    return {"counter": ours, "witness": theirs, "difference": difference, "own": own if difference else 0,
            "unexplained": difference + own if difference else 0}
