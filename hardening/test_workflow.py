"""The whole workflow on a small workload: its results for good input, for bad input and after Ctrl-C.

Everything here runs the real lab, compilers and instruments in a sandbox, which makes these tests slow.
"""

import json
import math
import os
import signal
import subprocess
import time
from dataclasses import replace

import pytest
from sandbox import ROOT, Sandbox

from labkit.audit import audit_state, candidates, flow
from labkit.evidence import unpacked
from labkit.experiment.campaign import compare_metric
from labkit.experiment.stage_runner import Experiment
from labkit.report.row_checks import impossible_rows
from labkit.verdicts.stages import FIRST

pytestmark = pytest.mark.slow
# The tests of one audit run in the worker that measured it, in the order of this file.
of_one_audit = pytest.mark.xdist_group("audited")


@pytest.fixture
def sandbox(tmp_path) -> Sandbox:
    return Sandbox(tmp_path)


@pytest.fixture
def unmeasured(tmp_path) -> Sandbox:
    """A sandbox without inputs, for what is refused before anything is measured."""
    return Sandbox(tmp_path, is_timed=False)


@pytest.fixture(scope="module")
def audited(tmp_path_factory) -> Sandbox:
    """One audit with a good candidate and one candidate for every way to fail. No candidate can reach the target."""
    whole = Sandbox(tmp_path_factory.mktemp("audited"))
    whole.manifest.write_text(whole.manifest.read_text().replace("target    = 1.2", "target    = 50"))
    whole.audit()
    return whole


def numbers(sandbox: Sandbox, version: int = -1) -> dict:
    return json.loads((sandbox.versions()[version] / "audit.json").read_text())


def candidate(sandbox: Sandbox, name: str) -> dict:
    return next(one for one in numbers(sandbox)["candidates"] if one["id"] == name)


@of_one_audit
def test_audit_is_sealed_and_accepts_the_good_candidate(audited):
    folder = audited.versions()[-1]
    assert {"audit.md", "audit.json", "checklist.md", "MANIFEST.sha256"} <= {path.name for path in folder.iterdir()}
    assert candidate(audited, "no-copy")["accepted"]
    assert not list(folder.rglob("*.tmp")) and not list(folder.rglob("*.rows.jsonl"))


@of_one_audit
@pytest.mark.parametrize("name, reason", [("broken", "build"), ("wrong", "answer"), ("crash", "crash"),
                                          ("hang", "timeout")])
def test_a_candidate_that_fails_is_rejected_with_its_reason(audited, name, reason):
    found = json.loads((audited.versions()[-1] / "evidence" / "candidates" / f"{name}.json").read_text())["data"]
    assert found["failure"]["reason"] == reason
    assert found["failure"]["detail"]
    assert not candidate(audited, name)["accepted"]
    assert name in (audited.versions()[-1] / "audit.md").read_text()


@of_one_audit
def test_of_a_candidate_that_hangs_the_place_of_every_thread_is_kept(audited):
    found = json.loads((audited.versions()[-1] / "evidence" / "candidates" / "hang.json").read_text())["data"]
    assert "sum_block" in found["failure"]["backtraces"] or "cannot be looked at" in found["failure"]["backtraces"]


@of_one_audit
def test_a_candidate_that_hangs_is_said_to_be_stopped_by_its_time_limit(audited):
    found = candidate(audited, "hang")
    assert found["rule"] == "timeout" and found["reason"].startswith("It did not finish within its time limit"), found["reason"]


@of_one_audit
def test_a_wrong_answer_shows_both(audited):
    found = json.loads((audited.versions()[-1] / "evidence" / "candidates" / "wrong.json").read_text())["data"]
    pair = found["answers"][-1]
    assert not pair["equal"] and pair["baseline"] != pair["candidate"]
    assert found["runs"] == []
    page = (audited.versions()[-1] / "audit.md").read_text()
    assert pair["baseline"] in page and pair["candidate"] in page


@of_one_audit
def test_a_candidate_whose_target_no_profile_saw_is_rejected(audited):
    assert not candidate(audited, "untraceable")["accepted"]


@of_one_audit
def test_the_line_for_ci_holds_the_stage_that_the_union_silenced_and_can_go_red(audited):
    guard = numbers(audited, 0)["trade_offs"]["guard"]
    assert [(one["stage"], one["status"]) for one in guard["silence"]] == [("sum", "held")]
    build, line = guard["silence_command"].split(" && ")
    assert build == "make build"
    unmerged = subprocess.run(line, shell=True, cwd=audited.folder, capture_output=True, text=True)
    assert unmerged.returncode == 97 and "sum_block  workloads/sick/sum.c:" in unmerged.stderr
    merged = subprocess.run(line.replace("sick/baseline", "sick/union"), shell=True, cwd=audited.folder)
    assert merged.returncode == 0


