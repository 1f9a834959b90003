"""A sealed report: verify accepts it as it is, and names whatever was changed in it."""

import json
import re
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from example_evidence import LEAN, changed, example_documents, write_example
from labkit.evidence import unpacked
from labkit.report.publish import publish
from labkit.report.recompute import chain_differences, file_differences, recompute, unlike
from labkit.report.render import renderer
from labkit.report.seal import Renderer, SealError, link_to, read_manifest, report_files, seal

pytestmark = pytest.mark.slow  # builds, measures or seals for real

DIGIT = re.compile(r"\d")


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


@pytest.mark.slow
def test_one_digit_of_each_evidence_file_is_named_even_when_sealed_anew(copied):
    report = copied / "v0001"
    for index, path in enumerate(evidence_files(report)):
        original = (report / path).read_bytes()
        turn_digit(report / path, 1000 + 97 * index)
        assert path in {one.file for one in file_differences(report, read_manifest(report))}
        seal(report, None)
        assert any(path == one.file or path in one.found for one in recompute(report)), path
        (report / path).write_bytes(original)


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("name, text, other", [
    ("audit.md", "The complaint is closed", "The complaint is forgotten"), ("checklist.md", "PASS", "FAIL"),
    ("audit.json", '"accepted": true', '"accepted": false'), ("figures/forest.svg", "<path", "<desc/><path")])
def test_a_page_or_number_changed_and_sealed_anew_is_named(copied, name, text, other):
    report = copied / "v0001"
    content = (report / name).read_text(encoding="utf-8")
    (report / name).write_text(content.replace(text, other, 1), encoding="utf-8")
    seal(report, None)
    assert {one.file for one in recompute(report)} == {name}


def other_version(report):
    """As another version of the tool would have left it: other words on the page, and its own hash in the manifest."""
    page = report / "audit.md"
    page.write_text(page.read_text().replace("## 2. Findings", "## 2. What was found"))
    seal(report, None, Renderer("0.0.9", "ab" * 32))


def test_pages_of_another_version_pass_with_a_note(copied):
    report = copied / "v0001"
    other_version(report)
    code, said = verify(report)
    assert code == 0 and "pages were sealed by another version (lab 0.0.9, pages abababab" in said
    assert "numbers recomputed equal" in said


@pytest.mark.parametrize("name, text, other", [
    ("audit.md", "The complaint is closed", "The complaint is forgotten"),
    ("audit.json", '"accepted": true', '"accepted": false'), ("evidence/memory.json", "1", "2")])
def test_what_was_changed_by_hand_fails_whoever_made_the_pages(copied, name, text, other):
    report = copied / "v0001"
    other_version(report)
    path = report / name
    path.write_text(path.read_text().replace(text, other, 1))
    code, said = verify(report)
    assert code == 1 and name in said


def test_numbers_that_do_not_follow_are_not_excused_by_another_version(copied):
    report = copied / "v0001"
    path = report / "audit.json"
    path.write_text(path.read_text().replace('"accepted": true', '"accepted": false', 1))
    other_version(report)
    assert verify(report)[0] == 1


def test_this_version_s_own_pages_have_no_excuse(copied):
    report = copied / "v0001"
    page = report / "audit.md"
    page.write_text(page.read_text() + "more\n")
    seal(report, None, renderer())
    assert verify(report)[0] == 1


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


@pytest.mark.slow
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
