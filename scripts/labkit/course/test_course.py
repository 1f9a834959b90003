"""Every case and lesson can be passed with answers from a file; a step opens at 70 %; wrong input is answered with a sentence, and no step that was
passed is lost."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from on_a_terminal import all_of

from labkit import ROOT
from labkit.course import progress_file, questions
from labkit.course.measured_value import NotMeasured, value_at
from labkit.course.questions import Question
from labkit.course.voices import FromFile, answer_of
from labkit.outcome import Exit, LabError, UsageError
from labkit.verbs import clinic

COURSES = list(questions.places())


@pytest.fixture(autouse=True)
def own_progress(checkout):
    """Each test has a checkout with an empty build folder of its own."""
    (checkout / "build").unlink()
    (checkout / "build").mkdir()


def report_of(name: str) -> Path | None:
    return None if questions.load(name).is_lesson else ROOT / "reports" / name / "v0001"


def right_answers(name: str) -> dict:
    report = report_of(name)
    found = json.loads((report / "audit.json").read_text()) if report else {}
    return {one.id: one.right if one.right is not None else value_at(found, one.at) if one.choices else one.scale * value_at(found, one.at)
            for step in questions.load(name).steps for one in step.questions}


def write(answers: dict) -> Path:
    path = Path("answers.toml")
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in answers.items()))
    return path


def walk(name: str, answers: dict | None, **more) -> Exit:
    given = {"course": name, "answers": answers if answers is None or isinstance(answers, Path) else write(answers), "report": report_of(name), "budget": "quick", "resume": False,
             "again": False, "is_list": False}
    return clinic.run(SimpleNamespace(**given | more))


def test_every_case_can_be_walked_by_file_and_the_last_one_ends_with_a_page(capsys):
    cases = {path.parent.name for path in ROOT.glob("workloads/*/CASE.md")}
    assert len(cases) == 8 and set(COURSES) == cases | {"telemetry", "benchmarking", "memory", "profiling"}
    Path("reports").symlink_to(ROOT / "reports")
    for name in COURSES:
        assert walk(name, right_answers(name)) is Exit.PASSED
    page = Path("build/clinic/graduation.md").read_text()
    for heading in ("Why is it slow?", "Did the change help", "How does it allocate?", "How is a hang debugged?", "Which of three is fastest"):
        assert heading in page
    assert "4.739×" in page and "checksum-sliced" in page and "validate_batch" in page
    assert "reports/deadlock/v0001" in page  # the report of the benchmarks that lie was shown in its place
    capsys.readouterr()
    assert walk("telemetry", None, is_list=True) is Exit.PASSED
    assert capsys.readouterr().out.count("passed") == len(COURSES)


def test_the_capstone_opens_when_the_lessons_are_passed():
    with pytest.raises(UsageError, match="telemetry opens when .* still to do: benchmarking, profiling, memory"):
        walk("telemetry", {})


def test_a_step_opens_at_seventy_per_cent_and_what_was_passed_is_not_asked_again(capsys):
    right = right_answers("benchmarking")
    assert walk("benchmarking", right | {"inconclusive": "yes"}) is Exit.FAILED  # two of three
    assert "The next step opens at 70" in capsys.readouterr().out
    assert walk("benchmarking", right, resume=True) is Exit.PASSED
    assert "observation:" not in capsys.readouterr().out
    assert walk("benchmarking", None) is Exit.PASSED and "is passed; --again" in capsys.readouterr().out
    assert walk("benchmarking", right | {"order": 1, "copy": 1}, again=True) is Exit.FAILED


def test_a_prediction_is_scored_and_does_not_count():
    assert walk("hotspot", right_answers("hotspot") | {"predicted-stage": "prizes", "predicted-share": "90 %"}) is Exit.PASSED
    assert progress_file.load("hotspot").predictions["complaint"] == (0, 2)


def test_missing_answers_are_named_and_the_steps_before_are_kept():
    right = right_answers("hotspot")
    del right["wide"]
    with pytest.raises(UsageError, match=r"has no answer to wide \(The hash table gets 4096 buckets.*--resume goes on"):
        walk("hotspot", right)
    assert progress_file.load("hotspot").passed("complaint") and not progress_file.load("hotspot").passed("candidates")


@pytest.mark.parametrize("answers, words", [({"no-such": 1}, "no-such is not a question of hotspot; accepted: allocations, "),
                                            ({"predicted-stage": "noon"}, "predicted-stage: is 'noon'; accepted: 1 or 'prizes'"),
                                            ({"predicted-stage": 1, "predicted-share": "many"}, "accepted: a number")])
def test_an_answer_that_cannot_be_understood_is_refused_with_what_is_accepted(answers, words):
    with pytest.raises(UsageError, match=words):
        walk("hotspot", answers)


def test_a_question_about_what_the_report_lacks_is_a_sentence_and_loses_nothing(tmp_path):
    found = json.loads((report_of("hotspot") / "audit.json").read_text())
    found["candidates"] = [one for one in found["candidates"] if one["id"] != "sellers-wide"]
    (tmp_path / "audit.json").write_text(json.dumps(found))
    with pytest.raises(LabError, match="question wide is about data that the report lacks .*there is no 'sellers-wide'") as caught:
        walk("hotspot", right_answers("hotspot"), report=tmp_path)
    assert caught.value.code is Exit.ENVIRONMENT and progress_file.load("hotspot").passed("complaint")


@pytest.mark.slow
def test_the_command_line_says_what_a_report_lacks_and_goes_on_with_another(tmp_path):
    found = json.loads((report_of("hotspot") / "audit.json").read_text())
    (tmp_path / "audit.json").write_text(json.dumps(found | {"candidates": []}))
    answers = write(right_answers("hotspot"))
    lacking, whole = (subprocess.run([sys.executable, "-B", "scripts/lab", "clinic", "hotspot", "--answers", str(answers), "--report", str(report)],
                                     capture_output=True, text=True) for report in (tmp_path, report_of("hotspot")))
    (sentence,) = lacking.stderr.splitlines()
    assert lacking.returncode == Exit.ENVIRONMENT and "is about data that the report lacks" in sentence and "is kept" in sentence
    assert "predicted-stage: " in lacking.stdout and whole.returncode == Exit.PASSED and "predicted-stage: " not in whole.stdout


@pytest.mark.parametrize("more, words", [({"report": Path("nowhere")}, "is not the folder of a sealed report"), ({"answers": Path("nowhere")}, "is not a file"),
                                         ({"again": True, "resume": True}, "give only one of them"),
                                         ({"course": "cooking"}, "no questions about 'cooking'; accepted: benchmarking")])
def test_wrong_usage_is_a_sentence(more, words):
    with pytest.raises(UsageError, match=words):
        walk(**{"name": "hotspot", "answers": {}} | more)


@pytest.mark.slow
def test_without_a_terminal_the_clinic_asks_for_a_file():
    done = subprocess.run([sys.executable, "-B", "scripts/lab", "clinic", "memory"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == Exit.USAGE and "--answers FILE takes the answers from a file" in done.stderr and "\x1b" not in done.stdout


@pytest.mark.slow
def test_on_a_terminal_a_person_is_asked_again_until_the_answer_can_be_understood():
    """The answers to one step of a lesson are typed; then the input ends."""
    master, slave = pty.openpty()
    with subprocess.Popen([sys.executable, "-B", "scripts/lab", "clinic", "memory"], stdin=slave, stdout=slave, stderr=slave, close_fds=True) as person:
        with open(master, "wb", buffering=0, closefd=False) as typed:
            typed.write(b"perhaps\n2\n2\n2\n\x04")
        code = person.wait(timeout=60)
    os.close(slave)
    text = all_of(master)
    os.close(master)
    assert code == Exit.INCONCLUSIVE and "accepted:" in text and "Right." in text and "--resume goes on" in text
    assert progress_file.load("memory").passed("counts")


@pytest.mark.parametrize("text, words", [
    ('schema = 1\ntitle = "t"\n', "step: has no question"),
    ('schema = 1\ntitle = "t"\n[[step]]\nname = "n"\nsays = "s"\n[[step.question]]\nid = "a"\nasks = "q"\n', "exactly one of them says the answer"),
    ('schema = 1\ntitle = "t"\n[[step]]\nname = "n"\nsays = "s"\n[[step.question]]\nid = "a"\nasks = "q"\nchoices = ["x", "y"]\nright = "z"\n',
     "right: is 'z'; accepted: one of x, y"),
    ('schema = 1\ntitle = "t"\n[[step]]\nname = "n"\nsays = "s"\nphase = "sleep"\n', "phase: is 'sleep'; accepted: baseline, profile"),
    ('schema = 1\ntitle = "t"\nrequires = ["cooking"]\n', "requires: is "),
])
def test_broken_questions_are_named(tmp_path, monkeypatch, text, words):
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/questions.toml").write_text(text)
    monkeypatch.setattr(questions.manifest, "WORKLOADS", tmp_path)
    with pytest.raises(UsageError, match=words):
        questions.load("toy")


@pytest.mark.parametrize("given, meant", [("42 %", 42.0), ("1.5×", 1.5), ("1,5", 1.5), (3, 3.0), (True, None), ("many", None), ("inf", None)])
def test_a_number_may_be_written_as_people_write_it(given, meant):
    assert answer_of(Question("q", "?", (), 1.0, "", 1.0, 0.1, "", False), given) == meant


def test_a_path_finds_the_element_and_an_error_names_what_is_missing():
    found = {"rows": [{"id": "a", "x": {"y": 1}}, {"id": "b", "x": {"y": 3}}, {"id": "c", "x": None}], "none": None}
    assert value_at(found, "rows.b.x.y") == 3 and value_at(found, "largest rows x.y id") == "b" and value_at(found, "smallest rows x.y id") == "a"
    for path, words in (("rows.d", "there is no 'd'"), ("none", "is empty"), ("largest rows z id", "rows has no z"), ("a b", "is not a path"), ("largest none x id", "is empty")):
        with pytest.raises(NotMeasured, match=words):
            value_at(found, path)


def test_a_file_of_answers_that_is_not_toml_is_named(tmp_path):
    (tmp_path / "a.toml").write_text("= 1")
    with pytest.raises(UsageError, match="not valid TOML"):
        FromFile(tmp_path / "a.toml", questions.load("memory"))
