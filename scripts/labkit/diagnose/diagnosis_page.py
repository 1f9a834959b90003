"""diagnosis_page.py - the diagnosis as a document and as a page.  observations, opportunities -> diagnosis_page -> diagnosis.json, diagnosis.md"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from labkit import VERSION
from labkit.diagnose import limits
from labkit.diagnose.observe import Observations, Target
from labkit.diagnose.opportunities import Opportunity, tests
from labkit.evidence import write_text
from labkit.foreign_text import as_unicode
from labkit.host import Host
from labkit.report.merged_findings import merged_texts
from labkit.report.render import render
from labkit.schemas import check

FUNCTIONS_SHOWN, SITES_SHOWN, LOCKS_SHOWN, LIBRARIES_SHOWN = 15, 5, 5, 6


def document(target: Target, found: Observations, opportunities: list[Opportunity], host: Host, started_utc: str) -> dict[str, Any]:
    """The document that templates/schemas/diagnosis.schema.json describes; times are in nanoseconds."""
    return {
        "schema": 1, "kind": "diagnosis", "tool": {"name": "lab", "version": VERSION}, "started_utc": started_utc,
        "command": [as_unicode(word) for word in target.argv], "program": as_unicode(str(target.program.resolve())),
        "host": host.to_json(), "limits": limits.describe(found), "alone": asdict(found.alone) | {"cpu_ns": found.alone.cpu_ns},
        "cpu": _cpu(found), "off_cpu": _off_cpu(found), "heap": _heap(found), "locks": _locks(found),
        "instructions_count": found.instructions_count, "opportunities": [asdict(one) for one in opportunities], "tests": tests(opportunities),
        "notes": found.notes, "tried": None,
    }


def _cpu(found: Observations) -> dict[str, Any] | None:
    if found.cpu is None:
        return None
    quality = found.cpu["quality"]
    return {"samples_count": quality["samples_count"], "backend": quality["backend"], "named_ratio": quality["symbolised_ratio"],
            "complete_ratio": quality["complete_stacks_ratio"], "flame_graph": found.flame_graph,
            "functions": [{"name": one["name"], "library": one["library"], "share": limits.share_of(one), "total": limits.share_of(one, "total"),
                           "ceiling": limits.amdahl(one["self_ratio"])} for one in found.cpu["functions"][:FUNCTIONS_SHOWN]],
            "libraries": [{"name": one["name"], "share": limits.share_of(one)} for one in found.cpu["libraries"][:LIBRARIES_SHOWN]],
            "notes": merged_texts([one["text"] for one in found.cpu["notes"]])}


def _off_cpu(found: Observations) -> dict[str, Any] | None:
    seen = limits.waits(found)
    if seen is None:
        return None
    worst = sorted(seen["stacks"], key=lambda one: -one["blocked_ns"])[:LOCKS_SHOWN]
    return {"watched_ns": seen["watched_ns"], "blocked_ns": seen["blocked_ns"], "ready_ns": seen["ready_ns"], "waits_count": seen["waits_count"],
            "stacks": [{"blocked_ns": one["blocked_ns"], "waits_count": one["waits_count"], "frames": list(reversed(one["stack"]))[:4]}
                       for one in worst if one["blocked_ns"]]}


def _heap(found: Observations) -> dict[str, Any] | None:
    if found.heap is None:
        return None
    sites = sorted(found.heap["sites"], key=lambda site: -site["allocations_count"])[:SITES_SHOWN]
    return {"totals": found.heap["totals"],
            "sites": [{key: one[key] for key in ("allocations_count", "allocated_bytes", "leaked_count", "temporary_count")}
                      | {"frames": [frame["function"] for frame in one["frames"][:4]]} for one in sites]}


def _locks(found: Observations) -> list[dict[str, Any]] | None:
    if found.locks is None:
        return None
    contended = sorted((one for one in found.locks if one["contended_count"]), key=lambda one: -one["wait_ns"])
    return contended[:LOCKS_SHOWN]


def write(folder: Path, doc: dict[str, Any]) -> str:
    """Writes diagnosis.json and diagnosis.md into folder and returns the text of the page."""
    check(doc, str(folder / "diagnosis.json"))
    write_text(folder / "diagnosis.json", json.dumps(doc, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    page = render("diagnosis.md", doc)
    write_text(folder / "diagnosis.md", page)
    return page
