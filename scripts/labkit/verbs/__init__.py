"""verbs - one module per verb of `lab`: its docstring is its help, and it has add_arguments(parser) and run(args) -> Exit."""

import ast
from pathlib import Path


def summary(verb: str) -> str:
    """First line of the verb's docstring, read without importing the verb."""
    return docstring(verb).splitlines()[0].split(" - ", 1)[-1]


def description(verb: str) -> list[str]:
    """The paragraphs after the first line."""
    return [" ".join(one.split()) for one in docstring(verb).split("\n\n")[1:]]


def docstring(verb: str) -> str:
    return ast.get_docstring(ast.parse((Path(__file__).parent / f"{verb}.py").read_text())) or ""


def add_audit_arguments(parser) -> None:
    """Add the arguments that all phases of an audit have."""
    parser.add_argument("workload", nargs="?", default="telemetry", help="a folder of workloads/; the default is telemetry")
    parser.add_argument("--budget", default="standard", metavar="SECONDS",
                        help="how much is measured: quick, standard (the default) or thorough, or a number of seconds, which picks one of them")
