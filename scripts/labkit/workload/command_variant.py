"""command_variant.py - the variants of a command: its command line, arguments, environment, build flags and commit.  CommandManifest -> command_variant

A candidate changes one of these. The union of several candidates has all their changes, except that a candidate is left out if it changes the same
thing as a better one.
"""

import re
from dataclasses import dataclass, replace

from labkit.workload.change import CHANGES, CommandChange
from labkit.workload.command_manifest import CommandManifest
from labkit.workload.manifest import Candidate
from labkit.workload.variant import BASELINE, UNION, Variant

LETTER_AND_NUMBER = re.compile(r"(-[A-Za-z])\d")
COMMAND_LINE, ANY_ARGUMENTS = "the command", "arguments"
# What two changes of one kind may have in common, in words.
PLACES = {"command": "command line", "flags": "arguments", "env": "variables", "cflags": "compiler flags", "link": "linker flags", "ref": "sources"}


@dataclass(frozen=True)
class CommandVariant(Variant):
    """command: the command line with its placeholders. flags: additional arguments. ref: the commit that is built; "" if nothing is built."""

    command: str = ""
    flags: tuple[str, ...] = ()
    ref: str = ""


def baseline(manifest: CommandManifest) -> CommandVariant:
    return CommandVariant(BASELINE, {}, env=dict(manifest.environment), command=manifest.run, ref=manifest.source.ref if manifest.source else "")


def candidate(manifest: CommandManifest, one: Candidate) -> CommandVariant:
    return replace(with_change(baseline(manifest), change_of(one)), name=one.id)


def union(manifest: CommandManifest, accepted: list[Candidate]) -> CommandVariant:
    """All changes of the accepted candidates, which are given with the best first."""
    merged, settled = replace(baseline(manifest), name=UNION), dict[str, str]()
    for one in accepted:
        change = change_of(one)
        rival = next((settled[place] for place in [*places_of(change), *strangers_of(change)] if place in settled), None)
        if rival:
            merged = replace(merged, left_out=(*merged.left_out, (one.id, f"changes the same {PLACES[one.change.kind]} as {rival}")))
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
    """The names of the things that this change changes; two candidates of a union may not share one. An option is identified by its name
    without its value: -O2 and -O3 are the same option, and so are -T1 and -T4."""
    return [*([COMMAND_LINE] if change.command else []), *(["the commit"] if change.ref else []), *(f"variable {name}" for name in change.env),
            *(f"option {name}" for flags in (change.flags, change.cflags, change.link) for name in options_of(flags))]


def strangers_of(change: CommandChange) -> list[str]:
    """The things that other candidates of a union may not change beside this change: arguments that fit the old command line do not
    belong to a new one."""
    return [COMMAND_LINE] if change.flags else [ANY_ARGUMENTS] if change.command else []


def options_of(flags: tuple[str, ...]) -> list[str]:
    """The names of the options: --level of --level=3, -T of -T4, -O of -O2, -march of -march=native, -N of any number such as -9, and
    `-cmd PRAGMA a` of -cmd 'PRAGMA a = 1'."""
    found = []
    for flag, value in zip(flags, (*flags[1:], "")):
        if not flag.startswith("-"):
            continue
        letter = LETTER_AND_NUMBER.match(flag)
        name = "-N" if flag[1:].isdigit() else letter[1] if letter else flag.partition("=")[0]
        setting, equals, _ = value.partition("=")
        found.append(f"{name} {setting.strip()}" if equals and not value.startswith("-") else name)
    return found
