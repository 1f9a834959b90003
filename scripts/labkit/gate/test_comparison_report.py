"""From a simulated campaign to document, page and figures: valid, complete, and the same bytes every time."""

import dataclasses
import json
import re
from dataclasses import replace

import pytest

from labkit import wording
from labkit.experiment.campaign import run_campaign
from labkit.experiment.design import Case, Design
from labkit.experiment.test_campaign import Machine
from labkit.figures import figures_verdict
from labkit.gate.ci_output import DEFAULT_THRESHOLDS, comment
from labkit.gate.comparison_report import Setting, beside, calibration_text, document, markdown, summary
from labkit.host import Host
from labkit.schemas import EvidenceError, check
from labkit.terminal_output import plain_lines
from labkit.verdicts.odd_runs import OddRuns
from labkit.wording import value_text

HOST = Host(stable={"cpu_model": "x", "cores_count": 2, "kernel": "k", "virtualization": "none"}, unstable={})
SETTING = Setting(mode="compare", host=HOST, started_utc="2026-01-01T00:00:00Z", rows_path="rows.jsonl",
                  arms={"A": {"command": "old", "sha256": "a" * 64, "builds": ["a" * 64]},
                        "B": {"command": "new", "sha256": "b" * 64, "builds": ["b" * 64]}}, notes=["a note"])


def printed(doc) -> list[str]:
    return plain_lines(summary(doc))


@pytest.fixture(scope="module")
def measured():
    machine = Machine(noise=0.005, slow={"B": 1.1})
    design = Design(seed=1, budget_s=60.0)
    case = Case("only", machine.observe, gating=("wall",), watched=("binary_size",),
                count=lambda arm: {"binary_bytes": 9000 if arm == "B" else 8000})
    campaign = run_campaign([case], design, clock=machine.clock)
    return document(campaign, design, SETTING), list(campaign.rows)


def test_the_document_is_valid_and_complete(measured):
    doc, _ = measured
    check(json.loads(json.dumps(doc, allow_nan=False)), "here")
    assert {"verdict", "ratio", "low", "high", "mde_ratio", "pairs_count", "canary", "rows"} <= set(doc)
    assert doc["verdict"] == "regressed" and doc["exit_code"] == 1 and doc["canary"]["flagged"] is False


@pytest.mark.parametrize("damage", [lambda d: d.pop("canary"), lambda d: d.update(verdict="faster"),
                                    lambda d: d["cases"][0]["comparisons"][0].pop("mde_ratio")])
def test_the_schema_can_go_red(measured, damage):
    doc = json.loads(json.dumps(measured[0]))
    damage(doc)
    with pytest.raises(EvidenceError):
        check(doc, "here")


def test_the_page_has_verdict_table_and_conditions(measured):
    page = markdown(measured[0])
    assert page.startswith("# Comparison: regressed")
    assert "| wall time of the process |" in page and "8,000 → 9,000" in page
    assert "| regressed (watched) |" in page and "| regressed |" in page
    assert "`old`" in page and "a note." in page and "seed 1" in page
    assert "no calibration of this machine class" in page


def test_the_terminal_has_a_line_per_metric(measured):
    lines = printed(measured[0])
    assert lines[0].startswith("regressed: wall +")
    assert any(line.strip().startswith("binary_size") for line in lines) and any("canary quiet" in line for line in lines)


def test_one_build_of_each_side_proves_nothing_about_the_change(measured):
    doc = measured[0]
    assert "holds for these two binaries, not for the change" in markdown(doc)
    assert "holds for these two binaries, not for the change" in markdown(doc).splitlines()[2]  # beside the verdict, not among the notes
    assert "these two binaries" in printed(doc)[1]
    assert "these two binaries" not in markdown(built(doc, A=10, B=10))


def built(doc, **counts):
    """The document with so many builds of each arm."""
    return doc | {"arms": {name: arm | {"builds": [f"{number:064}" for number in range(counts[name])]} for name, arm in doc["arms"].items()}}


@pytest.mark.parametrize("counts, said", [({"A": 3, "B": 3}, "Only 3 builds of each side:"), ({"A": 12, "B": 2}, "Only 2 builds of B:"),
                                          ({"A": 1, "B": 2}, "Only 1 build of A, 2 builds of B:")])
