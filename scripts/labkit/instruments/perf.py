"""perf.py - the kernel's sampler and counters, through perf(1).

Without a PMU the event is cpu-clock, an hrtimer: it counts CPU time, not cycles. The kernel follows frame pointers to get
stacks, so workloads are built with frame pointers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.host import first_line, has_pmu
from labkit.instruments import run_tool

FREQUENCY_HZ = 999
COUNTERS = ("task-clock", "context-switches", "page-faults", "cycles", "instructions", "branches", "branch-misses",
            "cache-references", "cache-misses")


@dataclass(frozen=True)
class Recording:
    event: str
    frequency_hz: int
    data: Path    # perf.data
    script: Path  # its text, for `clinic import`
    lost_count: int


def version() -> str:
    return first_line("perf", "--version")


def pinned(argv: Sequence[str], cpu: int | None) -> list[str]:
    """cpu: None leaves the choice to the kernel."""
    return [*(() if cpu is None else ("taskset", "-c", str(cpu))), *argv]


def event() -> str:
    return "cycles" if has_pmu() else "cpu-clock"


def record(argv: list[str], folder: Path, *, cpu: int | None, seconds: int, **how: Any) -> Recording:
    """Sample argv, which must run for `seconds`. Writes perf.data and perf.script to folder."""
    data, script = folder / "perf.data", folder / "perf.script"
    run_tool(["perf", "record", "-q", "-F", str(FREQUENCY_HZ), "-e", event(), "--sample-cpu", "--call-graph", "fp", "-o", str(data),
              "--", *pinned(argv, cpu)], timeout_s=seconds * 2 + 60, **how)
    text = run_tool(["perf", "script", "--no-inline", "--show-lost-events", "-i", str(data), "-F",
                     "comm,pid,tid,cpu,time,period,event,ip,sym,dso"], timeout_s=300).stdout
    script.write_text(text)
    lost = sum(int(count) for count in re.findall(r"PERF_RECORD_LOST.*lost (\d+)", text))
    return Recording(event(), FREQUENCY_HZ, data, script, lost)


def count(argv: list[str], *, cpu: int | None, timeout_s: float, **how: Any) -> list[dict]:
    """perf stat: [{"name", "value" or None, "supported"}], one per event of COUNTERS."""
    done = run_tool(["perf", "stat", "-x", ",", "-e", ",".join(COUNTERS), "--", *pinned(argv, cpu)],
                    timeout_s=timeout_s, **how)
    events = []
    for line in done.stderr.splitlines():
        fields = line.split(",")
        name = fields[2].removesuffix(":u") if len(fields) > 2 else ""
        if name not in COUNTERS:
            continue
        supported = not fields[0].startswith("<")
        events.append({"name": name, "value": float(fields[0]) if supported else None, "supported": supported})
    return events
