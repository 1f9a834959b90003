"""The manual page and the completion of lab are those of the option tables, and the tools that read them accept them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from labkit import manual
from labkit.command_line import verb_names

PAGES = {Path("docs/man/lab.1"): manual.manual_page, Path("docs/completion/lab.bash"): manual.completion}


@pytest.fixture(scope="module")
def verbs():
    return manual.verbs()


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_the_committed_pages_are_those_of_the_option_tables(verbs, path):
    text = PAGES[path](verbs)
    if os.environ.get("BLESS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert text == path.read_text(), f"{path} says otherwise; `make bless-manual` rewrites it"


def test_only_a_budget_that_holds_for_the_whole_command_says_so():
    """A gate's budget has never covered the building of both trees."""
    page = Path("docs/man/lab.1").read_text()
    gate, compare = (page.split(f".SS {verb}")[1].split(".SS ")[0] for verb in ("gate", "compare"))
    assert "whole command" in compare and "whole command" not in gate and "building both trees" in gate


def test_groff_reads_the_page_without_a_warning():
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed, so nothing reads the page here")
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "docs/man/lab.1"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--measure-identical" in re.sub(".\b", "", done.stdout)


def complete(*words):
    """What bash offers for the last word."""
    script = 'source docs/completion/lab.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lab; echo "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", script, "bash", "lab", *words], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_bash_completes_verbs_options_values_and_workloads():
    assert complete("") == verb_names()
    assert complete("com") == ["compare"]
    assert "--metric" in complete("compare", "--m") and "--budget" not in complete("compare", "--m")
    assert complete("gate", "--ci-output", "git") == ["github", "gitlab"]
    assert "telemetry" in complete("audit", "tele")


def test_make_install_brings_the_pages(tmp_path):
    subprocess.run(["make", "install-manual", f"DESTDIR={tmp_path}", "PREFIX=/usr"], capture_output=True, check=True)
    assert (tmp_path / "usr/share/man/man1/lab.1").read_text() == Path("docs/man/lab.1").read_text()
    assert (tmp_path / "usr/share/bash-completion/completions/lab").is_file()
