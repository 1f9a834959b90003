"""Rows that cannot have been measured are named with their run; the rows of the example are all possible."""

import json

import pytest

from example_evidence import LEAN, example_documents, write_example
from labkit.report.row_checks import impossible_rows


@pytest.fixture(scope="module")
def documents():
    return example_documents(candidates=LEAN)


def wrong_after(change, documents, folder):
    changed = json.loads(json.dumps(documents))
    change(changed["rebench"]["data"]["runs"], changed)
    return list(impossible_rows(write_example(folder / "v0001", changed)))


def put_place(rows, _):
    rows[5] |= {name: rows[4][name] for name in ("block", "position")}


def put_earlier(rows, _):
    rows[7]["started_ns"] = rows[6]["started_ns"] + 1


def put_samples(rows, _):
    rows[9]["samples_ns"] = rows[3]["samples_ns"]


def put_longer_samples(rows, _):
    rows[9]["samples_ns"] = [rows[9]["wall_ns"], 1]


def put_end(_, changed):
    changed["rebench"]["ended_utc"] = changed["rebench"]["started_utc"]


def put_of_another_document(rows, changed):
    rows[11]["samples_ns"] = changed["baseline"]["data"]["runs"][2]["samples_ns"]


def test_what_was_measured_is_possible(documents, tmp_path):
    assert wrong_after(lambda rows, changed: None, documents, tmp_path) == []


@pytest.mark.parametrize("change, place, said", [
    (put_place, "runs/5", "a second run in the place of runs/4"), (put_earlier, "runs/7", "before the run before it"),
    (put_samples, "runs/9", "the same run as evidence/rebench.json: runs/3"), (put_longer_samples, "runs/9", "longer than the run"),
    (put_end, None, "from started_utc to ended_utc"), (put_of_another_document, "runs/11", "the same run as evidence/baseline.json: runs/2")])
def test_an_impossible_row_is_named(documents, tmp_path, change, place, said):
    found = [(file, where) for file, where, wrong in wrong_after(change, documents, tmp_path) if said in wrong]
    assert found and found[0][0] == "evidence/rebench.json" and place in (None, found[0][1])
