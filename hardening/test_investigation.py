"""Investigations: a crash or a hang through `lab audit`, on real programs; every verdict and every way to be unmeasured."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from sandbox import ROOT, Sandbox

from labkit.course import questions
from labkit.course.measured_value import value_at
from labkit.outcome import UsageError
from labkit.workload import investigation, manifest

pytestmark = pytest.mark.slow  # whole audits
of_one_audit = pytest.mark.xdist_group("investigated")


class Investigated(Sandbox):
    def __init__(self, folder):
        super().__init__(folder, template="sick_investigation", is_timed=False)

    def edit(self, old: str, new: str) -> None:
        assert old in self.manifest.read_text()
        self.manifest.write_text(self.manifest.read_text().replace(old, new))

    def keep_repair(self, name: str) -> None:
        """Cuts the manifest down to one repair and gdb."""
        head, *repairs = self.manifest.read_text().split("[[repair]]")
        head = head[:head.index('[[witness]]\ntool  = "asan"')]
        self.manifest.write_text("[[repair]]".join([head, *[one for one in repairs if f'"{name}"' in one]]))

    def judged(self, *, expect: int, **options) -> dict:
        done = self.lab("audit", self.name, "--budget", "quick", **options)
        assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
        self.said = done.stdout
        return json.loads((self.versions()[-1] / "audit.json").read_text())


@pytest.fixture
def sandbox(tmp_path) -> Investigated:
    return Investigated(tmp_path)


@pytest.fixture(scope="module")
def investigated(tmp_path_factory) -> Investigated:
    whole = Investigated(tmp_path_factory.mktemp("investigated"))
    whole.judged(expect=0)
    return whole


def audit_of(sandbox: Investigated) -> dict:
    return json.loads((sandbox.versions()[-1] / "audit.json").read_text())


def rows_of(audit: dict, words: str) -> list[dict]:
    found = [row for row in audit["checklist"] if words in row["title"]]
    assert found, words
    return found


@of_one_audit
def test_a_fault_is_reproduced_found_repaired_and_held(investigated):
    audit = audit_of(investigated)
    assert audit["headline"]["verdict"] == "closed"
    assert audit["reproduction"] == {"runs_count": 3, "fault_count": 3, "ended_count": 0, "other_failures": [], "signals": [11],
                                     "longest_ended_ns": None}
    assert audit["regression"]["failed_count"] == 3 and audit["regression"]["said"] == "FAILED: station 7 has no name"
    assert [(one["tool"], one["view"]) for one in audit["diagnosis"]] == [("gdb", "complains"), ("asan", "complains")]
    assert "regression-check: PASS: the test fails on the old code 3/3 → mended 0/3" == audit["regression_check"]["line"]


@of_one_audit
@pytest.mark.parametrize("name, rule", [("mended", None), ("useless", "fault"), ("freed", "witness"), ("uncompilable", "build")])
def test_each_repair_is_judged_by_its_rule(investigated, name, rule):
    (found,) = (one for one in audit_of(investigated)["candidates"] if one["id"] == name)
    assert (found["verdict"], found["rule"]) == ("rejected" if rule else "accepted", rule), found["reason"]
    assert name in (investigated.versions()[-1] / "audit.md").read_text()


@of_one_audit
def test_a_hypothesis_is_scored_by_the_backtrace(investigated):
    assert {one["function"]: one["verdict"] for one in audit_of(investigated)["hypotheses"]} == {
        "print_station": "confirmed", "station_name": "refuted"}


@of_one_audit
def test_few_runs_are_not_defensible(investigated):
    (row,) = rows_of(audit_of(investigated), "at least 20")
    assert row["result"] == "fail"
    assert {one["result"] for one in audit_of(investigated)["checklist"] if one != row} == {"pass"}


@of_one_audit
def test_it_is_verified_and_a_transcript_that_was_changed_is_found(investigated, tmp_path):
    report = investigated.versions()[-1]
    investigated.lab("verify", str(report), expect=0)
    copy = tmp_path / "v0001"
    subprocess.run(["cp", "-r", report, copy], check=True)
    path = copy / "evidence" / "sights.json"
    path.write_text(path.read_text().replace("SIGSEGV", "SIGNONE"))
    assert "evidence/sights.json" in investigated.lab("verify", str(copy), expect=1).stdout


@of_one_audit
def test_what_has_not_changed_is_not_run_again(investigated):
    assert "nothing has changed" in investigated.lab("audit", investigated.name, "--budget", "quick", expect=0).stdout
    assert len(investigated.versions()) == 1


@of_one_audit
@pytest.mark.parametrize("verb", ["baseline", "profile", "optimize", "rebench", "repeat", "build", "fixtures"])
def test_verbs_that_time_say_that_it_is_not_for_them(investigated, verb):
    done = investigated.lab(verb, investigated.name, expect=2)
    assert "kind: is 'investigation'" in done.stderr and "make audit W=sick" in done.stderr


@of_one_audit
def test_all_audits_have_one_table(investigated):
    table = investigated.lab("audit", "--all", "--budget", "quick", expect=0).stdout
    assert re.search(r"^sick +closed +– +\d+ s +useless \(fault\), freed \(witness\), uncompilable \(build\)", table, re.MULTILINE), table


def test_a_fault_that_does_not_happen_is_inconclusive(sandbox):
    (sandbox.manifest.parent / "station_name.c").write_text((sandbox.manifest.parent / "candidates/mended/station_name.c").read_text())
    sandbox.keep_repair("mended")
    audit = sandbox.judged(expect=3)
    assert audit["headline"]["verdict"] == "not reproduced" and audit["reproduction"]["fault_count"] == 0
    assert rows_of(audit, "happens in every run")[0]["seen"] == "in 0 of 3 runs"
    assert rows_of(audit, "finds the fault in the old code")[0]["result"] == "fail"
    sandbox.lab("verify", str(sandbox.versions()[-1]), expect=0)
    assert sandbox.lab("audit", sandbox.name, "--budget", "quick").returncode == 3, "an old verdict has the exit code of a new one"


def test_a_repair_that_does_not_repair_is_a_failed_gate_and_make_names_the_exit_code_that_it_replaces(sandbox):
    """A complaint that is not closed ends make with 2, as wrong usage does."""
    sandbox.keep_repair("useless")
    done = sandbox.make("audit", f"W={sandbox.name}", "BUDGET=quick")
    assert done.returncode == 2 and "lab: exit code 1, " in done.stderr and "make itself ends with 2" in done.stderr, done.stdout + done.stderr
    audit = audit_of(sandbox)
    assert audit["headline"]["verdict"] == "not repaired" and "regression-check: FAIL" in done.stdout
    assert {row["result"] for row in rows_of(audit, "repaired code")} == {"fail"}


def test_a_test_that_passes_on_the_old_code_holds_nothing(sandbox):
    (sandbox.manifest.parent / "regression/every_station_has_a_name.c").write_text("int main(void) { return 0; }\n")
    sandbox.keep_repair("mended")
    audit = sandbox.judged(expect=1)
    assert audit["headline"]["verdict"] == "test misses it" and audit["regression"]["failed_count"] == 0


def test_without_a_debugger_its_rows_are_unmeasured(sandbox):
    sandbox.keep_repair("mended")
    audit = sandbox.judged(expect=0, env=sandbox.environment_without("gdb"))
    for words in ("gdb finds the fault", "gdb finds nothing"):
        assert (rows_of(audit, words)[0]["result"], rows_of(audit, words)[0]["seen"]) == ("unmeasured", "gdb is not installed")
    assert rows_of(audit, "A witness names")[0]["result"] == "unmeasured"
    assert {one["verdict"] for one in audit["hypotheses"]} == {"not seen"}
    assert "gdb is not installed" in {one["text"] for one in audit["findings"]}
    assert "**UNMEASURED**" in (sandbox.versions()[-1] / "checklist.md").read_text()


def test_where_tracing_is_forbidden_that_is_the_reason(sandbox, tmp_path):
    """The filter that forbids perf is used with another system call."""
    source = (ROOT / "profiler/collect/victims/forbid_perf.c").read_text().replace("SYS_perf_event_open", "SYS_ptrace")
    forbid = tmp_path / "forbid_ptrace"
    subprocess.run(["gcc", "-x", "c", "-", "-o", forbid], input=source, text=True, check=True)
    sandbox.keep_repair("mended")
    done = sandbox.lab("audit", sandbox.name, "--budget", "quick", prefix=(str(forbid),), expect=0)
    (row,) = rows_of(audit_of(sandbox), "gdb finds the fault")
    assert row["result"] == "unmeasured" and "gdb could not observe the program: " in row["seen"], f"{row}\n{done.stdout}"


@pytest.mark.parametrize("old, new, names", [
    ('fault   = "crash"', 'fault = "slow"', ("fault", "'slow'", "hang, crash, lie")),
    ('tool   = "gdb"', 'tool = "lldb"', ("witness[0].tool", "'lldb'", "gdb")),
    ('"look.gdb"', '"nowhere.gdb"', ("witness[0].script", "nowhere.gdb")),
    ('"candidates/useless"', '"candidates/nowhere"', ("repair[1].overlay", "no C sources")),
    ('id      = "useless"', 'id = "mended"', ("repair", "'mended' occurs twice")),
    ("limit_s = 5", "", ("limit_s", "is missing")),
    ("limit_s = 5", 'limit_s = 5\ncolour = "red"', ("colour", "is not a key")),
])
def test_a_broken_manifest_names_file_key_and_accepted_values(sandbox, old, new, names):
    sandbox.edit(old, new)
    with pytest.raises(UsageError) as refused:
        investigation.load(sandbox.name, sandbox.folder / "workloads")
    for name in ("sick/workload.toml", *names):
        assert name in str(refused.value)


@pytest.mark.parametrize("old, new, names", [
    ("limit_s = 5", "", ("limit_s", "is missing")),
    ('program = "print_station.c"', 'program = "look.gdb"', ("program", "look.gdb")),
])
def test_an_audit_of_a_broken_manifest_says_so_and_ends_with_2(sandbox, old, new, names):
    sandbox.edit(old, new)
    done = sandbox.lab("audit", sandbox.name, expect=2)
    for name in ("sick/workload.toml", *names):
        assert name in done.stderr


# The answers to their questions do not depend on the machine.
WITH_A_PERSON = ("crash", "pitfalls")


@pytest.mark.parametrize("name", manifest.investigation_names())
def test_every_investigation_of_the_ward_is_closed_and_the_clinic_takes_a_person_through_it(name, tmp_path):
    """The audit runs in a copy, so that the reports of this tree stay as they are. The answers of the person come from a file, and the numbers that
    they are compared with from this machine."""
    sandbox = Sandbox(tmp_path, template=f"../workloads/{name}", name=name, is_timed=False)
    if name in WITH_A_PERSON:
        done = sandbox.lab("clinic", name, "--answers", str(right_answers(name, tmp_path)), "--budget", "quick", expect=0)
        assert f"{name} is passed" in done.stdout and (sandbox.versions()[-1] / "MANIFEST.sha256").exists()
    done = sandbox.lab("audit", name, "--budget", "quick")
    assert done.returncode == 0 and (name not in WITH_A_PERSON or "nothing has changed" in done.stdout), done.stdout + done.stderr
    audit = audit_of(sandbox)
    for row in audit["checklist"][1:]:
        assert row["result"] in ("pass", "unmeasured"), row
    assert {one["verdict"] for one in audit["candidates"]} == {"accepted", "rejected"}, "each investigation must have a repair that works and one that does not"


def right_answers(name: str, folder: Path) -> Path:
    sealed = json.loads((ROOT / "reports" / name / "v0001" / "audit.json").read_text())
    answers = {one.id: one.right if one.right is not None else value_at(sealed, one.at) for step in questions.load(name).steps for one in step.questions}
    path = folder / "answers.toml"
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in answers.items()))
    return path
