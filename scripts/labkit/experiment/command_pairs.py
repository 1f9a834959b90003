"""command_pairs.py - turn the commands of the command line into pairs to compare.  --a --b --also --name --scan -> command_pairs -> compare

Every command is compared with A. A scan replaces {NAME} in the commands by each of its values, and each value is a separate
comparison; two scans give all combinations.
"""

import itertools
import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labkit.experiment.commands import Command, parse_command
from labkit.foreign_text import as_unicode
from labkit.outcome import UsageError

SCAN = re.compile(r"([A-Za-z_]\w*)=(.+)")


@dataclass(frozen=True)
class CommandPair:
    """Two commands, each with its equivalent builds, and their names. name: the name of the comparison; "" if it is the only one."""

    name: str
    labels: tuple[str, str]
    a: list[Command]
    b: list[Command]

    def arms(self) -> dict[str, dict]:
        """The description of each side for the document."""
        return {label: {"command": commands[0].text, "sha256": commands[0].sha256, "builds": [one.sha256 for one in commands]}
                for label, commands in zip(self.labels, (self.a, self.b))}


def command_pairs(a: Sequence[str], b: Sequence[str], also: Sequence[str] = (), names: Sequence[str] = (),
                  scans: Sequence[str] = ()) -> list[CommandPair]:
    """The pairs, at least one. UsageError: a command cannot be run, or names or scans do not match the commands."""
    others = [list(b), *([text] for text in also)]
    labels = labels_of(names, 1 + len(others))
    points = list(points_of(scans))
    refuse_unused([*a, *itertools.chain(*others)], points[0])
    pairs = []
    for point, (label, texts) in itertools.product(points, zip(labels[1:], others)):
        where = ", ".join(f"{name}={value}" for name, value in point.items())
        sides = [[parse_command(filled(text, point)) for text in side] for side in (a, texts)]
        first, second = (f"{one}, {where}" if where else one for one in (labels[0], label))
        pairs.append(CommandPair(", ".join(filter(None, (label if also else "", where))), (first, second), *sides))
    return pairs


def labels_of(names: Sequence[str], count: int) -> list[str]:
    """The names of the commands, in their order; a command without a name gets a letter."""
    if len(names) > count:
        raise UsageError(f"--name {names[-1]}: there are {count} commands, and {len(names)} names")
    labels = [*map(as_unicode, names), *string.ascii_uppercase[len(names):count]]
    if len(labels) != count or len(set(labels)) != count or not all(labels):
        raise UsageError("--name: every command needs a name of its own, and at most 26 commands are compared")
    return labels


def points_of(scans: Sequence[str]) -> Iterator[dict[str, str]]:
    """Every combination of the values; one empty combination if nothing is scanned."""
    values: dict[str, list[str]] = {}
    for text in scans:
        found = SCAN.fullmatch(text)
        if found is None or "" in found.group(2).split(",") or found.group(1) in values:
            raise UsageError(f"--scan {text!r}: it must be NAME=VALUE,VALUE,..., each name once; {{NAME}} in a command is replaced by the value")
        values[found.group(1)] = list(dict.fromkeys(found.group(2).split(",")))
    return (dict(zip(values, chosen)) for chosen in itertools.product(*values.values()))


def refuse_unused(texts: Sequence[str], point: dict[str, str]) -> None:
    for name in point:
        if not any(f"{{{name}}}" in text for text in texts):
            raise UsageError(f"--scan {name}: no command contains {{{name}}}, so that all values would give the same commands")


def filled(text: str, point: dict[str, str]) -> str:
    for name, value in point.items():
        text = text.replace(f"{{{name}}}", value)
    return text
