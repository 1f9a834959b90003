"""measure.py - two variants, interleaved, on one size.  harness, interleave -> measure -> rows"""

import math
import statistics
from typing import Callable, Mapping

from labkit.audit.audit_state import AuditState
from labkit.audit.patient import AuditInProgress, Reference
from labkit.experiment.interleave import plan_blocks, run_blocks
from labkit.instruments.backtraces import HangWatch
from labkit.metrics import METRICS, is_tail
from labkit.outcome import UsageError
from labkit.runner import LocalRunner
from labkit.verdicts.covariates import invalid_run
from labkit.workload import harness
from labkit.workload.build import Binary
from labkit.workload.harness import Load
from labkit.workload.library import LibrarySubject
from labkit.workload.link_orders import Layouts, OneLayout

SAMPLES_PER_PROCESS = 40
SAMPLES_FACTOR_MAX = 4  # how many times the baseline's samples a faster program keeps; without a limit, one at 150 times the speed fills files of megabytes
PROCESS_SHARE = 0.1  # share of a candidate's time that one process may take when the complaint is about a tail
STAGE_PROCESSES = 8  # number of processes, enough for an interval of their median


def library_reference(state: AuditInProgress, size: str) -> Reference:
    """Measured in one run of the baseline. Samples are batched so that a process keeps about SAMPLES_PER_PROCESS of them, which
    is enough for its median and keeps reports small. Where the complaint is about a tail, a sample of many runs would hide
    the slow one; samples are then as short as the clock allows, and as many as the tail needs."""
    row = harness.must(harness.observe(state.manifest, state.baseline, Load(size, samples_count=5), cpu=state.cpu,
                                       timeout_s=state.budget.timeout_s), "first run of the baseline")
    batch_count, sample_ns = row["batch_count"], statistics.median(row["samples_ns"])
    if is_tail(state.manifest.metric):
        refuse_endless_tail(state, size, sample_ns)
    else:
        wanted = state.budget.minimum_ms * 1e6 / SAMPLES_PER_PROCESS
        batch_count = max(batch_count, math.ceil(batch_count * wanted / sample_ns))
    samples_count, minimum_ms = _duration(state, batch_count, sample_ns / row["batch_count"])
    return Reference(size, row["answer"], batch_count, samples_count, minimum_ms, row["ops_count"], row["clock"])


def _duration(state: AuditInProgress, batch_count: int, run_ns: float) -> tuple[int, int]:
    """Until both are reached. Where the complaint is of the whole process, all runs are counted and none is timed: a
    faster program must not run more often."""
    metric, minimum_ms = METRICS[state.manifest.metric], state.budget.minimum_ms
    if not metric.of_process:
        return metric.samples_needed, minimum_ms
    return max(metric.samples_needed, math.ceil(minimum_ms * 1e6 / (batch_count * run_ns))), 0


def refuse_endless_tail(state: AuditInProgress, size: str, sample_ns: float) -> None:
    """Raise an error where the samples that a tail needs, in each of some hundred processes, would take hours."""
    needed = METRICS[state.manifest.metric].samples_needed
    process_s, limit_s = needed * sample_ns / 1e9, PROCESS_SHARE * state.budget.candidate_s
    if process_s > limit_s:
        raise UsageError(f"{state.manifest.folder / 'workload.toml'}: metric: {state.manifest.metric} needs {needed} runs "
                         f"in every process, which takes {process_s:.2g} s at size {size}, and BUDGET={state.budget.name} "
                         f"has {limit_s:.2g} s for one; accepted: smaller sizes, a larger budget, or another metric")


def load_of(known: Reference) -> Load:
    """The load that every timed process runs, in both arms. A faster program keeps more samples, up to a bound."""
    samples_max = SAMPLES_FACTOR_MAX * max(SAMPLES_PER_PROCESS, known.samples_count)
    return Load(known.size, samples_count=known.samples_count, minimum_ms=known.minimum_ms, samples_max=samples_max,
                batch_count=known.batch_count, expect=known.answer)


def library_subject(state: AuditInProgress, builds: Mapping[str, Layouts], known: Reference) -> LibrarySubject:
    """The subject for these builds: both arms run the same load and must give the same answer."""
    return LibrarySubject(state.manifest, builds, load_of(known), LocalRunner(state.cpu, HangWatch(state.budget.timeout_s)),
                          state.budget.timeout_s)


def interleaved(state: AuditState, arms: dict[str, Binary], known: Reference, *, blocks_count: int, seed: int,
                on_row: Callable[[dict], None]) -> list[dict]:
    """Rows of all arms {"A": program, ...} in random mirrored blocks, in the order they ran."""
    subject = state.patient.subject(state, {arm: OneLayout(binary) for arm, binary in arms.items()}, known)
    return run_blocks(plan_blocks(blocks_count, seed, tuple(arms)), subject, on_row, disturbed=invalid_run, reruns_max=blocks_count)


def stage_runs(state: AuditInProgress, binary: Binary, size: str, expect: str) -> list[dict]:
    """Time of each stage, batch by batch, in separate runs, so that reading the clock for each stage does not slow the runs of
    the headline.

    There are several processes, because one process is one observation; together they run stage_samples batches.
    """
    load = Load(size, samples_count=math.ceil(state.budget.stage_samples / STAGE_PROCESSES), batch_count=1, stages=True,
                expect=expect)
    return [_stage_run(state, binary, load) for _ in range(STAGE_PROCESSES)]


def _stage_run(state: AuditInProgress, binary: Binary, load: Load) -> dict:
    row = harness.must(harness.observe(state.manifest, binary, load, cpu=state.cpu, timeout_s=state.budget.timeout_s),
                       "timing the stages")
    stages = [{"name": stage["name"], "samples_ns": stage["samples_ns"]} for stage in row.get("stages", [])]
    return {"variant": binary.variant, "size": load.size, "samples_ns": row["samples_ns"],
            "batch_count": row["batch_count"], "ops_count": row["ops_count"], "stages": stages}


def allocations_by_stage(state: AuditInProgress, binary: Binary, size: str, environment: dict[str, str]) -> list[dict]:
    """One row per stage and one for the whole run (stage null); the counts are sums over runs_count runs."""
    load = Load(size, samples_count=20, batch_count=1, stages=True)
    row = harness.must(harness.observe(state.manifest, binary, load, cpu=state.cpu, environment=environment,
                                       timeout_s=state.budget.timeout_s), "counting allocations", is_timed=False)
    counted = [(stage["name"], stage.get("allocations")) for stage in row.get("stages", [])]
    counted.append((None, row.get("allocations")))
    return [{"variant": binary.variant, "size": size, "stage": name, "ops_count": row["ops_count"],
             "runs_count": row["runs_count"], **counts}
            for name, counts in counted if counts is not None]
