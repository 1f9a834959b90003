"""counter.py - our allocation counter, loaded into the measured program.

Format  profiler/README.md: the JSON that libclinic-preload.so writes at exit.
"""

import json
import os
import tempfile
from pathlib import Path

from labkit import in_a_checkout
from labkit.instruments import Unavailable, run_tool

LIBRARY = in_a_checkout(Path("build/lib/libclinic-preload.so"))


def environment(output: Path | None = None) -> dict[str, str]:
    """The environment that loads the counter; output: the file that gets the totals at exit."""
    found = {"LD_PRELOAD": str(LIBRARY.resolve())}
    if output is not None:
        found["CLINIC_ALLOC_OUT"] = str(output)
    return found


def process_totals(argv: list[str], *, timeout_s: float) -> dict[str, int]:
    if not LIBRARY.exists():
        raise Unavailable(f"{LIBRARY} is not built; run make build")
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        output = Path(folder) / "allocations.json"
        run_tool(argv, timeout_s=timeout_s, environment={**os.environ, **environment(output)})
        if not output.exists():
            raise Unavailable("the allocation counter wrote nothing")
        totals = json.loads(output.read_text())["totals"]
    return {key: totals[key] for key in ("allocations_count", "frees_count", "allocated_bytes")}
