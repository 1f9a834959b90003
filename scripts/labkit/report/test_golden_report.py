"""The report of a recorded audit is the same byte by byte. `make bless` rewrites it; read the difference."""

import json
import math
import os
import re
from pathlib import Path

import pytest

from labkit.figures.audit_figures import FIGURES, draw_figures
from labkit.foreign_text import for_markdown
from labkit.metrics import METRICS
from labkit.report.publish import numbers_text
from labkit.report.render import PAGES, beyond_functions, render_pages
from labkit.wording import confidence, gain_interval

pytestmark = pytest.mark.xdist_group("recorded")

RECORDED = Path("fixtures/recorded/telemetry")
GAIN_WITHOUT_CONFIDENCE = re.compile("× \\[([\\d.]+),\u00a0(?!\\1)[\\d.]+\\](?! at )")  # counts, whose ends are equal, have none


@pytest.fixture
def audit(recorded_audit):
    return recorded_audit


def check_golden(name: str, text: str) -> None:
    path = RECORDED / name
    if os.environ.get("BLESS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path} says otherwise; `make bless` if this is wanted"


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_as_recorded(audit, page):
    check_golden(page, render_pages(audit)[page])


def test_numbers_are_as_recorded(audit):
    check_golden("audit.json", numbers_text(audit))


def test_a_page_can_be_rendered_from_the_numbers_alone(audit):
    """audit.json is a complete interface: any other program can make the pages from it."""
    assert render_pages(json.loads(numbers_text(audit))) == render_pages(audit)


def test_every_interval_of_the_tables_has_its_own_confidence(audit):
    """The head of the columns said 95 % over intervals that Holm had widened."""
    page = render_pages(audit)["audit.md"]
    shown = [one for one in audit["rebench"]["effects"] if not METRICS[one["metric"]].is_exact] + [
        one["gain"] for one in audit["candidates"] if one["gain"]]
    assert len({one["confidence"] for one in shown}) > 1
    for one in shown:
        assert f"| {gain_interval(one['gain_ratio'], one['gain_low'], one['gain_high'])} at {confidence(one['confidence'])} |" in page


def test_no_gain_stands_without_the_confidence_of_its_interval(audit):
    """The canaries and the noise floor had none."""
    for page in render_pages(audit).values():
        assert not GAIN_WITHOUT_CONFIDENCE.findall(page)
    canary = audit["rebench"]["campaign"]["canary"]
    assert gain_interval(canary["ratio"], canary["low"], canary["high"], canary["confidence"]) in render_pages(audit)["audit.md"]


@pytest.mark.slow
def test_the_forest_has_the_confidence_of_every_interval(audit):
    drawn = FIGURES["forest.svg"](audit).decode()  # a comment beside each path has its text
    assert " at " in drawn and not GAIN_WITHOUT_CONFIDENCE.findall(drawn)


def test_the_verdict_is_of_one_machine_class_and_says_how_surely_it_comes_again(audit):
    head = render_pages(audit)["audit.md"].split("## 1.")[0]
    again = math.prod(one["again_ratio"] for one in audit["candidates"] if one["id"] in audit["rebench"]["accepted"])
    assert "of this class of machine only" in head and "`reports/repeat`" in head
    assert ("more than 99" if again > 0.99 else f"{100 * again:.0f}") + " times in 100, by the noise of this one" in head


def open_part(page: str) -> str:
    """What is shown before anything is unfolded."""
    return re.sub(r"<details>.*?</details>", "", page, flags=re.S)


def test_the_first_screen_has_the_verdict_one_figure_what_got_worse_and_how_sure_without_jargon(audit):
    head = render_pages(audit)["audit.md"].split("\n## 1. ")[0]
    places = [head.index(words) for words in (audit["headline"]["sentence"], "the target is", "**What got worse:**", "![", "**How sure is that?**",
                                              "rows of the acceptance checklist", "make verify")]
    assert places == sorted(places) and head.count("![") == 1 and len(head.split()) < 420
    assert not re.search(r"canary|Holm|Amdahl|bootstrap|link order|noise floor|Welch", head)


def test_the_checklist_leads_to_the_gates_of_its_instruments(audit):
    links = re.findall(r"\]\(((?:\.\./)+hardening/[^)]*)\)", render_pages(audit)["checklist.md"])
    places = [RECORDED / link for link in links]  # as deep as reports/telemetry/v0001
    gates = [place for place in places if place.parent.name == "gates"]
    assert len(gates) >= 3 and all(gate.with_name(f"{gate.name}.red").exists() for gate in gates)
    assert places[-1].name == "release-checklist.md" and all(place.exists() for place in places)


def test_parts_are_numbered_from_one_and_half_is_folded(audit):
    page = render_pages(audit)["audit.md"]
    assert [int(number) for number in re.findall(r"^## (\d+)\. ", page, re.M)] == list(range(1, 13))
    assert page.count("<details>") == page.count("</details>") > 10
    assert len(open_part(page).split()) < 0.5 * len(page.split())
    assert re.findall(r"[^\n]\n</?details>", page) == re.findall(r"</?details>\n[^\n]", page) == []  # Markdown needs the empty lines


def test_sizes_are_in_their_order_everywhere(audit):
    sizes = audit["manifest"]["fixture"]["sizes"]
    for rows in re.findall(r"(?:^\|.*\n)+", render_pages(audit)["audit.md"], re.M):
        shown = [sizes[cell] for cell in (line.split("|")[1].split("(")[0].strip() for line in rows.splitlines()) if cell in sizes]
        assert shown == sorted(shown), rows


def test_findings_that_say_the_same_are_one_row(audit):
    page = render_pages(audit)["audit.md"]
    assert sum("disturbed blocks" in one["text"] for one in audit["findings"]) == 3 and page.count("disturbed blocks") == 1 and "(3 times)" in page


def test_what_the_checklist_says_is_not_said_again(audit):
    """audit.md repeated every row of checklist.md, which `lab show` has on the same page; rows that fail stand in both."""
    pages = render_pages(audit)
    for row in audit["checklist"]:
        line = f"| {row['number']} | {for_markdown(row['title'])} |"
        assert line in pages["checklist.md"] and (line in pages["audit.md"]) == (not row["passed"])


@pytest.mark.parametrize("name", ["crash", "deadlock", "pitfalls"])
def test_an_investigation_repeats_no_row_that_passes(name):
    found = json.loads(Path(f"reports/{name}/v0001/audit.json").read_text())
    pages = render_pages(found, "investigation_")
    for row in found["checklist"]:
        line = f"| {row['number']} | {for_markdown(row['title'])} |"
        assert line in pages["checklist.md"] and (line in pages["audit.md"]) == (row["result"] != "pass")
    assert "(checklist.md)" in pages["audit.md"] and "hardening/gates/" in pages["checklist.md"]


def test_what_a_campaign_is_stands_on_the_page_once(audit):
    page = render_pages(audit)["audit.md"]
    assert page.count("Runs come in blocks") == page.count("*Needed* is") == 1 and page.count("| Noise floor |") in (0, 2)


def test_a_line_is_shown_only_where_it_says_more_than_its_function():
    """libc's lines have the share of their functions, so that one table repeated the other."""
    functions = [{"name": "loop", "file": "a.c", "line": 3, "self": {"ratio": 0.5}}]
    line = {"function": "loop", "file": "a.c", "line": 3, "share": {"ratio": 0.5}}
    assert beyond_functions([line], functions) == []
    assert beyond_functions([line | {"share": {"ratio": 0.4}}, line | {"line": 4}], functions) == [line | {"share": {"ratio": 0.4}}, line | {"line": 4}]


@pytest.mark.slow
def test_every_figure_is_drawn_from_real_evidence(audit):
    drawn = draw_figures(audit)
    assert set(drawn) == {"distribution.svg", "scaling.svg", "stages.svg", "allocations.svg", "forest.svg", "paired.svg",
                          "power.svg", "resident.svg"}
    assert max(map(len, drawn.values())) < 100_000


def nothing_timed(audit):
    for one in audit["candidates"]:
        one["gain"] = None


def nothing_confirmed(audit):
    audit["rebench"] = audit["headline"]["gain"] = None


def no_stages(audit):
    audit["baseline"]["stages"] = []
    for part in (audit["memory"], audit["rebench"]):
        for key in ("stages", "memory"):
            part[key] = [one for one in part.get(key, []) if one["stage"] is None]


def counted(audit):
    audit["manifest"]["metric"] = audit["headline"]["metric"] = "allocations"


@pytest.mark.slow
@pytest.mark.parametrize("lacking", [nothing_timed, nothing_confirmed, no_stages, counted], ids=lambda one: one.__name__)
def test_a_page_links_the_figures_that_there_are(audit, lacking):
    """audit.md once linked the forest plot although every candidate had failed before it was timed."""
    poorer = json.loads(numbers_text(audit))
    lacking(poorer)
    linked = {name for page in render_pages(poorer).values() for name in re.findall(r"\]\(figures/([^)]+)\)", page)}
    assert linked & set(FIGURES) == set(draw_figures(poorer))
