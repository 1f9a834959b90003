"""Evidence on disk: rows as tables, and back, for whatever rows there are."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from example_evidence import changed, example_documents
from labkit.evidence import TABLE_DEPTH, as_rows, as_table, layout, packed, unpacked
from labkit.schemas import EvidenceError, _validator, _validator_class, check

VALUES = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=3)
ROWS = st.lists(st.dictionaries(st.sampled_from("abcd"), VALUES), max_size=5)


@given(ROWS)
def test_rows_come_back_as_they_were(rows):
    assert as_rows(as_table(rows)) == rows


def test_a_table_names_its_fields_and_texts_once():
    rows = [{"arm": "A", "wall_ns": number} for number in range(100)]
    document = {"kind": "x", "data": {"runs": rows, "lines": 3}}
    text = layout(packed(document), lined_depth=TABLE_DEPTH)
    assert text.count("wall_ns") == 1 and text.count('"A"') == 1 and len(text.splitlines()) > 100
    assert unpacked(packed(document)) == document


def test_rows_with_unlike_fields_stay_rows():
    rows = [{"arm": "A", "wall_ns": 1}, {"arm": "B", "failure": "crash"}]
    assert as_table(rows) == rows


@pytest.mark.parametrize("damage", [{"rows": [[1, 0], [3]]}, {"rows": [[1, 7]]}, {"rows": [[1, "x"]]}, {"rows": 5}])
def test_a_torn_table_is_left_for_the_schema_to_refuse(damage):
    torn = {"fields": ["a", "b"], "texts": {"b": ["x"]}} | damage
    assert as_rows(torn) == torn


def test_what_was_accepted_once_excuses_nothing_that_only_looks_equal():
    """Valid contents are remembered; to Python 1 is equal to True and to 1.0, to the schema it is neither."""
    documents = example_documents(candidates=())
    check(documents["plan"], "plan.json")
    check(documents["plan"], "plan.json")
    for seed in (True, "1", -1):
        with pytest.raises(EvidenceError, match="seed"):
            check(documents["plan"] | {"seed": seed}, "plan.json")
    with pytest.raises(EvidenceError, match="plan.json: at data"):
        check(changed(documents, "plan", manifest={})["plan"], "plan.json")


@pytest.mark.parametrize("schema", [{"type": "integer"}, {"type": "integer", "minimum": 1}, {"type": "string", "minLength": 1}, {"type": ["string", "null"]},
                                    {"type": "string", "enum": ["x"]}, {"type": "number"}, {"enum": [1]}, True, False], ids=str)
def test_what_is_checked_at_once_is_judged_as_the_standard_says(schema):
    whole = {"type": "object", "properties": {"one": schema}}
    for value in (0, 1, 2, -1, 1.0, 1.5, True, False, None, "", "x", "xy", [], {}):
        assert _validator_class()(whole).is_valid({"one": value}) is Draft202012Validator(whole).is_valid({"one": value}), value


def test_no_part_of_a_schema_is_left_to_the_slower_standard_validator():
    assert '"$schema"' not in json.dumps(_validator("candidate")[0].schema)
