"""verbs - one module per verb of `lab`: its docstring is its help, add_arguments(parser), run(args) -> Exit."""

import ast
from pathlib import Path


def summary(verb: str) -> str:
    """First line of the verb's docstring, read without importing the verb."""
    tree = ast.parse((Path(__file__).parent / f"{verb}.py").read_text())
    first = (ast.get_docstring(tree) or "").splitlines()[0]
    return first.split(" - ", 1)[-1]


def add_audit_arguments(parser) -> None:
    """What all phases of an audit take."""
    parser.add_argument("workload", nargs="?", default="telemetry", help="default: telemetry")
    parser.add_argument("--budget", default="standard", help="quick, standard or thorough; default: standard")
