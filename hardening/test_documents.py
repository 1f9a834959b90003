"""Documents that can become wrong are tested: links, the README's commands, and its excerpt of the committed audit."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from sandbox import Sandbox

# Recorded pages link to figures that are not recorded with them.
LISTED = subprocess.run(["git", "ls-files", "*.md", ":!fixtures/recorded"], capture_output=True, text=True, check=True)
PAGES = [Path(name) for name in LISTED.stdout.split()]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_relative_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page} links to {target}"


def test_the_excerpt_in_the_readme_stands_in_the_audit_it_names():
    readme = Path("README.md").read_text()
    audit = Path(re.search(r"\[the committed audit\]\(([^)]+)\)", readme).group(1)).read_text()
    excerpt = readme.split("## What comes out")[1].split("Every report states")[0].split("\n\n", 2)[2]
    lines = [line for line in excerpt.splitlines() if line.strip(" >")]
    assert len(lines) >= 5
    for line in lines:
        assert line.removeprefix("> ") in audit, line


def test_the_error_rates_in_the_readme_stand_in_the_calibration_it_names():
    section = Path("README.md").read_text().split("## How often it is wrong")[1].split("\n## ")[0]
    page = Path(re.search(r"\]\((reports/calibration/[^)]+)\)", section).group(1)).read_text()
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    assert len(rows) >= 5
    for row in rows:
        assert row in page, row


def test_the_make_commands_of_the_readme_are_targets():
    readme = Path("README.md").read_text()
    text = "\n".join(path.read_text() for path in [Path("Makefile"), *Path(".").glob("*/*.mk"), *Path("hardening").glob("*/*.mk")])
    for target in set(re.findall(r"\bmake ([a-z][a-z-]+)", readme)):
        assert re.search(rf"^{target}:", text, re.M), f"README names make {target}"


@pytest.mark.slow
def test_the_readmes_commands_for_the_instruments_run(tmp_path):
    block = Path("README.md").read_text().split("## The instruments alone")[1].split("```sh\n")[1].split("```")[0]
    root = Path.cwd()
    for line in block.strip().splitlines()[1:]:  # the first line is make build, which was done before
        done = subprocess.run(["bash", "-c", line.replace("build/", f"{root}/build/")], cwd=tmp_path,
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert (tmp_path / "lua.svg").read_text().startswith("<") and (tmp_path / "out.json").exists()


@pytest.mark.slow
def test_the_readmes_diagnoses_run(tmp_path):
    """The commands run as written, but with a budget that is short enough for a test."""
    block = Path("README.md").read_text().split("## One command, no manifest")[1].split("```sh\n")[1].split("```")[0]
    (tmp_path / "words.txt").write_text("the end\n" * 20_000)
    for number, line in enumerate(block.strip().splitlines(), 1):
        command = line.replace("scripts/lab diagnose", f"{Path('scripts/lab').resolve()} diagnose --budget 10")
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert len(list(tmp_path.glob("reports/diagnose/*/diagnosis.md"))) == number


@pytest.mark.slow
def test_the_readmes_audit_of_a_project_is_as_written(tmp_path):
    """The commands run as they are written, in a separate checkout; the project is not changed, and the report verifies."""
    block = Path("README.md").read_text().split("## Audit your own program")[1].split("```sh\n")[1].split("```")[0]
    box = Sandbox(tmp_path, is_timed=False)
    names = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = typed(block, box, names)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    box.lab("verify", "reports/primes/v0001", expect=0)
    assert sorted(path.name for path in (tmp_path / "primes").iterdir()) == [".git", "primes.c"]
    page = (tmp_path / "reports/primes/v0001/audit.md").read_text()
    assert "Divide up to the root" in page and "`primes.c:" in page and (tmp_path / "build/reports/primes/v0001.html").exists()


def typed(block, box, variables):
    """Runs the commands. If the machine is so disturbed that the lab ends with 4, the audit is repeated, which continues with what was measured."""
    done = subprocess.run(["bash", "-ec", block], cwd=box.folder, env=os.environ | variables, capture_output=True, text=True, timeout=600)
    for _ in range(3):
        if done.returncode != 4:
            break
        done = subprocess.run(["bash", "-ec", "scripts/lab audit" + block.split("scripts/lab audit")[1]], cwd=box.folder, capture_output=True, text=True, timeout=600)
    return done
