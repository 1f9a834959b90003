"""verify accepts a sealed report, and names every change in it."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from example_evidence import LEAN, changed, example_documents, write_example
from labkit.evidence import unpacked
from labkit.report import report_kinds
from labkit.report.publish import numbers_text, publish
from labkit.report.recompute import chain_differences, file_differences, recompute, unlike
from labkit.report.made_by import find_commit, this_version
from labkit.report.seal import MadeBy, SealError, link_to, read_manifest, report_files, seal

# Builds, measures or seals for real; one worker makes what they share.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("recomputed")]

DIGIT = re.compile(r"\d")


@pytest.fixture(scope="module", autouse=True)
def drawn_once():
    """Equal numbers have equal figures (test_analysis.py), so they are drawn once: all that most tests change is something else, and drawing
    takes four fifths of a recomputation. No figure shows the appendix, which has the hashes of the evidence."""
    drawn = {}

    def draw(audit):
        numbers = numbers_text({**audit, "appendix": None})
        if numbers not in drawn:
            drawn[numbers] = report_kinds.draw_speed(audit)
        return drawn[numbers]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report_kinds, "SPEED", replace(report_kinds.SPEED, draw=draw))
        yield


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Two sealed versions: v0002 names the manifest of v0001."""
    root = tmp_path_factory.mktemp("reports") / "mill"
    documents = example_documents(candidates=LEAN)
    publish(write_example(root / "v0001", documents))
    second = changed(documents, "plan", version="v0002", previous=link_to(root / "v0001"))
    publish(write_example(root / "v0002", second))
    return root


@pytest.fixture
def copied(reports, tmp_path):
    shutil.copytree(reports, tmp_path / "mill")
    return tmp_path / "mill"


def evidence_files(report):
    return [path for path in report_files(report) if path.startswith("evidence/")]


def turn_digit(path, choice: int) -> bool:
    """Change the choice-th digit of a file; False when it has none."""
    text = path.read_text(encoding="utf-8")
    digits = [match.start() for match in DIGIT.finditer(text)]
    if not digits:
        return False
    place = digits[choice % len(digits)]
    path.write_text(text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1:], encoding="utf-8")
    return True


def test_a_sealed_report_follows_from_its_evidence(reports):
    assert recompute(reports / "v0002") == []


