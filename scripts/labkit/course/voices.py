"""voices.py - how the clinic prints texts and gets answers: on a terminal, or from a file of answers.  Question -> voice -> answer

Errors  MissingAnswer, which names the question; EOFError, if the input of the terminal ended.
"""

import sys
import tomllib
from pathlib import Path
from typing import Any, Protocol

from labkit.course.questions import Course, Question
from labkit.foreign_text import for_terminal
from labkit.outcome import UsageError
from labkit.untrusted_file import read_text


class MissingAnswer(UsageError):
    """The file of answers has no answer to this question."""


class Voice(Protocol):
    """say: prints a heading and a text. ask: returns the text of a choice, or a number. judge: prints whether the last answer was right, and why."""

    def say(self, heading: str, text: str) -> None: ...

    def ask(self, question: Question) -> str | float: ...

    def judge(self, question: Question, is_right: bool, right: str) -> None: ...


class FromFile:
    """Takes the answers from a TOML file: ID = the text of a choice, the choice's number (the first is 1), or the number that is asked for."""

    def __init__(self, path: Path, course: Course):
        self.path = path
        try:
            self.answers = tomllib.loads(read_text(path.resolve()))
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{for_terminal(path)}: not valid TOML: {error}") from error
        known = {one.id for step in course.steps for one in step.questions}
        for key in self.answers:
            if key not in known:
                raise UsageError(f"{for_terminal(path)}: {for_terminal(key)} is not a question of {course.name}; accepted: {', '.join(sorted(known))}")

    def say(self, heading: str, text: str) -> None:
        print(f"\n{heading}\n\n{text}\n" if text else f"\n{heading}")

    def ask(self, question: Question) -> str | float:
        if question.id not in self.answers:
            raise MissingAnswer(f"{for_terminal(self.path)} has no answer to {question.id} ({question.asks.splitlines()[0]}); what was passed before is kept, and "
                                "--resume goes on")
        given = self.answers[question.id]
        answer = answer_of(question, given)
        if answer is None:
            raise UsageError(f"{for_terminal(self.path)}: {question.id}: is {given!r}; accepted: {accepted(question)}")
        print(f"{question.id}: {answer}")
        return answer

    def judge(self, question: Question, is_right: bool, right: str) -> None:
        print(f"  {'Right.' if is_right else f'No, the answer is {right}.'}{' ' + question.why if question.why else ''}")


class OnTerminal:
    """Asks on a terminal, with colours and panels that the library rich draws."""

    def __init__(self) -> None:
        from rich.console import Console  # imported late, so that only a person at a terminal waits for it

        self.console = Console(highlight=False)

    def say(self, heading: str, text: str) -> None:
        from rich.markdown import Markdown
        from rich.panel import Panel

        self.console.print(Panel(Markdown(text), title=heading, title_align="left") if text else f"\n[bold]{heading}[/bold]")

    def ask(self, question: Question) -> str | float:
        from rich.markup import escape

        self.console.print(f"\n[bold]{escape(question.asks)}[/bold]")
        for number, choice in enumerate(question.choices, start=1):
            self.console.print(f"  [cyan]{number}[/cyan]  {escape(choice)}")
        while True:
            answer = answer_of(question, self.console.input("> ").strip())
            if answer is not None:
                return answer
            self.console.print(f"[yellow]accepted: {escape(accepted(question))}[/yellow]")

    def judge(self, question: Question, is_right: bool, right: str) -> None:
        from rich.markup import escape

        self.console.print(("[green]Right.[/green]" if is_right else f"[red]No[/red], the answer is {escape(right)}.")
                           + (f" {escape(question.why)}" if question.why else ""))


def answer_of(question: Question, given: Any) -> str | float | None:
    """The choice or the number that is meant by `given`; None if it is neither."""
    if not question.choices:
        return number_of(given)
    text = str(given)
    if text in question.choices:
        return text
    return question.choices[int(text) - 1] if text.isdecimal() and 1 <= int(text) <= len(question.choices) else None


def number_of(given: Any) -> float | None:
    """The number, which may be written with a unit, such as 42 % or 1.5×; None if it is not a number."""
    if isinstance(given, bool):
        return None
    try:
        found = float(str(given).strip().rstrip("%×x ").replace(",", "."))
    except ValueError:
        return None
    return found if abs(found) < float("inf") else None


def accepted(question: Question) -> str:
    return ", ".join(f"{number} or {choice!r}" for number, choice in enumerate(question.choices, 1)) or "a number"


def voice_for(answers: Path | None, course: Course) -> Voice:
    if answers is not None:
        if not answers.is_file():
            raise UsageError(f"--answers {for_terminal(answers)} is not a file")
        return FromFile(answers, course)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the clinic asks questions, and this is not a terminal; --answers FILE takes the answers from a file")
    return OnTerminal()
