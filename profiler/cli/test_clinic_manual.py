"""The manual pages and the completion of clinic are those of its option tables, and the tools that read them accept them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CLINIC = "build/bin/clinic"


def printed(*argv):
    return subprocess.run([CLINIC, "help", *argv], capture_output=True, text=True, check=True).stdout


def verbs():
    return [line.split()[0] for line in printed().splitlines() if line.startswith("  ")]


def pages():
    """For each committed page, its path and the text that `clinic help` prints for it."""
    found = {Path("docs/man/clinic.1"): ["--man"], Path("docs/completion/clinic.bash"): ["--completion"]}
    return found | {Path(f"docs/man/clinic-{verb}.1"): ["--man", verb] for verb in verbs() if verb != "help"}


def test_the_committed_pages_are_those_of_the_option_tables():
    for path, argv in pages().items():
        text = printed(*argv)
        if os.environ.get("BLESS"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert path.read_text() == text, f"{path} says otherwise; `make bless-manual` rewrites it"
    assert set(Path("docs/man").glob("clinic*.1")) == {path for path in pages() if path.suffix == ".1"}


def test_each_option_of_a_verb_is_on_its_page():
    for verb in verbs():
        if verb != "help":
            named = re.findall(r"^  .{4}--([a-z-]+)", printed(verb), re.M)
            page = Path(f"docs/man/clinic-{verb}.1").read_text().replace(r"\-", "-")
            assert named and [name for name in named if f"--{name}" not in page] == []


def test_groff_reads_the_pages_without_a_warning():
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed, so nothing reads the pages here")
    for path in Path("docs/man").glob("clinic*.1"):
        done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", str(path)], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), path


def complete(*words):
    """The words that bash offers in place of the last word."""
    script = ('source docs/completion/clinic.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _clinic; '
              'echo "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", "clinic", *words], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_bash_completes_verbs_and_options():
    assert complete("") == verbs()
    assert complete("rec") == ["record"]
    assert complete("record", "--fr") == ["--frequency"]
    assert "--top" in complete("report", "-") and "--frequency" not in complete("report", "-")
    assert complete("report", "a") == []