def test_few_builds_prove_little_about_the_change(measured, counts, said):
    """Nothing was said about 3 builds, although 62 of 400 simulated comparisons of equal programs were called different with them."""
    doc = built(measured[0], **counts)
    assert said in markdown(doc).splitlines()[2] and said in printed(doc)[1] and "62 of 400" in printed(doc)[1]


def test_enough_builds_need_no_warning(measured):
    assert "nly" not in markdown(built(measured[0], A=10, B=30)).splitlines()[2]


def test_every_printed_interval_has_its_own_confidence():
    """A column was headed [99%] over intervals at 99.8 and 99.98 %."""
    machine = Machine(noise=0.005, slow={"B": 1 / 1.1})
    design = Design(seed=1, budget_s=120.0)

    def same(slot):
        return machine.observe(replace(slot, arm="A"))
    cases = [Case("faster", machine.observe, gating=("wall",)), Case("same", same, gating=("wall",))]
    doc = document(run_campaign(cases, design, clock=machine.clock), design, SETTING)
    rows = [line for line in markdown(doc).splitlines() if line.startswith(("| wall", "| CPU"))]
    printed = [float(re.search(r"] at ([\d.]+)\s%", line)[1]) / 100 for line in rows]
    found = [c["confidence"] for case in doc["cases"] for c in case["comparisons"]]
    assert printed == pytest.approx(found, abs=1e-6) and len(set(found)) > 1


def test_a_confirmed_regression_is_said_to_be_judged_alone(measured):
    doc = measured[0]
    assert "judged alone, after a first stage corrected for its family" in doc["reason"]
    assert "a confirmed regression was judged alone, after a first stage corrected for its family" in markdown(doc)


def test_what_a_median_hides_is_shown_where_the_arms_differ(measured):
    doc = json.loads(json.dumps(measured[0]))
    c = doc["cases"][0]["comparisons"][0]
    assert "means:" not in "\n".join(printed(doc))
    c |= {"mean_ratio": 1.4, "a_mean": 1e7, "b_mean": 1.4e7}
    c["odd_runs"] = [dataclasses.asdict(OddRuns("more than 1.5 times the median of all", 0, 1, 40, 40, False)),
                     dataclasses.asdict(OddRuns("more than 20 involuntary switches", 2, 7, 40, 40, False))]
    terminal, page = "\n".join(printed(doc)), markdown(doc)
    assert "means: 10 ms → 14 ms (+40.00%)" in terminal and "runs with more than 20 involuntary switches: 2 of 40 of A, 7 of 40 of B" in terminal
    assert "| +40.00%, 10 ms → 14 ms | 0, 1 slow; 2, 7 with more than 20 involuntary switches |" in page


@pytest.mark.slow
def test_a_budget_that_ended_early_is_reported_with_its_consequence():
    machine = Machine(noise=0.05)
    design = Design(seed=1, budget_s=12.0)
    doc = document(run_campaign([Case("only", machine.observe)], design, clock=machine.clock), design, SETTING)
    case = doc["cases"][0]
    said = f"{case['blocks_count']} of the {case['wanted_blocks_count']} blocks needed, which take about --budget"
    assert any(said in line and "could be missed" in line for line in printed(doc))
    assert said in markdown(doc)
    roomy = replace(design, budget_s=doc["wanted_s"])
    machine = Machine(noise=0.05)
    enough = run_campaign([Case("only", machine.observe)], roomy, clock=machine.clock)
    assert enough.wanted["only"] == case["wanted_blocks_count"] and enough.blocks["only"] > 0.95 * enough.wanted["only"]


def test_a_sufficient_budget_is_not_reported(measured):
    assert "blocks needed" not in markdown(measured[0])


def test_the_canary_s_interval_has_its_confidence(measured):
    canary = measured[0]["canary"]
    assert f"{canary['high'] - 1:+.2%}] at {wording.confidence(canary['confidence'])}" in markdown(measured[0])


@pytest.mark.slow
def test_the_forest_has_the_confidence_of_every_interval(measured, tmp_path):
    doc, _ = measured
    figures_verdict.draw_forest(doc, tmp_path / "forest.svg")
    drawn = (tmp_path / "forest.svg").read_text()  # a comment beside each path has its text
    shown = [c for c in doc["cases"][0]["comparisons"] if c["confidence"] < 1]
    assert shown and all(f"] at {wording.confidence(c['confidence'])}  {c['verdict']}" in drawn for c in shown)


