"""Subjects are classes, runs are data: another kind or another machine is one class, and nothing else changes."""

from dataclasses import replace
from pathlib import Path

import pytest

from labkit import host, subject
from labkit.experiment.commands import HERE, Command, CommandSubject, Conditions, ProjectSubject
from labkit.experiment.design import case_of
from labkit.experiment.interleave import plan_blocks, run_blocks
from labkit.outcome import UsageError
from labkit.runner import LocalRunner, Run
from labkit.subject import KINDS, Subject, manifest_kinds
from labkit.verdicts.stages import CANARY
from labkit.workload import manifest
from labkit.workload.command_runs import CommandRuns
from labkit.workload.library import LibrarySubject
from labkit.workload.test_manifest import WHOLE, write

ECHO = Command("echo 42", ("/bin/echo", "42"), Path("/bin/echo"))


class Elsewhere:
    """A runner that says it is another machine, and keeps the blocks that it was given."""

    def __init__(self):
        self.blocks, self.here = [], LocalRunner()

    def run(self, block):
        self.blocks.append(block)
        return map(self.finish, block.runs)

    def finish(self, run):
        return replace(self.here.finish(run), machine="elsewhere")


def command_subject(runner=HERE, kind=CommandSubject):
    return kind({"A": [ECHO], "B": [ECHO], CANARY: [ECHO]}, Conditions(), runner=runner)


def test_the_kinds_are_the_classes():
    assert {name: KINDS[name] for name in ("library", "command", "pair of commands", "project")} == {
        "library": LibrarySubject, "command": CommandRuns, "pair of commands": CommandSubject, "project": ProjectSubject}
    assert set(manifest_kinds()) == {"library", "command"}


def test_a_new_kind_that_a_manifest_may_name_is_one_class(tmp_path, monkeypatch):
    monkeypatch.setattr(subject, "KINDS", dict(KINDS))
    write(tmp_path, WHOLE.replace('kind = "library"', 'kind = "device"'))
    with pytest.raises(UsageError, match="kind: is 'device'; accepted: command, library"):
        manifest.load("toy", tmp_path)

    class Device(CommandSubject):
        kind = "device"
        in_manifest = True

    assert issubclass(Device, Subject) and manifest.load("toy", tmp_path).kind == "device"


@pytest.mark.parametrize("kind", [CommandSubject, ProjectSubject])
def test_a_runner_gets_whole_blocks_as_data_and_rows_know_their_machine(kind):
    runner = Elsewhere()
    rows = run_blocks(plan_blocks(3, 1), command_subject(runner, kind))
    assert [(len(block.runs), block.seed) for block in runner.blocks] == [(4, 1)] * 3 and len(rows) == 12
    for block in runner.blocks:
        assert all(isinstance(run, Run) and run.argv == ECHO.argv and run.files == (ECHO.program,) for run in block.runs)
        assert len({run.environment["CLINIC_PADDING"] for run in block.runs}) == 1
    assert {row["machine"] for row in rows} == {"elsewhere"}
    assert {row["failure"] for row in rows} == {None}


def test_a_row_of_this_machine_has_its_fingerprint():
    row = run_blocks(plan_blocks(1, 1), command_subject())[0]
    assert row["machine"] == host.fingerprint()


def test_a_run_that_fails_ends_its_repeats_and_the_row_says_so(tmp_path):
    seen = tmp_path / "seen"
    program = tmp_path / "fails-the-third-time"
    program.write_text(f"#!/bin/sh\necho x >> {seen}\n[ $(wc -l < {seen}) -lt 3 ]\n")
    program.chmod(0o755)
    command = Command("it", (str(program),), program)
    found = CommandSubject({"A": [command], "B": [command]}, Conditions(), repeat_count=5)
    row = run_blocks(plan_blocks(1, 1), found)[0]
    assert row["failure"] == "exit" and len(seen.read_text().split()) >= 3
    assert "exit code 1" in row["detail"]


def test_answers_are_compared_by_what_is_printed():
    found = command_subject()
    assert found.answer("A") == found.answer("B") and found.answer("A").failure is None
    found.expected_sha256 = "0" * 64
    assert found.answer("A").failure == "answer"


def test_a_subject_is_a_case_in_one_way_and_counts_only_what_is_exact():
    case = case_of(command_subject(), "one", gating=["wall"], watched=["wall", "cpu", "binary_size"])
    assert (case.gating, case.watched) == (("wall",), ("cpu", "binary_size"))
    assert case.count("A") == {"binary_bytes": ECHO.program.stat().st_size}
    assert case_of(command_subject(), "two", gating=["wall"]).count is None
