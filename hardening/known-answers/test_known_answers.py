"""Every victim has a known answer and a check, and stands in the index with checks that exist and name it."""

import re

from known_answers import PAGE, ROOT, victims

ROW = re.compile(r"^\| \[([\w.]+)\]\(\S+\) \| (.*) \| (\[.*\))? \|$", re.M)
LINK = re.compile(r"\]\(\.\./\.\./([\w./-]+)\)")


def test_every_victim_has_an_answer_and_a_check():
    assert [one.source.name for one in victims() if not one.answer or not one.tests] == [] and len(victims()) > 70


def test_every_victim_stands_in_the_index():
    """`make bless-known-answers` writes it."""
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert [name for name, answer, checks in rows if answer and checks] == [one.source.name for one in victims()]


def test_the_checks_of_the_index_exist_and_name_the_victim():
    for name, _, checks in ROW.findall(PAGE.read_text(encoding="utf-8")):
        stem = name.rsplit(".", 1)[0]
        assert [path for path in LINK.findall(checks) if stem not in (ROOT / path).read_text(encoding="utf-8")] == [], name
