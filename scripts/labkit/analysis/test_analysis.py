"""Evidence with known results gives the right numbers, and every part works without every other part."""

import json
import statistics
from dataclasses import replace
from pathlib import Path

import pytest

import example_evidence
from example_evidence import changed, confirmation, example_documents, plant, write_example
from labkit.analysis import analyse, tidy
from labkit.analysis.baseline_numbers import setup_numbers, single_batches
from labkit.analysis.diagnosis import diagnose
from labkit.analysis.evidence_set import read_evidence_set
from labkit.analysis.findings import collect_findings
from labkit.analysis.headline import headline
from labkit.figures.audit_figures import draw_figures
from labkit.outcome import LabError
from labkit.report.publish import numbers_text
from labkit.report.render import render_pages

# One worker makes what they share.
pytestmark = pytest.mark.xdist_group("analysis")

OPTIONAL = ("command", "profile", "counters", "instructions", "memory", "rebench")


@pytest.fixture(scope="module")
def documents():
    return example_documents(candidates=example_evidence.LEAN)


def audit_of(documents, folder):
    return analyse(read_evidence_set(write_example(folder, documents)))


@pytest.fixture(scope="module")
def evidence_set(tmp_path_factory):
    return read_evidence_set(write_example(tmp_path_factory.mktemp("example"), example_documents()))


@pytest.fixture(scope="module")
def audit(evidence_set):
    return analyse(evidence_set)


def changed_plan(evidence_set, **manifest):
    data = evidence_set.plan["data"] | {"manifest": evidence_set.manifest | manifest}
    return replace(evidence_set, by_phase=evidence_set.by_phase | {"plan": evidence_set.plan | {"data": data}})


@pytest.mark.slow
def test_the_headline_is_the_planted_gain_and_closes_the_complaint(audit):
    gain = audit["headline"]["gain"]
    assert gain["gain_low"] < example_evidence.UNION_GAIN < gain["gain_high"] * 1.005
    assert audit["headline"]["verdict"] == "closed"


@pytest.mark.parametrize("target, verdict", [(1.41, "closed"), (1.61, "not proven"), (1.9, "not closed")])
def test_only_the_low_end_closes_a_complaint(evidence_set, audit, target, verdict):
    evidence_set = changed_plan(evidence_set, target=target)
    assert headline(evidence_set, audit)["verdict"] == verdict


def test_the_figure_is_of_the_metric_that_is_judged(documents, tmp_path):
    """Its dots were wall time under a verdict about CPU time: 12.53 µs beside 2.647 µs in the table above it."""
    documents = json.loads(json.dumps(documents))
    documents["plan"]["data"]["manifest"]["metric"] = "cpu"
    for run in documents["rebench"]["data"]["runs"]:
        run["timed_user_ns"] *= 2
    rebench = audit_of(documents, tmp_path)["rebench"]
    assert rebench["times"]["title"] == "CPU time" and rebench["main"]["metric"] == "cpu"
    for variant, judged in (("baseline", "a_median"), ("union", "b_median")):
        assert statistics.median(rebench["times"][variant]) == pytest.approx(rebench["main"][judged], rel=0.01)


def test_stage_shares_and_noise_are_the_planted_ones(audit):
    for one in audit["baseline"]["stages"]:
        if one["size"] == "huge":
            assert one["share_ratio"] == pytest.approx(example_evidence.STAGES[one["stage"]], rel=0.01)
            assert one["p50"]["low"] < one["p50"]["median"] < one["p50"]["high"]
    assert {one["verdict"] for one in audit["baseline"]["noise"]} <= {"equivalent", "inconclusive"}


def test_the_stage_that_grows_most_fails_first(audit):
    assert audit["defence"]["load"]["first"]["stage"] == "sort"


def test_tails_of_batches_come_from_single_batches_only(documents):
    runs = documents["baseline"]["data"]["stage_runs"]
    assert single_batches(runs, "large")["batches_count"] == 80
    assert single_batches([run | {"batch_count": 2} for run in runs], "large") is None


def test_hypotheses_are_scored_by_the_profile(audit):
    assert [one["verdict"] for one in audit["hypotheses"]] == ["confirmed", "refuted"]


