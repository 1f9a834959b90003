"""The report of a recorded audit is the same byte by byte. `make bless` rewrites it; read the difference."""

import json
import os
import re
from pathlib import Path

import pytest

from labkit.analysis import analyse
from labkit.analysis.evidence_set import read_evidence_set
from labkit.figures.audit_figures import FIGURES, draw_figures
from labkit.report.publish import numbers_text
from labkit.report.render import PAGES, render_pages

RECORDED = Path("fixtures/recorded/telemetry")


@pytest.fixture(scope="module")
def audit():
    return analyse(read_evidence_set(RECORDED))


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
