"""metrics.py - the metrics of a row: one number per process run and metric, and how that number may vary.

evidence -> metrics -> verdict

One entry of METRICS describes a metric completely: manifests, gates, tables, schemas, history and counting are derived
from it.

Noise is a property of the metric. "sampled" ones (times, resident memory) differ from run to run and go through
blocks and intervals; "exact" ones (allocations, instructions, file size) are the same every time, so any change is
a finding and two runs suffice to see that they are exact.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from labkit.stats.quantiles import SAMPLES_FOR_TAIL, run_quantile, tail_is_supported


SAMPLED, EXACT = "sampled", "exact"
# The role of a metric in a gate; a watched metric is judged and reported, but never fails the gate.
GATES, WATCHED, ON_REQUEST = "gates", "watched", "on request"
# What gives an exact metric.
PROGRAM_FILE, ALLOCATION_COUNTER, CALLGRIND = "program file", "allocation counter", "callgrind"
# Counts of a call site, by which a complaint about memory is traced to a function.
LIVE_AT_PEAK, ALLOCATIONS = "peak_bytes", "allocations_count"


@dataclass(frozen=True)
class Metric:
    """value maps a row to base units, lower is better; it is None where the row does not hold the metric.

    samples_needed   how many samples one process has to take before its row holds the metric.
    label            in the tables of an audit; the title, unless a shorter one is needed.
    complaint        a manifest may name it as the metric of its complaint.
    command_complaint  likewise, but only the manifest of a command.
    workload_role    in the gate of our own workloads: GATES, WATCHED, ON_REQUEST (--instructions), or "" for neither.
    command_role     likewise in the gate and the comparison of plain commands.
    shown            every audit shows it before and after, whatever the complaint is.
    inside           only our harness measures it; a plain command does not.
    bound_by_cpu     a function's share of the CPU time bounds its gain (Amdahl); false for tails, memory and counts.
    counted_by       the instrument of an exact metric: PROGRAM_FILE, ALLOCATION_COUNTER or CALLGRIND.
    of_process       of the whole process, whatever it ran: both sides have to run equally often, or a program that is faster would
                     run more often, and one that leaks would look the worse for it.
    traced_by        what a function's share is a share of: a count of the heap recording (LIVE_AT_PEAK, ALLOCATIONS), or "", samples
                     of CPU time.
    """

    name: str
    title: str
    unit: str
    noise: str
    value: Callable[[Mapping[str, Any]], float | None]
    tolerance_ratio: float = 0.0
    samples_needed: int = 1
    label: str = ""
    complaint: bool = False
    command_complaint: bool = False
    workload_role: str = ""
    command_role: str = ""
    shown: bool = False
    inside: bool = False
    bound_by_cpu: bool = False
    counted_by: str = ""
    of_process: bool = False
    traced_by: str = ""

    @property
    def table_label(self) -> str:
        return self.label or self.title

    @property
    def is_exact(self) -> bool:
        return self.noise == EXACT

    @property
    def is_time(self) -> bool:
        """Whether value is nanoseconds; throughput is judged as its inverse."""
        return self.unit in ("ns", "ops/s")


def time_per_op_ns(row: Mapping[str, Any]) -> float | None:
    """In-process median per operation where the harness ran; else the process's wall time per run of its batch. Where two variants
    took turns in one process, the value comes from their rounds (workload/paired_process.py)."""
    if row.get("paired_ns"):
        return row["paired_ns"] / row["batch_count"] / row["ops_count"]
    return quantile_per_op(0.5)(row) if row.get("samples_ns") else wall_ns(row)


def total_time_per_op_ns(row: Mapping[str, Any]) -> float | None:
    """All timed work of the process divided by all its operations, as throughput is defined, so that slow batches count."""
    samples_ns = row.get("samples_ns")
    if not samples_ns:
        return wall_ns(row)
    return float(np.sum(samples_ns)) / len(samples_ns) / (row.get("batch_count") or 1) / (row.get("ops_count") or 1)


def quantile_per_op(probability: float) -> Callable[[Mapping[str, Any]], float | None]:
    def value(row: Mapping[str, Any]) -> float | None:
        samples_count = len(row.get("samples_ns") or ())
        if samples_count == 0 or not tail_is_supported(samples_count, probability):
            return None
        runs = run_quantile(np.asarray(row["samples_ns"]), probability)
        return runs / (row.get("batch_count") or 1) / (row.get("ops_count") or 1)
    return value


def wall_ns(row: Mapping[str, Any]) -> float | None:
    return per_batch(row, row.get("wall_ns"))


def cpu_ns(row: Mapping[str, Any]) -> float | None:
    """Per timed operation where the harness ran, because the harness runs for a given time and the process's total depends on that."""
    if "timed_user_ns" in row:
        return (row["timed_user_ns"] + row["timed_system_ns"]) / (row["runs_count"] * row["ops_count"])
    if "user_ns" not in row:
        return None
    return per_batch(row, row["user_ns"] + row["system_ns"])


