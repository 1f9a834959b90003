"""wrk.py - wrk(1) as a second load generator: so many connections, each of which waits for its answer and then asks again.

Its rate is what the server can answer at most. Its response times do not count what a request would have waited before it was sent
(coordinated omission), so they are not those of an offered rate.
Format  the last line of the script's done(), workloads/server/load/requests.lua.
"""

import json
from pathlib import Path
from typing import Any

from labkit.host import first_line
from labkit.instruments import Unavailable, run_tool
from labkit.instruments.perf import pinned

MARGIN_S = 30.0
FACTS = ("requests_count", "duration_ns", "failed_count", "p50_ns", "p95_ns", "p99_ns")


def version() -> str:
    return first_line("wrk", "-v").split(" Copyright")[0]


def command(port: int, *, script: Path, connections: int, seconds: int) -> list[str]:
    return ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--script", str(script), f"http://127.0.0.1:{port}/"]


def load(port: int, *, script: Path, connections: int, seconds: int, cpu: int | None = None) -> dict[str, Any]:
    """The facts of FACTS. Unavailable where wrk is missing or printed no line of facts."""
    argv = command(port, script=script, connections=connections, seconds=seconds)
    if first_line("wrk", "-v") == "absent":
        raise Unavailable("wrk is not installed; run scripts/setup.sh load")
    said = run_tool(pinned(argv, cpu), timeout_s=seconds + MARGIN_S).stdout.strip().splitlines()
    try:
        found = json.loads(said[-1])
        return {key: found[key] for key in FACTS}
    except (IndexError, ValueError, KeyError):
        raise Unavailable(f"wrk's script printed no facts: {' '.join(said)[-200:]}") from None
