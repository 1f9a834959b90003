"""terminal_output.py - sentences and tables for standard output, as a terminal or a pipe needs them.  parts -> terminal_output -> stdout

A pipe or a file gets each line whole and no escape sequence, whatever the environment asks for. On a terminal, sentences are wrapped
between words, a table that is wider than the terminal becomes a paragraph for each row (so that no cell is cut), and verdicts have a
colour, unless NO_COLOR is set (no-color.org) or TERM is dumb.

Errors  OSError of the stream, as print has.
"""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

GAP = "  "
UNBROKEN = "\u00a0"
LEAST_WIDTH = 20  # of a wrapped line without its indent
GOOD, BAD, OPEN = "green", "bold red", "yellow"
COLOURS = {"improved": GOOD, "accepted": GOOD, "passed": GOOD, "closed": GOOD, "equivalent": "", "identical": "", "regressed": BAD, "rejected": BAD, "failed": BAD,
           "inconclusive": OPEN, "undecided": OPEN, "invalid": OPEN}
"""{verdict: style of rich, or "" for one without a colour}"""


@dataclass(frozen=True)
class Line:
    """A sentence. coloured: (from, to, style of rich) of parts of its text."""

    text: str
    indent: int = 0
    coloured: Sequence[tuple[int, int, str]] = ()


@dataclass(frozen=True)
class Table:
    """Cells of one line each. right: the columns of numbers. below: sentences under a row, by its number. A cell that begins with a verdict has
    its colour."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[int] = frozenset()
    below: Mapping[int, Sequence[str]] = field(default_factory=dict)
    indent: int = 0


Part = Line | Table


def verdict_line(verdict: str, rest: str = "") -> Line:
    """A line that begins with a verdict, in its colour."""
    return Line(verdict + rest, coloured=verdict_spans(verdict))


def verdict_spans(cell: str, at: int = 0) -> list[tuple[int, int, str]]:
    """The verdict with which a text begins that is printed at this place of a line."""
    word = cell.partition(" ")[0].rstrip(":")
    return [(at, at + len(word), COLOURS[word])] if word in COLOURS else []


def show(parts: Iterable[Part]) -> None:
    """Print to standard output."""
    if not is_terminal(sys.stdout):
        print("".join(f"{line}\n" for line in plain_lines(parts)), end="", flush=True)
        return
    on_terminal(parts, sys.stdout, shutil.get_terminal_size().columns, has_colour=not os.environ.get("NO_COLOR"))


def is_terminal(stream: TextIO) -> bool:
    """Whether it understands escape sequences."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def plain_lines(parts: Iterable[Part]) -> list[str]:
    """The lines for a pipe, as wide as they are."""
    return [line for part in parts for line in ([" " * part.indent + part.text] if isinstance(part, Line) else table_lines(part))]


def table_lines(table: Table) -> list[str]:
    widths = widths_of(table)
    lines = [] if not any(table.head) else [in_columns(table, table.head, widths)]
    for number, row in enumerate(table.rows):
        lines += [in_columns(table, row, widths), *(" " * (table.indent + 2) + text for text in table.below.get(number, ()))]
    return lines


def widths_of(table: Table) -> list[int]:
    return [max(map(len, column)) for column in zip(table.head, *table.rows, strict=True)]


def in_columns(table: Table, row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [cell.rjust(width) if column in table.right else cell.ljust(width) for column, (cell, width) in enumerate(zip(row, widths))]
    return (" " * table.indent + GAP.join(cells)).rstrip()


def on_terminal(parts: Iterable[Part], stream: TextIO, width: int, *, has_colour: bool) -> None:
    from rich.console import Console  # imported late, because a pipe does not need it and it takes a tenth of a second

    console = Console(file=stream, width=width, force_terminal=True, no_color=not has_colour, highlight=False, markup=False, emoji=False)
    for part in parts:
        for line in line_parts(part, width):
            print_line(console, line, width, has_colour)


def line_parts(part: Part, width: int) -> list[Line]:
    """A table as lines: in columns, or as paragraphs where the columns are wider than the terminal."""
    if isinstance(part, Line):
        return [part]
    if sum(widths_of(part)) + len(GAP) * (len(part.head) - 1) + part.indent <= width:
        return columns(part)
    return [line for number, row in enumerate(part.rows) for line in [*paragraph(part, row, width), *below(part, number)]]


def columns(table: Table) -> list[Line]:
    widths = widths_of(table)
    head = in_columns(table, table.head, widths)
    lines = [Line(head, coloured=[(0, len(head), "bold")])] if any(table.head) else []
    for number, row in enumerate(table.rows):
        places = [table.indent + sum(widths[:column]) + len(GAP) * column for column in range(len(row))]
        spans = [span for cell, place, column in zip(row, places, range(len(row))) if column not in table.right for span in verdict_spans(cell, place)]
        lines += [Line(in_columns(table, row, widths), coloured=spans), *below(table, number)]
    return lines


def paragraph(table: Table, row: Sequence[str], width: int) -> list[Line]:
    """The first cell and the verdict, then the others, each behind the head of its column. A cell that fits a line is not broken."""
    first, verdict = row[0].strip(), next((cell for cell in row[1:] if verdict_spans(cell)), "")
    colour = verdict_spans(verdict, len(first) + 2) or verdict_spans(first)
    others = [f"{name} {cell.strip()}".strip() for name, cell in zip(table.head[1:], row[1:]) if cell.strip() and cell is not verdict]
    whole = [one.replace(" ", UNBROKEN) if len(one) + table.indent + 5 <= width else one for one in others]
    return [Line(f"{first}: {verdict}" if verdict else first, table.indent, [(0, len(first), "bold"), *colour]),
            *([Line(", ".join(whole), table.indent + 2)] if whole else [])]


def below(table: Table, number: int) -> list[Line]:
    return [Line(text, table.indent + 2) for text in table.below.get(number, ())]


def print_line(console, line: Line, width: int, has_colour: bool) -> None:
    """Wrapped between words; a colour is at the beginning of a sentence or in a table, whose lines are not wrapped."""
    from rich.text import Text

    for number, text in enumerate(wrapped(line, width)):
        shown = Text(text)
        for start, end, style in line.coloured if has_colour and number == 0 else ():
            shown.stylize(style, line.indent + start, line.indent + end)
        console.print(shown, soft_wrap=True)


def wrapped(line: Line, width: int) -> list[str]:
    """A word that is longer than the terminal is wide, such as a path, stays whole so that it can be copied."""
    indent = " " * line.indent
    lines = [indent + line.text] if len(indent) + len(line.text) <= width else textwrap.wrap(
        line.text, max(width, len(indent) + LEAST_WIDTH), initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False, break_on_hyphens=False)
    return [one.replace(UNBROKEN, " ") for one in lines]
