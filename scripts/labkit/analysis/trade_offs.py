"""trade_offs.py - the costs of the gain, when to revert the change, and the checks that protect the gain."""

import shlex
from typing import Any, Mapping, Sequence

from labkit.analysis.decide import Decision, peak_rss_growth
from labkit.analysis.effects import first_stage
from labkit.analysis.evidence_set import EvidenceSet
from labkit.phases import COMMAND
from labkit.policy import parse

GROWTH_NAMED_BYTES = 65536  # the peak of a process varies by some pages from run to run


def trade_offs(evidence_set: EvidenceSet, decisions: Sequence[Decision], audit: dict[str, Any]) -> dict[str, Any]:
    accepted = [one for one in audit["candidates"] if one["accepted"]]
    regressed = regressions(audit["rebench"])
    return {
        "accepted": [{**{key: one[key] for key in ("id", "title", "risk", "risk_why", "rollback", "lines_count")},
                      "lines_per_percent": _lines_per_percent(one)} for one in accepted],
        "regressions": regressed,
        "tolerated": tolerated(evidence_set, {(one["metric"], one["size"]) for one in regressed}),
        "margins": [_margin(one) for one in decisions if one.accepted],
        "guard": _regression_checks(evidence_set, audit),
    }


def _lines_per_percent(candidate: dict[str, Any]) -> float | None:
    gain = candidate["gain"]
    if gain is None or gain["gain_ratio"] <= 1.0:
        return None
    return candidate["lines_count"] / (100.0 * (gain["gain_ratio"] - 1.0))


def regressions(rebench: dict[str, Any] | None) -> list[dict[str, Any]]:
    """All metrics that got worse, sampled or counted."""
    if rebench is None:
        return []
    sampled = [{"metric": one["metric"], "size": one["size"], "ratio": 1.0 / one["gain_ratio"] - 1.0}
               for one in rebench["effects"] if one["verdict"] == "regressed"]
    counted = [{"metric": one["metric"], "size": one["size"], "ratio": one["ratio"]}
               for one in rebench["exact"] if one["ratio"] > 0]
    return sampled + counted


def tolerated(evidence_set: EvidenceSet, regressed: set[tuple[str, str]]) -> list[dict[str, Any]]:
    """Growth of the union's peak memory below the policy's limit: no rule objects, but it is a cost.

    regressed: metrics and sizes that are named as worse already, with the ratio of their pairs. The ratio of the medians, which the policy judges,
    is another number, so that it is left out here: "ratio" is None."""
    if evidence_set.rebench is None:
        return []
    policy = parse(evidence_set.policy)
    grown = [one for one in peak_rss_growth(first_stage(evidence_set.rebench["data"])) if one.after - one.before >= GROWTH_NAMED_BYTES]
    return [{"metric": "peak_rss", "size": one.size, "before": one.before, "after": one.after,
             "ratio": None if ("peak_rss", one.size) in regressed else one.ratio,
             "limit": "free_bytes" if one.after - one.before <= policy.peak_rss_free_bytes else "growth_ratio"}
            for one in grown if one.ratio <= policy.peak_rss_growth_ratio or one.after - one.before <= policy.peak_rss_free_bytes]


def _margin(decision: Decision) -> dict[str, Any]:
    """The distance of an accepted candidate from rejection, for each rule with a number."""
    facts = decision.facts
    gain = facts.measured_gain.comparison
    return {"id": decision.id, "gain_low": gain.gain_low,
            "gain_needed": 1.0 + decision.required_gain_ratio, "lines_count": facts.lines_count,
            "lines_allowed": decision.allowed_lines_count, "p_value": gain.p_adjusted}


def _regression_checks(evidence_set: EvidenceSet, audit: dict[str, Any]) -> dict[str, Any]:
    """The limits of the checks: none for counts, which are exact; for time, the smallest change that this machine can detect."""
    policy, size = parse(evidence_set.policy), evidence_set.manifest["main_size"]
    noise = next((one for one in audit["baseline"]["noise"] if one["size"] == size), None)
    rebench = audit["rebench"]
    counted = [one for one in (rebench["memory"] if rebench else ())
               if one["variant"] != "baseline" and one["size"] == size]
    silence = _silence(evidence_set.rebench["data"].get("assertions", ()) if evidence_set.rebench else ())
    whole = next((one["allocations_count"] for one in counted if one["stage"] is None), None)
    return {"command": guard_command(evidence_set.manifest),
            "loss_seen_ratio": max(policy.minimum_gain_ratio, noise["mde_ratio"]) if noise else None,
            "allocations_per_batch": whole,
            "silence": silence, "silence_command": _silence_command(evidence_set.manifest, silence)}


def guard_command(manifest: Mapping[str, Any]) -> str:
    """Of a command that is built here, the gate of its own repository; one that others build is audited again."""
    if manifest.get("kind") != COMMAND:
        return f"make gate BASE=origin/main W={manifest['name']}"
    source = manifest["source"]
    if source is None:
        return manifest["again"] or f"make audit W={manifest['name']}"
    words = ["scripts/lab", "gate", "--base", "origin/main", "--repository", source["folder"], "--build", source["build"], "--run", manifest["run"]]
    words += ["--prepare", manifest["prepare"]] if manifest.get("prepare") else []
    return shlex.join(words)


def _silence(assertions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each stage of the union with the result of its zero-allocation check, and whether the baseline passed it."""
    baseline = {one["stage"]: one["held"] for one in assertions if one["variant"] == "baseline"}
    return [{"stage": one["stage"], "breach": one["breach"],
             "status": "held" if one["held"] else "broken" if baseline.get(one["stage"]) else "allocates"}
            for one in assertions if one["variant"] != "baseline"]


def _silence_command(manifest: Mapping[str, Any], silence: Sequence[dict[str, Any]]) -> str | None:
    """The command for the tree after the change is merged, when its program is the baseline; None if every stage allocates."""
    held = [one["stage"] for one in silence if one["status"] == "held"]
    if not held:
        return None
    name, size = manifest["name"], manifest["main_size"]
    return (f"make build && build/bin/clinic record -e alloc --assert-zero-alloc {','.join(held)} "
            f"-o build/{name}-heap.json -- build/workloads/{name}/baseline --size {size} "
            f"--fixture build/fixtures/{name}/{size}.bin --warmup 1 --batch 1 --runs 5")
