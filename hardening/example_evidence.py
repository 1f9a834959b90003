"""example_evidence.py - the whole evidence of an invented audit, whose true gains are known.

The invented workload "mill" has four stages, and one candidate for every decision that is possible. GAINS has the true gains; the noise of
blocks and processes is log-normal, with fixed seeds. All tests of analysis and reports use it, except the golden report, which uses recorded
evidence.
"""

import copy
import hashlib
import json
import math
import random
import tomllib
from pathlib import Path
from typing import Any, Sequence

POLICY = Path(__file__).with_name("policy.toml")
SIZES = {"tiny": 100, "large": 1000, "huge": 5000}
MAIN = "large"
OPERATION_NS = {"tiny": 310.0, "large": 300.0, "huge": 365.0}
STAGES = {"parse": 0.30, "check": 0.10, "sort": 0.42, "emit": 0.15}  # the share of each stage of the time and of the samples
ALLOCATIONS_PER_OPERATION = {"parse": 3, "check": 0, "sort": 1, "emit": 2}
BLOCKS, SAMPLES_PER_RUN, BLOCK_NOISE, RUN_NOISE = 10, 20, 0.015, 0.008
SECONDS_A_SIZE, SECONDS_A_STAGE = 15, 60
STARTED = "2026-01-02T03:04:05Z"

# id: (title, target, predicted, risk, lines, gain at large, gain at huge, allocation factor, failure)
CANDIDATES: dict[str, tuple] = {
    "arena": ("Take parsed records from an arena", "parse_batch", 0.20, 2, (38, 12), 1.25, 1.24, 0.5, None),
    "merge-sort": ("Merge runs that are already in order", "sort_batch", 0.30, 3, (44, 9), 1.34, 1.42, 0.9, None),
    "inline-check": ("Check while parsing", "check_batch", 0.05, 2, (9, 6), 1.008, 1.008, 1.0, None),
    "radix": ("Radix sort", "sort_batch", 0.25, 3, (90, 20), 1.12, 0.86, 1.0, None),
    "unrolled": ("Unroll the parser by hand", "parse_batch", 0.10, 1, (410, 30), 1.06, 1.06, 1.0, None),
    "unsafe-emit": ("Write without the bounds check", "emit_batch", 0.12, 5, (6, 14), 1.09, 1.09, 1.0, None),
    "threads": ("One thread a stage", "queue_push", 0.50, 4, (30, 5), 1.15, 1.15, 1.0, None),
    "swapped": ("Emit from the end", "emit_batch", 0.10, 2, (12, 12), 0, 0, 1.0, ("answer", "size tiny: it differs")),
    "vector": ("Vector parser", "parse_batch", 0.40, 3, (80, 10), 0, 0, 1.0, ("build", "mill_parse.c:7: error")),
}
GAINS = {name: one[5] for name, one in CANDIDATES.items()}
LEAN = ("arena", "swapped")  # one accepted and one rejected, for tests in which the others do not matter
UNION = ("arena", "merge-sort")
UNION_GAIN = 1.62
ANSWERS = {name: f"0x{hashlib.sha256(name.encode()).hexdigest()[:16]}" for name in SIZES}


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def example_documents(budget: str = "standard", candidates: Sequence[str] = tuple(CANDIDATES)
                      ) -> dict[str, dict[str, Any]]:
    """{name of the evidence, as in evidence/<name>.json: document}. Fewer candidates take less time to judge."""
    documents = {"plan": plan(candidates), "baseline": baseline(), "command": command(("baseline", 1.0)),
                 "profile": profile(), "counters": counters(), "instructions": instructions(), "memory": memory()}
    documents |= {f"candidates/{name}": candidate(name) for name in candidates}
    documents["rebench"] = rebench([name for name in UNION if name in candidates])
    return {name: head(name, budget) | {"data": data} for name, data in documents.items()}


