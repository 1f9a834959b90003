"""Calibration: trials resume, rates are right on records whose truth is known, and planted work is as large as it is said to be."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from labkit import error_rates
from labkit.calibration import (calibration_page, calibration_rates, calibration_trials, criterion_trials,
                                ratio_of_medians)
from labkit.calibration.calibration_rates import COMPARE_PY, HYPERFINE_U, HYPERFINE_WELCH, STRICT_WELCH, summarise
from labkit.calibration.calibration_trials import (SIZES, Hyperfine, Size, Trial, all_trials, columns, missing_trials,
                                                   run_trials)
from labkit.calibration.criterion_trials import missing_criterion
from labkit.calibration.planted_pipeline import with_more_work
from labkit.calibration.trial_file import pack, read_trials, unpack
from labkit.experiment.campaign import run_campaign
from labkit.experiment.design import PILOT_BLOCKS, Case, Design
from labkit.gate_rates import GATE, GATE_WHERE_USABLE, gate_rates
from labkit.instruments import Unavailable, criterion
from labkit.instruments.gbench_compare import PROGRAM, p_values
from labkit.outcome import Exit
from labkit.runner import LocalRunner
from labkit.schemas import check
from labkit.stats.other_tests import mann_whitney_p
from labkit.trial_records import packed_files, read_head
from labkit.verbs import calibrate
from labkit.verdicts.verdict import ENGINE, VerdictPolicy, compare_blocks
from labkit.workload import manifest
from labkit.workload.harness import Load
from labkit.workload.library import LibrarySubject

ROOT = Path(__file__).resolve().parents[3]
HEAD = {"kind": "head", "engine": ENGINE, "started_utc": "2026-01-01T00:00:00Z", "policy": {}, "instructions": {"0": 1000, "20": 1020},
        "startup_ratio": 0.05, "host": {"fingerprint": "0" * 64, "unstable": {}, "stable": {
            "cpu_model": "x", "cores_count": 2, "kernel": "k", "virtualization": "none"}}}


def record(extra, index, verdict, ratio=1.0, drift=0.0, condition="quiet", rivals=True):
    """The record of a trial: the gate's runs are interleaved; hyperfine runs all A, then all B, and B is slower by `drift`."""
    source = np.random.default_rng(index)
    times = (source.normal(1, 0.01, 40) * 1e6).round().astype(int)
    hyperfine = {"a_us": times.tolist(), "b_us": (times[::-1] * (1 + drift)).round().astype(int).tolist()}
    return {"kind": "trial", "condition": condition, "extra": extra, "index": index, "seed": index, "took_s": 1.0,
            "started_utc": f"2026-01-01T00:00:{index % 60:02}Z",
            "gate": {"verdict": verdict, "first_verdict": verdict, "ratio": ratio, "first_ratio": ratio,
                     "mde_ratio": 0.02, "noise_ratio": 0.01, "blocks_count": 12, "autocorrelation": 0.0,
                     "runs": {"blocks": [f"m{i}.0ABBA" for i in range(10)], "wall_us": times.tolist()}},
            "hyperfine": hyperfine if rivals else None}


def write_trials(path, trials):
    path.write_text("".join(json.dumps(one) + "\n" for one in (HEAD, *trials)))


def test_rates_count_what_is_called_changed():
    trials = [record(0, i, "improved" if i < 2 else "equivalent", ratio=1.05 if i < 2 else 1.0, rivals=False)
              for i in range(60)]
    trials += [record(20, i, "regressed" if i < 9 else "inconclusive", ratio=1.02) for i in range(10)]
    summary = summarise(HEAD, trials, {}, "documented")
    check(summary, "here")
    rates = summary["conditions"]["quiet"][GATE]
    assert (rates["0"]["changed_count"], rates["0"]["trials_count"]) == (2, 60)
    assert (rates["20"]["changed_count"], rates["20"]["inconclusive_count"]) == (9, 1)
    assert rates["0"]["low_ratio"] < 2 / 60 < rates["0"]["high_ratio"]


