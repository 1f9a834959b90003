"""hypotheses.py - what was believed before profiling, scored by the profile.

A hypothesis names the function that was thought to be the bottleneck. It is confirmed when no stage's share is
larger, beyond the intervals of both; refuted when one is; undecided when the intervals overlap.
"""

from typing import Any

from labkit.dossier import Dossier
from labkit.shares import Share, function_share, primary_sampling, share


def score_hypotheses(dossier: Dossier) -> list[dict[str, Any]]:
    rivals = _stage_shares(dossier)
    return [_score(one, function_share(dossier.profile, one["function"]), rivals)
            for one in dossier.manifest["hypotheses"]]


def _stage_shares(dossier: Dossier) -> dict[str, Share]:
    """Entry function of each stage to its share."""
    sampling = primary_sampling(dossier.profile)
    if dossier.profile is None or sampling is None:
        return {}
    return {one["entry"]: share(one["samples_count"], sampling["samples_count"])
            for one in dossier.profile["data"]["stages"]}


def _score(hypothesis: dict[str, Any], found: Share | None, rivals: dict[str, Share]) -> dict[str, Any]:
    others = {name: one for name, one in rivals.items() if name != hypothesis["function"]}
    largest = max(others, key=lambda name: (others[name].ratio, name), default=None)
    rival = others.get(largest)
    return {"says": hypothesis["says"], "function": hypothesis["function"], "share": found,
            "rival": largest, "rival_share": rival, "verdict": _verdict(found, rival, bool(rivals))}


def _verdict(found: Share | None, rival: Share | None, profiled: bool) -> str:
    if not profiled:
        return "not tested"
    if found is None or (rival and rival.low > found.high):
        return "refuted"
    return "confirmed" if rival is None or found.low > rival.high else "undecided"
