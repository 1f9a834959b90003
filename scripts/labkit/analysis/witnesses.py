"""witnesses.py - two instruments that watched the same program: how far do they agree?

Overlap is the share of self time that both give to the same functions: the sum of min(p, q), 1 for full agreement.
Self time is counted to the function whose code ran, with what was inlined into it, because not every instrument can
tell inlined functions apart.

Counts of allocations are compared likewise. A difference is explained only by something measured: what the witness
counts in a program that allocates nothing is its own, and is taken off. Whatever is left after that is unexplained,
and fails the checklist. Peaks are compared in programs of one thread only: with several, the threads of each run meet
at another moment and no two peaks are the same.
"""

from itertools import combinations
from typing import Any, Iterable, Mapping

from labkit.analysis.evidence_set import EvidenceSet, Stack
from labkit.analysis.function_names import plain_name
from labkit.analysis.shares import share

DIFFERENCES_SHOWN = 5
COUNTS = ("allocations_count", "frees_count", "allocated_bytes", "peak_bytes")
WITNESSES = {"valgrind": "valgrind memcheck", "dhat": "valgrind DHAT", "massif": "valgrind massif",
             "heaptrack": "heaptrack"}
COUNTED = "callgrind (instructions, not time)"


def agreements(evidence_set: EvidenceSet) -> list[dict[str, Any]]:
    """Every pair of samplers, and each sampler with callgrind's counts, which see no kernel code."""
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
    for one in baseline["functions"] if baseline else ():
        name = plain_name(one["name"])
        shares[name] = shares.get(name, 0.0) + one["self_count"] / baseline["total_count"]
    return shares


def _agreement(first: str, p: dict[str, float], second: str, q: dict[str, float]) -> dict[str, Any]:
    functions = sorted(p.keys() | q.keys())
    apart = sorted(functions, key=lambda one: (-abs(p.get(one, 0.0) - q.get(one, 0.0)), one))
    return {"first": first, "second": second,
            "overlap_ratio": sum(min(p.get(one, 0.0), q.get(one, 0.0)) for one in functions),
            "differences": [{"function": one, "first_ratio": p.get(one, 0.0), "second_ratio": q.get(one, 0.0)}
                            for one in apart[:DIFFERENCES_SHOWN]]}


def stages_by_instrument(evidence_set: EvidenceSet) -> list[dict[str, Any]]:
    """Share of samples with the stage's entry on the stack, per sampler; and of those whose stack reaches no stage."""
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
    """Per witness, what both it and our counter counted; nothing where either is missing."""
    ours, found = data["counter"], []
    compared = [key for key in COUNTS if key != "peak_bytes" or not _is_threaded(data)]
    for name, title in WITNESSES.items():
        theirs = data.get(name)
        shared = [key for key in compared if theirs and ours and key in theirs and key in ours]
        if shared:
            own = theirs.get("own", {})
            found.append({"instrument": title,
                          "counts": {key: _pair(ours[key], theirs[key], own.get(key, 0)) for key in shared}})
    return found


def _is_threaded(data: Mapping[str, Any]) -> bool:
    return any(one.get("threads_count", 1) > 1 for one in data["rss_series"])


def _pair(ours: int, theirs: int, own: int) -> dict[str, int]:
    """own: of the witness itself, 0 where it has no part in the difference."""
    difference = ours - theirs
    return {"counter": ours, "witness": theirs, "difference": difference, "own": own if difference else 0,
            "unexplained": difference + own if difference else 0}