def test_a_function_inside_a_stage_competes_with_the_rest_of_it(documents, tmp_path):
    hypotheses = [{"says": "inside", "function": "compare"}, {"says": "never seen", "function": "nowhere"}]
    manifest = documents["plan"]["data"]["manifest"] | {"hypotheses": hypotheses}
    write_example(tmp_path, changed(documents, "plan", manifest=manifest))
    stacks = "main;sort_batch;compare 600\nmain;sort_batch 150\nmain;parse_batch 250\n"
    (tmp_path / "evidence" / "profile-perf.collapsed").write_text(stacks)
    inside, nowhere = analyse(read_evidence_set(tmp_path))["hypotheses"]
    assert inside["verdict"] == "confirmed" and inside["rival"] == "parse_batch"
    assert inside["share"]["ratio"] == 0.6
    assert nowhere["verdict"] == "not seen" and nowhere["share"] is None


def test_allocations_are_per_batch(audit):
    parse = next(one for one in audit["memory"]["stages"] if (one["stage"], one["size"]) == ("parse", "large"))
    assert parse["allocations_count"] == 3000 and parse["allocations_per_op"] == 3.0
    assert audit["trade_offs"]["guard"]["allocations_per_batch"] == 2700
    held = [one["stage"] for one in audit["trade_offs"]["guard"]["silence"] if one["status"] == "held"]
    assert held == ["check"]


@pytest.mark.slow
@pytest.mark.parametrize("missing", OPTIONAL)
def test_a_missing_phase_is_a_finding_and_the_report_is_still_whole(documents, tmp_path, missing):
    rest = {name: one for name, one in documents.items() if name != missing}
    audit = audit_of(rest, tmp_path)
    assert any(one["subject"] == missing and one["level"] == "warning" for one in audit["findings"])
    page = render_pages(json.loads(numbers_text(audit)))["audit.md"]
    assert all(f"\n## {number}. " in page for number in range(1, 13))


@pytest.mark.slow
def test_the_least_that_can_be_reported(documents, tmp_path):
    audit = audit_of({name: documents[name] for name in ("plan", "baseline")}, tmp_path)
    assert render_pages(json.loads(numbers_text(audit)))
    assert set(draw_figures(audit)) == {"scaling.svg", "stages.svg"}
    assert audit["headline"]["verdict"] == "nothing accepted"


@pytest.mark.parametrize("missing", ("plan", "baseline"))
def test_without_plan_or_baseline_there_is_nothing_to_report(documents, tmp_path, missing):
    rest = {name: one for name, one in documents.items() if name != missing}
    with pytest.raises(LabError, match=f"{missing}.json is missing"):
        audit_of(rest, tmp_path)


def test_a_failed_union_is_an_error_and_no_headline(documents, tmp_path):
    failed = {"failure": {"reason": "crash", "detail": "signal 11"}, "runs": [], "memory": [], "answers": [],
              "command": None}
    audit = audit_of(changed(documents, "rebench", **failed), tmp_path)
    assert audit["headline"]["verdict"] == "failed" and audit["headline"]["gain"] is None
    assert audit["findings"][0]["level"] == "error"
    assert "signal 11" in render_pages(json.loads(numbers_text(audit)))["audit.md"]


def test_failed_runs_take_their_block_with_them_and_are_reported(documents, tmp_path):
    runs = [dict(row) for row in documents["rebench"]["data"]["runs"]]
    main = next(row for row in runs if row["size"] == "large" and row["arm"] == "B")
    for key in ("answer", "samples_ns", "batch_count", "ops_count", "runs_count"):
        del main[key]
    main.update(failure="crash", detail="signal 11", exit_code=-1)
    audit = audit_of(changed(documents, "rebench", runs=runs), tmp_path)
    assert audit["rebench"]["main"]["blocks_count"] == example_evidence.BLOCKS - 1
    assert any("crash" in one["text"] for one in audit["findings"] if one["subject"] == "union")


def test_a_regression_is_named_even_when_the_headline_improved(documents, tmp_path):
    runs = [row | {"max_rss_bytes": row["max_rss_bytes"] * 2} if row["arm"] == "B" and row["size"] == "huge" else row
            for row in documents["rebench"]["data"]["runs"]]
    runs += confirmation([row for row in runs if row["size"] == "huge"])
    audit = audit_of(changed(documents, "rebench", runs=runs), tmp_path)
    assert [(one["metric"], one["size"]) for one in audit["trade_offs"]["regressions"]] == [("peak_rss", "huge")]
    page = render_pages(json.loads(numbers_text(audit)))["audit.md"]
    assert "**What got worse:** peak resident memory at huge +100" in page and "**REGRESSED**" in page


