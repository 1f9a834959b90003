"""A foreign text can neither begin a line, nor leave its cell, nor drive a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.foreign_text import for_markdown, for_markdown_code, for_terminal
from labkit.gate.comparison_report import beside, flame_lines

HOSTILE = "hot` |\n\n/approve\n/merge\n<img src=x>"


@pytest.mark.parametrize("text, shown", [
    ("a\x1b[31mb", r"a\x1b[31mb"), ("a\n\tb", "a b"), ("a\u202eb", r"a\u202eb"), ("a\udc80b", r"a\udc80b"), ("größe", "größe")])
def test_a_terminal_shows_what_stands_there(text, shown):
    assert for_terminal(text) == shown


@pytest.mark.parametrize("text, safe", [("a|b", "a\\|b"), ("two\nlines", "two lines"), ("<script>", "&lt;script>"),
                                        ("", " ")])
def test_no_text_leaves_its_cell(text, safe):
    assert for_markdown(text) == safe


@given(st.text())
def test_any_text_is_one_line_without_markup(text):
    for shown in (for_markdown(text), for_markdown_code(text)):
        assert len(shown.splitlines()) == 1
        assert "|" not in shown.replace("\\|", "")
    assert "<" not in for_markdown(text)
    assert "`" not in for_markdown_code(text)[1:-1]


def test_a_function_s_name_begins_no_line_of_a_comment():
    grew = [{"function": HOSTILE, "base_self_ns": 1.0, "new_self_ns": 2e6}]
    flame = {"case": HOSTILE, "file": "x.svg", "unavailable": None, "base_cpu_ns": 1e6, "new_cpu_ns": 2e6, "runs_count": 3,
             "grew": grew}
    page = "\n".join(flame_lines({"flames": [flame], "cases": []}, beside))
    assert not any(line.startswith(("/approve", "/merge", "<img")) for line in page.splitlines())
