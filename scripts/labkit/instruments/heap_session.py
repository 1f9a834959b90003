"""heap_session.py - one program under `clinic record -e alloc`: how much each call site allocated, and what was live at the peak.

A row is one call site in one stage: the stack of the call, innermost frame first, and its allocations. Nothing is sampled,
so two recordings with different numbers of batches differ by exactly the additional batches.
Format  profiler/FORMAT.md, tables allocations, allocation_sizes, stacks, frames.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labkit.instruments import Unavailable, clinic

ROOT = Path(__file__).resolve().parents[3]  # folder of the harness's sources, whose paths are not mapped like the workload's
FRAMES_KEPT = 8  # number of innermost frames kept: beyond the stage's entry function, but not up to the harness
COUNTS = {"allocations_count": "allocations_count", "frees_count": "frees_count", "bytes": "allocated_bytes",
          "peak_bytes": "peak_bytes", "leaked_count": "leaked_count", "leaked_bytes": "leaked_bytes",
          "temporary_count": "temporary_count"}
NO_STAGE = "(no stage)"

Table = Mapping[str, list]


def record(argv: list[str], *, pictures: Mapping[str, Path] | None = None, title: str = "", timeout_s: float, **how: Any) -> dict[str, Any]:
    """{"totals", "sites", "sizes"} of one whole process. Unavailable, with the reason, where nothing can be observed.

    pictures: flame graphs to draw, by weight (a weight of `clinic export`). title: theirs; without one, it is the command.
    """
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        session = Path(folder) / "heap.json"
        clinic.run("record", "-e", "alloc", "-o", str(session), "--", *argv, timeout_s=timeout_s, **how)
        found = read(json.loads(session.read_text()), clinic.report(session))
        for weight, picture in (pictures or {}).items():
            clinic.export(session, picture, "--weight", weight, *(["--title", title] if title else []))
        return found


def read(session: Mapping[str, Any], report: Mapping[str, Any]) -> dict[str, Any]:
    if not session["quality"].get("allocations_observed"):
        raise Unavailable("allocations cannot be observed: " + "; ".join(map(str, report["notes"])))
    totals = {ours: report["allocations"][theirs] for theirs, ours in COUNTS.items()}
    sizes = [{**one, "stage": _stage(one["stage"])} for one in report["allocations"]["sizes"]]
    return {"totals": totals, "sites": _sites(session), "sizes": sizes}


def _sites(session: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The call sites. Rows with the same stage and the same FRAMES_KEPT frames are one site, in whatever thread."""
    if "allocations" not in session:  # a table without rows is absent from the session
        return []
    stacks = _stack_reader(session)
    stages = [session["strings"][name] for name in session.get("stages", {}).get("name", [0])]
    summed: dict[str, dict[str, Any]] = {}
    for row in _rows(session["allocations"]):
        stage, frames = _stage(stages[row.get("stage", 0)]), stacks(row["stack"])
        site = summed.setdefault(json.dumps([stage, frames]),
                                 {"stage": stage, "frames": frames, **dict.fromkeys(COUNTS.values(), 0)})
        for theirs, ours in COUNTS.items():
            site[ours] += row.get(theirs, 0)
    return sorted(summed.values(), key=lambda one: (-one["allocated_bytes"], json.dumps(one["frames"])))


def _stack_reader(session: Mapping[str, Any]):
    """row of `stacks` -> its innermost frames as {"function", "file", "line"}; file None where there is no source."""
    strings, frames, stacks = session["strings"], list(_rows(session["frames"])), session["stacks"]

    def frame(row: Mapping[str, int]) -> dict[str, Any]:
        file = strings[row.get("file", 0)].removeprefix(f"{ROOT}/") or None
        return {"function": strings[row.get("function", 0)] or "[not named]", "file": file,
                "line": row.get("line", 0) if file else None}

    def read_stack(row: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while row and len(found) < FRAMES_KEPT:
            found.append(frame(frames[stacks["frame"][row]]))
            row = stacks["parent"][row]
        return found
    return read_stack


def _rows(table: Table):
    return (dict(zip(table, values)) for values in zip(*table.values()))


def _stage(name: str) -> str | None:
    return None if name in ("", NO_STAGE) else name