@of_one_audit
def test_an_audit_whose_complaint_is_not_closed_says_its_exit_code_each_time(audited):
    """Only the audit that sealed the report said it; the next one, which has nothing to measure, did not, nor did make."""
    for done in (audited.audit(), audited.make("audit", f"W={audited.name}", "BUDGET=quick")):
        assert done.returncode == 0 and "nothing has changed" in done.stdout, done.stdout + done.stderr
        assert "; the exit code is 0, because the audit is complete" in done.stdout


@of_one_audit
def test_nothing_changed_means_nothing_measured(audited):
    before = audited.versions()
    done = audited.audit()
    assert "nothing has changed" in done.stdout
    assert audited.versions() == before


@of_one_audit
def test_sealed_report_verifies_and_a_changed_digit_is_named(audited):
    folder = audited.versions()[-1]
    audited.lab("verify", str(folder), expect=0)
    path = folder / "evidence" / "rebench.json"
    whole = path.read_text()
    at = whole.index('"samples_ns":[') + len('"samples_ns":[')
    path.write_text(whole[:at] + str((int(whole[at]) + 1) % 10) + whole[at + 1:])
    try:
        done = audited.lab("verify", str(folder), expect=1)
        assert "evidence/rebench.json" in done.stdout + done.stderr
    finally:
        path.write_text(whole)


@of_one_audit
def test_a_changed_candidate_alone_is_measured_again(audited):
    source = audited.folder / "workloads/sick/candidates/no-copy/sum.c"
    source.write_text(source.read_text().replace("sum * 31", "31 * sum"))
    audited.manifest.write_text(audited.manifest.read_text().replace("Sum in place", "Sum in place, reworded"))
    done = audited.audit()
    assert "candidates/no-copy: done" in done.stderr and "baseline: unchanged" in done.stdout
    assert "candidates/crash: unchanged" in done.stdout
    assert len(audited.versions()) == 2
    assert numbers(audited)["previous"]["version"] == "v0001"
    audited.lab("verify", str(audited.versions()[-1]), expect=0)


def test_unknown_workload(unmeasured):
    done = unmeasured.lab("audit", "nope", expect=2)
    assert "workloads here: sick" in done.stderr


def test_unknown_budget(unmeasured):
    assert "quick or standard or thorough" in unmeasured.lab("audit", "sick", "--budget", "huge", expect=2).stderr


def test_unfinished_manifest(unmeasured):
    unmeasured.manifest.write_text(unmeasured.manifest.read_text().replace('op        = "byte"\n', ""))
    done = unmeasured.lab("audit", "sick", expect=2)
    assert "workload.toml: op: is missing" in done.stderr


def test_other_fixture_refuses_to_measure(sandbox):
    sandbox.manifest.write_text(sandbox.manifest.read_text().replace("seed      = 7", "seed      = 8"))
    done = sandbox.lab("baseline", "sick", "--budget", "quick", expect=4)
    assert "small.bin is not the frozen one" in done.stderr
    assert sandbox.versions() == []


def test_a_damaged_fixture_is_made_again(sandbox):
    path = sandbox.folder / "build/fixtures/sick/large.bin"
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    sandbox.lab("fixtures", "sick", expect=0)
    assert path.read_bytes() == whole


def test_baseline_that_does_not_compile(sandbox):
    (sandbox.folder / "workloads/sick/sum.c").write_text("broken")
    assert "nothing to compare with" in sandbox.lab("audit", "sick", expect=4).stderr


def test_full_disk_is_a_sentence_and_the_next_call_goes_on(sandbox):
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    small = sandbox.folder / "reports"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)]).returncode != 0:
        pytest.skip("mount is not permitted here")
    try:
        done = sandbox.lab("audit", "sick", "--budget", "quick", expect=4)
        assert "No space left on device" in done.stderr and "free some space" in done.stderr
        assert "Traceback" not in done.stderr
        assert not list(small.rglob("*.tmp"))
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_ctrl_c_keeps_what_was_measured_and_the_next_call_goes_on(sandbox):
    """Each call gets one phase further and is interrupted there."""
    sandbox.keep_candidates("no-copy")
    for phase in ("baseline", "profile", "candidates/no-copy", "rebench"):
        interrupt_in(sandbox, phase)
        for path in sandbox.versions()[-1].rglob("*.json"):
            json.loads(path.read_text())
        assert not list(sandbox.folder.rglob("*.tmp"))
    done = sandbox.audit()
    assert "baseline: unchanged" in done.stdout and "candidates/no-copy: unchanged" in done.stdout
    sandbox.lab("verify", str(sandbox.versions()[-1]), expect=0)


