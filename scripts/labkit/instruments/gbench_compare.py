"""gbench_compare.py - Google Benchmark's compare.py (Debian: libbenchmark-tools), fed with process runs.

Format  Google Benchmark JSON: {"context", "benchmarks": [{"name", "run_type": "iteration", "real_time", ...}]};
        compare.py --dump_to_json writes one entry per name with utest.time_pvalue.
"""

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from labkit.instruments import Unavailable, run_tool

PROGRAM = Path("/usr/share/benchmark/compare.py")
ALPHA = 0.05


def p_values(pairs: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> dict[str, float]:
    """{name: (A, B) in ns} -> {name: p of its U test}; one call for all, because compare.py takes a second to start."""
    if not PROGRAM.exists():
        raise Unavailable(f"{PROGRAM} is missing; install libbenchmark-tools")
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        base, contender, dump = (Path(folder) / name for name in ("a.json", "b.json", "out.json"))
        base.write_text(json.dumps(benchmark_file({name: a for name, (a, _) in pairs.items()})))
        contender.write_text(json.dumps(benchmark_file({name: b for name, (_, b) in pairs.items()})))
        run_tool([sys.executable, str(PROGRAM), "--no-color", f"--alpha={ALPHA}", f"--dump_to_json={dump}",
                  "benchmarks", str(base), str(contender)], timeout_s=600)
        found = json.loads(dump.read_text())
    # compare.py takes a p that is rounded to 0.0 for false and leaves the test out (gbench/report.py).
    return {entry["name"]: entry["utest"].get("time_pvalue", 0.0) for entry in found if entry["name"] in pairs}


def benchmark_file(runs: Mapping[str, Sequence[float]]) -> dict:
    return {"context": {"library_build_type": "release"}, "benchmarks": [
        {"name": name, "run_name": name, "run_type": "iteration", "repetitions": len(times), "repetition_index": index,
         "threads": 1, "iterations": 1, "real_time": time_ns, "cpu_time": time_ns, "time_unit": "ns"}
        for name, times in runs.items() for index, time_ns in enumerate(times)]}
