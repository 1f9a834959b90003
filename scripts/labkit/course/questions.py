"""questions.py - the steps of a case or a lesson, and their questions.  questions.toml -> questions.py -> Course

The questions of a case are beside its manifest, in workloads/NAME/questions.toml; a lesson is docs/lessons/NAME.toml. The right answer of a question
is in the file, or is looked up in the numbers of the person's own report.

Errors  UsageError naming the file, the key, what was found and what is accepted.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from labkit.outcome import UsageError
from labkit.untrusted_file import UntrustedFileError, read_text
from labkit.workload import manifest
from labkit.workload.manifest import Table

LESSONS = Path(__file__).resolve().parents[3] / "docs" / "lessons"
PHASES = ("baseline", "profile", "optimize", "rebench", "audit")  # audit runs all phases; an investigation has only this one
TOLERANCE_RATIO = 0.25


@dataclass(frozen=True)
class Question:
    """choices: the answers to choose from; if there are none, the answer is a number. right: the right answer, or None if it is in the
    report; at: its path there (measured_value.py), or "". scale: the number of the report is multiplied by it before it is compared with
    the answer, for example by 100 for per cent. tolerance_ratio: how far an answer may be from the right number, as a share of it.
    is_prediction: the question is asked before the phase runs; its score is shown, but does not decide whether the step is passed."""

    id: str
    asks: str
    choices: tuple[str, ...]
    right: str | float | None
    at: str
    scale: float
    tolerance_ratio: float
    why: str
    is_prediction: bool


@dataclass(frozen=True)
class Step:
    """phase: the phase of the audit that runs after the predictions; "" if none runs."""

    name: str
    says: str
    phase: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Course:
    """requires: the courses that must be passed before this one opens."""

    name: str
    title: str
    is_lesson: bool
    requires: tuple[str, ...]
    steps: tuple[Step, ...]


def places() -> dict[str, Path]:
    """Every course by its name, lessons first."""
    lessons = {path.stem: path for path in sorted(LESSONS.glob("*.toml"))}
    return lessons | {path.parent.name: path for path in sorted(manifest.WORKLOADS.glob("*/questions.toml"))}


def load(name: str) -> Course:
    path = places().get(name)
    if path is None:
        raise UsageError(f"there are no questions about {name!r}; accepted: {', '.join(places())}")
    try:
        table = Table(path, "", tomllib.loads(read_text(path.resolve())))
    except UntrustedFileError as error:
        raise UsageError(str(error)) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    return _course(table, name, path.parent == LESSONS)


def _course(table: Table, name: str, is_lesson: bool) -> Course:
    table.one_of("schema", (1,))
    found = Course(name=name, title=table.text("title"), is_lesson=is_lesson, requires=_requires(table),
                   steps=tuple(_step(one, is_lesson) for one in table.many("step")))
    table.done()
    ids = [one.id for step in found.steps for one in step.questions]
    manifest.unique(table, "question", ids)
    if not ids:
        raise table.fail("step", "has no question; accepted: at least one")
    return found


def _requires(table: Table) -> tuple[str, ...]:
    return tuple(table.get("requires", f"a list of {', '.join(places())}",
                           lambda v: isinstance(v, list) and all(one in places() for one in v), default=[]))


def _step(table: Table, is_lesson: bool) -> Step:
    phases = ("",) if is_lesson else ("", *PHASES)
    found = Step(name=table.text("name"), says=table.text("says").strip(), phase=table.get("phase", ", ".join(phases[1:]) or "none in a lesson",
                                                                                           lambda v: v in phases, default=""),
                 questions=tuple(_question(one) for one in table.many("question")))
    table.done()
    return found


def _question(table: Table) -> Question:
    choices = tuple(table.get("choices", "a list of at least two texts",
                              lambda v: isinstance(v, list) and len(v) > 1 and all(isinstance(one, str) for one in v), default=[]))
    found = Question(
        id=table.get("id", "lower-case letters, digits and dashes", manifest.is_id), asks=table.text("asks").strip(), choices=choices,
        right=table.get("right", f"one of {', '.join(choices)}" if choices else "a number", lambda v: v in choices if choices else _is_number(v))
        if "right" in table.table else None,
        at=table.optional_text("at"), scale=table.number("scale", 1e-12, 1e12) if "scale" in table.table else 1.0,
        tolerance_ratio=table.number("tolerance_ratio", 0.0, 10.0) if "tolerance_ratio" in table.table else TOLERANCE_RATIO,
        why=table.optional_text("why").strip(), is_prediction=table.get("prediction", "true or false", lambda v: isinstance(v, bool), default=False))
    table.done()
    if (found.right is None) == (found.at == ""):
        raise table.fail("right", "and `at`: exactly one of them says the answer")
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