def on_layouts(*ratios, mode="gate"):
    """The document of a campaign whose programs B are slower by these factors, one for each layout."""
    machine = Machine(noise=0.005)

    def observe(slot):
        build, row = slot.build % len(ratios), machine.observe(slot)
        return row | {"wall_ns": round(row["wall_ns"] * (ratios[build] if slot.arm == "B" else 1)), "build": build}

    campaign = run_campaign([Case("only", observe)], Design(seed=1, budget_s=60.0), clock=machine.clock)
    return document(campaign, Design(seed=1, budget_s=60.0), replace(SETTING, mode=mode))


@pytest.mark.parametrize("mode, why", [("gate", "where the linker puts code"), ("compare", "which builds a block runs")])
def test_an_effect_that_depends_on_the_layout_is_found_beside_the_verdict(mode, why):
    """An audit said so, and a gate did not: B was 1.14 times as slow in one layout and 1.48 times in another."""
    doc = on_layouts(1.14, 1.48, mode=mode)
    check(json.loads(json.dumps(doc, allow_nan=False)), "here")
    page, found = markdown(doc), doc["cases"][0]["layouts"]
    assert found["depends"] and [(one["a_build"], one["b_build"]) for one in found["table"]] == [(0, 0), (1, 1)]
    said = f"depends on the layout, that is on {why}: from +1"
    assert said in page.splitlines()[2] and any(said in line for line in printed(doc)[1:4]) and said in comment(doc, DEFAULT_THRESHOLDS, beside)
    lowest, highest = (f"| {number} / {number} | {one['blocks_count']} | {one['ratio'] - 1:+.2%} |" for number, one in enumerate(found["table"]))
    assert page.index(lowest) < page.index(highest) < page.index("## How this was measured")
    assert lowest in comment(doc, DEFAULT_THRESHOLDS, beside).split("<details>")[1]


def test_a_pair_in_one_process_is_not_called_a_pair_of_processes():
    doc = on_layouts(1.2)
    assert "pairs of fresh processes in" in markdown(doc) and "pairs, each in one fresh process, in" in markdown(doc | {"in_process": True})


def test_equal_layouts_are_a_table_without_a_finding():
    page = markdown(on_layouts(1.2, 1.2, 1.2))
    assert "| 2 / 2 |" in page and "It is not proven that the effect depends on the layout." in page and "depends on the layout, that" not in page


def test_of_many_layouts_the_ends_and_the_middle_are_shown():
    page = markdown(on_layouts(*(1 + number / 1000 for number in range(20))))
    assert re.search(r"the 4 lowest, the middle one and the 4 highest of \d\d\.", page)
    assert len(re.findall(r"^\| \d+ / \d+ \|", page, re.MULTILINE)) == 9


def test_one_layout_has_no_table():
    doc = on_layouts(1.2)
    assert len(doc["cases"][0]["layouts"]["table"]) == 1 and "in each layout" not in markdown(doc)


@pytest.mark.slow
def test_figures_are_the_same_bytes_every_time(measured, tmp_path):
    doc, rows = measured
    names = {path.name for path in figures_verdict.write_all(doc, rows, tmp_path / "one")}
    figures_verdict.write_all(doc, rows, tmp_path / "two")
    assert names == {"forest.svg", "paired.svg", "spread.svg", "power.svg"}
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("value, unit, text", [
    (1.5e9, "ns", "1.5 s"), (12_345_678, "ns", "12.35 ms"), (0.5, "ns", "0.5 ns"), (3 << 20, "bytes", "3 MiB"),
    (17, "count", "17")])
def test_values_read_well(value, unit, text):
    assert value_text(value, unit) == text


def test_a_calibration_is_cited():
    assert calibration_text({"text": "calibration: 1 of 400"}) == "calibration: 1 of 400"


@pytest.mark.parametrize("new_cpu_ns, disagrees", [(1.1e6, False), (1.0e6, True), (2.4e6, True)])
def test_a_profile_that_disagrees_with_the_verdict_is_named(measured, new_cpu_ns, disagrees):
    """"+137 %" was printed beside "6.34 to 6.90 ms a run" without an explanation."""
    flame = {"case": "only", "file": "f.svg", "unavailable": None, "runs_count": 9, "base_cpu_ns": 1e6, "new_cpu_ns": new_cpu_ns, "grew": []}
    page = markdown(measured[0] | {"flames": [flame]})
    assert ("The profile disagrees with the verdict" in page) is disagrees
