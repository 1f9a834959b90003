"""A workload that is any program: its manifest, inputs, variants, builds and rows; and bad input, which gets a sentence."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from labkit import ROOT
from labkit.audit.patient import patient_of
from labkit.instruments import hyperfine, run_tool
from labkit.metrics import METRICS
from labkit.outcome import LabError, UsageError
from labkit.runner import LocalRunner
from labkit.workload import command_build, command_fixture, command_runs, command_variant, manifest
from labkit.workload.build import BuildFailed
from labkit.workload.command_runs import CommandLoad

HEAD = """
schema = 1
name = "toy"
title = "A toy"
kind = "command"
complaint = "It is slow."
metric = "wall"
target = 1.1
op = "line"
"""
SORT = 'run = "sort {fixture}"\n[fixture]\nsizes = { small = 3, large = 5 }\nfiles = { small = "a.txt", large = "b.txt" }\n'
CANDIDATE = '[[candidate]]\nid = "%s"\ntitle = "t"\nchange = %s\npredicted_gain = 0.1\nrisk = 1\nrisk_why = "w"\nrollback = "r"\n'
PLAIN = '[fixture]\nsizes = { whole = 1 }\n'


def toy(root: Path, body: str = SORT, *candidates: tuple[str, str]) -> manifest.Manifest:
    folder = root / "toy"
    folder.mkdir(exist_ok=True)
    (folder / "a.txt").write_text("3\n1\n2\n")
    (folder / "b.txt").write_text("10\n9\n8\n7\n6\n")
    (folder / "workload.toml").write_text(HEAD + body + "".join(CANDIDATE % one for one in candidates))
    return manifest.load("toy", root)


def row_of(wanted, program, size="whole", runs=1, timeout_s=20.0, **more) -> dict:
    load = CommandLoad(size, runs, **more)
    finished = LocalRunner().finish(command_runs.run_of(wanted, program, load, timeout_s=timeout_s))
    return command_runs.row_of(wanted, program, load, finished)


def program_of(wanted, variant=None):
    return command_build.program_of(wanted, variant or command_variant.baseline(wanted))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Builds and inputs are made below the working folder."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)


def test_a_manifest_of_a_command_is_read(tmp_path):
    found = toy(tmp_path, SORT, ("c", '{ env = { LC_ALL = "C" } }'))
    assert (found.kind, found.main_size, found.answer, found.cpus, found.stages) == ("command", "large", "output", "one", ())
    assert found.candidates[0].targets == "the whole command"


@pytest.mark.parametrize("body, words", [
    ('run = "sort {fixture} | uniq"\n' + PLAIN, "run: is 'sort {fixture} | uniq'; accepted: a command line without shell syntax"),
    ('run = "sort"\n' + SORT.partition("\n")[2], "does not read its input"),
    ('run = "sort {fixture}"\n' + PLAIN, "has neither files, generator nor make"),
    ('run = "{tree}/a.out"\n' + PLAIN, r"contains \{tree\}, but the manifest has no \[source\]"),
    ('run = "true"\nanswer = "maybe"\n' + PLAIN, "answer: is 'maybe'; accepted: output, exit or a table"),
    (SORT.replace('"b.txt"', '"c.txt"'), "c.txt is not a file"),
    ('run = "true"\nprepare = "rm {tree}/x"\n' + PLAIN, r"prepare: contains \{tree\}, but the manifest has no \[source\]"),
    (SORT + 'make = "true"\n', "files and make; accepted: at most one"),
    (SORT + CANDIDATE % ("x", '{ cflags = ["-O3"] }'), r"x: cflags changes a build, but the manifest has no \[source\]"),
    (SORT + CANDIDATE % ("x", '{ overlay = "y" }'), "accepted: exactly one of cflags, link, env, ref, flags, command"),
    (SORT + CANDIDATE % ("x", '{ command = "a && b" }'), "x: 'a && b' contains shell syntax"),
])
def test_a_broken_manifest_is_answered_with_a_sentence(tmp_path, body, words):
    with pytest.raises(UsageError, match=words):
        toy(tmp_path, body)


def test_a_metric_that_only_a_command_has_is_not_one_of_a_library():
    from labkit.metrics import complaints

    assert set(complaints("command")) - set(complaints("library")) == {"wall", "instructions"}


def test_a_row_has_a_sample_for_each_run_and_its_metrics_are_of_one(tmp_path):
    wanted = toy(tmp_path)
    row = row_of(wanted, program_of(wanted), "large", runs=3)
    assert row["failure"] is None and row["answer"].startswith("sha256:") and row["ops_count"] == 5
    assert len(row["samples_ns"]) == row["repeat_count"] == 3 and sum(row["samples_ns"]) == row["wall_ns"]
    assert METRICS["wall"].value(row) == row["wall_ns"] / 3
    assert METRICS["cpu"].value(row) == (row["user_ns"] + row["system_ns"]) / 15


def test_an_answer_that_differs_is_a_failure_and_so_is_a_planted_expectation(tmp_path):
    wanted = toy(tmp_path, SORT, ("reverse", '{ flags = ["-r"] }'))
    right, wrong = program_of(wanted), program_of(wanted, command_variant.candidate(wanted, wanted.candidates[0]))
    answer = row_of(wanted, right, "small")["answer"]
    assert row_of(wanted, right, "small", expect=answer)["failure"] is None
    assert row_of(wanted, wrong, "small", expect=answer)["failure"] == "answer"
    assert "-r" in wrong.flags and right.sha256 != wrong.sha256


@pytest.mark.parametrize("run, reason, words", [
    ("sh -c 'exit 3'", "exit", "exit code 3"),
    ("sh -c 'kill -SEGV $$'", "crash", "signal 11"),
    ("sh -c 'read answer; exit 1'", "exit", "exit code 1"),  # it asks for input, and gets none
    ("sh -c 'sleep 60'", "timeout", "does it wait for input, for a terminal"),
])
def test_a_command_that_fails_is_a_row_with_its_reason(tmp_path, run, reason, words):
    wanted = toy(tmp_path, f'run = "{run}"\n' + PLAIN)
    row = row_of(wanted, program_of(wanted), timeout_s=0.5 if reason == "timeout" else 20.0)
    assert row["failure"] == reason and words in row["detail"]


def test_a_command_that_needs_a_terminal_is_not_given_one(tmp_path):
    wanted = toy(tmp_path, 'run = "tty"\nexpect_exit = 1\n' + PLAIN)
    assert row_of(wanted, program_of(wanted))["failure"] is None  # tty says by 1 that it has none
    wanted = toy(tmp_path, 'run = "tty"\n' + PLAIN)
    assert "exit code 1" in row_of(wanted, program_of(wanted))["detail"]


def test_an_exit_code_or_a_check_of_its_own_may_be_the_answer(tmp_path):
    wanted = toy(tmp_path, 'run = "date +%N"\nanswer = "exit"\n' + PLAIN)
    assert row_of(wanted, program_of(wanted))["answer"] == "exit code 0"
    checked = SORT.replace("\n", '\nanswer = { command = "wc -l < {output}" }\n', 1)
    wanted = toy(tmp_path, checked)
    assert row_of(wanted, program_of(wanted), "small")["answer"] == "3"
    refused = toy(tmp_path, checked.replace("wc -l < {output}", "echo too long; false"))
    row = row_of(refused, program_of(refused), "small")
    assert row["failure"] == "answer" and "too long" in row["detail"]


def test_a_check_sees_what_the_command_wrote_and_placeholders_are_filled(tmp_path):
    wanted = toy(tmp_path, 'run = "sh -c \'echo $1 > {work}/out\' sh {size}-{ops}"\nanswer = { command = "cat {work}/out" }\n' + PLAIN)
    assert row_of(wanted, program_of(wanted))["answer"] == "whole-1"


def test_an_input_may_be_the_standard_input_and_variables_are_the_manifests_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "told")
    wanted = toy(tmp_path, SORT.replace("sort {fixture}", "wc -l").replace("\n", "\nstdin = true\n", 1) .replace(
        "wc -l", "sh -c 'wc -l; echo $SECRET $GIVEN'").replace("stdin", 'environment = { GIVEN = "given" }\nstdin'))
    program = program_of(wanted)
    finished = LocalRunner().finish(command_runs.run_of(wanted, program, CommandLoad("small")))
    assert finished.processes[0].stdout.split() == [b"3", b"given"]


def test_what_a_command_makes_is_made_once_and_has_to_be_the_same_twice(tmp_path):
    made = 'run = "sort {fixture}"\n[fixture]\nsizes = { whole = 4 }\nmake = "%s"\n'
    wanted = toy(tmp_path, made % "seq {ops} > {output}; echo x >> ../count")
    first = command_fixture.ensure(wanted)
    assert command_fixture.ensure(wanted) == first
    assert (tmp_path / "count").read_text() == "x\nx\n"
    for text, words in (("date +%N > {output}", "its output differs each time"), ("false", "exit code 1"), ("true", "it wrote no")):
        with pytest.raises(UsageError, match=words):
            command_fixture.ensure(toy(tmp_path, made % text))


def test_a_union_has_all_changes_but_those_of_the_same_thing(tmp_path):
    wanted = toy(tmp_path, SORT, ("four", '{ flags = ["-S4M"] }'), ("eight", '{ flags = ["-S8M"] }'), ("c", '{ env = { LC_ALL = "C" } }'),
                 ("posix", '{ env = { LC_ALL = "POSIX" } }'), ("other", '{ command = "sort -s {fixture}" }'))
    merged = command_variant.union(wanted, list(wanted.candidates))
    assert merged.members == ("four", "c") and merged.flags == ("-S4M",) and merged.env == {"LC_ALL": "C"}
    assert [name for name, _ in merged.left_out] == ["eight", "posix", "other"] and merged.left_out[0][1] == "changes the same arguments as four"


@pytest.mark.parametrize("flags, options", [
    (("-9",), ["-N"]), (("-T4",), ["-T"]), (("--level=3", "-v"), ["--level", "-v"]), (("-march=native",), ["-march"]),
    (("-cmd", "PRAGMA a = 1"), ["-cmd PRAGMA a"]), (("-j", "4"), ["-j"]), (("file",), [])])
def test_an_option_is_known_without_its_value(flags, options):
    assert command_variant.options_of(flags) == options


def test_the_script_of_an_interpreter_is_a_part_of_what_runs(tmp_path):
    body = 'run = "sh script.sh"\n' + PLAIN
    (tmp_path / "toy").mkdir()
    hashes = set()
    for text in ("echo 1", "echo 2", "echo 1"):
        (tmp_path / "toy/script.sh").write_text(text)
        hashes.add(program_of(toy(tmp_path, body)).sha256)
    assert len(hashes) == 2


def repository(folder: Path) -> Path:
    """A project in C with three commits: one that builds, a faster one, and one that does not build."""
    folder.mkdir()

    def commit(text, message):
        (folder / "main.c").write_text(text)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", message)
        git(folder, "tag", message)
    git(folder, "init", "-q")
    git(folder, "config", "user.email", "a@b.c")
    git(folder, "config", "user.name", "A")
    commit('#include <stdio.h>\nint main(void)\n{\n\tputs("42");\n\treturn 0;\n}\n', "first")
    commit('#include <stdio.h>\nint main(void)\n{\n\treturn puts("42") < 0;\n}\n', "second")
    commit("int main(void) { return undeclared; }\n", "broken")
    git(folder, "checkout", "-q", "second")
    return folder


def git(folder: Path, *argv: str) -> str:
    return subprocess.run(["git", *argv], cwd=folder, check=True, capture_output=True, text=True).stdout


def source(folder: Path, build: str = "cc -g {cflags} -o prog main.c", ref: str = "first") -> str:
    return f'run = "./prog"\n{PLAIN}[source]\nfolder = "{folder}"\nbuild = "{build}"\nref = "{ref}"\n'


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_project_is_built_at_each_commit_and_nothing_is_written_into_it(tmp_path):
    project = repository(tmp_path / "project")
    before = contents(project)
    wanted = toy(tmp_path, source(project), ("second", '{ ref = "second" }'), ("broken", '{ ref = "broken" }'), ("o2", '{ cflags = ["-O2"] }'))
    patient = patient_of(wanted)
    variants = [patient.baseline(), *map(patient.candidate, wanted.candidates)]
    built = patient.build_all(variants)
    assert contents(project) == before
    assert isinstance(built["broken"], BuildFailed) and "undeclared" in built["broken"].log and ".log)" in built["broken"].log
    assert {row_of(wanted, built[name])["answer"] for name in ("baseline", "second", "o2")} == {row_of(wanted, built["baseline"])["answer"]}
    assert len({built[name].tree for name in ("baseline", "second", "o2")}) == 3
    assert patient.lines(variants[1]).added_count == 1 and patient.lines(variants[1]).removed_count == 2 and patient.lines(variants[3]).added_count == 0
    assert patient.own_path(built["second"], f"{built['second'].tree}/main.c") == "main.c"


@pytest.mark.parametrize("build, ref, words", [
    ("no-such-builder", "first", "there is nothing to compare with: the build 'no-such-builder' ended with exit code 12[67].*no-such-builder: .*log: "),
    ("cc -o prog main.c", "broken", "ended with exit code 1: .*undeclared.*log: build/"),
    ("cc -o prog main.c", "nowhere", "'nowhere' is not a commit of"),
    ("true", "first", r"there is no program ./prog in build/"),
])
def test_a_project_that_cannot_be_built_is_answered_with_a_sentence(tmp_path, build, ref, words):
    wanted = toy(tmp_path, source(repository(tmp_path / "project"), build, ref))
    patient = patient_of(wanted)
    with pytest.raises(UsageError, match=words) as caught:
        patient.build_all([patient.baseline()])
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_repository_is_copied_and_built(tmp_path):
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "prog.sh").write_text("#!/bin/sh\necho 42\n")
    before = contents(folder)
    wanted = toy(tmp_path, source(folder, "cp prog.sh prog && chmod +x prog", "HEAD"))
    assert row_of(wanted, program_of(wanted))["failure"] is None and contents(folder) == before
    with pytest.raises(UsageError, match="not in a git repository"):
        program_of(replace(wanted, source=replace(wanted.source, ref="v1")))
    with pytest.raises(UsageError, match="does not exist"):
        program_of(replace(wanted, source=replace(wanted.source, folder=str(tmp_path / "gone"))))


def test_instruments_count_a_command_and_its_input(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)  # where the library is
    wanted = toy(tmp_path)
    once = command_runs.invocation(wanted, program_of(wanted), "small")
    found = command_runs.allocations(once, 20.0)
    assert set(found) == {"allocations_count", "frees_count", "allocated_bytes"} and found == command_runs.allocations(once, 20.0)
    command_runs.allocations(replace(once, prepare=f"echo x > {tmp_path}/prepared"), 20.0)
    assert (tmp_path / "prepared").exists()
    loop = command_runs.repeated(replace(once, stdin=tmp_path / "toy/a.txt"), 3)
    done = subprocess.run(loop.argv, cwd=loop.folder, env=dict(loop.environment), capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"")
    failing = command_runs.repeated(replace(once, argv=("false",)), 3)
    assert subprocess.run(failing.argv, env=dict(failing.environment)).returncode == 99


def test_a_command_that_answers_differently_each_time_is_refused_before_it_is_timed(tmp_path):
    wanted = toy(tmp_path, 'run = "date +%N"\n' + PLAIN)
    with pytest.raises(UsageError, match="answers differently each time.*accepted: 'exit'"):
        patient_of(wanted).reference(state_of(wanted), "whole")


def state_of(wanted):
    """What of an audit in progress a patient needs."""
    from types import SimpleNamespace

    from labkit.audit import budget

    return SimpleNamespace(manifest=wanted, budget=budget.BUDGETS["quick"], cpu=None, baseline=program_of(wanted))


def test_a_command_that_leaves_a_process_or_has_threads_is_a_finding(tmp_path):
    wanted = toy(tmp_path, 'run = "sh -c \'sleep 30 & echo started\'"\n' + PLAIN)
    (found,) = patient_of(wanted).findings(state_of(wanted))
    assert "leaves processes running when it ends, as a daemon does" in found.text
    wanted = toy(tmp_path, 'run = "true"\nanswer = "exit"\n' + PLAIN)
    assert [one.subject for one in patient_of(wanted).findings(state_of(wanted))] == ["answers"]


def test_a_program_that_is_not_there_is_named(tmp_path):
    wanted = toy(tmp_path, 'run = "no-such-program-anywhere"\n' + PLAIN)
    with pytest.raises(LabError, match="there is no program no-such-program-anywhere"):
        patient_of(wanted).build_all([command_variant.baseline(wanted)])


PREPARED = 'run = "sh -c \'echo x >> $0; cat $0\' {work}/file"\nprepare = "rm -f {work}/file"\n' + PLAIN


def test_each_run_and_each_instrument_is_prepared_for(tmp_path):
    """The program prints one line more each time it is started, unless its file is removed before."""
    wanted = toy(tmp_path, PREPARED)
    program = program_of(wanted)
    row = row_of(wanted, program, runs=3)
    assert row["failure"] is None and len(row["samples_ns"]) == 3
    once = command_runs.invocation(wanted, program, "whole")
    for _ in range(2):
        assert run_tool(list(once.argv), timeout_s=20, **once.how()).stdout == "x\n"
    loop = command_runs.repeated(once, 3)
    run_tool(list(loop.argv), timeout_s=20, **loop.how())
    assert (command_runs.work_folder(wanted) / "file").read_text() == "x\n"
    timed = hyperfine.time_commands({"it": ["grep", "-c", "x", str(command_runs.work_folder(wanted) / "file")]}, runs_count=3, cpu=None, timeout_s=20,
                                    prepare=f"{once.prepare}; echo x > {command_runs.work_folder(wanted)}/file")
    assert timed["results"][0]["exit_codes"] == [0, 0, 0]


def test_a_preparation_that_fails_is_named(tmp_path):
    wanted = toy(tmp_path, PREPARED.replace("rm -f", "false"))
    with pytest.raises(UsageError, match="prepare 'false .*' failed with exit code 1"):
        row_of(wanted, program_of(wanted))
