"""rebench_numbers.py - the union of the accepted candidates against the baseline, on fresh processes: all sizes, all metrics.

The candidates were selected on other runs, so these intervals have no selection bias (winner's curse). The metrics other
than the complaint's are reported side by side, each with its own interval; they are corrected together (Holm).
"""

from math import prod
from typing import Any, Mapping, Sequence

import numpy as np

from labkit.analysis.baseline_numbers import command_times, distribution, single_batches, stage_numbers
from labkit.analysis.comparison_numbers import campaign_numbers, comparison_numbers, loss_numbers
from labkit.analysis.decide import Decision, allocation_growth
from labkit.analysis.effects import Row, confirmed, first_stage, judged_together, sizes_of, stage_effects
from labkit.analysis.evidence_set import EvidenceSet
from labkit.analysis.memory_numbers import per_batch
from labkit.metrics import METRICS, shown_metrics
from labkit.policy import parse
from labkit.verdicts import layouts
from labkit.verdicts.paired_rows import kept_rows, paired_arrays


def rebench_numbers(evidence_set: EvidenceSet, decisions: Sequence[Decision]) -> dict[str, Any] | None:
    """None when there was nothing to confirm, or the confirmation has not run yet."""
    if evidence_set.rebench is None:
        return None
    data = evidence_set.rebench["data"]
    main_size = evidence_set.manifest["main_size"]
    rows = first_stage(data)
    effects = _all_effects(evidence_set, data)
    main = next((one for one in effects if one["size"] == main_size
                 and one["metric"] == evidence_set.manifest["metric"]), None)
    return {
        "accepted": data["accepted"], "left_out": data["left_out"], "failure": data["failure"],
        "answers": data["answers"],
        "main": main,
        "block_changes": _block_changes(rows, main),
        "layouts": _layouts(rows, main),
        "effects": effects,
        "exact": _exact(evidence_set, data),
        "memory": [per_batch(row) for row in data["memory"]],
        "lines": data["lines"], "lines_count": data["lines"]["added_count"] + data["lines"]["removed_count"],
        "losses": loss_numbers(data["runs"]),
        "campaign": campaign_numbers(data, evidence_set.manifest["metric"], parse(evidence_set.policy)),
        "distributions": _distributions(rows, main_size),
        "times": _times(rows, main_size, evidence_set.manifest),
        "scaling": _scaling(rows),
        "stages": stage_numbers(data.get("stage_runs", ())),
        "single_batches": _single_batches(data.get("stage_runs", ()), main_size),
        "expected_gain_ratio": _product_of_gains(decisions, data["accepted"]),
        "command": _command(data),
    }


