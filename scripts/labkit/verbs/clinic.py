"""clinic - learn on a case: predict, measure, compare with what the instruments found, answer a reviewer

A case is a workload with questions. It has steps: you predict, a phase of the audit runs, the predictions are scored, and you answer the
questions that a reviewer would ask. A lesson is a text with a quiz. The next step opens when 70 % of the answers are right. What was
passed is kept in build/clinic/. When the last case is passed, build/clinic/graduation.md answers the questions of a defence from your own
reports.
"""

import json
from pathlib import Path
from typing import Any

from labkit.course import progress_file, questions
from labkit.course.questions import Course
from labkit.course.voices import voice_for
from labkit.course.walk import walk
from labkit.foreign_text import for_terminal
from labkit.outcome import Exit, LabError, UsageError
from labkit.terminal_output import Table, show
from labkit.workload import manifest

CAPSTONE = "telemetry"


def add_arguments(parser) -> None:
    parser.add_argument("course", nargs="?", default=CAPSTONE, help="a case or a lesson; --list names them; the default is telemetry, which the lessons open")
    parser.add_argument("--answers", type=Path, metavar="FILE", help="take the answers from this TOML file (QUESTION = answer), without a terminal")
    parser.add_argument("--report", type=Path, metavar="R", help="use the numbers of this sealed report, and measure nothing")
    parser.add_argument("--budget", default="quick", metavar="SECONDS",
                        help="how much the phases measure: quick (the default), standard or thorough, or a number of seconds, which picks one of them")
    parser.add_argument("--resume", action="store_true", help="go on after the last step that was passed; this is what happens without options, too")
    parser.add_argument("--again", action="store_true", help="forget what was passed of this course, and begin from its first step")
    parser.add_argument("--list", action="store_true", dest="is_list", help="list the courses, what was passed of each, and which are not open yet")


def run(args) -> Exit:
    if args.is_list:
        show([courses_table()])
        return Exit.PASSED
    if args.again and args.resume:
        raise UsageError("--again begins anew and --resume goes on; give only one of them")
    course = questions.load(args.course)
    refuse_locked(course)
    if args.again:
        progress_file.forget(course.name)
    progress = progress_file.load(course.name)
    if all(progress.passed(step.name) for step in course.steps):
        print(f"clinic: {course.name} is passed; --again asks its questions anew")
        return Exit.PASSED
    numbers = Numbers(course, args.report, args.budget)
    try:
        if not walk(course, voice_for(args.answers, course), progress, numbers):
            return Exit.FAILED
    except EOFError:
        raise LabError("the input ended before all questions were answered; what was passed is kept, and --resume goes on", Exit.INCONCLUSIVE) from None
    print(f"clinic: {course.name} is passed" + graduated(course, numbers))
    return Exit.PASSED


def refuse_locked(course: Course) -> None:
    missing = [name for name in course.requires if not is_passed(name)]
    if missing:
        raise UsageError(f"{course.name} opens when {', '.join(course.requires)} are passed; still to do: {', '.join(missing)} (lab clinic {missing[0]})")


def is_passed(name: str) -> bool:
    progress = progress_file.load(name)
    return all(progress.passed(step.name) for step in questions.load(name).steps)


def courses_table() -> Table:
    """A row for each course: its name, what was passed, its title."""
    rows = []
    for name in questions.places():
        course, progress = questions.load(name), progress_file.load(name)
        passed = sum(progress.passed(step.name) for step in course.steps)
        state = "passed" if passed == len(course.steps) else f"{passed} of {len(course.steps)} steps"
        locked = "" if all(map(is_passed, course.requires)) else f" (opens after {', '.join(course.requires)})"
        rows.append((name, state, f"{course.title}{locked}"))
    return Table(("course", "state", "title"), rows)


class Numbers:
    """The numbers that the questions are about: those of the sealed report that --report names, or those of the open audit after its next phase."""

    def __init__(self, course: Course, report: Path | None, budget: str):
        if report is not None and not (report / "audit.json").is_file():
            raise UsageError(f"--report {for_terminal(report)} is not the folder of a sealed report")
        self.course, self.report, self.budget = course, report, budget
        self.found: dict[str, Any] = json.loads((report / "audit.json").read_text()) if report else {}

    def __call__(self, phase: str) -> dict[str, Any]:
        if phase and self.report is None:
            self.found = self._after(phase)
        return self.found

    def _numbers_of(self, folder: Path) -> dict[str, Any]:
        from labkit.analysis import analyse  # imported late, so that a lesson does not wait for scipy
        from labkit.analysis.evidence_set import read_evidence_set

        return analyse(read_evidence_set(folder))

    def _after(self, phase: str) -> dict[str, Any]:
        """Runs the phases that are missing up to this one. After a rebench the report is written and sealed, because the audit is complete."""
        if manifest.kind_of(self.course.name) == manifest.INVESTIGATION:
            return self._investigated()
        from labkit.audit import flow

        run_phase = {"baseline": flow.run_baseline, "profile": flow.run_profile, "optimize": flow.run_optimize}.get(phase, flow.run_rebench)
        folder = flow.open_version(self.course.name, self.budget, run_phase)
        return self._sealed(folder) if run_phase is flow.run_rebench else self._numbers_of(folder)

    def _investigated(self) -> dict[str, Any]:
        """Runs all phases of an investigation at once, because the questions are about all of them."""
        from labkit.audit import investigation_state

        state = investigation_state.load(self.course.name, self.budget)
        self.report = investigation_state.standing(state)
        return self._sealed(investigation_state.run(state)) if self.report is None else json.loads((self.report / "audit.json").read_text())

    def _sealed(self, folder: Path) -> dict[str, Any]:
        from labkit.report.publish import publish

        self.report = folder
        return publish(folder)


def graduated(course: Course, numbers: Numbers) -> str:
    if course.name != CAPSTONE or numbers.report is None:
        return ""
    from labkit.course import graduation

    return f"; your answers for a defence are in {graduation.write_page(numbers.report)}"