def interrupt_in(sandbox: Sandbox, phase: str) -> None:
    argv = ["/usr/bin/python3", "-B", str(ROOT / "scripts/lab"), "audit", "sick", "--budget", "quick"]
    running = subprocess.Popen(argv, cwd=sandbox.folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                               start_new_session=True)
    seen = until_phase(running, phase)
    time.sleep(0.3)  # inside the phase, not before it
    os.killpg(running.pid, signal.SIGINT)
    rest = running.communicate(timeout=60)[1]
    assert running.returncode == 3, seen + rest
    assert "interrupted" in rest and "Traceback" not in rest


TITLES = {"profile": "profile (", "baseline": "baseline ..."}


def until_phase(running: subprocess.Popen, phase: str) -> str:
    """Reads the log up to the line with which the phase begins, and returns it."""
    seen = ""
    for line in running.stderr:
        seen += line
        if line.startswith(TITLES.get(phase, f"{phase} ...")):
            return seen
    raise AssertionError(f"{phase} never began:\n{seen}")


def test_what_make_new_made_is_measured_as_it_stands(sandbox):
    sandbox.lab("new", "fresh", expect=0)
    assert "exists already" in sandbox.lab("new", "fresh", expect=2).stderr
    assert "make profile W=fresh" in sandbox.lab("baseline", "fresh", "--budget", "quick", expect=0).stdout


def test_lab_without_a_verb_lists_them(unmeasured):
    done = unmeasured.lab("--help", expect=0)
    for verb in ("baseline", "profile", "optimize", "rebench", "audit", "verify"):
        assert f"\n    {verb} " in done.stdout
    assert unmeasured.lab("nonsense", expect=2).stderr


def test_a_canary_that_differs_ends_in_environment_invalid_and_is_measured_again(sandbox):
    """The baseline checks its own file name and is slower when it runs as the canary, as on a disturbed machine."""
    sandbox.keep_candidates("no-copy")
    source = sandbox.folder / "workloads/sick/sum.c"
    slow = ('\tif (strstr(program_invocation_name, ".canary"))\n\t\tfor (volatile int i = 0; i < 600000; i++)\n\t\t\t;\n'
            "\tfree(copy);")
    source.write_text("#include <errno.h>\n" + source.read_text().replace("\tfree(copy);", slow))
    for _ in range(2):  # evidence from an invalid environment is measured again
        done = sandbox.lab("audit", "sick", "--budget", "quick", expect=4)
        assert "environment invalid: the canary" in done.stderr and "candidates/no-copy ..." in done.stderr
    folder = sandbox.versions()[-1]
    found = json.loads((folder / "evidence/candidates/no-copy.json").read_text())["data"]
    assert "canary" in found["campaign"]["invalid"] and found["runs"]
    assert not (folder / "MANIFEST.sha256").exists()
    assert "baseline: unchanged" in done.stdout


@of_one_audit
def test_candidates_and_the_union_are_measured_by_the_engine(audited):
    """Every row has its stage, each block has its own link order, and the evidence contains a canary and the plan."""
    folder = audited.versions()[0] / "evidence"
    for path in (folder / "candidates/no-copy.json", folder / "rebench.json"):
        found = unpacked(json.loads(path.read_text()))["data"]
        assert {row["arm"] for row in found["runs"]} == {"A", "B", "canary"}
        assert {row["stage"] for row in found["runs"]} <= {"pilot", "main", "confirm"}
        builds = {row["build"] for row in found["runs"]}
        assert len(set(found["campaign"]["link_orders"]["A"])) == len(builds) >= max(found["campaign"]["first_stage_blocks"].values())
        assert found["campaign"]["canary"]["blocks_count"] >= 4
        assert len({row["block"] for row in found["runs"] if row["stage"] != "confirm"}) == sum(
            found["campaign"]["first_stage_blocks"].values())


def test_a_candidate_that_is_open_is_measured_on_in_further_layouts(sandbox, monkeypatch):
    """Only later candidates got the time that a candidate left, so an early one stayed undecided."""
    sandbox.keep_candidates("no-copy")
    monkeypatch.chdir(sandbox.folder)
    state = audit_state.load("sick", "quick")
    folder = flow.open_folder(state)
    still_open = candidates.measure(state, folder, state.manifest.candidates[0], candidates.know_baseline(state, folder)).still_open
    before = evidence_of(folder, "candidates/no-copy")
    make_undecided(still_open.unfinished.experiment, state.manifest.main_size)
    assert candidates.measure_on(state, folder, still_open, 60.0) < 60.0
    after = evidence_of(folder, "candidates/no-copy")
    assert after["runs"][:len(before["runs"])] == before["runs"] and len(after["runs"]) > len(before["runs"])
    assert set(after["campaign"]["link_orders"]["B"]) > set(before["campaign"]["link_orders"]["B"])
    assert not list(folder.rglob("*.rows.jsonl")) and not list(impossible_rows(folder)) and not list(sandbox.folder.rglob("layouts-*"))


