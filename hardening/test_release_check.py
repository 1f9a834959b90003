"""The checklist follows from its evidence and from the gates that exist; every gate states what it asserts and has a red twin."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import release_check
from release_check import EVIDENCE, PAGE, asserted_by, gates, page

ROOT = Path(__file__).resolve().parents[1]


def test_the_page_follows_from_the_evidence_and_names_the_gates_that_stand_here():
    evidence = json.loads(EVIDENCE.read_text())
    assert PAGE.read_text() == page(evidence)
    assert [one["gate"] for one in evidence["gates"]] == [gate.name for gate in gates([])]
    assert [one["asserts"] for one in evidence["gates"]] == [asserted_by(gate) for gate in gates([])]


@pytest.mark.parametrize("gate", gates([]), ids=lambda gate: gate.name)
def test_a_gate_can_be_run_says_what_it_asserts_and_has_a_red_twin(gate):
    assert os.access(gate, os.X_OK) and gate.read_text().splitlines()[1].startswith(f"# {gate.name} - ")
    assert os.access(gate.with_name(f"{gate.name}.red"), os.X_OK)


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A function that runs release-check in a tree with four gates."""
    folder = tmp_path / "hardening" / "gates"
    folder.mkdir(parents=True)
    for name, code in (("01-green", 0), ("02-red", 1), ("03-absent", 77), ("04-crashed", 139)):
        for path, ends in ((folder / name, code), (folder / f"{name}.red", 1 if code == 139 else 0)):
            path.write_text(f"#!/bin/sh\n# {name} - ends with {code}.\necho more\necho 'tool 1.0: | {code}'\nexit {ends}\n")
            path.chmod(0o755)
    return lambda *options: subprocess.run([sys.executable, "-B", ROOT / "hardening/release_check.py", *options], cwd=tmp_path,
                                           capture_output=True, text=True)


def test_a_red_gate_and_a_crashed_one_fail_and_a_skipped_one_does_not(planted, tmp_path):
    done = planted()
    assert done.returncode == 1 and "RED: 02-red, 04-crashed" in done.stdout
    evidence = json.loads((tmp_path / EVIDENCE).read_text())
    assert [one["verdict"] for one in evidence["gates"]] == ["pass", "fail", "skip", "fail"]
    assert r"tool 1.0: \| 0" in (tmp_path / PAGE).read_text()
    assert planted("--only", "01", "03").returncode == 0


@pytest.mark.slow
def test_a_gate_that_is_run_again_replaces_its_row_and_no_other(planted, tmp_path):
    planted()
    before = json.loads((tmp_path / EVIDENCE).read_text())["gates"]
    gate = tmp_path / "hardening/gates/02-red"
    gate.write_text(gate.read_text().replace("exit 1", "exit 0"))
    assert planted("--only", "02", "--again").returncode == 0
    after = json.loads((tmp_path / EVIDENCE).read_text())
    assert [one["verdict"] for one in after["gates"]] == ["pass", "pass", "skip", "fail"]
    assert [one for one in after["gates"] if one["gate"] != "02-red"] == [one for one in before if one["gate"] != "02-red"]
    assert (tmp_path / PAGE).read_text() == page(after)


@pytest.mark.slow
def test_a_twin_that_stays_green_fails(planted):
    done = planted("--red")
    assert done.returncode == 1 and "GREEN 04-crashed" in done.stdout and "red   01-green" in done.stdout


def test_a_gate_uses_all_processors_as_if_a_person_had_started_it(planted, tmp_path, monkeypatch):
    """With the MAKELEVEL of `make release-check` a gate's make compiled one file after the other: it had no part in the job server."""
    (tmp_path / "Makefile").write_text("all:\n\t@echo level $(MAKELEVEL), $(words $(MAKEFLAGS)) flags\n")
    (tmp_path / "hardening/gates/01-green").write_text("#!/bin/sh\n# 01-green - makes something.\nmake -s\n")
    (tmp_path / "release.mk").write_text(f"check:\n\t@{sys.executable} -B {ROOT}/hardening/release_check.py --only 01\n")
    said = subprocess.run(["make", "-j2", "-f", "release.mk", "check"], cwd=tmp_path, capture_output=True, text=True).stdout
    assert "level 0, 1 flags" in said


def test_an_unknown_gate_is_a_sentence(planted):
    done = planted("--only", "42")
    assert done.returncode == 2 and "there is no gate 42" in done.stderr


@pytest.mark.slow
def test_a_gate_that_hangs_has_failed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(release_check, "TIMEOUT_S", 3)
    Path("slow").write_text("#!/bin/sh\nsleep 1000 &\necho $! >child\nwait\n")
    Path("slow").chmod(0o755)
    code, said, _ = release_check.run(Path("slow"))
    assert code == 1 and "did not end" in said
    child = int(Path("child").read_text())
    for _ in range(600):  # a busy machine takes its time to end what was killed
        if has_ended(child):
            break
        time.sleep(0.1)
    assert has_ended(child)


def has_ended(pid: int) -> bool:
    """Nobody may have waited for it yet."""
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