def test_power_where_the_pilot_had_room_for_it_stands_beside_that_of_all_trials():
    trials = [record(20, i, "regressed" if i < 9 else "inconclusive", ratio=1.02) for i in range(20)]
    for trial in trials:
        trial["gate"]["pilot_had_room"] = trial["index"] < 10
    rates = summarise(HEAD, trials, {}, "quick")["conditions"]["quiet"]
    assert (rates[GATE]["20"]["changed_count"], rates[GATE]["20"]["trials_count"]) == (9, 20)
    assert (rates[GATE_WHERE_USABLE]["20"]["changed_count"], rates[GATE_WHERE_USABLE]["20"]["trials_count"]) == (9, 10)


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(Path("reports/calibration").glob("*.json")), ids=lambda path: path.stem)
def test_committed_rates_follow_from_the_runs_beside_them(path):
    assert error_rates.why_not_to_cite(json.loads(path.read_text()), path) is None


def find_more(summary):
    summary["conditions"]["quiet"][GATE]["20"] |= {"changed_count": 10, "high_ratio": 1.0}


def find_more_where_usable(summary):
    summary["conditions"]["quiet"][GATE_WHERE_USABLE]["20"] |= {"changed_count": 10, "high_ratio": 1.0}


def narrow(summary):
    summary["conditions"]["quiet"][GATE]["0"]["high_ratio"] = 0.0


def drop_floor(summary):
    summary["floor_ratio"] = 0.0


def add_condition(summary):
    summary["conditions"]["audit"] = summary["conditions"]["quiet"]


@pytest.mark.few(2)
@pytest.mark.parametrize("forge, said", [(find_more, "quiet, +2 %"), (find_more_where_usable, "found room"), (narrow, "quiet, +0 %"),
                                         (drop_floor, "noise floor"), (add_condition, "audit, +0 %")])
def test_rates_that_do_not_follow_are_not_cited(tmp_path, monkeypatch, capsys, forge, said):
    trials = [record(0, i, "equivalent", ratio=1 + i / 10_000, rivals=False) for i in range(20)]
    trials += [record(20, i, "regressed" if i < 9 else "inconclusive", ratio=1.02, rivals=False) for i in range(10)]
    for trial in trials:
        trial["gate"]["pilot_had_room"] = True
    path = tmp_path / f"{'0' * 16}.json"
    write_trials(path.with_suffix(".jsonl"), trials)
    summary = summarise(HEAD, trials, {}, "documented")
    monkeypatch.setattr(error_rates, "FOLDER", tmp_path)
    path.write_text(json.dumps(summary))
    assert error_rates.load.__wrapped__("0" * 64) == summary
    forge(summary)
    path.write_text(json.dumps(summary))
    assert error_rates.load.__wrapped__("0" * 64) is None and said in capsys.readouterr().err


def test_an_improvement_is_not_a_planted_slowdown_found():
    summary = summarise(HEAD, [record(0, 0, "equivalent"), record(20, 0, "improved", ratio=0.9)], {}, "quick")
    assert summary["conditions"]["quiet"][GATE]["20"]["changed_count"] == 0


@pytest.mark.slow
def test_the_floor_is_what_identical_programs_show_and_holds_back_the_gate():
    trials = [record(0, i, "equivalent", ratio=1 + 0.03 * i / 199, rivals=False) for i in range(200)]
    trials += [record(20, 0, "regressed", ratio=1.02), record(20, 1, "regressed", ratio=1.05)]
    summary = summarise(HEAD, trials, {}, "documented")
    assert summary["floor_ratio"] == pytest.approx(0.0297, abs=1e-4)
    assert summary["conditions"]["quiet"][GATE]["20"]["changed_count"] == 1


def test_drift_between_blocks_of_runs_fools_the_tools_and_not_ours():
    trials = [record(0, i, "equivalent", drift=0.02) for i in range(20)]
    rates = summarise(HEAD, trials, {calibration_rates.trial_name(t): 0.001 for t in trials}, "quick")
    found = {tool: rate["0"]["changed_count"] for tool, rate in rates["conditions"]["quiet"].items()}
    assert found[GATE] == 0
    assert min(found[tool] for tool in (HYPERFINE_WELCH, STRICT_WELCH, COMPARE_PY)) >= 19
    assert HYPERFINE_U not in found  # the same test on the same runs: one row


