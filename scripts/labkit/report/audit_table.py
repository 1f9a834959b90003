"""audit_table.py - the table at the end of `make audit-all`.  audit.json of several reports -> audit_table -> Table

One row per case: its verdict, and the size if it is not the complaint's, its gain with the interval and its confidence, how long its audit took, and the
rejected candidates with the rules that rejected them.

Units  _s seconds.
"""

from collections.abc import Mapping
from typing import Any

from labkit.terminal_output import Table
from labkit.wording import gain_interval

REACHED = {"closed": "reached", "not closed": "not reached"}  # the target, where the complaint is not judged
HEAD = ("case", "verdict", "gain", "took", "rejected")


def audit_table(audits: Mapping[str, Mapping[str, Any]], failures: Mapping[str, str], took_s: Mapping[str, float]) -> Table:
    """audits: {workload: the numbers of its report}. failures: {workload: the reason why it has no report}. took_s: of all of these."""
    return Table(HEAD, [*(row_of(name, audit, took_s[name]) for name, audit in audits.items()),
                        *((name, "failed", "–", seconds(took_s[name]), why) for name, why in failures.items())])


def row_of(name: str, audit: Mapping[str, Any], took_s: float) -> tuple[str, str, str, str, str]:
    gain = audit["headline"]["gain"]
    shown = gain_interval(gain["gain_ratio"], gain["gain_low"], gain["gain_high"], gain["confidence"]) if gain else "–"
    rejected = ", ".join(f"{one['id']} ({one['rule']})" for one in audit["candidates"] if one["verdict"] == "rejected")
    return name, verdict(audit), shown, seconds(took_s), rejected or "nothing"


def verdict(audit: Mapping[str, Any]) -> str:
    """A quick audit may have judged at another size than the complaint's, whose complaint is then neither closed nor open."""
    found = audit["headline"]["verdict"]
    is_elsewhere = audit.get("manifest", {}).get("complaint_size")  # an investigation has no sizes
    return f"{REACHED.get(found, found)} at {audit['headline']['size']}" if is_elsewhere else found


def seconds(took_s: float) -> str:
    return f"{took_s:.0f} s"
