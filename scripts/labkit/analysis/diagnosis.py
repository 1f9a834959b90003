"""diagnosis.py - what limits the program: computing, waiting for memory, or mispredicted branches.

The counts come from hardware counters where the machine has them, otherwise from cachegrind's simulation. The cycle model is
that of KCachegrind (its manual, "Cycle Estimation"): an instruction takes one cycle, a miss of the first cache level or a
mispredicted branch ten, a miss of the last level a hundred. The model ranks the three; it does not measure their times.
"""

from dataclasses import dataclass
from typing import Any, Mapping

CYCLES_PER_L1_MISS = 10
CYCLES_PER_LL_MISS = 100
CYCLES_PER_BRANCH_MISS = 10
CLASSES = ("compute", "memory", "branch")

# The events that the model needs, by the names of each source; the events of one entry are added up.
SIMULATED: dict[str, tuple[str, ...]] = {
    "instructions": ("Ir",),
    "l1_misses": ("I1mr", "D1mr", "D1mw"),
    "ll_misses": ("ILmr", "DLmr", "DLmw"),
    "accesses": ("Dr", "Dw"),
    "branches": ("Bc", "Bi"),
    "branch_misses": ("Bcm", "Bim"),
}
MEASURED: dict[str, tuple[str, ...]] = {
    "instructions": ("instructions",),
    "l1_misses": ("L1-dcache-load-misses",),
    "ll_misses": ("LLC-load-misses",),
    "accesses": ("L1-dcache-loads",),
    "branches": ("branches",),
    "branch_misses": ("branch-misses",),
}


@dataclass(frozen=True)
class Diagnosis:
    source: str
    simulated: bool
    bound: str  # one of CLASSES
    cycles_ratio: dict[str, float]  # estimated share of the cycles, by class
    per_operation: dict[str, float]  # events per operation, by the model's names
    l1_miss_ratio: float | None  # share of data accesses
    ll_misses_per_kilo_instruction: float
    branch_miss_ratio: float | None
    instructions_per_cycle: float | None  # None unless cycles were counted
    unsupported: tuple[str, ...]  # events that this machine does not have


def diagnose(counters: Mapping[str, Any] | None) -> Diagnosis | None:
    """None when the counters that the model needs are missing."""
    if counters is None:
        return None
    data = counters["data"]
    simulated = data["simulated"] is not None
    values = data["simulated"] or {one["name"]: one["value"] for one in data["events"] if one["value"] is not None}
    events = _model_events(values, SIMULATED if simulated else MEASURED)
    if not events.get("instructions") or "ll_misses" not in events or "branch_misses" not in events:
        return None
    return _diagnosis(data, values, events, simulated)


def _model_events(values: Mapping[str, float], names: Mapping[str, tuple[str, ...]]) -> dict[str, float]:
    return {event: float(sum(values[name] for name in parts)) for event, parts in names.items()
            if all(name in values for name in parts)}


def _diagnosis(data: Mapping[str, Any], values: Mapping[str, float], events: dict[str, float],
               simulated: bool) -> Diagnosis:
    cycles = {
        "compute": events["instructions"],
        "memory": CYCLES_PER_L1_MISS * events.get("l1_misses", 0.0) + CYCLES_PER_LL_MISS * events["ll_misses"],
        "branch": CYCLES_PER_BRANCH_MISS * events["branch_misses"],
    }
    total = sum(cycles.values())
    counted = values.get("cycles")
    return Diagnosis(
        source=data["source"], simulated=simulated,
        bound=max(CLASSES, key=lambda one: cycles[one]),
        cycles_ratio={one: cycles[one] / total for one in CLASSES},
        per_operation={name: value / data["ops_count"] for name, value in events.items()} if data["ops_count"] else {},
        l1_miss_ratio=_over(events.get("l1_misses"), events.get("accesses")),
        ll_misses_per_kilo_instruction=1000.0 * events["ll_misses"] / events["instructions"],
        branch_miss_ratio=_over(events["branch_misses"], events.get("branches")),
        instructions_per_cycle=events["instructions"] / counted if counted else None,
        unsupported=tuple(one["name"] for one in data["events"] if not one["supported"]),
    )


def _over(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None
