"""gate_rates.py - how often the gate was wrong in trials whose answer is known, from the trials alone.  trials -> rates of the gate

Rates are computed here twice: when a calibration writes them, and again from the stored trials before a page cites
them (error_rates.py), so that no page cites a figure that was not measured.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from labkit.stats.proportions import clopper_pearson
from labkit.trial_records import AUDIT, OF_ONE_PROGRAM
from labkit.verdicts.verdict import CHANGED, IMPROVED, REGRESSED, VerdictPolicy

GATE = "gate"
GATE_WHERE_USABLE = "gate, where its pilot found room for the wanted power"
FLOOR_PERCENTILE = 99
FLOOR_TRIALS_MIN = 200
MAD_TO_SIGMA = 1.4826

Trial = Mapping[str, Any]


def gate_rates(trials: Sequence[Trial]) -> dict[str, dict[str, dict[str, dict]]]:
    """{condition: {GATE, and GATE_WHERE_USABLE where there is such a trial: {planted effect in thousandths: rate}}}"""
    found: dict[str, dict[str, dict[str, list[tuple[Trial, bool]]]]] = {}
    for trial, hit in gate_hits(trials):
        tools = (GATE, GATE_WHERE_USABLE) if trial["gate"].get("pilot_had_room") else (GATE,)
        for tool in tools:
            found.setdefault(trial["condition"], {}).setdefault(tool, {}).setdefault(str(trial["extra"]), []).append((trial, hit))
    return {condition: {tool: {extra: rate_of([hit for _, hit in here]) | other_verdicts([trial for trial, _ in here])
                               for extra, here in by_extra.items()} for tool, by_extra in by_tool.items()}
            for condition, by_tool in found.items()}


def gate_hits(trials: Sequence[Trial]) -> list[tuple[Trial, bool]]:
    """Each trial with whether the gate reported a change in it."""
    floors = cross_fitted_floors(trials)
    return [(trial, gate_reports_change(trial, floors[1 - trial["index"] % 2])) for trial in trials]


def cross_fitted_floors(trials: Iterable[Trial]) -> tuple[float, float]:
    """The noise floors of the even and of the odd trials between identical programs; each half is judged with the other's floor."""
    identical = [trial for trial in trials if trial["extra"] == 0 and trial["condition"] in OF_ONE_PROGRAM]
    even, odd = (floor_ratio([trial for trial in identical if trial["index"] % 2 == half], first_ratio) for half in (0, 1))
    return even, odd


def gate_floor(trials: Iterable[Trial]) -> float:
    """The noise floor from all trials between identical programs; the gate in use applies it."""
    return floor_ratio([trial for trial in trials if trial["extra"] == 0 and trial["condition"] in OF_ONE_PROGRAM], first_ratio)


def first_ratio(trial: Trial) -> float:
    return trial["gate"]["first_ratio"]


def gate_reports_change(trial: Trial, floor: float) -> bool:
    """True where the gate reports a change, judged with a floor of this calibration, as the gate in use will be."""
    gate = trial["gate"]
    if gate["verdict"] not in verdicts_to_count(trial):
        return False
    return min(abs(math.log(gate["ratio"])), abs(math.log(gate["first_ratio"]))) > math.log1p(floor)


def verdicts_to_count(trial: Trial) -> tuple[str, ...]:
    """Errors where the programs are identical; correct answers where an effect was planted: a slowdown for the gate, and a gain for
    an audit, whose looks stop as soon as a gain is excluded."""
    if trial["extra"] == 0:
        return CHANGED
    return (IMPROVED,) if trial["condition"] == AUDIT else (REGRESSED,)


def rate_of(hits: list[bool]) -> dict:
    low, high = clopper_pearson(sum(hits), len(hits))
    return {"changed_count": sum(hits), "trials_count": len(hits), "low_ratio": low, "high_ratio": high}


def other_verdicts(trials: Sequence[Trial]) -> dict[str, int]:
    """The gate's verdicts other than changed: calling a planted effect equivalent would be an error."""
    verdicts = [trial["gate"]["verdict"] for trial in trials]
    return {f"{name.split()[0]}_count": verdicts.count(name)
            for name in ("improved", "regressed", "equivalent", "inconclusive", "environment invalid")}


def floor_ratio(a_a_trials: Sequence[Trial], ratio_of: Callable[[Trial], float]) -> float:
    """99th percentile of |ratio - 1| between identical programs; from few trials, three robust deviations instead.

    Only trials that could have detected twice the effect that the power is planned for are used. The other trials were
    too noisy or too short: their wide intervals already prevent a wrong verdict, and their spread says nothing about
    comparisons that can decide.
    """
    effects = np.array([abs(ratio_of(trial) - 1) for trial in a_a_trials
                        if (trial["gate"].get("mde_ratio") or math.inf) <= 2 * VerdictPolicy.power_effect_ratio])
    if effects.size == 0:
        return 0.0
    if effects.size >= FLOOR_TRIALS_MIN:
        return float(np.percentile(effects, FLOOR_PERCENTILE))
    middle = float(np.median(effects))
    return middle + 3 * MAD_TO_SIGMA * float(np.median(np.abs(effects - middle)))