def test_the_manifest_is_what_sha256sum_reads(reports):
    done = subprocess.run(["sha256sum", "--strict", "-c", "MANIFEST.sha256"], cwd=reports / "v0002",
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert len(done.stdout.splitlines()) == len(report_files(reports / "v0002"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_digit_of_any_evidence_file_is_named(reports, tmp_path_factory, data):
    report = tmp_path_factory.mktemp("digit") / "v0001"
    shutil.copytree(reports / "v0001", report)
    path = data.draw(st.sampled_from(evidence_files(report)))
    turn_digit(report / path, data.draw(st.integers(0, 10**6)))
    assert path in {one.file for one in file_differences(report, read_manifest(report))}


def test_one_digit_of_each_evidence_file_is_named_even_when_sealed_anew(copied):
    """A digit of every file is turned at once. Where one of them cannot be evaluated, only that one is named: it is put back, and the others are
    checked again."""
    report = copied / "v0001"
    unnamed = {path: (report / path).read_bytes() for path in evidence_files(report)}
    for index, path in enumerate(unnamed):
        assert turn_digit(report / path, 1000 + 97 * index)
    assert set(unnamed) <= {one.file for one in file_differences(report, read_manifest(report))}
    while unnamed:
        seal(report, None)
        differences = recompute(report)
        named = {path for path in unnamed if any(path == one.file or path in one.found for one in differences)}
        assert named, unnamed.keys()
        for path in named:
            (report / path).write_bytes(unnamed.pop(path))


def test_a_sample_changed_and_sealed_anew_changes_the_numbers_that_it_fed(copied):
    report = copied / "v0001"
    path = report / "evidence" / "rebench.json"
    document = unpacked(json.loads(path.read_text()))
    row = next(row for row in document["data"]["runs"] if row["size"] == "large" and row["arm"] == "B")
    row["samples_ns"] = [2 * one for one in row["samples_ns"]]
    path.write_text(json.dumps(document))
    seal(report, None)
    places = {(one.file, one.place.split("/")[0]) for one in recompute(report)}
    assert ("evidence/rebench.json", "SHA-256 in audit.json") in places
    assert ("audit.json", "rebench") in places


@pytest.mark.parametrize("name, text, other", [
    ("audit.md", "The complaint is closed", "The complaint is forgotten"), ("checklist.md", "PASS", "FAIL"),
    ("audit.json", '"accepted": true', '"accepted": false'), ("figures/forest.svg", "<path", "<desc/><path")])
def test_a_page_or_number_changed_and_sealed_anew_is_named(copied, name, text, other):
    report = copied / "v0001"
    content = (report / name).read_text(encoding="utf-8")
    (report / name).write_text(content.replace(text, other, 1), encoding="utf-8")
    seal(report, None)
    assert {one.file for one in recompute(report)} == {name}


SEALED = Path("reports/telemetry/v0001")  # by lab 0.1.0, whose code is in this repository's history
NOBODY = MadeBy("0.0.9", "ab" * 32)


def needs_history():
    said = subprocess.run(["git", "rev-list", "--count", "HEAD"], capture_output=True, text=True).stdout
    if int(said or 0) < 2:
        pytest.skip("this checkout has no history, in which the lab that sealed the report could be found")


@pytest.fixture
def sealed_by_another(tmp_path):
    needs_history()
    shutil.copytree(SEALED, tmp_path / "v0001")
    return tmp_path / "v0001"


def sealed_anew(report, made_by=None):
    """Seal a changed report as a forger would: all hashes right, and the comments unchanged or with another maker."""
    manifest = read_manifest(report)
    seal(report, manifest.previous and {"version": manifest.previous.version,
                                        "manifest_sha256": manifest.previous.sha256}, made_by)
    if made_by is None:
        path = report / "MANIFEST.sha256"
        path.write_text(f"# pages by lab {manifest.made_by.version} {manifest.made_by.sha256}\n" + path.read_text())


def test_another_version_recomputes_what_it_sealed(sealed_by_another):
    code, said = verify(sealed_by_another)
    assert code == 0 and "recomputed by the version that sealed it (lab 0.1.0" in said


def test_the_commit_that_brought_a_seal_is_asked_first():
    needs_history()
    commit = find_commit(read_manifest(SEALED).made_by, SEALED)
    held = subprocess.run(["git", "show", f"{commit}:{SEALED}/MANIFEST.sha256"], capture_output=True)
    assert held.stdout == (SEALED / "MANIFEST.sha256").read_bytes()


def test_a_page_forged_in_the_name_of_an_unknown_version_does_not_pass(sealed_by_another):
    page = sealed_by_another / "audit.md"
    page.write_text(page.read_text().replace("4.739", "47.390"))
    sealed_anew(sealed_by_another, NOBODY)
    code, said = verify(sealed_by_another)
    assert code == 3 and "is not in this checkout's history" in said


@pytest.mark.parametrize("forged", [
    {"audit.md": ("4.739", "47.390"), "figures/forest.svg": ("<path", "<desc/><path")},
    {"figures/forest.svg": ("Matplotlib v3.6.3", "Matplotlib v9.9")}], ids=["page and figure", "version"])
def test_a_page_or_figure_forged_in_the_name_of_its_maker_is_named(sealed_by_another, forged):
    for name, (text, other) in forged.items():
        path = sealed_by_another / name
        path.write_text(path.read_text().replace(text, other, 1))
    sealed_anew(sealed_by_another)
    code, said = verify(sealed_by_another)
    assert code == 1 and all(name in said for name in forged)


def test_what_nothing_computes_does_not_pass_sealed_or_not(copied):
    report = copied / "v0001"
    (report / "SUMMARY.md").write_text("All candidates are 50 times faster.")
    seal(report, None, this_version())
    assert {(one.file, one.found) for one in recompute(report)} == {("SUMMARY.md", "a file that no evidence leads to")}


def test_a_report_under_another_number_does_not_pass(copied):
    shutil.copytree(copied / "v0001", copied / "v0007")
    assert [one.file for one in recompute(copied / "v0007")] == ["evidence/plan.json"]


def test_a_chain_cannot_be_cut_nor_its_older_part_changed(copied):
    manifest = copied / "v0002" / "MANIFEST.sha256"
    whole = manifest.read_text()
    manifest.write_text("\n".join(line for line in whole.splitlines() if not line.startswith("# previous")) + "\n")
    assert any(one.place == "previous version" for one in recompute(copied / "v0002"))
    manifest.write_text(whole)
    (copied / "v0001" / "checklist.md").write_text("")
    assert any(one.file == "../v0001/checklist.md" for one in recompute(copied / "v0002"))


def hostile(report, name, change):
    path = report / "evidence" / name
    document = unpacked(json.loads(path.read_text()))
    change(document["data"])
    path.write_text(json.dumps(document))


@pytest.mark.parametrize("name, change", [
    ("rebench.json", lambda data: [row.update(samples_ns=[0] * 10) for row in data["runs"]]),
    ("rebench.json", lambda data: [row.update(samples_ns=[]) for row in data["runs"]]),
    ("rebench.json", lambda data: [row.update(samples_ns=[10 ** 400]) for row in data["runs"]]),
    ("baseline.json", lambda data: data.update(runs=[])),
    ("plan.json", lambda data: data["manifest"].update(title="x\ud800")),
    ("plan.json", lambda data: data["manifest"].update(main_size="q")),
    ("plan.json", lambda data: data["policy"]["verdict"].update(alpha=0)),
    ("plan.json", lambda data: data["policy"]["verdict"].update(alpha=float("nan"))),
    ("profile.json", lambda data: [one.update(stacks="/dev/zero") for one in data["samplings"]])])
def test_hostile_evidence_is_a_difference_and_nothing_worse(copied, name, change):
    report = copied / "v0001"
    hostile(report, name, change)
    seal(report, None, this_version())
    assert recompute(report) != []


def test_another_picture_than_the_instrument_drew_is_named(copied):
    report = copied / "v0001"
    path = report / "evidence" / "profile.json"
    document = json.loads(path.read_text())
    picture = document["data"]["flame_graph"]
    path.write_text(json.dumps(document | {"figures": {picture: "0" * 64}}))
    seal(report, None, this_version())
    assert any(one.file == picture and one.place == "SHA-256 in the evidence" for one in recompute(report))


def test_files_that_are_none_are_named(copied):
    report = copied / "v0001"
    for name in ("audit.md", "evidence/rebench.json"):
        (report / name).unlink()
        os.mkfifo(report / name)
    (report / "checklist.md").unlink()
    (report / "checklist.md").symlink_to("/etc/passwd")
    named = {one.file: one.found for one in recompute(report)}
    assert "not a regular file" in named["audit.md"] and "not a regular file" in named["evidence/rebench.json"]
    assert "symbolic link" in named["checklist.md"]


@pytest.mark.parametrize("line, reason", [
    ("# previous v0001 " + "0" * 64, "a second time"), ("0" * 64 + "  audit.md", "a second time"),
    ("0" * 64 + "  ../other.md", "outside"), ("0" * 64 + "  /etc/passwd", "outside")])
def test_a_manifest_has_one_meaning(copied, line, reason):
    path = copied / "v0002" / "MANIFEST.sha256"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(SealError, match=reason):
        recompute(copied / "v0002")


def test_missing_and_added_files_are_named(copied):
    report = copied / "v0001"
    (report / "evidence" / "memory.json").unlink()
    (report / "evidence" / "more.json").write_text("{}")
    found = {(one.file, one.found) for one in file_differences(report, read_manifest(report))}
    assert ("evidence/memory.json", "missing") in found
    assert ("evidence/more.json", "a file that was not sealed") in found


def test_evidence_that_is_not_of_its_schema_is_named(copied):
    report = copied / "v0001"
    path = report / "evidence" / "memory.json"
    document = unpacked(json.loads(path.read_text()))
    document["data"]["stages"][0]["allocations_count"] = -1
    path.write_text(json.dumps(document))
    assert any("memory.json" in one.found and "allocations_count" in one.found for one in recompute(report))


def chain(report):
    return list(chain_differences(report, read_manifest(report)))


def test_a_changed_previous_version_breaks_the_chain(copied):
    manifest = copied / "v0001" / "MANIFEST.sha256"
    manifest.write_text(manifest.read_text().replace("0", "1", 1))
    assert any("manifest of v0001" in one.place for one in chain(copied / "v0002"))


def test_a_missing_previous_version_breaks_the_chain_but_a_copied_report_stands_alone(copied):
    (copied / "v0003").mkdir()
    shutil.rmtree(copied / "v0001")
    assert any(one.found == "missing" for one in chain(copied / "v0002"))
    (copied / "v0003").rmdir()
    assert chain(copied / "v0002") == []


def test_an_open_version_cannot_be_verified(copied):
    (copied / "v0001" / "MANIFEST.sha256").unlink()
    with pytest.raises(SealError, match="is .* a sealed report"):
        recompute(copied / "v0001")


def test_a_manifest_that_is_not_one_is_named_with_its_line(copied):
    (copied / "v0001" / "MANIFEST.sha256").write_text("this is not a hash\n")
    with pytest.raises(SealError, match="line 1"):
        recompute(copied / "v0001")


@pytest.mark.parametrize("stored, found, places", [
    ({"a": 1}, {"a": 1}, []), ({"a": 1}, {"a": 2}, ["a"]), ({"a": [1, 2]}, {"a": [1, 3]}, ["a/1"]),
    ({"a": 1}, {}, ["a"]), ({}, {"b": 1}, ["b"]), ({"a": [1]}, {"a": [1, 2]}, ["a"]), ({"a": 1}, {"a": 1.0}, ["a"])])
def test_every_unlike_leaf_is_placed(stored, found, places):
    assert [place for place, _, _ in unlike(stored, found)] == places


def verify(*arguments):
    done = subprocess.run(["scripts/lab", "verify", *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_command_says_what_differs_and_fails(copied):
    assert verify(copied / "v0002")[0] == 0
    turn_digit(copied / "v0002" / "evidence" / "command.json", 200)
    code, said = verify(copied / "v0002")
    assert code == 1 and "evidence/command.json" in said and "FAILED" in said


def test_what_is_no_sealed_report_is_refused(tmp_path):
    code, said = verify(tmp_path / "nowhere")
    assert code == 2 and "is not a folder" in said
    code, said = verify(tmp_path)
    assert code == 1 and "sealed report" in said