def evidence_of(folder, name: str) -> dict:
    return unpacked(json.loads((folder / "evidence" / f"{name}.json").read_text()))["data"]


def make_undecided(experiment: Experiment, size: str) -> None:
    """Ask whether the ratio lies below one within its interval, so that more blocks would decide it."""
    case = experiment.cases[size]
    found = compare_metric(experiment, case, case.timed, FIRST)
    experiment.cases[size] = replace(case, undecided_ratio=math.sqrt(found.ratio * found.low))


def test_a_complaint_about_allocations_is_judged_by_counts_and_needs_no_perf(sandbox):
    """The baseline makes one allocation for each batch, the candidate none. The counts are exact, so two for each arm decide."""
    sandbox.keep_candidates("no-copy")
    sandbox.manifest.write_text(sandbox.manifest.read_text().replace('"throughput"', '"allocations"'))
    sandbox.audit(env=sandbox.environment_without("perf"))
    found = candidate(sandbox, "no-copy")
    assert found["accepted"] and found["gain"]["verdict"] == "improved"
    assert (found["gain"]["a_median"], found["gain"]["b_median"]) == (1.0, 0.0)
    page = (sandbox.versions()[-1] / "audit.md").read_text()
    assert "Perf is not installed" in page
    assert "**1 before, 0 after**, the same count in every run" in page and "nan" not in page and "The complaint is closed" in page
    sandbox.lab("verify", str(sandbox.versions()[-1]), expect=0)


def test_a_complaint_about_a_tail_is_judged_by_the_tail_of_every_process_and_without_perf_events(sandbox):
    """Forty batched samples in each process once gave no p95 at all, and the candidate was called unmeasured. A seccomp filter
    answers EPERM to perf_event_open, as containers do, so the next best way to sample must be used and named."""
    sandbox.keep_candidates("no-copy")
    sandbox.manifest.write_text(sandbox.manifest.read_text().replace('"throughput"', '"p95"'))
    sandbox.audit(prefix=(str(ROOT / "build/victims/forbid_perf"),))
    samplings = json.loads((sandbox.versions()[-1] / "evidence/profile.json").read_text())["data"]["samplings"]
    assert [one["quality"]["backend"] for one in samplings] == ["timer"]
    assert "Perf failed" in (sandbox.versions()[-1] / "audit.md").read_text()
    found = candidate(sandbox, "no-copy")
    assert found["gain"]["metric"] == "p95" and found["rule"] != "unmeasured"
    assert found["ceiling_ratio"] is None, "a share of the CPU time bounds no tail"
    rows = unpacked(json.loads((sandbox.versions()[-1] / found["evidence"]).read_text()))["data"]["runs"]
    assert min(len(row["samples_ns"]) for row in rows) >= 100
    sandbox.lab("verify", str(sandbox.versions()[-1]), expect=0)


def test_a_tail_that_would_take_hours_is_refused_by_name(sandbox):
    source = sandbox.folder / "workloads/sick/sum.c"
    source.write_text("#include <unistd.h>\n" + source.read_text().replace("\tfree(copy);", "\tusleep(2000);\n\tfree(copy);"))
    sandbox.manifest.write_text(sandbox.manifest.read_text().replace('"throughput"', '"p99"'))
    done = sandbox.lab("baseline", "sick", "--budget", "quick", expect=2)
    assert "workload.toml: metric: p99 needs 1000 runs in every process" in done.stderr


def test_an_audit_shows_what_a_faster_function_would_gain(sandbox):
    """One thread runs, so that nobody is delayed. A name that the program does not have is a finding and not the end of the audit. A quick audit measures one
    function."""
    sandbox.keep_candidates("no-copy")
    asked = '[causal]\nfunctions = ["no_such_function", "sum_block", "main"]\n\n[fixture]'
    sandbox.manifest.write_text(sandbox.manifest.read_text().replace("[fixture]", asked, 1))
    sandbox.audit()
    report = sandbox.versions()[-1]
    rows = unpacked(json.loads((report / "evidence/causal.json").read_text()))["data"]["rows"]
    assert {row["function"] for row in rows} == {"sum_block"} and len(rows) == 24 and all(row["slept_ns"] == 0 for row in rows)
    page = (report / "audit.md").read_text()
    assert "### What a faster function would gain" in page and "has no function 'no_such_function'" in page and "a quick audit measures 1 function" in page
    sandbox.lab("verify", str(report), expect=0)
