"""valgrind.py - counted and simulated execution: slow but exact, and not affected by a busy machine.

callgrind   instructions per function, inside the harness's timed loop or of a whole process.
cachegrind  simulated first- and last-level caches and branch predictor: a model, not this CPU.
memcheck    allocations of the whole process, to check our own counter.
dhat        the same, and the bytes live at the peak; massif measures the peak, too.
Format      callgrind, cachegrind and massif output files, valgrind manual chapters 5, 6 and 9; DHAT's JSON, version 2
            (dhat/dh_main.c: tbk and tb are blocks and bytes in all, gb bytes at the global maximum, ebk blocks at exit).
"""

import json
import re
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from labkit.host import first_line
from labkit.instruments import Unavailable, run_tool

TIMED_LOOP = "clinic_bench_run"
# Without these options valgrind frees the buffers of libc and libstdc++ at exit, which the program itself never does.
OWN_HEAP_ONLY = ("--run-libc-freeres=no", "--run-cxx-freeres=no")


def version() -> str:
    return first_line("valgrind", "--version")


def instructions_by_function(argv: list[str], *, timeout_s: float, within: str = TIMED_LOOP, **how: Any) -> dict[str, int]:
    """{function: self instructions} inside the function `within`; where it is empty, those of the whole process and its children."""
    part = [f"--toggle-collect={within}"] if within else ["--trace-children=yes"]
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        run_tool(["valgrind", "--vgdb=no", "--tool=callgrind", *part, "--compress-strings=no",
                  "--compress-pos=no", f"--callgrind-out-file={folder}/%p", *argv], timeout_s=timeout_s, **how)
        costs: dict[str, int] = defaultdict(int)
        for path in sorted(Path(folder).iterdir()):
            _add_self_costs(costs, path.read_text(errors="replace"))
    return {name: cost for name, cost in costs.items() if cost > 0}


def _add_self_costs(costs: dict[str, int], text: str) -> None:
    """Sum the cost lines below each fn=; the line after calls= is the cost of the callee and is skipped."""
    function, skip = None, False
    for line in text.splitlines():
        if line.startswith("fn="):
            function = line[3:].split("'")[0]
        elif line.startswith("calls="):
            skip = True
        elif line[:1].isdigit() or line[:1] in "+-*":
            fields = line.split()  # position and cost; a cost of zero is omitted
            if not skip and function is not None and len(fields) == 2:
                costs[function] += int(fields[1])
            skip = False


def simulated_events(argv: list[str], *, timeout_s: float, **how: Any) -> dict[str, int]:
    """cachegrind's totals of the program and its children by its own names: Ir, I1mr, ..., Bc, Bcm, Bi, Bim. A shell that becomes
    another program (exec) keeps its pid, and so its file is that program's."""
    totals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        run_tool(["valgrind", "--vgdb=no", "--tool=cachegrind", "--trace-children=yes", "--cache-sim=yes", "--branch-sim=yes",
                  f"--cachegrind-out-file={folder}/%p", *argv], timeout_s=timeout_s, **how)
        for text in _outputs(folder, "cachegrind"):
            totals.update(_event_totals(text))
    return dict(totals)


def _event_totals(text: str) -> dict[str, int]:
    names = re.search(r"^events: (.*)$", text, re.M)
    totals = re.search(r"^summary: (.*)$", text, re.M)
    if names is None or totals is None:
        raise Unavailable("cachegrind's output has no summary")
    return dict(zip(names.group(1).split(), map(int, totals.group(1).split())))


def heap_totals(argv: list[str], *, timeout_s: float, **how: Any) -> dict[str, int]:
    """memcheck's `total heap usage` lines, for the program and its children."""
    done = run_tool(["valgrind", "--vgdb=no", "--trace-children=yes", "--leak-check=no", *OWN_HEAP_ONLY, *argv], timeout_s=timeout_s, **how)
    found = re.findall(r"total heap usage: ([\d,]+) allocs, ([\d,]+) frees, ([\d,]+) bytes", done.stderr)
    if not found:
        raise Unavailable("valgrind printed no heap summary")
    allocations, frees, total = (sum(int(text.replace(",", "")) for text in column) for column in zip(*found))
    return {"allocations_count": allocations, "frees_count": frees, "allocated_bytes": total}


def dhat_totals(argv: list[str], *, timeout_s: float, **how: Any) -> dict[str, int]:
    """The totals over all program points of the program and its children; the peak is that of the largest process."""
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        run_tool(["valgrind", "--vgdb=no", "--trace-children=yes", "--tool=dhat", *OWN_HEAP_ONLY, f"--dhat-out-file={folder}/%p", *argv],
                 timeout_s=timeout_s, **how)
        processes = [json.loads(text)["pps"] for text in _outputs(folder, "dhat")]
    blocks, left, total = (sum(point[key] for points in processes for point in points) for key in ("tbk", "ebk", "tb"))
    return {"allocations_count": blocks, "frees_count": blocks - left, "allocated_bytes": total,
            "peak_bytes": max(sum(point["gb"] for point in points) for points in processes)}


def massif_peak(argv: list[str], *, timeout_s: float, **how: Any) -> dict[str, int]:
    """Bytes at the peak of the largest process."""
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        run_tool([*massif_of(folder), *argv], timeout_s=timeout_s, **how)
        return {"peak_bytes": massif_peak_of(folder)}


def massif_of(folder: str) -> list[str]:
    """The words before a command whose heap massif watches; massif_peak_of(folder) reads the result once it has ended. Without
    --heap-admin=0 massif adds an estimate of the allocator's headers, and without --peak-inaccuracy=0.0 it may report 99 % of the peak."""
    return ["valgrind", "--vgdb=no", "--trace-children=yes", "--tool=massif", "--heap-admin=0", "--peak-inaccuracy=0.0", "--depth=1",
            f"--massif-out-file={folder}/%p"]


def massif_peak_of(folder: str) -> int:
    heap = [int(found) for found in re.findall(r"^mem_heap_B=(\d+)$", "\n".join(_outputs(folder, "massif")), re.M)]
    if not heap:
        raise Unavailable("massif took no snapshot")
    return max(heap)


def _outputs(folder: str, tool: str) -> list[str]:
    """What the tool wrote, one text per process."""
    texts = [path.read_text(errors="replace") for path in sorted(Path(folder).iterdir())]
    if not texts:
        raise Unavailable(f"{tool} wrote no output")
    return texts
