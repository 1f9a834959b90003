"""complaint.py - whether the baseline reproduces the complaint.  manifest, baseline -> complaint -> headline, findings

A complaint that names a rate ("71 000 frames/s") is reproduced when the baseline is within a factor of two of one of its rates.
Otherwise the audit measures something else, such as a part of the program or another machine, and the page states this.
"""

import re
from typing import Any, Mapping

REPRODUCED_FACTOR = 2.0
SPACES = " \u00a0\u2009\u202f,"  # separators of groups of three digits
NUMBER = rf"\d{{1,3}}(?:[{SPACES}]\d{{3}})+|\d+(?:\.\d+)?"
SCALES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}


def complaint_numbers(manifest: Mapping[str, Any], baseline: Mapping[str, Any]) -> dict[str, Any]:
    """reproduced is None where the complaint names no rate."""
    named, measured = rates_in(manifest["complaint"], manifest["op"]), baseline_rate(manifest, baseline)
    reproduced = None
    if named and measured:
        reproduced = any(1 / REPRODUCED_FACTOR <= measured / one <= REPRODUCED_FACTOR for one in named)
    return {"rates_per_s": named, "measured_per_s": measured, "reproduced": reproduced, "measured": manifest.get("measured") or None}


def rates_in(text: str, op: str) -> list[float]:
    """Every "NUMBER ops/s" or "NUMBER ops per second"."""
    found = re.findall(rf"({NUMBER})\s*([kMG]?)\s*{re.escape(op)}(?:e?s)?\s*(?:/\s*s\b|per second|a second)", text)
    return [rate for number, scale in found if (rate := float(re.sub(rf"[{SPACES}]", "", number)) * SCALES[scale])]


def baseline_rate(manifest: Mapping[str, Any], baseline: Mapping[str, Any]) -> float | None:
    """Operations per second on one core, at the size of the complaint."""
    main = next((one for one in baseline["sizes"] if one["name"] == manifest["main_size"]), None)
    return 1e9 * main["ops_count"] / main["p50"]["median"] if main and main["p50"]["median"] else None
