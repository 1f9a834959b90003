"""walk.py - goes through the steps of a course: predictions, the phase, their scores, questions.  Course, Voice, numbers -> walk -> Progress

A step opens when the one before it was passed, which means that 70 % of its questions were answered rightly. Progress is kept after every
step.
"""

from collections.abc import Callable
from typing import Any

from labkit.course.measured_value import NotMeasured, value_at
from labkit.course.progress_file import PASS_RATIO, Progress
from labkit.course.questions import Course, Question, Step
from labkit.course.voices import Voice
from labkit.outcome import Exit, LabError
from labkit.wording import percent, significant

Numbers = Callable[[str], dict[str, Any]]
"""Runs the phase, unless it is "" or was run before, and returns the numbers that have been measured so far."""


def walk(course: Course, voice: Voice, progress: Progress, numbers: Numbers) -> bool:
    """Returns whether all steps are passed now."""
    voice.say(course.title, "")
    for step in course.steps:
        if progress.passed(step.name):
            continue
        progress.scores[step.name], progress.predictions[step.name] = take(step, voice, numbers)
        progress.save()
        right, all_count = progress.scores[step.name]
        if not progress.passed(step.name):
            voice.say(f"{step.name}: {right} of {all_count} right", f"The next step opens at {percent(PASS_RATIO, 0)}. The same command asks this step again.")
            return False
        voice.say(f"{step.name}: {right} of {all_count} right{predicted_text(progress.predictions[step.name])}", "")
    return True


def predicted_text(score: tuple[int, int]) -> str:
    return f", {score[0]} of {score[1]} predictions right" if score[1] else ""


def take(step: Step, voice: Voice, numbers: Numbers) -> tuple[tuple[int, int], tuple[int, int]]:
    """Returns the scores of the questions and of the predictions. Predictions are asked for before the phase runs, and judged after it."""
    voice.say(step.name, step.says)
    predicted = [(one, voice.ask(one)) for one in step.questions if one.is_prediction]
    found = numbers(step.phase)
    foreseen = [judge(one, answer, voice, found) for one, answer in predicted]
    known = [judge(one, voice.ask(one), voice, found) for one in step.questions if not one.is_prediction]
    return (sum(known), len(known)), (sum(foreseen), len(foreseen))


def judge(question: Question, answer: str | float, voice: Voice, found: dict[str, Any]) -> bool:
    right = right_answer(question, found)
    if isinstance(right, str) or isinstance(answer, str):
        is_right, shown = answer == right, str(right)
    else:
        is_right, shown = abs(answer - right) <= question.tolerance_ratio * abs(right) + 1e-12, significant(right, 3)
    voice.judge(question, is_right, shown)
    return is_right


def right_answer(question: Question, found: dict[str, Any]) -> str | float:
    """The right answer. LabError: the report lacks the data that the question is about."""
    if question.right is not None:
        return question.right
    try:
        value = value_at(found, question.at)
    except NotMeasured as reason:
        raise LabError(f"question {question.id} is about data that the report lacks ({reason}); what was answered in the steps before is kept",
                       Exit.ENVIRONMENT) from None
    if question.choices and value not in question.choices:
        raise LabError(f"question {question.id}: the answer in the report is {value!r}, which is not one of the choices; what was answered in the steps before is kept",
                       Exit.ENVIRONMENT)
    return value if question.choices else question.scale * float(value)
