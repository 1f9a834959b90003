"""causal_numbers.py - what a faster function buys, beside what its share of the CPU time promises.  rows of virtual speed-ups -> numbers

Amdahl (1967): if a part with the share p of the time takes s less of its time, the whole becomes faster by 1 / (1 - p s). With threads, the share
of the CPU time is not the share of the time for which others wait, so the measured gain may be less or more.

Each block gives one log ratio of the periods without and with the speed-up; their median has an exact interval (stats/paired.py).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labkit.analysis.evidence_set import EvidenceSet
from labkit.stats.paired import median_interval
from labkit.wording import percent, times

CONFIDENCE = 0.95
MARGIN_RATIO = 0.02  # a smaller difference from Amdahl's gain is none: start and end of a process belong to no thread's share
CROWDED_RATIO = 0.1  # threads that wait longer for a CPU, compared with their CPU time, make the gains too small
LESS, MORE, ALIKE, OPEN = "less", "more", "as Amdahl", "open"


@dataclass(frozen=True)
class Gain:
    """Of the whole work, if the function takes speedup_percent less of its time. low, high: None where there are too few blocks."""

    speedup_percent: int
    ratio: float
    low: float | None
    high: float | None
    amdahl_ratio: float
    verdict: str


@dataclass(frozen=True)
class CausalNumbers:
    """share_ratio: of the CPU time, of runs without a speed-up. ceiling_ratio: Amdahl's; None where the share is everything. ready_ratio: how long
    threads were ready but had no CPU, to their CPU time."""

    function: str
    share_ratio: float
    ceiling_ratio: float | None
    threads_count: int
    ready_ratio: float
    blocks_count: int
    confidence: float
    gains: tuple[Gain, ...]
    says: str

    @property
    def is_open(self) -> bool:
        return self.gains[-1].verdict == OPEN


def causal_numbers(rows: Sequence[Mapping[str, Any]]) -> CausalNumbers:
    """rows: of one function, as run_speedups gives them; a block that is not complete is left out."""
    blocks = complete_blocks(rows)
    plain = [row for row in rows if row["speedup_percent"] == 0]
    share = share_of(plain)
    ready = ready_ratio(rows)
    gains = tuple(gain_at(speedup, blocks, share, ready) for speedup in sorted({row["speedup_percent"] for row in rows} - {0}))
    return CausalNumbers(rows[0]["function"], share, 1.0 / (1.0 - share) if share < 1.0 else None, max(row["threads_count"] for row in plain),
                         ready, len(blocks), CONFIDENCE, gains, crowded_sentence(rows[0]["function"], ready) or sentence(rows[0]["function"], share, gains[-1]))


def causal_of(evidence_set: EvidenceSet) -> list[CausalNumbers]:
    """One entry for each function that was measured; empty where no speed-up was asked for."""
    document = evidence_set.by_phase.get("causal")
    rows = document["data"]["rows"] if document else []
    return [causal_numbers([row for row in rows if row["function"] == one]) for one in dict.fromkeys(row["function"] for row in rows)]


def complete_blocks(rows: Sequence[Mapping[str, Any]]) -> list[dict[int, float]]:
    """For each block, the mean log period by speed-up."""
    speedups = {row["speedup_percent"] for row in rows}
    blocks = []
    for block in sorted({row["block"] for row in rows}):
        logs = {one: [math.log(row["period_ns"]) for row in rows if row["block"] == block and row["speedup_percent"] == one] for one in speedups}
        if all(logs.values()):
            blocks.append({one: float(np.mean(values)) for one, values in logs.items()})
    return blocks


def share_of(plain: Sequence[Mapping[str, Any]]) -> float:
    all_ns = sum(row["cpu_ns"] for row in plain)
    return sum(row["function_cpu_ns"] for row in plain) / all_ns if all_ns else 0.0


def ready_ratio(rows: Sequence[Mapping[str, Any]]) -> float:
    cpu_ns = sum(row["cpu_ns"] for row in rows)
    return sum(row["ready_ns"] for row in rows) / cpu_ns if cpu_ns else 0.0


def amdahl(share: float, speedup_percent: int) -> float:
    """The gain of the whole by Amdahl's law; infinite if nothing is left."""
    left = 1.0 - share * speedup_percent / 100
    return 1.0 / left if left > 0 else math.inf


def gain_at(speedup_percent: int, blocks: Sequence[Mapping[int, float]], share: float, ready: float) -> Gain:
    logs = np.array([block[0] - block[speedup_percent] for block in blocks])
    low, high = (math.exp(one) if math.isfinite(one) else None for one in median_interval(logs, CONFIDENCE))
    promised = amdahl(share, speedup_percent)
    return Gain(speedup_percent, float(np.exp(np.median(logs))), low, high, promised,
                OPEN if ready > CROWDED_RATIO else verdict_of(low, high, promised))


def verdict_of(low: float | None, high: float | None, promised: float) -> str:
    if low is None or high is None:
        return OPEN
    if high * (1 + MARGIN_RATIO) < promised:
        return LESS
    if low > promised * (1 + MARGIN_RATIO):
        return MORE
    return OPEN if low <= 1.0 and promised <= high else ALIKE


def crowded_sentence(function: str, ready: float) -> str:
    """Why nothing is concluded; "" if the threads had their CPUs."""
    if ready <= CROWDED_RATIO:
        return ""
    return (f"Nothing is concluded about {function}: for each second of CPU time, the threads were ready for {ready:.2g} s without a CPU, and such waits make "
            "gains seem small. Use an idle machine, with as many CPUs as busy threads.")


def sentence(function: str, share: float, gain: Gain) -> str:
    """What the largest speed-up says."""
    part = f"{percent(share)} of the CPU time"
    if gain.verdict == MORE:
        return f"A faster {function} gains more than its {part} promise: other threads wait for it."
    if gain.verdict == ALIKE:
        return f"A faster {function} gains what its {part} promise, as far as the runs can tell."
    if gain.low is None or gain.high is None or gain.verdict == OPEN:
        return open_sentence(function, gain)
    if gain.low > 1.0:
        return f"A faster {function} gains less than its {part} promise: for a part of its time, the work waits for something else."
    return f"A faster {function} gains nothing, although it takes {part}: the work waits for something else.{slower(gain.high)}"


def slower(high: float) -> str:
    """Why a run may even take longer; "" if the interval contains 1."""
    if high >= 1.0:
        return ""
    return " The work was even slower; a thread that is woken through a pipe or a socket, and not by a lock, may be delayed twice."


def open_sentence(function: str, gain: Gain) -> str:
    if gain.low is None or gain.high is None:
        return f"Too few runs say what a faster {function} gains; an interval needs at least 6 blocks."
    return (f"The runs do not decide what a faster {function} gains: it is between {times(gain.low)} and {times(gain.high)}, which contains both no "
            f"gain and Amdahl's {times(gain.amdahl_ratio)}.")
