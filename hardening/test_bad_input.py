"""Input that cannot be measured is answered with a sentence and the documented exit code, and nothing is lost or left behind."""

import subprocess
import sys
from pathlib import Path

import pytest
from on_a_terminal import run_on_terminal
from sandbox import Sandbox

from labkit.outcome import Exit

MAIN = "#include <stdio.h>\nint main(void)\n{\n\tputs(\"42\");\n\treturn 0;\n}\n"


@pytest.fixture
def project(tmp_path) -> Path:
    """A project in C: its first commit builds, its second does not."""
    folder = tmp_path / "answer"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for name, text in (("good", MAIN), ("bad", MAIN.replace("42", "43").replace("return 0", "return undeclared"))):
        (folder / "main.c").write_text(text)
        git(folder, "add", "main.c")
        git(folder, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-q", "-m", name)
        git(folder, "tag", name)
    return folder


def git(folder: Path, *argv: str) -> None:
    subprocess.run(["git", "-C", str(folder), *argv], check=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("refs, code, words", [
    ("good..bad", Exit.FAILED, ["bad does not build, so there is nothing to compare", "nothing was measured"]),
    ("bad..good", Exit.USAGE, ["answer: there is nothing to compare with"]),
])
@pytest.mark.slow
def test_a_commit_that_does_not_build_is_named_with_its_log(project, tmp_path, refs, code, words):
    """The base: wrong usage, as of the gate. The commit to judge: a failure, as of the gate."""
    (tmp_path / "box").mkdir()
    box, before = Sandbox(tmp_path / "box", is_timed=False), contents(project)
    done = box.lab("audit", "--source", str(project), "--build", "cc -o answer main.c", "--run", "./answer", "--refs", refs, "--budget", "quick", expect=code)
    *log, sentence = [line for line in done.stderr.splitlines() if line.startswith(("  | ", "lab: "))]
    assert any("undeclared" in line for line in log) and all(word in sentence for word in words)
    kept = next(word for word in sentence.replace(")", " ").split() if word.endswith(".log"))
    assert "undeclared" in (box.folder / kept).read_text() and "Traceback" not in done.stderr
    assert contents(project) == before and not (box.folder / "reports").exists()


@pytest.mark.parametrize("argv, code, words", [
    (["compare", "--a", "{program}", "--b", "true", "--budget", "5"], Exit.USAGE, "a measured program has no terminal"),
    (["diagnose", "--", "{program}"], Exit.USAGE, "a measured program has no terminal"),
])
@pytest.mark.slow
def test_a_command_that_opens_the_terminal_itself_is_refused_at_once(tmp_path, argv, code, words):
    """On a terminal, it would take the person's keys; it was stopped in the background until its time was up."""
    box, program = Sandbox(tmp_path, is_timed=False), tmp_path / "asks"
    program.write_text("#!/bin/sh\nread answer </dev/tty || exit 7\n")
    program.chmod(0o755)
    ended, shown = run_on_terminal([sys.executable, "-B", str(box.folder / "scripts/lab"), *(word.format(program=program) for word in argv)], cwd=box.folder,
                                   timeout_s=50)
    assert ended == code and words in " ".join(shown.split()) and "exit code 7" in shown and "Traceback" not in shown


def test_a_command_that_reads_its_input_gets_none_from_the_terminal(tmp_path):
    box = Sandbox(tmp_path, is_timed=False)
    ended, shown = run_on_terminal([sys.executable, "-B", str(box.folder / "scripts/lab"), "diagnose", "--", "sh", "-c", "read answer"], cwd=box.folder,
                                   timeout_s=50)
    assert ended == Exit.USAGE and "pass --stdin FILE" in " ".join(shown.split())
