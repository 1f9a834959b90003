"""heaptrack.py - the second allocation counter, summarised by heaptrack_print.

It counts calls by its own rules (memalign and pvalloc are not hooked), so small differences have a cause.
"""

import re
import tempfile
from pathlib import Path

from labkit.host import first_line
from labkit.instruments import Unavailable, run_tool

SUMMARY = {
    "allocations_count": r"calls to allocation functions: (\d+)",
    "temporary_count": r"temporary memory allocations: (\d+)",
}
UNITS = {"B": 1, "K": 1e3, "M": 1e6, "G": 1e9}


def version() -> str:
    return first_line("heaptrack", "--version")


def summary(argv: list[str], *, timeout_s: float) -> dict[str, int]:
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        run_tool(["heaptrack", "-o", f"{folder}/track", *argv], timeout_s=timeout_s)
        recorded = sorted(Path(folder).glob("track*"))
        if not recorded:
            raise Unavailable("heaptrack wrote no file")
        text = run_tool(["heaptrack_print", "-f", str(recorded[0]), "-p", "0", "-a", "0", "-T", "0"],
                        timeout_s=timeout_s).stdout
    found = {}
    for name, pattern in SUMMARY.items():
        match = re.search(pattern, text)
        if match is None:
            raise Unavailable(f"heaptrack_print printed no {name}")
        found[name] = int(match.group(1))
    peak = re.search(r"peak heap memory consumption: ([\d.]+)([BKMG])", text)
    if peak:
        found["peak_bytes"] = round(float(peak.group(1)) * UNITS[peak.group(2)])
    return found
