"""command_line.py - lab's command line, put together from its verbs.  verbs -> command_line -> scripts/lab, manual

A verb is a module of labkit.verbs: the first line of its docstring is its help, and it has add_arguments and run.
"""

import argparse
import importlib
import pkgutil
from typing import NoReturn

import labkit.verbs
from labkit.outcome import MEANINGS, Exit

DESCRIPTION = "the workflow of Perf Clinic: it plans runs, analyses what they measured and writes the report"
EPILOG = "exit codes: " + ", ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items())


class OneSentence(argparse.ArgumentParser):
    """Reports wrong usage in one line, like every other error, instead of printing the whole usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(Exit.USAGE, f"lab: {message}; {self.prog} --help lists the arguments\n")


def verb_names() -> list[str]:
    return sorted(found.name for found in pkgutil.iter_modules(labkit.verbs.__path__))


def lab_parser() -> tuple[argparse.ArgumentParser, argparse._SubParsersAction]:
    """The parser of `lab` and the group of subparsers to which verbs are added."""
    parser = OneSentence(prog="lab", description=DESCRIPTION, epilog=EPILOG)
    return parser, parser.add_subparsers(dest="verb", metavar="VERB", required=True)


def add_verb(place: argparse._SubParsersAction, name: str, *, whole: bool) -> argparse.ArgumentParser:
    """whole: add the verb's arguments too. This imports the verb, and some verbs import half of scipy."""
    summary = labkit.verbs.summary(name)
    parser = place.add_parser(name, help=summary, description=summary)
    if whole:
        verb = importlib.import_module(f"labkit.verbs.{name}")
        verb.add_arguments(parser)
        parser.set_defaults(run=verb.run)
    return parser


def parse(argv: list[str]) -> argparse.Namespace:
    """Parse the command line; only the verb that runs is imported."""
    parser, place = lab_parser()
    for name in verb_names():
        add_verb(place, name, whole=argv[:1] == [name])
    return parser.parse_args(argv)