def test_citation_and_page_say_the_rates(tmp_path, monkeypatch):
    monkeypatch.setattr(error_rates, "FOLDER", tmp_path)
    error_rates.load.cache_clear()
    assert error_rates.citation("0" * 64) is None and error_rates.floor_ratio("0" * 64) == 0.0
    trials = [record(0, i, "equivalent") for i in range(5)] + [record(20, 0, "regressed", 1.02)]
    write_trials(error_rates.summary_path("0" * 64).with_suffix(".jsonl"), trials)
    summary = summarise(HEAD, trials, {}, "documented")
    error_rates.summary_path("0" * 64).write_text(json.dumps(summary))
    error_rates.load.cache_clear()
    cited = error_rates.citation("0" * 64)
    assert "0 of 5 times" in cited["text"] and "+2 % found 1 of 1" in cited["text"]
    page = calibration_page.page(summary, "name")
    assert "| gate | interleaved | 0/5" in page and "+2.000%" in page
    error_rates.load.cache_clear()


def test_the_documented_size_is_what_the_figures_promise():
    documented = SIZES["documented"].trials
    assert documented["quiet"][0] >= 400 and documented["busy"][0] >= 400
    assert set(documented["quiet"]) == {0, 10, 20, 30, 50, 100}
    assert documented["audit"][0] >= 200 and documented["audit"][20] >= 60


def test_the_manual_of_the_calibration_has_its_number_of_comparisons():
    said = Path("hardening/calibration/README.md").read_text()
    assert f"{len(all_trials(SIZES['documented']))} comparisons" in said


def test_an_audit_finds_gains_and_a_gate_slowdowns():
    trials = [record(20, 0, "improved", ratio=0.98, condition=condition) for condition in ("quiet", "audit")]
    found = {condition: rates[GATE]["20"]["changed_count"] for condition, rates in gate_rates(trials).items()}
    assert found == {"quiet": 0, "audit": 1}


def test_the_page_has_the_rates_of_each_hour_where_there_are_several():
    trials = [record(0, i, "improved" if i == 0 else "equivalent", ratio=1.05 if i == 0 else 1.0) for i in range(6)]
    assert "by hour" not in calibration_page.page(summarise(HEAD, trials, {}, "quick"), "name")
    for trial in trials[4:]:
        trial["started_utc"] = "2026-01-01T07:30:00Z"
    page = calibration_page.page(summarise(HEAD, trials, {}, "quick"), "name")
    assert "| 2026-01-01 00 h | 1/4 |" in page and "| 2026-01-01 07 h | 0/2 |" in page


def simulated_trial(trial, rows, budget_s):
    """The campaign of a trial on a simulated clock, where a run takes 3 ms, and one after the pilot 50 ms more."""
    now_s = [0.0]

    def observe(slot):
        late = len(rows) > 6 * PILOT_BLOCKS
        wall_ns = int(3e6 * np.random.default_rng(len(rows)).lognormal(0, 0.02)) + int(5e7) * late
        now_s[0] += wall_ns / 1e9
        return {"wall_ns": wall_ns, "failure": None, "user_ns": wall_ns, "system_ns": 0, "steal_ns": 0, "max_rss_bytes": 1}

    return run_campaign([Case("planted", observe, gating=("wall",))], Design(seed=trial.seed, budget_s=budget_s), on_row=rows.append,
                        clock=lambda: now_s[0])


def test_whether_there_is_room_is_known_before_the_main_stage(monkeypatch):
    """It was computed at the end, also from the costs of the stages whose effect was judged."""
    campaigns = []

    def campaign_of(trial, files, rows):
        campaigns.append(simulated_trial(trial, rows, budget_s=600.0))
        return campaigns[0]

    monkeypatch.setattr(calibration_trials, "campaign_of", campaign_of)
    found = calibration_trials.run_gate(Trial("quiet", 0, 0), {})
    assert campaigns[0].wanted_s_at_pilot <= calibration_trials.TRIAL_BUDGET_S < campaigns[0].wanted_s and found["pilot_had_room"]


def test_trials_are_resumed_and_never_repeated(tmp_path, monkeypatch):
    program = tmp_path / "work"
    shutil.copy2("/bin/true", program)
    monkeypatch.setattr(calibration_trials, "PLANTED_WORK", program)
    monkeypatch.setattr(calibration_trials, "planted_instructions", lambda files: {"0": 1})
    monkeypatch.setattr(calibration_trials, "run_trial", lambda trial, files, rival: {"kind": "trial", **vars(trial)})
    size, path, steps = Size("tiny", {"quiet": {0: 3, 20: 2}}), tmp_path / "runs.jsonl", []
    path.write_text(json.dumps({"kind": "head", "engine": ENGINE}) + "\n" + json.dumps({"kind": "trial", "condition": "quiet", "extra": 0, "index": 1})
                    + '\n{"kind": "trial", "condi')
    path.write_text(path.read_text().rsplit("\n", 1)[0] + "\n")
    run_trials(size, path, ends=0, on_trial=lambda: steps.append(1))
    assert len(steps) == 0 and len(missing_trials(size, path)) == 4
    run_trials(size, path, ends=time.monotonic() + 60, on_trial=lambda: steps.append(1))
    assert len(steps) == 4 and len(read_trials(path)) == 5 and missing_trials(size, path) == []
    run_trials(size, path, ends=time.monotonic() + 60, on_trial=lambda: steps.append(1))
    assert len(steps) == 4