def _all_effects(evidence_set: EvidenceSet, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The complaint's metric at its size is judged alone, because it was chosen beforehand; all others are one family.
    Regressions have the result of their confirmation."""
    policy, metric = parse(evidence_set.policy), evidence_set.manifest["metric"]
    shown = shown_metrics(metric)
    measured = [one for name in shown for one in stage_effects(data, name, policy)]
    main = [one for one in measured if (one.size, one.comparison.metric) == (evidence_set.manifest["main_size"], metric)]
    others = judged_together([one for one in measured if one not in main], policy)
    numbers = {(one.size, one.comparison.metric): comparison_numbers(one)
               for one in confirmed((*main, *others), data, policy)}
    return [numbers[size, name] for size in sizes_of(data["runs"]) for name in shown if (size, name) in numbers]


def _single_batches(stage_runs: Sequence[Mapping[str, Any]], size: str) -> dict[str, Any]:
    """The tails of single batches of each variant, which matter for a deadline."""
    variants = dict.fromkeys(run["variant"] for run in stage_runs)
    return {variant: single_batches([run for run in stage_runs if run["variant"] == variant], size)
            for variant in variants}


def _layouts(rows: Sequence[Row], main: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The gain in each layout, and whether it depends on the layout; None where nothing was sampled."""
    if main is None or METRICS[main["metric"]].is_exact:
        return None
    here = [dict(row) for row in rows if row["size"] == main["size"]]
    table = [{"a_build": one.a_build, "b_build": one.b_build, "blocks_count": one.blocks_count, "gain_ratio": 1.0 / one.ratio}
             for one in layouts.layouts_of(here, main["metric"])]
    return {"depends": layouts.depend(here, main["metric"]), "table": sorted(table, key=lambda one: one["gain_ratio"])}


def _block_changes(rows: Sequence[Row], main: Mapping[str, Any] | None) -> list[float]:
    """Cost of the union / cost of the baseline - 1, for each block of the claim, in the order in which they ran."""
    if main is None:
        return []
    here = kept_rows(row for row in rows if row["size"] == main["size"])
    before, after, blocks = paired_arrays(here, METRICS[main["metric"]], "A", "B")
    started_ns = {block: min(row["started_ns"] for row in here if row["block"] == block) for block in blocks}
    changes = np.exp(np.log(after).mean(axis=1) - np.log(before).mean(axis=1)) - 1
    return [float(changes[place]) for place in sorted(range(len(blocks)), key=lambda i: started_ns[blocks[i]])]


def _exact(evidence_set: EvidenceSet, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The exact counts: allocations per batch and size, the heap's peak and instructions of the program."""
    rows = [{"metric": "allocations", "size": one.size, "before": one.before, "after": one.after, "ratio": one.ratio}
            for one in allocation_growth(data["memory"])]
    before, after = (_heap_peak(document) for document in (evidence_set.memory, evidence_set.rebench))
    if before and after:
        rows.append({"metric": "heap_peak", "size": None, "before": before, "after": after,
                     "ratio": after / before - 1.0})
    counted = data["instructions_count"]
    if counted and counted["baseline"]:
        rows.append({"metric": "instructions", "size": None, "before": counted["baseline"],
                     "after": counted["candidate"], "ratio": counted["candidate"] / counted["baseline"] - 1.0})
    return rows


def _heap_peak(document: Mapping[str, Any] | None) -> int | None:
    """The peak of requested live bytes in the longest recording of one variant."""
    heap = document["data"].get("heap") if document else None
    return max(heap["recordings"], key=lambda one: one["runs_count"])["totals"]["peak_bytes"] if heap else None


def _distributions(rows: Sequence[Row], size: str) -> dict[str, Any]:
    """Per arm at the size of the complaint: one number per process, in the order they ran."""
    return {variant: distribution([row for row in rows if row["size"] == size and row["arm"] == arm])
            for arm, variant in (("A", "baseline"), ("B", "union"))}


def _times(rows: Sequence[Row], size: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Nanoseconds, one number per process, and what they are of (per): of the complaint's metric, or where that is no time, of the time
    that every workload has."""
    judged = METRICS[manifest["metric"]]
    metric = judged if judged.is_time else METRICS["time"]
    here = [row for row in kept_rows(rows) if row["size"] == size and not row["failure"]]
    return {"title": "time" if metric.unit == "ops/s" else metric.title.removesuffix(" per operation"),
            "per": "run" if metric.name == "wall" else manifest["op"],
            **{variant: [value for row in here if row["arm"] == arm and (value := metric.value(row)) is not None]
               for arm, variant in (("A", "baseline"), ("B", "union"))}}


def _scaling(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Per arm and size: time per operation, to see which grows faster than its input."""
    numbers = []
    for arm, variant in (("A", "baseline"), ("B", "union")):
        for size in sizes_of(rows):
            here = [row for row in rows if row["size"] == size and row["arm"] == arm]
            ops_count = next((row["ops_count"] for row in here if not row["failure"]), None)
            batch = distribution(here)["p50"]
            if ops_count and batch["median"] is not None:
                numbers.append({"variant": variant, "size": size, "ops_count": ops_count,
                                **{f"{key}_ns": value / ops_count if (value := batch[key]) else None
                                   for key in ("median", "low", "high")}})
    return numbers


def _product_of_gains(decisions: Sequence[Decision], accepted: Sequence[str]) -> float | None:
    """The gain of the union if the gains were independent, which they rarely are."""
    gains = [one.facts.gain.comparison.gain_ratio for one in decisions if one.id in accepted and one.facts.gain]
    return prod(gains) if gains else None


def _command(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    raw = data["command"]["hyperfine"] if data["command"] else None
    return [command_times(one) for one in raw["results"]] if raw else []