def per_batch(row: Mapping[str, Any], value: float | None) -> float | None:
    """A command too short to time runs several times inside one observation: repeat_count."""
    return None if value is None else value / (row.get("repeat_count") or 1)


def per_run(name: str) -> Callable[[Mapping[str, Any]], float | None]:
    """Counts of a process over the runs of the workload in it; a plain command is one run."""
    return lambda row: None if row.get(name) is None else row[name] / (row.get("runs_count") or 1)


def field(name: str) -> Callable[[Mapping[str, Any]], float | None]:
    return lambda row: row.get(name)


METRICS = {metric.name: metric for metric in (
    Metric("time", "time per operation", "ns", SAMPLED, time_per_op_ns, workload_role=GATES, bound_by_cpu=True),
    # Throughput is judged as its inverse: a ratio of times below 1 is a gain above 1.
    Metric("throughput", "throughput", "ops/s", SAMPLED, total_time_per_op_ns, complaint=True, shown=True, inside=True,
           bound_by_cpu=True),
    # The same time, for a program that waits for others: what its functions cost a processor bounds no gain here.
    Metric("turnaround", "turnaround time, waits included", "ns", SAMPLED, total_time_per_op_ns, label="turnaround", complaint=True,
           inside=True),
    Metric("wall", "wall time of the process", "ns", SAMPLED, wall_ns, command_complaint=True, command_role=GATES,
           bound_by_cpu=True),
    # Beside throughput, which is operations over total time, slow batches included, p50 is the median batch.
    Metric("p50", "median time", "ns", SAMPLED, quantile_per_op(0.50), label="time, p50", complaint=True, shown=True,
           inside=True, bound_by_cpu=True),
    Metric("p95", "95th percentile", "ns", SAMPLED, quantile_per_op(0.95), samples_needed=SAMPLES_FOR_TAIL[0.95],
           label="time, p95", complaint=True, workload_role=WATCHED, shown=True, inside=True),
    Metric("p99", "99th percentile", "ns", SAMPLED, quantile_per_op(0.99), samples_needed=SAMPLES_FOR_TAIL[0.99],
           label="time, p99", complaint=True, workload_role=WATCHED, shown=True, inside=True),
    Metric("cpu", "CPU time", "ns", SAMPLED, cpu_ns, complaint=True, workload_role=WATCHED, command_role=WATCHED,
           shown=True, bound_by_cpu=True),
    # The kernel counts resident pages in batches per CPU, so the count may change by up to 64 pages without any act of the program.
    Metric("peak_rss", "peak resident memory", "bytes", SAMPLED, field("max_rss_bytes"), tolerance_ratio=0.02,
           complaint=True, workload_role=GATES, command_role=GATES, shown=True, of_process=True, traced_by=LIVE_AT_PEAK),
    Metric("minor_faults", "minor page faults", "count", SAMPLED, field("minor_faults_count")),
    Metric("allocations", "allocations", "count", EXACT, per_run("allocations_count"), label="allocations per batch",
           complaint=True, workload_role=GATES, counted_by=ALLOCATION_COUNTER, traced_by=ALLOCATIONS),
    Metric("allocated_bytes", "bytes allocated", "bytes", EXACT, per_run("allocated_bytes"), workload_role=WATCHED,
           counted_by=ALLOCATION_COUNTER),
    # Start-up depends on the environment's size and on ASLR (measured: some tens of instructions in millions).
    Metric("instructions", "instructions (callgrind)", "count", EXACT, field("instructions_count"), 0.001,
           command_complaint=True, workload_role=ON_REQUEST, counted_by=CALLGRIND),
    Metric("binary_size", "size of the program file", "bytes", EXACT, field("binary_bytes"), workload_role=WATCHED,
           command_role=WATCHED, counted_by=PROGRAM_FILE),
)}


def is_tail(metric: str) -> bool:
    return METRICS[metric].samples_needed > 1


def complaints(kind: str = "") -> tuple[str, ...]:
    """The metrics that a manifest of this kind may name in its complaint; without a kind, of any."""
    return tuple(one.name for one in METRICS.values() if one.complaint or one.command_complaint and kind in ("", "command"))


def workload_metrics(*roles: str) -> tuple[str, ...]:
    """The metrics that have one of these roles when our own workloads are gated."""
    return tuple(one.name for one in METRICS.values() if one.workload_role in roles)


def command_metrics(*roles: str) -> tuple[str, ...]:
    """The metrics that have one of these roles when plain commands are compared."""
    return tuple(one.name for one in METRICS.values() if one.command_role in roles)


def shown_metrics(complaint: str) -> tuple[str, ...]:
    """All metrics that an audit shows before and after, the complaint's metric first."""
    return tuple(dict.fromkeys([complaint, *(one.name for one in METRICS.values() if one.shown)]))


def instruments_of(names: Iterable[str]) -> set[str]:
    """The instruments that these metrics need; sampled metrics need none."""
    return {METRICS[name].counted_by for name in names} - {""}