def test_a_packed_calibration_has_the_same_trials_and_can_go_on(tmp_path):
    path = tmp_path / "runs.jsonl"
    trials = [record(0, i, "equivalent", condition=condition) for condition in ("quiet", "busy") for i in range(3)]
    path.write_text("".join(json.dumps(one) + "\n" for one in (HEAD, *trials)))
    pack(path)
    assert [one.name for one in packed_files(path)] == ["runs.quiet.jsonl.xz", "runs.busy.jsonl.xz"]
    assert not path.exists() and read_head(path) == HEAD
    assert sorted(map(json.dumps, read_trials(path))) == sorted(map(json.dumps, trials))
    unpack(path)
    assert packed_files(path) == [] and len(read_trials(path)) == len(trials) and read_head(path) == HEAD


@pytest.mark.slow
@pytest.mark.parametrize("trials_count, packed", [(2, False), (3, True)])
def test_only_a_complete_calibration_is_packed(tmp_path, monkeypatch, trials_count, packed):
    """--render-only used to pack the file to which a running calibration was still appending."""
    monkeypatch.setattr(error_rates, "FOLDER", tmp_path)
    monkeypatch.setattr(criterion, "PROGRAM", tmp_path / "not-built")
    monkeypatch.setitem(SIZES, "quick", Size("quick", {"quiet": {0: 3}}))
    path = calibrate.runs_path("quick")
    trials = [record(0, index, "equivalent", rivals=False) for index in range(trials_count)]
    path.write_text("".join(json.dumps(one) + "\n" for one in (HEAD, *trials)))
    code = calibrate.run(SimpleNamespace(size="quick", budget=0.0, render_only=True))
    assert code == (Exit.PASSED if packed else Exit.INCONCLUSIVE)
    assert path.exists() is not packed and bool(packed_files(path)) is packed and len(read_trials(path)) == trials_count


def test_what_criterion_said_later_joins_its_trial_and_is_packed_with_it(tmp_path):
    path = tmp_path / "runs.jsonl"
    said = {"kind": "criterion", "condition": "quiet", "extra": 20, "index": 1, "verdict": "regressed"}
    lines = HEAD, record(20, 0, "regressed", 1.02), record(20, 1, "regressed", 1.02), said
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    for _ in range(2):
        trials = read_trials(path)
        assert [trial.get("criterion", {}).get("verdict") for trial in trials] == [None, "regressed"]
        if path.exists():
            pack(path)
    rates = summarise(HEAD, trials, {}, "quick")["conditions"]["quiet"][calibration_rates.CRITERION_RS]
    assert (rates["20"]["changed_count"], rates["20"]["trials_count"]) == (1, 1)


def test_criterion_sees_every_sixth_trial_once(tmp_path, monkeypatch):
    path, asked = tmp_path / "runs.jsonl", []
    path.write_text("".join(json.dumps(one) + "\n" for one in (HEAD, *(record(0, i, "equivalent") for i in range(8)))))
    program = Path(shutil.copy2("/bin/true", tmp_path / "work"))  # copies of it are made beside it
    monkeypatch.setattr(criterion, "PROGRAM", program)
    monkeypatch.setattr(calibration_trials, "PLANTED_WORK", program)
    monkeypatch.setattr(criterion_trials, "criterion_record", lambda trial, files, budget_s:
                        asked.append(trial.index) or {"kind": "criterion", **vars(trial)})
    assert len(missing_criterion(path)) == 2
    for _ in range(2):
        criterion_trials.run_criterion_trials(path, ends=time.monotonic() + 60, on_trial=lambda: None)
    assert asked == [0, 6] and missing_criterion(path) == []


