"""layout_effects.py - the effect in each layout, and the finding where it depends on the layout.  rows -> layout_effects -> document, pages

An audit has the same table and the same finding about its union (analysis/rebench_numbers.py).
"""

from collections.abc import Sequence

from labkit.experiment.campaign import Campaign, CaseResult
from labkit.foreign_text import for_markdown
from labkit.metrics import METRICS
from labkit.verdicts import layouts
from labkit.verdicts.stages import FIRST

ENDS_COUNT = 4  # the layouts shown at either end of a long table
SHOWN_MAX = 12


def layouts_of_case(campaign: Campaign, case: CaseResult) -> dict | None:
    """{"metric", "depends", "table"}: of the first stage's blocks, lowest ratio first; None where nothing was sampled or no block is
    complete."""
    metric = next((c.metric for c in case.first_stage if not METRICS[c.metric].is_exact), None)
    if metric is None:
        return None
    rows = [row for row in campaign.rows if row.get("case", "") == case.name and row["stage"] in FIRST]
    table = [vars(one) for one in layouts.layouts_of(rows, metric)]
    if not table:
        return None
    return {"metric": metric, "depends": layouts.depend(rows, metric), "table": sorted(table, key=lambda one: one["ratio"])}


def layout_notes(doc: dict) -> list[str]:
    """A sentence without a full stop for each case whose effect depends on the layout; names of cases are escaped by the caller."""
    return [f"The effect on {METRICS[found['metric']].title}{of_case(doc, case)} depends on the layout, that is on {where(doc)}: from "
            f"{found['table'][0]['ratio'] - 1:+.2%} to {found['table'][-1]['ratio'] - 1:+.2%}; the result averages over all layouts with "
            "equal weights, and a single build may show any of these changes"
            for case in doc["cases"] if (found := case.get("layouts")) and found["depends"]]


def of_case(doc: dict, case: dict) -> str:
    return f" of {case['name']}" if len(doc["cases"]) > 1 else ""


def where(doc: dict) -> str:
    return "where the linker puts code" if doc["mode"] == "gate" else "which builds a block runs"


def layout_lines(doc: dict) -> list[str]:
    """A table in Markdown for each case with several layouts."""
    lines = []
    for case in doc["cases"]:
        found = case.get("layouts")
        if found and len(found["table"]) > 1:
            lines += [f"### {for_markdown(case['name'])} in each layout", "", introduction(doc, found), "",
                      "| Layout, A's / B's | Blocks | Change |", "|--:|--:|--:|",
                      *(f"| {one['a_build']} / {one['b_build']} | {one['blocks_count']} | {one['ratio'] - 1:+.2%} |" for one in excerpt(found["table"])), ""]
    return lines


def introduction(doc: dict, found: dict) -> str:
    what = "link order, and the gap before the code" if doc["mode"] == "gate" else "the builds that a block ran"
    count, shown = len(found["table"]), ""
    if count > SHOWN_MAX:
        shown = f": the {ENDS_COUNT} lowest, the middle one and the {ENDS_COUNT} highest of {count}"
    depends = "The effect depends on the layout." if found["depends"] else "It is not proven that the effect depends on the layout."
    return (f"The change of {METRICS[found['metric']].title} in each layout ({what}), lowest first{shown}. {depends} Every layout has the same "
            "weight in the result.")


def excerpt(table: Sequence[dict]) -> Sequence[dict]:
    if len(table) <= SHOWN_MAX:
        return table
    return [*table[:ENDS_COUNT], table[len(table) // 2], *table[-ENDS_COUNT:]]
