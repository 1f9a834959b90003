"""Every claim of a CASE.md is computed from its report. `make bless-cases` rewrites the figures; read the difference."""

import json
import os
import re
import tomllib
from pathlib import Path

import pytest
from case_claims import LINK, Claim, ClaimError, claims_of, restate, restated

from labkit.workload import investigation, manifest

PAGES = sorted(Path("workloads").glob("*/CASE.md"))
PARTS = ["The complaint", "What to predict before profiling", "What the instruments show", "What was accepted and rejected, and why",
         "What it teaches", "The answer key"]
PROFILING, LOOKING = "before profiling", "before looking"  # the second in a crash or a hang
# In these parts every figure must be a claim about the report; the other parts contain questions and general sentences.
OF_THE_REPORT = PARTS[2:4] + PARTS[5:]
CODE = re.compile(r"`[^`]*`")
AUDIT = {"headline": {"gain": {"gain_ratio": 12.345}, "verdict": "closed"}, "profile": {"ratio": 0.4217},
         "baseline": {"time_ns": 3_363_219.0, "none": None},
         "hypotheses": [{"function": "a", "rival": "b", "ratio": 0.25}, {"function": "b", "rival": "a", "ratio": 0.75}],
         "effects": [{"size": "large", "metric": "p95", "a": 100.0}, {"size": "large", "metric": "p99", "a": 25.0}]}


@pytest.fixture(params=PAGES, ids=[path.parent.name for path in PAGES])
def page(request):
    return request.param


def parts_of(text: str) -> dict[str, str]:
    pieces = re.split(r"^## (.+)$", text, flags=re.M)
    return dict(zip(pieces[1::2], pieces[2::2]))


def candidates_of(name: str) -> list[str]:
    """The ids of the candidates, or of the repairs of an investigation."""
    if manifest.kind_of(name) == manifest.INVESTIGATION:
        return [one.id for one in investigation.load(name).repairs]
    return [one.id for one in manifest.load(name).candidates]


def latest_report(name: str) -> Path:
    return sorted(path.parent for path in Path("reports", name).glob("v*/MANIFEST.sha256"))[-1]


def test_every_figure_is_the_report_s(page):
    text = page.read_text()
    if os.environ.get("BLESS"):
        page.write_text(restate(text, page.parent))
        text = page.read_text()
    differ = [f"{one.where}: the page says {one.says!r}, its report {restated(one, page.parent)!r}" for one in claims_of(text)
              if restated(one, page.parent) != one.says]
    assert differ == []


def test_the_complaint_is_quoted_as_the_manifest_has_it(page):
    complaint = tomllib.loads(page.with_name("workload.toml").read_text())["complaint"]
    quoted = re.search(r"^> .*(?:\n> .*)*", page.read_text(), re.M)[0]
    assert " ".join(quoted.replace("\n>", " ").removeprefix("> ").split()) == " ".join(complaint.split())


def test_the_parts_are_those_of_a_case_and_no_figure_stands_without_its_source(page):
    parts = parts_of(page.read_text())
    looking = manifest.kind_of(page.parent.name) == manifest.INVESTIGATION
    assert list(parts) == [name.replace(PROFILING, LOOKING) if looking else name for name in PARTS]
    for name in OF_THE_REPORT:
        bare = re.findall(r".*\d.*", CODE.sub("", LINK.sub("", parts[name])))
        assert bare == [], f"{page}: figures of {name!r} that are no claim"


def test_it_speaks_of_the_latest_report_and_of_every_candidate(page):
    text, name = page.read_text(), page.parent.name
    assert {(page.parent / one.report).resolve() for one in claims_of(text)} == {latest_report(name).resolve()}
    audit = json.loads((latest_report(name) / "audit.json").read_text())
    wanted = candidates_of(name)
    assert [one["id"] for one in audit["candidates"]] == wanted
    told = {one.where for one in claims_of(parts_of(text)[PARTS[3]])}
    assert [one for one in wanted if f"candidates.{one}.verdict" not in told] == []


def test_every_hypothesis_has_its_verdict_in_the_answer_key(page):
    audit = json.loads((latest_report(page.parent.name) / "audit.json").read_text())
    told = {one.where for one in claims_of(parts_of(page.read_text())["The answer key"])}
    assert [one["function"] for one in audit["hypotheses"] if f"hypotheses.{one['function']}.verdict" not in told] == []


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "audit.json").write_text(json.dumps(AUDIT))
    return tmp_path


@pytest.mark.parametrize("says, where, wanted", [
    ("**9.9×**", "headline.gain.gain_ratio", "**12.3×**"), ("9 %", "profile.ratio", "42 %"), ("1.0 ms", "baseline.time_ns", "3.4 ms"),
    ("1 µs", "baseline.time_ns", "3363 µs"), ("1 000 ns", "baseline.time_ns", "3 363 219 ns"), ("**open**", "headline.verdict", "**closed**"),
    ("1 times", "effects.large,p95.a/over/effects.large,p99.a", "4 times"), ("1.0 %", "1-profile.ratio", "57.8 %"),
    ("0.0 %", "headline.gain.gain_ratio-1", "1134.5 %"), ("0 %", "hypotheses.b.ratio", "75 %")])
def test_a_claim_is_restated_in_its_own_form(folder, says, where, wanted):
    assert restated(Claim(says, ".", where), folder) == wanted
    page = f"before [{says}](./audit.json#{where}) after"
    assert restate(page, folder) == f"before [{wanted}](./audit.json#{where}) after"


@pytest.mark.parametrize("says, where, words", [("1", "headline.lost", "there is no 'lost'"), ("1", "effects.large.a", "2 elements"),
                                                ("1 to 2", "profile.ratio", "states 2 numbers"), ("1", "baseline.none", "there is None"),
                                                ("none", "profile.ratio", "states 0 numbers"), ("1", "profile.ratio.a", "asks for a part")])
def test_a_claim_without_its_number_is_refused(folder, says, where, words):
    with pytest.raises(ClaimError, match=words):
        restated(Claim(says, ".", where), folder)


def test_a_claim_about_no_report_is_refused(tmp_path):
    with pytest.raises(ClaimError, match="there is no such report"):
        restated(Claim("1", "nowhere", "a"), tmp_path)