@pytest.mark.few(1)
@pytest.mark.parametrize("confirming, verdict", [
    ((), "inconclusive"), ("first", "inconclusive"), ("second", "regressed")])
def test_a_regression_stands_only_when_fresh_processes_saw_it_too(documents, tmp_path, confirming, verdict):
    """The rows of the confirmation are none, those without a change, or those with the same change."""
    unchanged = documents["rebench"]["data"]["runs"]
    runs = [row | {"max_rss_bytes": row["max_rss_bytes"] * 2} if row["arm"] == "B" else row for row in unchanged]
    runs += confirmation({"first": unchanged, "second": runs}.get(confirming, []))
    audit = audit_of(changed(documents, "rebench", runs=runs), tmp_path)
    assert {one["verdict"] for one in audit["rebench"]["effects"] if one["metric"] == "peak_rss"} == {verdict}


def test_a_canary_that_differs_is_an_error_and_a_red_row(documents, tmp_path):
    runs = [row | {"samples_ns": [2 * one for one in row["samples_ns"]]} if row["arm"] == "canary" else row
            for row in documents["rebench"]["data"]["runs"]]
    audit = audit_of(changed(documents, "rebench", runs=runs), tmp_path)
    assert audit["rebench"]["campaign"]["canary"]["flagged"]
    assert any("environment was invalid" in one["text"] for one in audit["findings"] if one["level"] == "error")
    assert not next(row for row in audit["checklist"] if "canary" in row["title"])["passed"]