@pytest.mark.parametrize("said, verdict", [
    ("pair time: [1 ms]\nBenchmarking pair\n  Performance has regressed.\n", "regressed"),
    ("Performance has improved.", "improved"), ("Change within noise threshold.", "unchanged"),
    ("No change in performance detected.", "unchanged")])
def test_sentences_of_criterion_are_verdicts(said, verdict):
    assert criterion.verdict_of(said) == verdict


def test_another_sentence_of_criterion_is_no_verdict():
    with pytest.raises(Unavailable, match="no known verdict"):
        criterion.verdict_of("pair time: [1 ms]")


@pytest.mark.slow
@pytest.mark.skipif(not criterion.PROGRAM.exists(), reason="criterion is installed and built by make calibrate alone")
def test_the_real_criterion_finds_fifty_times_the_work():
    argv = ["build/calibration/planted_work", "4", "000", "64"]
    found = criterion.compare(argv, [argv[0], "200", *argv[2:]], budget_s=1, cpu=0, timeout_s=60)
    assert found["verdict"] == "regressed" and len(found["a_us"]) == len(found["b_us"]) == 100


@pytest.mark.slow  # each half needs two hundred trials
def test_a_floor_is_fitted_on_other_trials_than_it_is_judged_with():
    """The floor was once fitted on all trials, including the one to judge, so that the largest of 400 could hardly exceed it."""
    odd = [record(0, i, "improved", ratio=1.05, rivals=False) for i in range(1, 500, 2)]
    even = [record(0, i, "equivalent", ratio=1.0, rivals=False) for i in range(0, 500, 2)]
    rates = summarise(HEAD, odd + even, {}, "documented")["conditions"]["quiet"][GATE]["0"]
    assert rates["changed_count"] == 250  # they are judged with the floor of the even ones, which is 0


def test_rates_of_another_engine_are_not_those_of_this_one(tmp_path):
    size, path = Size("tiny", {"quiet": {0: 1}}), tmp_path / "runs.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in (HEAD | {"engine": 1}, record(0, 0, "equivalent"))))
    assert len(missing_trials(size, path)) == 1
    path.write_text("".join(json.dumps(one) + "\n" for one in (HEAD, record(0, 0, "equivalent"))))
    assert missing_trials(size, path) == []


@pytest.mark.slow
@pytest.mark.parametrize("condition, extra", [("relinked", 0), ("audit", 0), ("audit", 20), ("in process", 0)])
def test_one_real_trial_of_a_relinked_program(condition, extra, monkeypatch):
    """Both sides are the same objects, linked anew for each block."""
    monkeypatch.setattr(calibration_trials.relinked_trials, "BUDGET_S", 6.0)
    with calibration_trials.workplace() as files:
        trial = calibration_trials.run_trial(Trial(condition, extra, 0), files, Hyperfine())
    assert trial["hyperfine"] is None and len(trial["gate"]["runs"]["wall_us"]) >= 12 and not trial["gate"]["runs"]["failures"]
    rates = summarise(HEAD, [trial], {}, "quick")["conditions"]
    engines = list(rates[condition])  # the second row exists only if the pilot of this trial found that the budget suffices
    assert list(rates) == [condition] and engines in ([GATE], [GATE, GATE_WHERE_USABLE])


def test_a_planted_gain_is_batches_that_the_baseline_s_row_does_not_name():
    wanted = manifest.load("telemetry")
    usual = LibrarySubject(wanted, {}, Load("small", samples_count=5, minimum_ms=20, batch_count=1), LocalRunner())
    planted = with_more_work(usual, 20, slower=("A", "canary"))
    assert (planted.load.batch_count, planted.slower_load.batch_count) == (50, 51)
    assert with_more_work(usual, 0, slower=("A",)) is usual
    with pytest.raises(calibration_trials.LabError, match="whole number"):
        with_more_work(usual, 5, slower=("A",)).slower_load


def test_each_trial_has_its_own_seed():
    trials = all_trials(SIZES["documented"])
    assert len({trial.seed for trial in trials}) == len(trials) == len(set(trials))


def test_columns_hold_every_run():
    rows = [{"arm": "A", "stage": "pilot", "block": 3, "attempt": 0, "wall_ns": 5093, "steal_ns": 0, "failure": None},
            {"arm": "canary", "stage": "pilot", "block": 3, "attempt": 1, "wall_ns": 7001, "steal_ns": 9,
             "failure": "exit"}]
    assert columns(rows) == {"blocks": ["p3.0A", "p3.1C"], "wall_us": [5.1, 7.0], "steal_ns": {"1": 9},
                             "failures": {"1": "exit"}}


