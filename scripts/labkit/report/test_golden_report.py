"""The report of a recorded audit: real evidence in, these very bytes out. `make bless` rewrites them; read the diff."""

import json
import os
from pathlib import Path

import pytest

from labkit.conclude import conclude
from labkit.conclude.dossier import read_dossier
from labkit.figures.audit_figures import draw_figures
from labkit.report.publish import numbers_text
from labkit.report.render import PAGES, render_pages

RECORDED = Path("fixtures/recorded/telemetry")


@pytest.fixture(scope="module")
def audit():
    return conclude(read_dossier(RECORDED))


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
    """audit.json is the whole interface: what a page says can be had from it by any other program."""
    assert render_pages(json.loads(numbers_text(audit))) == render_pages(audit)


@pytest.mark.slow
def test_every_figure_is_drawn_from_real_evidence(audit):
    drawn = draw_figures(audit)
    assert set(drawn) == {"distribution.svg", "scaling.svg", "stages.svg", "allocations.svg", "forest.svg", "paired.svg",
                          "power.svg", "resident.svg"}
    assert max(map(len, drawn.values())) < 100_000
