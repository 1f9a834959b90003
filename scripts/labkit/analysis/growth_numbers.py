"""growth_numbers.py - does memory grow with the work, and is the growth linear?  memory, rebench -> growth_numbers

A line is fitted to the peaks at all sizes (least squares). Flat: no peak is more than FLAT_RATIO above another. Linear: memory
grows, and no peak is further from the line than LINEAR_MISFIT_RATIO of the whole growth. Bent: memory grows in another way, for example up
to a bound. Two sizes fit any line, so three are needed. "Flat" holds only for the range of sizes that was measured.
"""

from typing import Any, Mapping, Sequence

import numpy as np

from labkit.analysis.evidence_set import EvidenceSet

FLAT_RATIO = 0.05
LINEAR_MISFIT_RATIO = 0.05
SIZES_MIN = 3
INSTRUMENTS = {"max_rss_bytes": "peak resident memory", "live_peak_bytes": "live bytes, by libclinic-preload",
               "massif_peak_bytes": "live bytes, by massif"}
FLAT, LINEAR, BENT = "flat", "linear", "bent"


def growth_numbers(evidence_set: EvidenceSet) -> dict[str, Any] | None:
    """None where it was not measured; `after` is None where the union was not."""
    before = evidence_set.memory["data"].get("growth")
    if not before or len(before) < SIZES_MIN:
        return None
    after = evidence_set.rebench["data"].get("growth") if evidence_set.rebench else None
    return {"before": _of_variant(before), "after": _of_variant(after) if after else None,
            "flat_ratio": FLAT_RATIO, "linear_misfit_ratio": LINEAR_MISFIT_RATIO}


def _of_variant(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row for each instrument that saw every size."""
    ordered = sorted(rows, key=lambda one: one["ops_count"])
    return [{"instrument": column, "title": title, **judge_growth([(one["ops_count"], one[column]) for one in ordered]),
             "points": [{"size": one["size"], "ops_count": one["ops_count"], "bytes": one[column]} for one in ordered]}
            for column, title in INSTRUMENTS.items() if all(one[column] for one in ordered)]


def judge_growth(points: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """points: (operations, bytes), fewest operations first, at least three of them."""
    operations, peaks = (np.array(column, dtype=float) for column in zip(*points))
    slope, start = np.polyfit(operations, peaks, 1)
    spread = float(peaks.max() - peaks.min())
    misfit = float(np.abs(peaks - (start + slope * operations)).max() / spread) if spread else 0.0
    return {"verdict": _verdict(peaks, slope, misfit), "bytes_per_op": float(slope), "misfit_ratio": misfit,
            "growth_ratio": float(peaks[-1] / peaks[0] - 1.0), "work_ratio": float(operations[-1] / operations[0])}


def _verdict(peaks: np.ndarray, slope: float, misfit: float) -> str:
    if peaks.max() <= (1.0 + FLAT_RATIO) * peaks.min():
        return FLAT
    return LINEAR if slope > 0 and misfit <= LINEAR_MISFIT_RATIO else BENT
