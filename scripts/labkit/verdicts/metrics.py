"""metrics.py - what a row says: one number per process run and metric, and how that number may vary.

evidence -> metrics -> verdict

Noise is a property of the metric. "sampled" ones (times, resident memory) differ from run to run and go through
blocks and intervals; "exact" ones (allocations, instructions, file size) are the same every time, so any change is
a finding and two runs suffice to see that they are exact.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from labkit.stats.quantiles import SAMPLES_FOR_TAIL, run_quantile, tail_is_supported


@dataclass(frozen=True)
class Metric:
    """value maps a row to base units, lower is better; None where the row does not say."""

    name: str
    title: str
    unit: str
    noise: str
    value: Callable[[dict], float | None]
    tolerance_ratio: float = 0.0
    samples_needed: int = 1  # inside one process, for a row to say


def time_per_op_ns(row: dict) -> float | None:
    """In-process median per operation where the harness ran; else the process's wall time per run of its batch."""
    return quantile_per_op(0.5)(row) if row.get("samples_ns") else wall_ns(row)


def total_time_per_op_ns(row: dict) -> float | None:
    """All timed work of the process over all its operations, as throughput is defined: one slow batch in ten counts."""
    samples_ns = row.get("samples_ns")
    if not samples_ns:
        return wall_ns(row)
    return float(np.sum(samples_ns)) / len(samples_ns) / (row.get("batch_count") or 1) / (row.get("ops_count") or 1)


def quantile_per_op(probability: float) -> Callable[[dict], float | None]:
    def value(row: dict) -> float | None:
        samples_count = len(row.get("samples_ns") or ())
        if samples_count == 0 or not tail_is_supported(samples_count, probability):
            return None
        runs = run_quantile(np.asarray(row["samples_ns"]), probability)
        return runs / (row.get("batch_count") or 1) / (row.get("ops_count") or 1)
    return value


def wall_ns(row: dict) -> float | None:
    return per_batch(row, row.get("wall_ns"))


def cpu_ns(row: dict) -> float | None:
    """Per timed operation where the harness ran: it runs for a given time, so the process's total says nothing."""
    if "timed_user_ns" in row:
        return (row["timed_user_ns"] + row["timed_system_ns"]) / (row["runs_count"] * row["ops_count"])
    if "user_ns" not in row:
        return None
    return per_batch(row, row["user_ns"] + row["system_ns"])


def per_batch(row: dict, value: float | None) -> float | None:
    """A command too short to time runs several times inside one observation: repeat_count."""
    return None if value is None else value / (row.get("repeat_count") or 1)


def per_run(name: str) -> Callable[[dict], float | None]:
    """Counts of a process over the runs of the workload in it; a plain command is one run."""
    return lambda row: None if row.get(name) is None else row[name] / (row.get("runs_count") or 1)


def field(name: str) -> Callable[[dict], float | None]:
    return lambda row: row.get(name)


METRICS = {metric.name: metric for metric in (
    Metric("time", "time per operation", "ns", "sampled", time_per_op_ns),
    # Throughput is judged as its inverse: a ratio of times below 1 is a gain above 1.
    Metric("throughput", "throughput", "ops/s", "sampled", total_time_per_op_ns),
    Metric("wall", "wall time of the process", "ns", "sampled", wall_ns),
    Metric("cpu", "CPU time", "ns", "sampled", cpu_ns),
    Metric("p50", "median time", "ns", "sampled", quantile_per_op(0.50)),
    Metric("p95", "95th percentile", "ns", "sampled", quantile_per_op(0.95),
           samples_needed=SAMPLES_FOR_TAIL[0.95]),
    Metric("p99", "99th percentile", "ns", "sampled", quantile_per_op(0.99),
           samples_needed=SAMPLES_FOR_TAIL[0.99]),
    # The kernel counts resident pages in batches per CPU: up to 64 pages come and go for no reason of the program's.
    Metric("peak_rss", "peak resident memory", "bytes", "sampled", field("max_rss_bytes"), tolerance_ratio=0.02),
    Metric("minor_faults", "minor page faults", "count", "sampled", field("minor_faults_count")),
    Metric("allocations", "allocations", "count", "exact", per_run("allocations_count")),
    Metric("allocated_bytes", "bytes allocated", "bytes", "exact", per_run("allocated_bytes")),
    # Start-up depends on the environment's size and on ASLR (measured: some tens of instructions in millions).
    Metric("instructions", "instructions (callgrind)", "count", "exact", field("instructions_count"), 0.001),
    Metric("binary_size", "size of the program file", "bytes", "exact", field("binary_bytes")),
)}

# What a function's share of the CPU time bounds (Amdahl); it bounds no tail, no memory and no count.
BOUND_BY_CPU_SHARE = ("time", "throughput", "wall", "cpu", "p50")


def is_tail(metric: str) -> bool:
    return METRICS[metric].samples_needed > 1


def kept_rows(rows: Iterable[dict]) -> list[dict]:
    """The rows that count: each block's last attempt, whole (see interleave.run_blocks). In the order given."""
    rows = list(rows)
    last: dict[int, int] = {}
    for row in rows:
        last[row["block"]] = max(last.get(row["block"], 0), row.get("attempt", 0))
    return [row for row in rows if row.get("attempt", 0) == last[row["block"]]]


def block_values(rows: Iterable[dict], metric: Metric, arm: str) -> dict[int, list[float]]:
    """{block: values of this arm in order}; a row that lacks the metric or failed makes its block incomplete."""
    blocks: dict[int, list[float]] = {}
    for row in sorted(rows, key=lambda row: (row["block"], row["position"])):
        if row["arm"] != arm:
            continue
        value = None if row.get("failure") else metric.value(row)
        blocks.setdefault(row["block"], []).append(float("nan") if value is None else float(value))
    return blocks


def paired_arrays(rows: Iterable[dict], metric: Metric, a: str, b: str) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """(A, B, blocks): arrays of shape (blocks, runs per block) of the blocks that both arms completed.

    An interrupted plan leaves its last block incomplete; it is left out whole, never a single run.
    """
    rows = list(rows)
    left, right = block_values(rows, metric, a), block_values(rows, metric, b)
    sizes = [len(values) for values in (*left.values(), *right.values())]
    runs = max(sizes, default=0)
    kept = [block for block in left if block in right
            and len(left[block]) == len(right[block]) == runs
            and np.all(np.isfinite(left[block] + right[block]))]
    return (np.array([left[k] for k in kept]).reshape(len(kept), runs),
            np.array([right[k] for k in kept]).reshape(len(kept), runs), kept)