@pytest.mark.slow
def test_most_blocks_disturbed_is_an_error(documents, tmp_path):
    runs = [row | {"steal_ns": row["wall_ns"] // 2} for row in documents["rebench"]["data"]["runs"]]
    audit = audit_of(changed(documents, "rebench", runs=runs), tmp_path)
    assert "100% of the blocks were disturbed" in audit["rebench"]["campaign"]["invalid"]


@pytest.mark.parametrize("place, value, level, words", [
    ("rebench.accepted", ["radix"], "error", "candidates other than"),
    ("environment.fingerprints_count", 2, "error", "2 different machine classes"),
    ("environment.self_test.0.passed", False, "error", "self-test failed"),
    ("baseline.noise.0.verdict", "regressed", "error", "differs from its own copy"),
    ("environment.source.dirty", True, "warning", "uncommitted changes"),
    ("environment.unstable.steal_ratio.high", 0.2, "warning", "20.00\u00a0%"),
    ("profile.samplings.0.lost_count", 10, "warning", "lost"),
    ("profile.agreements.0.overlap_ratio", 0.5, "warning", "agree on 50.0\u00a0%"),
    ("candidates.0.measured", False, "warning", "No evidence"),
    ("candidates.0.losses.failures", {"crash": 2}, "warning", "2 runs"),
    ("candidates.0.losses.rerun_count", 4, "note", "disturbed"),
    ("candidates.0.exceeds_ceiling", True, "note", "more than"),
    ("candidates.0.prediction_exceeds_ceiling", True, "note", "was impossible"),
    ("candidates.0.gain.welch_disagrees", True, "note", "Welch"),
    ("memory.witnesses.0.counts.frees_count.unexplained", -3, "warning", "differ by 3"),
    ("memory.sites_unaccounted", [{"variant": "baseline", "stage": "parse", "by_stage": 3000, "by_site": 2999}],
     "warning", "up to 2999"),
])
def test_what_the_numbers_show_is_a_finding(evidence_set, audit, place, value, level, words):
    def matching(numbers):
        return [one for one in collect_findings(evidence_set, numbers) if one["level"] == level and words in one["text"]]
    candidates = [one | {"reason": "No evidence"} for one in audit["candidates"]]
    broken = plant(audit | {"candidates": candidates}, place, value)
    assert len(matching(broken)) == len(matching(audit)) + 1


def test_the_same_finding_of_several_phases_is_listed_once(audit):
    virtual = [one for one in audit["findings"] if "virtual machine" in one["text"]]
    assert len(virtual) == 1 and len(virtual[0]["sources"]) > 3


@pytest.mark.slow
def test_a_quick_audit_is_marked_in_the_first_lines_and_fails_its_rows(tmp_path):
    documents = example_documents("quick", example_evidence.LEAN)
    for sampling in documents["profile"]["data"]["samplings"]:
        sampling["duration_s"] = 4.0
    audit = audit_of(documents, tmp_path)
    pages = render_pages(json.loads(numbers_text(audit)))
    assert "Not defensible" in "\n".join(pages["audit.md"].splitlines()[:4])
    assert "Not defensible" in "\n".join(pages["checklist.md"].splitlines()[:4])
    assert [row["number"] for row in audit["checklist"] if not row["passed"]] == [4]


@pytest.mark.parametrize("simulated, bound", [
    ({"Ir": 1000, "DLmr": 1, "Bcm": 1}, "compute"), ({"Ir": 1000, "DLmr": 50, "Bcm": 1}, "memory"),
    ({"Ir": 1000, "DLmr": 1, "Bcm": 400}, "branch")])
def test_what_limits_the_program(simulated, bound):
    events = dict.fromkeys(("I1mr", "ILmr", "Dr", "D1mr", "Dw", "D1mw", "DLmw", "Bc", "Bi", "Bim"), 0) | simulated
    found = diagnose({"data": {"source": "cachegrind", "ops_count": 1, "events": [], "simulated": events}})
    assert found.bound == bound and found.simulated
    assert sum(found.cycles_ratio.values()) == pytest.approx(1.0)


def test_hardware_counters_are_preferred_and_named_as_the_source():
    events = [{"name": name, "value": value, "supported": True} for name, value in
              {"instructions": 4000, "cycles": 2000, "LLC-load-misses": 5, "branch-misses": 10}.items()]
    found = diagnose({"data": {"source": "perf stat", "ops_count": 10, "events": events, "simulated": None}})
    assert not found.simulated and found.instructions_per_cycle == 2.0
    assert diagnose({"data": {"source": "perf stat", "ops_count": 1, "events": events[:1], "simulated": None}}) is None


@pytest.mark.parametrize("change, overlapping", [({}, 0), ({"timed_started_ns": 5}, 1), ({"wall_ns": 40}, 1)])
def test_samples_must_lie_behind_the_set_up(change, overlapping):
    row = {"failure": None, "started_ns": 10, "timed_started_ns": 20, "wall_ns": 60, "samples_ns": [20, 20]} | change
    assert setup_numbers([row])["overlapping_count"] == overlapping


def test_numbers_are_plain_json_and_rounded_once(audit):
    assert json.loads(numbers_text(audit)) == audit
    assert tidy([1.23456789123, float("inf"), float("nan"), -0.0, {"a": (1, 2)}]) == \
        [1.23456789, None, None, 0.0, {"a": [1, 2]}]


@pytest.mark.slow
def test_same_evidence_same_bytes(audit, tmp_path):
    again = audit_of(example_documents(), tmp_path)
    assert numbers_text(again) == numbers_text(audit)
    assert render_pages(again) == render_pages(audit)
    assert draw_figures(again) == draw_figures(audit)


@pytest.mark.slow
def test_figures_are_small_and_name_no_date(audit):
    for name, svg in draw_figures(audit).items():
        assert len(svg) < 100_000, name
        assert b"<dc:date>" not in svg


@pytest.mark.slow
def test_every_link_of_the_pages_leads_somewhere(documents, tmp_path):
    import re

    from labkit.report.publish import publish

    publish(write_example(tmp_path, documents))
    for page in ("audit.md", "checklist.md"):
        for target in re.findall(r"\]\(([^)]+)\)", (tmp_path / page).read_text()):
            place = tmp_path / target if not target.startswith("../../../") else Path(target.removeprefix("../../../"))  # of reports/NAME/v0001
            assert place.exists(), f"{page} links {target}"


def test_code_without_symbols_is_compared_under_the_names_that_the_other_instrument_has(documents, tmp_path):
    """We name it by its unwind information, perf by its file, and callgrind by its address."""
    samplings = [one | {"stacks": f"profile-{one['instrument']}.collapsed"} for one in documents["profile"]["data"]["samplings"]]
    counted = {"0x000000000002dde0": 60, "0x000000000001b3a0": 30, "pthread_mutex_lock": 10}
    functions = [{"name": name, "self_count": count} for name, count in counted.items()]
    (baseline,) = (one for one in documents["instructions"]["data"]["variants"] if one["variant"] == "baseline")
    variants = [baseline | {"functions": functions, "total_count": 100}]
    write_example(tmp_path, changed(changed(documents, "profile", samplings=samplings), "instructions", variants=variants))
    for instrument, text in {"clinic": "run;lua!fde_0x2dde0 60\nrun;lua!fde_0x1b3a0 30\nrun;___pthread_mutex_lock 10\n",
                             "perf": "run;[lua] 90\nrun;pthread_mutex_lock@@GLIBC_2.2.5 10\n"}.items():
        (tmp_path / "evidence" / f"profile-{instrument}.collapsed").write_text(text)
    found = analyse(read_evidence_set(tmp_path))["profile"]["agreements"]
    assert {(one["first"], one["second"].split()[0]): one["overlap_ratio"] for one in found} == {
        ("clinic", "perf"): pytest.approx(1.0), ("clinic", "callgrind"): pytest.approx(1.0), ("perf", "callgrind"): pytest.approx(1.0)}


def test_witnesses_that_saw_the_same_agree_fully_whatever_was_inlined_or_renamed(documents, tmp_path):
    samplings = [one | {"stacks": f"profile-{one['instrument']}.collapsed"}
                 for one in documents["profile"]["data"]["samplings"]]
    write_example(tmp_path, changed(documents, "profile", samplings=samplings))
    for instrument, text in {
        "clinic": "run;sort_batch;helper_[i] 60\nrun;parse_batch;__memcpy_evex_unaligned 30\nrun;sys;write_[k] 10\n",
        "perf": "run;sort_batch.part.0 60\nrun;parse_batch;__memcpy_avx_unaligned 30\nrun;sys;write_[k] 10\n",
    }.items():
        (tmp_path / "evidence" / f"profile-{instrument}.collapsed").write_text(text)
    profile = analyse(read_evidence_set(tmp_path))["profile"]
    assert profile["agreements"][0]["overlap_ratio"] == pytest.approx(1.0)
    sort = next(one for one in profile["stages_by_instrument"] if one["stage"] == "sort")
    assert sort["shares"]["clinic"]["ratio"] == 0.6 and sort["shares"]["perf"]["ratio"] == 0.0


@pytest.mark.slow
def test_earlier_audits_of_the_same_two_programs_stand_beside_the_claim(documents, tmp_path):
    """Audits of one commit gave 7.03 and then 3.96; each interval was right for its own session."""
    write_example(tmp_path, documents)
    first = analyse(read_evidence_set(tmp_path))
    assert first["headline"]["between_audits"] is None
    gain, environment = first["headline"]["gain"], first["environment"]
    claim = {"version": "v0000", "started_utc": "2026-01-01T00:00:00Z", "fingerprint": environment["fingerprint"], "engine": 2,
             "metric": gain["metric"], "size": gain["size"], "baseline_sha256": environment["binaries"]["baseline"]["sha256"],
             "union_sha256": environment["binaries"]["union"]["sha256"], "confidence": 0.95,
             **{key: 1.2 * gain[key] for key in ("gain_ratio", "gain_low", "gain_high")}}
    other = claim | {"version": "v0009", "union_sha256": "0" * 64}
    write_example(tmp_path, changed(documents, "plan", earlier=[claim, other]))
    found = analyse(read_evidence_set(tmp_path))["headline"]["between_audits"]
    assert [one["version"] for one in found["versions"]] == ["v0000"]
    assert found["between"]["sessions_count"] == 2 and 0.05 < found["between"]["sigma_ratio"] < 0.2


def test_a_growth_that_is_named_as_worse_has_one_ratio_on_the_page(documents, tmp_path):
    """A page said of the same resident memory that it grew by 5.1 % and by 3.1 %: by the pairs and by the medians."""
    runs = [row | {"max_rss_bytes": row["max_rss_bytes"] * 26 // 25} if row["arm"] == "B" and row["size"] == "huge" else row
            for row in documents["rebench"]["data"]["runs"]]
    runs += confirmation([row for row in runs if row["size"] == "huge"])
    audit = audit_of(changed(documents, "rebench", runs=runs), tmp_path)
    assert [(one["metric"], one["size"]) for one in audit["trade_offs"]["regressions"]] == [("peak_rss", "huge")]
    (found,) = audit["trade_offs"]["tolerated"]
    assert found["size"] == "huge" and found["ratio"] is None
    page = render_pages(json.loads(numbers_text(audit)))["audit.md"]
    assert "peak resident memory at huge +4" in page and "(below the" in page.split("What grew within the limits of the policy:**")[1][:200]
