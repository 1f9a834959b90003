"""matrix_page.py - the outcomes of all cells as tables with their counts, and as the page matrix.md.  outcomes -> matrix_page -> text"""

from dataclasses import dataclass

PASS, FAIL, NO_SENSE, NOT_HERE = "pass", "fail", "no sense", "not here"
MARKS = {PASS: "·", FAIL: "F", NO_SENSE: "-", NOT_HERE: "?"}
HEAD = """# Faults × phases

Written by `make faults`. Each cell runs the real tool on a small victim, injects the fault in the phase, and asks four things: nothing is lost (the session or the rows so
far can be read, or a sentence says why not), no process is left behind, no file and no shared memory is left behind, and the tool ends with one sentence and the
documented exit code.

A letter stands for one cell; in the rows of `clinic record` they are the instruments cpu, timer, alloc and lock: `·` passed, `F` failed, `-` makes no sense, `?` could
not be run on this machine. Only passed cells are counted as passed. A recorder that SIGKILL ends keeps nothing of its recording, which is in its memory; an older session is
untouched, the target ends as it would alone, and what the recorder left is removed by the next recording.
"""


@dataclass(frozen=True)
class Outcome:
    fault: str
    phase: str
    instrument: str  # "" for the phases of lab
    verdict: str
    said: str        # what went wrong, or why the cell was not run
    seconds: float

    @property
    def tool(self) -> str:
        return "clinic record" if self.instrument else "lab"

    @property
    def name(self) -> str:
        return f"{self.fault}, {self.tool} {self.phase}" + (f" ({self.instrument})" if self.instrument else "")


def count(outcomes: list[Outcome], verdict: str) -> int:
    return sum(one.verdict == verdict for one in outcomes)


def counts(outcomes: list[Outcome]) -> str:
    """Passed and failed of those that were run, for example 12/12."""
    return f"{count(outcomes, PASS)}/{count(outcomes, PASS) + count(outcomes, FAIL)}"


def table(outcomes: list[Outcome]) -> str:
    """Faults × phases of one tool, with the counts of each row and of each column."""
    faults, phases = (list(dict.fromkeys(getattr(one, name) for one in outcomes)) for name in ("fault", "phase"))
    rows = []
    for fault in faults:
        row = [one for one in outcomes if one.fault == fault]
        marks = ["".join(MARKS[one.verdict] for one in row if one.phase == phase) or " " for phase in phases]
        rows.append([fault, *marks, counts(row), str(count(row, NO_SENSE)), str(count(row, NOT_HERE))])
    sums = [counts([one for one in outcomes if one.phase == phase]) for phase in phases]
    rows.append(["passed/run", *sums, counts(outcomes), str(count(outcomes, NO_SENSE)), str(count(outcomes, NOT_HERE))])
    return markdown([outcomes[0].tool, *phases, "passed/run", "no sense", "not here"], rows)


def markdown(head: list[str], rows: list[list[str]]) -> str:
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in [head, *rows]]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def tables(outcomes: list[Outcome]) -> str:
    tools = dict.fromkeys(one.tool for one in outcomes)
    return "\n\n".join(table([one for one in outcomes if one.tool == tool]) for tool in tools)


def grouped(outcomes: list[Outcome], verdict: str) -> list[str]:
    """One line for each reason, with the cells that have it."""
    said: dict[str, list[str]] = {}
    for one in outcomes:
        if one.verdict == verdict:
            said.setdefault(one.said, []).append(one.name)
    return [f"- {reason}: {'; '.join(names)}." for reason, names in said.items()] or ["- none"]


def page(outcomes: list[Outcome]) -> str:
    """The text of matrix.md."""
    total = ", ".join(f"{count(outcomes, verdict)} {verdict}" for verdict in MARKS)
    parts = [HEAD, f"{len(outcomes)} cells: {total}.\n", tables(outcomes), ""]
    for title, verdict in (("Failed", FAIL), ("Make no sense", NO_SENSE), ("Could not be run on this machine", NOT_HERE)):
        parts += [f"## {title}\n", *grouped(outcomes, verdict), ""]
    return "\n".join(parts)
