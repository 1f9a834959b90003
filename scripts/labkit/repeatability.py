"""repeatability.py - do several audits of one commit on one machine reach the same results?  audit.json -> repeatability -> page

`make repeat` makes the audits in fresh clones, one after the other. Each has seeds of its own, hence another order of runs and
other layouts. Two decisions agree when they are the same word; only "accepted" and "rejected" are opposite.
"""

import json
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from labkit import host
from labkit.host import Finding
from labkit.schemas import check
from labkit.stats.between_sessions import between_sessions, error_of_interval
from labkit.terminal_output import Table
from labkit.wording import duration, gain_interval, percent, plural, times

FOLDER = Path("reports/repeat")
OPPOSITE = {"accepted", "rejected"}


def path_of(workload: str, fingerprint: str) -> Path:
    return FOLDER / f"{workload}.{fingerprint[:16]}.json"


def summary_of_audit(audit: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of one audit that are compared. main is null where the union was not measured."""
    rebench, main = audit["rebench"], audit["headline"]["gain"]
    return {
        "started_utc": audit["environment"]["started_utc"], "ended_utc": audit["environment"]["ended_utc"],
        "commit": (audit["environment"]["source"] or {}).get("commit"), "budget": audit["budget"],
        "fingerprint": audit["environment"]["fingerprint"], "cpu_model": audit["environment"]["stable"]["cpu_model"],
        "unstable": {name: audit["environment"]["unstable"].get(name) for name in ("load1_ratio", "steal_ratio")},
        "sentence": audit["headline"]["sentence"],
        "decisions": {one["id"]: one["verdict"] for one in audit["candidates"]},
        "gains": {one["id"]: _gain(one["gain"]) for one in audit["candidates"] if one["gain"]},
        "union": rebench["accepted"] if rebench else [],
        "main": _gain(main) if main else None,
        "baseline_ns": {one["name"]: one["p50"]["median"] for one in audit["baseline"]["sizes"]},
        "main_size": audit["headline"]["size"],
    }


def _gain(one: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one[key] for key in ("gain_ratio", "gain_low", "gain_high", "confidence")}


def document(workload: str, audits: Sequence[Mapping[str, Any]], invalid: Sequence[str] = ()) -> dict[str, Any]:
    """audits: at least two, of one commit, one budget and one machine class. invalid: the reasons of audits that concluded nothing."""
    return {"schema": 1, "kind": "repeat", "workload": workload, "budget": audits[0]["budget"], "commit": audits[0]["commit"],
            "fingerprint": audits[0]["fingerprint"], "cpu_model": audits[0]["cpu_model"],
            "invalid": list(invalid), "audits": list(audits), "agreement": agreement(audits)}


def agreement(audits: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    pairs = [(one["decisions"][name], other["decisions"].get(name)) for one, other in combinations(audits, 2)
             for name in one["decisions"]]
    mains = [one["main"] for one in audits if one["union"] and is_bounded(one["main"])]
    alike = [one["main"] for one in of_one_union(audits)]
    overlaps = [overlap(one, other) for one, other in combinations(mains, 2)]
    baselines = np.array([one["baseline_ns"][one["main_size"]] for one in audits], dtype=float)
    return {"pairs_count": len(pairs), "same_count": sum(one == other for one, other in pairs),
            "opposite_count": sum({one, other} == OPPOSITE for one, other in pairs),
            "same_union_count": sum(sorted(one["union"]) == sorted(other["union"]) for one, other in combinations(audits, 2)),
            "same_sentence_count": sum(one["sentence"] == other["sentence"] for one, other in combinations(audits, 2)),
            "audit_pairs_count": len(audits) * (len(audits) - 1) // 2,
            "intervals_count": len(overlaps), "overlapping_count": sum(overlaps),
            "baseline_spread_ratio": float(baselines.max() / baselines.min() - 1), "same_union_audits_count": len(alike), "between": between(alike)}


def of_one_union(audits: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The audits that chose the most frequent union: gains of different unions cannot be compared."""
    claims = [one for one in audits if one["union"] and is_bounded(one["main"])]
    groups = [[one for one in claims if sorted(one["union"]) == sorted(first["union"])] for first in claims]
    return max(groups, key=len, default=[])


def is_bounded(main: Mapping[str, Any] | None) -> bool:
    return main is not None and bool(main["gain_low"]) and main["gain_high"] is not None


def overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one["gain_low"] <= other["gain_high"] and other["gain_low"] <= one["gain_high"]


def between(mains: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """How far the gains of several audits lie apart; None for fewer than two."""
    found = between_sessions([float(np.log(one["gain_ratio"])) for one in mains],
                             [error_of_interval(one["gain_low"], one["gain_high"], one["confidence"]) for one in mains])
    return vars(found).copy() if found else None


@lru_cache(maxsize=None)
def load(workload: str, fingerprint: str | None = None) -> dict[str, Any] | None:
    """The repeated audits of this machine class, or None where no audit was repeated."""
    path = path_of(workload, fingerprint or host.fingerprint())
    if not path.exists():
        return None
    found = json.loads(path.read_text())
    check(found, str(path))
    return found


def finding(workload: str) -> Finding:
    """The finding at the head of a report: whether a second audit would reach the same results."""
    found = load(workload)
    if found is None:
        return Finding("note", "repeatability", "no audit was repeated on this class of machine",
                       "no interval contains the variation between sessions; make repeat measures it")
    return Finding("note", "repeatability", sentence(found), "")


def sentence(found: Mapping[str, Any]) -> str:
    one = found["agreement"]
    said = (f"{len(found['audits'])} audits of commit {(found['commit'] or 'unknown')[:12]} at BUDGET={found['budget']} on this class of "
            f"machine: {one['same_count']} of {one['pairs_count']} decisions agree in pairs, {one['opposite_count']} are opposite, "
            f"in {one['overlapping_count']} of {one['intervals_count']} pairs the intervals of the union overlap")
    return f"{said}; {one['same_union_audits_count']} chose the same union: {between_text(one['between'])}" if one["between"] else said


def between_text(one: Mapping[str, Any]) -> str:
    return (f"gains of the union from {times(one['low_ratio'])} to {times(one['high_ratio'])}, {percent(one['sigma_ratio'])} of spread between "
            f"audits beyond their intervals; a further audit is expected in [{times(one['next_low_ratio'])}, "
            f"{times(one['next_high_ratio'])}] (95 %)")


def page(found: Mapping[str, Any]) -> str:
    one, audits = found["agreement"], found["audits"]
    quick = [] if found["budget"] != "quick" else [
        "> **Not defensible: audits at `BUDGET=quick`.** They measure too little: an audit with a larger budget may decide otherwise.", ""]
    lines = [f"# The same audit {len(audits)} times: {found['workload']}", "", *quick,
             f"{plural(len(audits), 'audit')} of commit `{(found['commit'] or 'unknown')[:12]}` at `BUDGET={found['budget']}`, one after the other in fresh clones, each "
             f"with seeds of its own, on one machine: {found['cpu_model']}, class `{found['fingerprint'][:16]}`, {audits[0]['started_utc'][:16]} to "
             f"{audits[-1]['ended_utc'][:16]} (UTC). The result says nothing about other machines.", "",
             f"- **Decisions:** {one['same_count']} of {one['pairs_count']} agree ({percent(one['same_count'] / max(1, one['pairs_count']))}), pair of audits by pair, "
             f"candidate by candidate; {one['opposite_count']} are opposite.",
             f"- **The claim:** {one['same_sentence_count']} of {one['audit_pairs_count']} pairs of audits give the same answer to the complaint, "
             f"{one['same_union_count']} the same union; {one['overlapping_count']} of {one['intervals_count']} pairs of union intervals overlap, counting different unions, too.",
             f"- **Baselines** lie {percent(one['baseline_spread_ratio'])} apart at most, at {audits[0]['main_size']}.",
             *([f"- **Between the {one['same_union_audits_count']} audits that chose the same union:** {between_text(one['between'])}."] if one["between"]
              else ["- **Between audits:** no two chose the same union, so the variation between sessions is unknown."]), ""]
    if found.get("invalid"):
        lines[-1:] = [f"- **Invalid:** {plural(len(found['invalid']), 'further audit')} concluded nothing, because the machine was not quiet enough; the "
                      f"figures are of the others. The last reason: {found['invalid'][-1]}.", ""]
    return "\n".join([*lines, *audits_table(audits), "", *decisions_table(audits)]) + "\n"


def audits_table(audits: Sequence[Mapping[str, Any]]) -> list[str]:
    said = ("gain_ratio", "gain_low", "gain_high", "confidence")
    rows = [f"| {number} | {one['started_utc'][11:19]} | {gain_interval(*(one['main'][key] for key in said)) if one['main'] else '–'} | "
            f"{duration(one['baseline_ns'][one['main_size']])} | {len(one['union'])} | {highest(one, 'load1_ratio')} | {highest(one, 'steal_ratio')} | {one['sentence']} |"
            for number, one in enumerate(audits, start=1)]
    return ["| Audit | Started | Union over baseline | Baseline's batch | Candidates in it | Highest load per core | Highest steal | Answer |",
            "|--:|---|--:|--:|--:|--:|--:|---|", *rows]


def highest(one: Mapping[str, Any], name: str) -> str:
    return f"{one['unstable'][name]['high']:.2f}" if one["unstable"].get(name) else "–"


def decisions_table(audits: Sequence[Mapping[str, Any]]) -> list[str]:
    found = decisions(audits)
    return ["| " + " | ".join(found.head) + " |", "|---|" + "---|" * len(audits), *("| " + " | ".join(row) + " |" for row in found.rows)]


def decisions(audits: Sequence[Mapping[str, Any]]) -> Table:
    """A row for each candidate, a column for each audit."""
    return Table(("Candidate", *(str(number) for number in range(1, len(audits) + 1))),
                 [(name, *(decision_cell(one, name) for one in audits)) for name in audits[0]["decisions"]])


def decision_cell(one: Mapping[str, Any], name: str) -> str:
    gain = one["gains"].get(name)
    return f"{one['decisions'].get(name, 'absent')} {times(gain['gain_ratio']) if gain else ''}".strip()