def test_blocks_of_leaves_out_the_confirmation_and_superseded_attempts():
    a, b = calibration_rates.blocks_of({"blocks": ["m0.0ABBA", "m0.1ABBA", "m1.0BCAACB", "c2.0ABBA"],
                                        "wall_us": [*range(1, 5), *range(5, 9), *range(9, 15), *range(15, 19)]})
    assert a.tolist() == [[5, 8], [11, 12]] and b.tolist() == [[6, 7], [9, 14]]


def blocks_with_two_moods(seed, effect):
    """ABBA blocks on a host whose clock is lower for some runs in a row; it changes with one run in ten."""
    source = np.random.default_rng(seed)
    slow = np.cumsum(source.random(24 * 4) < 0.1) % 2 == 1
    times = (np.where(slow, 1.3e4, 1e4) * source.lognormal(0, 0.005, 24 * 4)).reshape(24, 4)
    return times[:, [0, 3]], times[:, [1, 2]] * effect


@pytest.mark.slow
def test_the_ratio_of_medians_loses_in_two_moods_what_the_blocks_ratios_find():
    """This is the reason for the gate's statistic (ADR 5)."""
    found = {"blocks": 0, "medians": 0}
    for seed in range(10):
        a, b = blocks_with_two_moods(seed, 1.02)
        found["blocks"] += compare_blocks(a, b).verdict == "regressed"
        found["medians"] += ratio_of_medians.slower_or_faster(a, b, policy=VerdictPolicy(), floor_ratio=0.0,
                                                              seed=seed) == 1
    assert found["blocks"] >= 9 and found["medians"] <= 5


@pytest.mark.parametrize("effect, says", [(1.05, 1), (0.95, -1), (1.0, 0)])
def test_the_ratio_of_medians_is_a_fair_rival_in_one_mood(effect, says):
    source = np.random.default_rng(1)
    a, b = (1e4 * source.lognormal(0, 0.005, (24, 2)) for _ in "AB")
    assert ratio_of_medians.slower_or_faster(a, b * effect, policy=VerdictPolicy(), floor_ratio=0.0, seed=1) == says
    assert ratio_of_medians.slower_or_faster(a, b * effect, policy=VerdictPolicy(), floor_ratio=0.1, seed=1) == 0


@pytest.mark.slow
@pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not installed")
def test_the_real_compare_py_gives_the_u_test():
    source = np.random.default_rng(1)
    pair = tuple((source.normal(mean, 1e4, 30)).astype(int).tolist() for mean in (1e6, 1.005e6))
    assert p_values({"x": pair})["x"] == pytest.approx(mann_whitney_p(*map(np.array, pair)), rel=1e-6)


@pytest.mark.slow
def test_planted_work_is_verified_by_its_instructions(monkeypatch):
    files = {"A": ROOT / "build/calibration/planted_work"}
    counts = calibration_trials.planted_instructions(files)
    assert counts["100"] / counts["0"] == pytest.approx(1.1, abs=0.006)
    monkeypatch.setattr(calibration_trials, "work_argv", lambda program, extra: (str(program), "32", "000", "64"))
    with pytest.raises(calibration_trials.LabError, match="instructions"):
        calibration_trials.planted_instructions(files)


@pytest.mark.slow
def test_one_real_trial_with_a_busy_neighbour():
    with calibration_trials.workplace() as files, calibration_trials.neighbour("busy"):
        trial = calibration_trials.run_trial(Trial("busy", 50, 0), files, Hyperfine())
    assert trial["gate"]["verdict"] in ("regressed", "inconclusive", "environment invalid", "improved", "equivalent")
    assert len(trial["gate"]["runs"]["wall_us"]) >= 12 and len(trial["hyperfine"]["a_us"]) >= 10
    json.dumps(trial, allow_nan=False)


@pytest.mark.slow
def test_bad_arguments_are_one_sentence():
    done = subprocess.run([sys.executable, "-B", "scripts/lab", "calibrate", "--size", "huge"], cwd=ROOT,
                          capture_output=True, text=True)
    # Each Python words the rest of the sentence in its own way.
    assert done.returncode == 2 and all(word in done.stderr for word in ("huge", "quick", "documented"))
    assert len(done.stderr.splitlines()) == 1
