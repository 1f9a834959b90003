"""concurrency_numbers.py - what the threads waited for under a load that was too high, as three instruments saw it.  concurrency -> numbers

Format  gdb, `thread apply all bt`: a line "Thread N (...):", then one line for each frame, "#K  [0xADDRESS in ]FUNCTION (ARGUMENTS) at FILE:LINE".
"""

import re
from collections import Counter
from typing import Any, Mapping, Sequence

from labkit.analysis.contention_numbers import JOIN, together, waits_of
from labkit.analysis.evidence_set import EvidenceSet

FRAME = re.compile(r"#\d+\s+(?:0x[0-9a-f]+ in )?(?P<function>[^\s(]+) \(.*?\)(?: at (?P<file>[^\s:]+):(?P<line>\d+))?(?: from \S+)?\s*$")
KERNEL_ENTRIES = ("entry_SYSCALL", "el0_", "el0t_")
OWN_SHOWN, STACKS_SHOWN = 4, 5


def concurrency_numbers(evidence_set: EvidenceSet) -> dict[str, Any] | None:
    """None where it was not looked at. shape: only where it is not the usual one. threads, locks and off_cpu are None where their instrument could not be used."""
    document = evidence_set.by_phase.get("concurrency")
    if document is None:
        return None
    data, folder = document["data"], evidence_set.manifest["folder"]
    threads = threads_of(data["backtraces"], folder) if data["backtraces"] else None
    return {**{key: data[key] for key in ("shape",) if key in data}, "offered_per_s": data["offered_per_s"], "seconds": data["seconds"], "backtraces": data["backtraces"],
            "threads": threads, "threads_count": sum(one["count"] for one in threads) if threads else None,
            "locks": _locks(data["locks"]), "off_cpu": _off_cpu(data["off_cpu"])}


def threads_of(backtraces: str, folder: str) -> list[dict[str, Any]]:
    """Threads at the same place, most threads first. within: the innermost function; own: the innermost functions whose source is below folder,
    innermost first; line: the place in the first of them, or None."""
    places = Counter(_place(text.splitlines(), folder) for text in re.split(r"^Thread \d+ .*$", backtraces, flags=re.M)[1:])
    return [{"count": count, "within": within, "own": list(own), "line": line}
            for (within, own, line), count in sorted(places.items(), key=lambda one: (-one[1], one[0][0], one[0][1]))]


def _place(lines: Sequence[str], folder: str) -> tuple[str, tuple[str, ...], str | None]:
    frames = [found.groupdict() for found in map(FRAME.match, lines) if found]
    own = [one for one in frames if (one["file"] or "").startswith(f"{folder}/")]
    return (frames[0]["function"].lstrip("_").removeprefix("GI_").lstrip("_") if frames else "unknown", tuple(one["function"] for one in own[:OWN_SHOWN]),
            f"{own[0]['file']}:{own[0]['line']}" if own else None)


def _locks(rows: Sequence[Mapping[str, Any]] | None) -> dict[str, Any] | None:
    """The waits of all threads, one row for each lock, waiting stack and holder; and the lock with the longest waits in sum. Waits for the
    end of a thread are no waits for a lock."""
    if rows is None:
        return None
    locks = [one for one in rows if one["kind"] != JOIN]
    found = waits_of(together(locks, ("kind", "name", "waiter", "owner")))
    worst = max(together(locks, ("name",)), key=lambda one: one["wait_ns"], default=None)
    return found | {"worst": worst if worst and worst["wait_ns"] else None}


def _off_cpu(seen: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Shares of the time that all threads lived; frames without those of the kernel."""
    if seen is None or not seen["watched_ns"]:
        return None
    stacks: Counter[tuple[str, ...]] = Counter()
    for one in seen["stacks"]:
        stacks[tuple(_users_frames(one["frames"]))] += one["blocked_ns"]
    return {"watched_ns": seen["watched_ns"], "blocked_ratio": seen["blocked_ns"] / seen["watched_ns"], "ready_ratio": seen["ready_ns"] / seen["watched_ns"],
            "waits_count": seen["waits_count"],
            "stacks": [{"frames": list(frames), "blocked_ns": blocked_ns, "share_ratio": blocked_ns / seen["watched_ns"]}
                       for frames, blocked_ns in stacks.most_common(STACKS_SHOWN)]}


def _users_frames(frames: Sequence[str]) -> Sequence[str]:
    for place in range(len(frames) - 1, -1, -1):
        if frames[place].startswith(KERNEL_ENTRIES):
            return frames[place + 1:]
    return frames