def write_example(report: Path, documents: dict[str, dict[str, Any]] | None = None) -> Path:
    """Writes the evidence below the folder report, as the phases do, and returns the folder."""
    for name, document in (documents or example_documents()).items():
        path = report / "evidence" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    stacks = "".join(f"main;run;{stage}_batch {round(29000 * share)}\n" for stage, share in STAGES.items())
    (report / "evidence" / "profile-perf.collapsed").write_text(stacks)
    (report / "figures").mkdir(exist_ok=True)
    for name in ("flamegraph-perf", *(f"heap-{variant}-{weight}" for variant in ("baseline", "union")
                                      for weight in ("allocations", "peak"))):
        (report / "figures" / f"{name}.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>\n')
    return report


def head(name: str, budget: str) -> dict[str, Any]:
    kind = "candidate" if name.startswith("candidates/") else name
    stable = {"cpu_model": "Example CPU 3000", "cores_count": 2, "microcode": "0x1", "kernel": "6.1.0",
              "compiler": "gcc 12.2.0", "libc": "glibc 2.36", "governor": "not exposed", "virtualization": "QEMU",
              "container": "none"}
    changed_variant = {"candidate": name.split("/")[-1], "rebench": "union"}.get(kind)
    variants = ["baseline", changed_variant] if changed_variant else ["baseline"]
    return {
        "schema": 1, "kind": kind, "tool": {"name": "lab", "version": "0.1.0"},
        "command": ["scripts/lab", "audit", "mill", f"--budget={budget}"],
        "started_utc": STARTED, "ended_utc": "2026-01-02T03:07:05Z",
        "host": {"fingerprint": hash_of(json.dumps(stable)), "stable": stable,
                 "unstable": {"load1_ratio": 0.11, "steal_ratio": 0.001, "frequency_mhz": 3000.0}},
        "workload": "mill", "budget": budget, "seed": seed_of(name), "inputs_sha256": hash_of(name),
        "fixture": {"sha256": {size: hash_of(size) for size in SIZES}},
        "binaries": {one: {"build_id": hash_of(one)[:40], "sha256": hash_of(f"binary {one}"), "size_bytes": 43210,
                           "compiler": "gcc 12.2.0", "flags": ["-O2", "-g", "-fno-omit-frame-pointer"]}
                     for one in variants},
        "findings": [{"level": "note", "subject": "machine", "text": "A virtual machine (QEMU).",
                      "cost": "Neighbours may steal time; every comparison is interleaved for that reason."}],
    }


def seed_of(name: str) -> int:
    return int(hash_of(name)[:8], 16)


def plan(candidates: Sequence[str]) -> dict[str, Any]:
    return {
        "version": "v0001", "previous": None, "source": {"commit": "0123456789abcdef" * 2 + "01234567", "dirty": False},
        "policy": tomllib.loads(POLICY.read_text()),
        "manifest": {
            "name": "mill", "title": "Example mill", "kind": "library", "metric": "throughput", "target": 1.41,
            "complaint": "It grinds 2 million records a second where 3 million were promised. Where do they go?",
            "op": "record", "main_size": MAIN,
            "fixture": {"generator": "mill_records", "seed": 42, "sizes": SIZES},
            "stages": [{"name": name, "entry": f"{name}_batch"} for name in STAGES],
            "hypotheses": [{"says": "Sorting dominates.", "function": "sort_batch"},
                           {"says": "Checking is the bottleneck.", "function": "check_batch"}],
            "candidates": [described(name) for name in candidates],
        },
    }


def described(name: str) -> dict[str, Any]:
    title, target, predicted, risk = CANDIDATES[name][:4]
    return {"id": name, "title": title, "change": {"overlay": f"candidates/{name}"}, "targets": target,
            "predicted_gain": predicted, "risk": risk, "risk_why": f"State of {target} survives a batch.",
            "rollback": "Any answer that differs."}


def runs(arms: dict[str, float], size: str, seed: int) -> list[dict[str, Any]]:
    """Rows of {arm: gain over the baseline} in random mirrored blocks."""
    source = random.Random(f"{seed}/{size}")
    rows, clock_ns = [], started_ns(size, seed)
    for block in range(BLOCKS):
        mood = math.exp(source.gauss(0, BLOCK_NOISE))
        order = list(arms)
        source.shuffle(order)
        for position, arm in enumerate(order + order[::-1]):
            batch_ns = OPERATION_NS[size] * SIZES[size] / arms[arm] * mood * math.exp(source.gauss(0, RUN_NOISE))
            rows.append(row(arm, size, block, position, order, batch_ns, clock_ns, source))
            clock_ns += rows[-1]["wall_ns"]
    return rows


def started_ns(size: str, seed: int) -> int:
    """The times of the documents and sizes follow one another, so that no two runs share a moment."""
    return (1 + SECONDS_A_STAGE * (seed % 1000) + SECONDS_A_SIZE * list(SIZES).index(size)) * 10**9


def row(arm: str, size: str, block: int, position: int, order: list[str], batch_ns: float, started_ns: int,
        source: random.Random) -> dict[str, Any]:
    samples = [round(4 * batch_ns * math.exp(abs(source.gauss(0, 0.01)))) for _ in range(SAMPLES_PER_RUN)]
    timed_ns = sum(samples)
    return {"arm": arm, "variant": "candidate" if arm == "B" else "baseline", "size": size, "block": block,
            "position": position, "order": " ".join(order + order[::-1]), "attempt": 0, "started_ns": started_ns,
            "timed_started_ns": started_ns + 900_000, "timed_user_ns": timed_ns, "timed_system_ns": 0,
            "runs_count": 4 * SAMPLES_PER_RUN, "wall_ns": timed_ns + 3_000_000, "user_ns": timed_ns + 1_500_000,
            "system_ns": 700_000, "max_rss_bytes": 3_500_000 + 4096 * source.randrange(8) + 400 * SIZES[size],
            "minor_faults_count": 700, "major_faults_count": 0, "voluntary_switches_count": 1,
            "involuntary_switches_count": 2, "steal_ns": 0, "environment_bytes": source.randrange(4096),
            "exit_code": 0, "failure": None, "answer": ANSWERS[size], "batch_count": 4, "ops_count": SIZES[size],
            "samples_ns": samples}


def baseline() -> dict[str, Any]:
    return {
        "clock": {"resolution_ns": 1, "cost_ns": 24},
        "self_test": [{"instrument": "allocation counter", "expected": "23 allocations", "measured": "23 allocations",
                       "passed": True}],
        "sizes": [{"name": name, "ops_count": count} for name, count in SIZES.items()],
        "runs": [one for size in SIZES for one in runs({"A": 1.0, "A2": 1.0}, size, 1)],
        "stage_runs": [stage_run("baseline", size, number) for size in SIZES for number in range(8)],
        "disassembly": {"barriers": [{"function": "run", "kind": "in"}, {"function": "run", "kind": "out"}],
                        "functions": [{"name": f"{name}_batch", "present": True, "loop": True} for name in STAGES]},
    }


def stage_run(variant: str, size: str, number: int, gain: float = 1.0) -> dict[str, Any]:
    source = random.Random(f"{variant}/{size}/{number}")
    growth = {"sort": math.log2(SIZES[size]) / math.log2(SIZES["huge"])}
    whole = [OPERATION_NS[size] * SIZES[size] / gain * math.exp(source.gauss(0, 0.01)) for _ in range(10)]
    return {"variant": variant, "size": size, "batch_count": 1, "ops_count": SIZES[size],
            "samples_ns": [round(one) for one in whole],
            "stages": [{"name": name, "samples_ns": [round(one * share * growth.get(name, 1.0)) for one in whole]}
                       for name, share in STAGES.items()]}


def command(*variants: tuple[str, float]) -> dict[str, Any]:
    source = random.Random("hyperfine")
    return {"version": "hyperfine 1.15.0", "hyperfine": {"results": [
        {"command": f"build/workloads/mill/{name} --size {MAIN}",
         "times": [round(0.0123 / gain * math.exp(abs(source.gauss(0, 0.03))), 9) for _ in range(20)]}
        for name, gain in variants]}}


def profile() -> dict[str, Any]:
    def sampling(instrument: str, tilt: float) -> dict[str, Any]:
        functions = [{"name": f"{name}_batch", "file": f"mill_{name}.c", "line": 40 + 7 * i,
                      "self_count": round(29000 * share * (0.6 + tilt)), "total_count": round(29000 * share)}
                     for i, (name, share) in enumerate(STAGES.items())]
        functions += [{"name": "malloc", "file": None, "line": None, "self_count": 6100, "total_count": 6900},
                      {"name": "free", "file": None, "line": None, "self_count": 3900, "total_count": 3900}]
        return {"instrument": instrument, "event": "cpu-clock", "frequency_hz": 999, "duration_s": 30.0,
                "samples_count": 29000, "lost_count": 0, "stacks": "profile-perf.collapsed", "functions": functions,
                "quality": {"symbolised_ratio": 0.998}}
    lines = [{"file": "mill_sort.c", "line": 61, "function": "sort_batch", "self_count": 5200},
             {"file": "mill_parse.c", "line": 47, "function": "parse_batch", "self_count": 3100}]
    return {"samplings": [sampling("clinic", 0.0), sampling("perf", 0.02)], "lines": lines,
            "stages": [{"name": name, "entry": f"{name}_batch", "samples_count": round(29000 * share)}
                       for name, share in STAGES.items()], "flame_graph": "figures/flamegraph-perf.svg"}


def counters() -> dict[str, Any]:
    return {"source": "cachegrind (simulated)", "size": MAIN, "ops_count": SIZES[MAIN],
            "events": [{"name": "task-clock", "value": 1998.2, "supported": True},
                       {"name": "cycles", "value": None, "supported": False}],
            "simulated": {"Ir": 1_400_000, "I1mr": 900, "ILmr": 10, "Dr": 310_000, "D1mr": 9000, "DLmr": 120,
                          "Dw": 190_000, "D1mw": 7000, "DLmw": 300, "Bc": 210_000, "Bcm": 9100, "Bi": 4000, "Bim": 30},
            "versions": {"perf": "perf version 6.1", "valgrind": "valgrind-3.19.0"}}


def instructions() -> dict[str, Any]:
    functions = [{"name": f"{name}_batch", "self_count": round(900_000 * share)} for name, share in STAGES.items()]
    functions += [{"name": "malloc", "self_count": 280_000}, {"name": "free", "self_count": 190_000}]
    return {"tool": "callgrind", "version": "valgrind-3.19.0", "size": MAIN, "variants": [
        {"variant": "baseline", "ops_count": SIZES[MAIN], "runs_count": 1, "total_count": 1_400_000,
         "functions": functions}]}


def stage_memory(variant: str, factor: float) -> list[dict[str, Any]]:
    rows = []
    for size, ops_count in SIZES.items():
        counted: dict[str | None, int] = {name: round(20 * ops_count * count * factor) for name, count in ALLOCATIONS_PER_OPERATION.items()}
        counted[None] = sum(counted.values())
        rows += [{"variant": variant, "size": size, "stage": name, "ops_count": ops_count, "runs_count": 20,
                  "allocations_count": count, "frees_count": count, "allocated_bytes": 48 * count}
                 for name, count in counted.items()]
    return rows


def heap(variant: str, factor: float) -> dict[str, Any]:
    """Allocations of two runs that differ by twenty batches: each stage allocates in one line, emit through strdup; the allocations of the
    set-up cancel."""
    return {"variant": variant, "size": MAIN, "locks": [],
            "flame_graphs": {weight: f"figures/heap-{variant}-{weight}.svg" for weight in ("allocations", "peak")},
            "recordings": [heap_recording(runs, factor) for runs in (5, 25)]}


def heap_recording(runs: int, factor: float) -> dict[str, Any]:
    counted = {name: round((runs + 2) * SIZES[MAIN] * count * factor)
               for name, count in ALLOCATIONS_PER_OPERATION.items() if count}
    sites = [site(name, count, [f"{name}_record", f"{name}_batch", "run"]) for name, count in counted.items()]
    sites[-1]["frames"].insert(0, {"function": "strdup", "file": "./string/strdup.c", "line": 42})
    sites.append(site(None, 1, ["setup", "main"]) | {"allocated_bytes": 8 * runs, "peak_bytes": 9000, "frees_count": 0,
                                                     "leaked_count": 1, "leaked_bytes": 8 * runs})
    names = ("allocations_count", "frees_count", "allocated_bytes", "peak_bytes", "leaked_count", "leaked_bytes",
             "temporary_count")
    return {"runs_count": runs, "totals": {name: sum(one[name] for one in sites) for name in names}, "sites": sites,
            "sizes": [{"stage": name, "up_to_bytes": 64, "allocations_count": count}
                      for name, count in counted.items()]}


def site(stage: str | None, count: int, functions: list[str]) -> dict[str, Any]:
    return {"stage": stage, "allocations_count": count, "frees_count": count, "allocated_bytes": 48 * count,
            "peak_bytes": 1000 * len(functions), "leaked_count": 0, "leaked_bytes": 0, "temporary_count": 0,
            "frames": [{"function": name, "file": f"workloads/mill/{stage or 'mill'}.c", "line": 10 + i}
                       for i, name in enumerate(functions)]}


def assertions(variant: str, silent: Sequence[str] = ("check",)) -> list[dict[str, Any]]:
    return [{"variant": variant, "stage": name, "held": name in silent,
             "breach": None if name in silent else f'clinic: stage "{name}" must not allocate'} for name in STAGES]


def memory() -> dict[str, Any]:
    totals = {"allocations_count": 30120, "frees_count": 30118, "allocated_bytes": 1_450_000, "peak_bytes": 96_000}
    return {"stages": stage_memory("baseline", 1.0), "heap": heap("baseline", 1.0),
            "peak_rss": [{"size": size, "max_rss_bytes": 3_500_000 + 400 * count} for size, count in SIZES.items()],
            "counter": totals, "dhat": dict(totals), "massif": {"peak_bytes": 96_000},
            "valgrind": {key: value for key, value in totals.items() if key != "peak_bytes"},
            "heaptrack": {"allocations_count": 30121, "temporary_count": 900, "peak_bytes": 168_704,
                          "own": {"allocations_count": 1, "temporary_count": 1, "peak_bytes": 72_704},
                          "burst": {"allocations_count": 512, "allocated_bytes": 24_576,
                                    "stack": ["parse_record", "parse_batch", "run"]}},
            "rss_series": [{"time_ns": 20_000_000 * i, "rss_bytes": 2_000_000 + min(i, 10) * 150_000,
                            "threads_count": 1} for i in range(100)]}


def measured(name: str, gain: float, huge_gain: float, allocation_factor: float) -> dict[str, Any]:
    gains = {size: huge_gain if size == "huge" else gain for size in SIZES}
    again = [size for size, found in gains.items() if found < 1.0]
    return {
        "answers": [{"size": size, "baseline": ANSWERS[size], "candidate": ANSWERS[size], "equal": True}
                    for size in SIZES],
        "failure": None,
        "runs": [one for place, size in enumerate(SIZES)
                 for one in staged(runs({"A": 1.0, "B": gains[size]}, size, seed_of(name)), place)]
        + [one for size in again for one in confirmation(runs({"A": 1.0, "B": gains[size]}, size, seed_of(name) + 1))],
        "campaign": campaign(name),
        "memory": stage_memory("baseline", 1.0) + stage_memory(name, allocation_factor),
        "instructions_count": {"baseline": 1_400_000, "candidate": round(1_400_000 / gain)},
    }


def staged(rows: list[dict[str, Any]], place: int) -> list[dict[str, Any]]:
    """Rows as a campaign writes them: blocks are numbered over all sizes, and some have a canary, which is another run of A."""
    rows = [row | {"block": row["block"] + place * BLOCKS, "stage": "pilot", "build": row["block"] % 3} for row in rows]
    return rows + [canary_like(row) for row in rows if row["arm"] == "A" and row["size"] == MAIN]


def canary_like(row: dict[str, Any]) -> dict[str, Any]:
    """A separate run after the others of its size, in which each sample is one nanosecond slower."""
    later_ns = SECONDS_A_SIZE * 10**9 // 2
    return row | {"arm": "canary", "position": row["position"] + 4, "started_ns": row["started_ns"] + later_ns,
                  "timed_started_ns": row["timed_started_ns"] + later_ns,
                  "samples_ns": [one + 1 for one in row["samples_ns"]]}


def confirmation(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same rows again, as new blocks of the second stage."""
    return [row | {"block": row["block"] + 1000, "stage": "confirm", "build": 0} for row in rows]


def campaign(name: str) -> dict[str, Any]:
    return {"seed": seed_of(name), "budget_s": 18.0, "floor_ratio": 0.0, "family_count": len(CANDIDATES),
            "canary_alpha": 0.01, "wanted_blocks": dict.fromkeys(SIZES, 2 * BLOCKS),
            "first_stage_blocks": dict.fromkeys(SIZES, BLOCKS), "confirm_blocks": dict.fromkeys(SIZES, 0),
            "reruns": [], "canary": {"ratio": 1.0, "low": 1.0, "high": 1.0, "verdict": "equivalent",
                                     "blocks_count": BLOCKS},
            "link_orders": {arm: [hash_of(f"{name}/{arm}/{order}") for order in range(3)] for arm in "AB"},
            "invalid": None}


def candidate(name: str) -> dict[str, Any]:
    lines, gain, huge_gain, allocation_factor, failure = CANDIDATES[name][4:]
    data: dict[str, Any] = {"candidate": described(name), "build": {"passed": True, "log": ""},
            "lines": {"added_count": lines[0], "removed_count": lines[1]}}
    if failure is None:
        return data | measured(name, gain, huge_gain, allocation_factor)
    reason, detail = failure
    data |= {"answers": [], "failure": {"reason": reason, "detail": detail}, "runs": [], "campaign": None,
             "memory": [], "instructions_count": None}
    if reason == "answer":
        data["answers"] = [{"size": "tiny", "baseline": ANSWERS["tiny"], "candidate": ANSWERS["huge"], "equal": False}]
    else:
        data["build"] = {"passed": False, "log": detail}
    return data


def rebench(accepted: Sequence[str]) -> dict[str, Any]:
    return {"accepted": list(accepted), "left_out": [], "build": {"passed": True, "log": ""},
            "lines": {"added_count": 82, "removed_count": 21},
            **measured("union", UNION_GAIN, 1.7, 0.45), "heap": heap("union", 0.45),
            "assertions": assertions("baseline") + assertions("union"),
            "stage_runs": [stage_run(variant, MAIN, number, gain) for variant, gain in
                           (("baseline", 1.0), ("union", UNION_GAIN)) for number in range(8)],
            "command": command(("baseline", 1.0), ("union", 1.3))}


def changed(documents: dict[str, dict[str, Any]], name: str, **data: Any) -> dict[str, dict[str, Any]]:
    """A deep copy in which some data of one document are replaced, as the planted fault of a test."""
    result = copy.deepcopy(documents)
    result[name]["data"].update(data)
    return result


def plant(audit: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """A copy of an audit's numbers with one replaced; place is keys and indices joined by dots."""
    broken = copy.deepcopy(audit)
    *way, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    inner: Any = broken
    for step in way:
        inner = inner[step]
    inner[last] = value
    return broken
