"""baseline_numbers.py - how long the unchanged program takes, and how precisely this machine measures.

One process is one observation: each process gives its own p50, p95 and p99. The report shows the median of these over
processes, with the exact order-statistic interval of that median.
"""

from typing import Any, Mapping, Sequence

import numpy as np

from labkit.analysis.evidence_set import EvidenceSet
from labkit.analysis.effects import Row, is_exact, measure_effects
from labkit.policy import AcceptancePolicy, parse
from labkit.stats.paired import median_interval
from labkit.stats.power import robust_sigma
from labkit.stats.quantiles import run_quantile, tail_is_supported

QUANTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
CONFIDENCE = 0.95


def baseline_numbers(evidence_set: EvidenceSet) -> dict[str, Any]:
    data = evidence_set.baseline["data"]
    policy = parse(evidence_set.policy)
    return {
        "sizes": [_size_numbers(one, data) for one in data["sizes"]],
        "stages": stage_numbers(data["stage_runs"]),
        "single_batches": [one for size in data["sizes"]
                           if (one := single_batches(data["stage_runs"], size["name"]))],
        "noise": noise_numbers(data["runs"], evidence_set, policy),
        "setup": setup_numbers(data["runs"]),
        "command": _command_numbers(evidence_set),
    }


def _size_numbers(size: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    rows = [row for row in data["runs"] if row["size"] == size["name"] and row["arm"] == "A"]
    return {"name": size["name"], "ops_count": size["ops_count"], **distribution(rows)}


def distribution(rows: Sequence[Row]) -> dict[str, Any]:
    """p50, p95, p99 of the samples of a process, per batch (nanoseconds), each with the interval of its median over
    processes. A sample is the mean of batch_count batches, so it does not show the tails of single batches.
    """
    good = [row for row in rows if not row["failure"] and row["samples_ns"]]
    result: dict[str, Any] = {
        "runs_count": len(good),
        "lost_count": len(rows) - len(good),
        "samples_count": sum(len(row["samples_ns"]) for row in good),
        "batch_count": max((row["batch_count"] for row in good), default=None),
        "run_medians_ns": [batch_quantile_ns(row, 0.5) for row in good],
    }
    for name, probability in QUANTILES.items():
        values = np.array([batch_quantile_ns(row, probability) for row in good])
        result[name] = median_with_interval(values)
        result[name]["supported"] = all(tail_is_supported(len(row["samples_ns"]), probability) for row in good)
    return result


def batch_quantile_ns(row: Row, probability: float) -> float:
    """Quantile of one process: the time of one run of the workload, which is one batch of operations."""
    return run_quantile(np.asarray(row["samples_ns"]), probability) / row["batch_count"]


def median_with_interval(values: np.ndarray) -> dict[str, Any]:
    """The median with an interval that is exact if processes are independent (Conover 1999, 3.2); fewer than six values give
    no interval."""
    if len(values) == 0:
        return {"median": None, "low": None, "high": None}
    low, high = median_interval(values, CONFIDENCE)
    return {"median": float(np.median(values)), "low": low, "high": high}


def setup_numbers(rows: Sequence[Row]) -> dict[str, Any]:
    """Whether every timed sample began after the set-up, from the clock readings of each process."""
    checked = [row for row in rows if not row["failure"] and "timed_started_ns" in row]
    setups_ns = [row["timed_started_ns"] - row["started_ns"] for row in checked]
    overlapping = [row for row, setup_ns in zip(checked, setups_ns)
                   if setup_ns <= 0 or setup_ns + sum(row["samples_ns"]) > row["wall_ns"]]
    return {"checked_count": len(checked), "overlapping_count": len(overlapping),
            "median_ns": float(np.median(setups_ns)) if checked else None}


def stage_numbers(stage_runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Per variant, size and stage: time of one batch in this stage, and its share of the whole batch.

    p50 is the median over processes with its interval; the tails are over all batches of all processes and have no interval.
    The stages of one process are measured together, so their times add up; the remaining time is outside any stage.
    """
    numbers = []
    for variant, size in dict.fromkeys((run.get("variant", "baseline"), run["size"]) for run in stage_runs):
        runs = [run for run in stage_runs if (run.get("variant", "baseline"), run["size"]) == (variant, size)]
        whole_ns = float(np.median([batch_quantile_ns(run, 0.5) for run in runs]))
        for name in dict.fromkeys(stage["name"] for run in runs for stage in run["stages"]):
            samples = [np.asarray(stage["samples_ns"]) / run["batch_count"]
                       for run in runs for stage in run["stages"] if stage["name"] == name]
            p50 = median_with_interval(np.array([run_quantile(one, 0.5) for one in samples]))
            numbers.append({"variant": variant, "size": size, "stage": name, "ops_count": runs[0]["ops_count"],
                            "runs_count": len(runs), "p50": p50, **_pooled_tails(samples),
                            "share_ratio": p50["median"] / whole_ns})
    return numbers


def _pooled_tails(samples: Sequence[np.ndarray]) -> dict[str, Any]:
    everything = np.concatenate(samples)
    return {name: {"value": run_quantile(everything, QUANTILES[name]),
                   "supported": tail_is_supported(everything.size, QUANTILES[name])} for name in ("p95", "p99")}


def single_batches(stage_runs: Sequence[Mapping[str, Any]], size: str) -> dict[str, Any] | None:
    """The tail of single batches: only the stage runs time each batch by itself, stage marks included."""
    samples = [np.asarray(run["samples_ns"]) for run in stage_runs if run["size"] == size and run["batch_count"] == 1]
    if not samples:
        return None
    everything = np.concatenate(samples)
    return {"size": size, "batches_count": int(everything.size), "p50_ns": run_quantile(everything, 0.5),
            "p95_ns": run_quantile(everything, 0.95), "p99_ns": run_quantile(everything, 0.99),
            "maximum_ns": int(everything.max()), "supported": tail_is_supported(everything.size, 0.99)}


def noise_numbers(rows: Sequence[Row], evidence_set: EvidenceSet, policy: AcceptancePolicy) -> list[dict[str, Any]]:
    """The difference between the baseline and its own copy, per size. Counts have no noise, so where the complaint is about
    counts, the noise of time is given."""
    metric = evidence_set.manifest["metric"]
    effects = measure_effects(rows, "time" if is_exact(metric) else metric, policy, other="A2")
    return [{"size": one.size, "gain_ratio": one.comparison.gain_ratio, "low": one.comparison.gain_low,
             "high": one.comparison.gain_high, "confidence": one.comparison.confidence, "p_value": one.comparison.p_adjusted,
             "verdict": one.comparison.verdict, "mde_ratio": one.comparison.mde_ratio,
             "noise_ratio": one.comparison.noise_ratio, "autocorrelation": one.comparison.autocorrelation,
             "blocks_count": one.comparison.blocks_count, "spread_ratio": _spread(rows, one.size)}
            for one in effects]


def _spread(rows: Sequence[Row], size: str) -> float:
    """Robust standard deviation of the logs of the process medians: the noise of one process."""
    medians = [batch_quantile_ns(row, 0.5) for row in rows
               if row["size"] == size and not row["failure"] and row["samples_ns"]]
    return float(np.expm1(robust_sigma(np.log(np.array(medians)))))


def _command_numbers(evidence_set: EvidenceSet) -> list[dict[str, Any]]:
    """The times that hyperfine measured: the whole command, including start-up and reading the fixture."""
    raw = evidence_set.command["data"]["hyperfine"] if evidence_set.command else None
    return [command_times(one) for one in raw["results"]] if raw else []


def command_times(result: Mapping[str, Any]) -> dict[str, Any]:
    times_ns = np.array(result["times"], dtype=float) * 1e9
    return {"command": result["command"], "runs_count": len(times_ns), **median_with_interval(times_ns),
            "minimum": float(times_ns.min()), "maximum": float(times_ns.max())}
