"""command_variant.py - one variant of a command: its command line, arguments, environment, build flags and commit.  CommandManifest -> command_variant

A candidate changes one of these. The union of several has all their changes; one that changes the same thing as a better one is left out.
"""

import re
from dataclasses import dataclass, replace

from labkit.workload.change import CHANGES, CommandChange
from labkit.workload.command_manifest import CommandManifest
from labkit.workload.manifest import Candidate
from labkit.workload.variant import BASELINE, UNION, Variant


LETTER_AND_NUMBER = re.compile(r"(-[A-Za-z])\d")
COMMAND_LINE, ANY_ARGUMENTS = "the command", "arguments"


@dataclass(frozen=True)
class CommandVariant(Variant):
    """command: the command line with its placeholders. flags: additional arguments. ref: what is built, "" where nothing is."""

    command: str = ""
    flags: tuple[str, ...] = ()
    ref: str = ""


def baseline(manifest: CommandManifest) -> CommandVariant:
    return CommandVariant(BASELINE, {}, env=dict(manifest.environment), command=manifest.run, ref=manifest.source.ref if manifest.source else "")


def candidate(manifest: CommandManifest, one: Candidate) -> CommandVariant:
    return replace(with_change(baseline(manifest), change_of(one)), name=one.id)


def union(manifest: CommandManifest, accepted: list[Candidate]) -> CommandVariant:
    """All changes of the accepted candidates, best first."""
    merged, settled = replace(baseline(manifest), name=UNION), dict[str, str]()
    for one in accepted:
        change = change_of(one)
        rival = next((settled[place] for place in [*places_of(change), *strangers_of(change)] if place in settled), None)
        if rival:
            merged = replace(merged, left_out=(*merged.left_out, (one.id, f"changes the same as {rival}: {one.change.kind}")))
            continue
        settled |= dict.fromkeys([*places_of(change), ANY_ARGUMENTS] if change.flags else places_of(change), one.id)
        merged = replace(with_change(merged, change), members=(*merged.members, one.id))
    return merged


def change_of(one: Candidate) -> CommandChange:
    return CHANGES[one.change.kind].apply_to_command(one.change.value)


def with_change(onto: CommandVariant, change: CommandChange) -> CommandVariant:
    return replace(onto, command=change.command or onto.command, ref=change.ref or onto.ref, env={**onto.env, **change.env},
                   flags=(*onto.flags, *change.flags), cflags=(*onto.cflags, *change.cflags), link=(*onto.link, *change.link))


def places_of(change: CommandChange) -> list[str]:
    """What two candidates cannot both change. An option is known by what stands before its value: -O2 and -O3 are one, -T1 and -T4 are."""
    return [*([COMMAND_LINE] if change.command else []), *(["the commit"] if change.ref else []), *(f"variable {name}" for name in change.env),
            *(f"option {name}" for flags in (change.flags, change.cflags, change.link) for name in options_of(flags))]


def strangers_of(change: CommandChange) -> list[str]:
    """Another command line has arguments of its own, so that those of a candidate for the old one do not belong to it."""
    return [COMMAND_LINE] if change.flags else [ANY_ARGUMENTS] if change.command else []


def options_of(flags: tuple[str, ...]) -> list[str]:
    """--level=3 is --level, -T4 is -T, -O2 is -O, -march=native is -march; -9 is a level like -6; -cmd 'PRAGMA a = 1' is -cmd PRAGMA a."""
    found = []
    for flag, value in zip(flags, (*flags[1:], "")):
        if not flag.startswith("-"):
            continue
        letter = LETTER_AND_NUMBER.match(flag)
        name = "-N" if flag[1:].isdigit() else letter[1] if letter else flag.partition("=")[0]
        setting, equals, _ = value.partition("=")
        found.append(f"{name} {setting.strip()}" if equals and not value.startswith("-") else name)
    return found
