"""One entry is enough: a metric, a phase and a limit of the policy that are added at run time reach whatever lists them."""

import json
import tomllib
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from example_evidence import LEAN, example_documents, write_example
from labkit import evidence, phases, policy, schemas
from labkit.analysis import analyse
from labkit.analysis.evidence_set import read_evidence_set
from labkit.audit import audit_state, flow
from labkit.host import Finding
from labkit.metrics import METRICS, SAMPLED, WATCHED, Metric, field, shown_metrics, workload_metrics
from labkit.outcome import UsageError
from labkit.phases import PHASES, PROFILE, Phase
from labkit.report.render import render_pages
from labkit.schemas import EvidenceError
from labkit.verbs import compare, history
from labkit.workload import manifest
from sandbox import Sandbox

USER_TIME = Metric("user_time", "CPU time in user mode", "ns", SAMPLED, field("user_ns"), label="user time",
                   complaint=True, workload_role=WATCHED, command_role=WATCHED, shown=True)


@pytest.fixture
def metric(monkeypatch):
    schemas._validator.cache_clear()
    monkeypatch.setitem(METRICS, USER_TIME.name, USER_TIME)
    yield USER_TIME
    schemas._validator.cache_clear()


def example_with(metric_name):
    """The example audit, its complaint about another metric."""
    documents = json.loads(json.dumps(example_documents(candidates=LEAN)))
    documents["plan"]["data"]["manifest"]["metric"] = metric_name
    return documents


def test_a_complaint_about_a_metric_that_no_table_has_is_refused(tmp_path):
    write_example(tmp_path, example_with(USER_TIME.name))
    with pytest.raises(EvidenceError, match="plan.json.*user_time"):
        read_evidence_set(tmp_path)


@pytest.mark.slow
def test_an_added_metric_reaches_schema_numbers_page_and_checklist(tmp_path, metric):
    write_example(tmp_path, example_with(metric.name))
    audit = json.loads(json.dumps(analyse(read_evidence_set(tmp_path)), default=vars))
    assert shown_metrics(metric.name)[0] == metric.name and audit["headline"]["metric"] == metric.name
    assert {one["metric"] for one in audit["rebench"]["effects"]} >= {metric.name, "throughput", "peak_rss"}
    pages = render_pages(audit)
    assert f"| {metric.label} |" in pages["audit.md"] and f"{metric.label[:1].upper()}{metric.label[1:]} at" in pages["audit.md"]
    assert next(row for row in audit["checklist"] if row["title"].startswith("p <"))["passed"]


@pytest.mark.slow
def test_an_added_metric_may_be_the_complaint_of_a_manifest(tmp_path, metric):
    sandbox = Sandbox(tmp_path)
    sandbox.manifest.write_text(sandbox.manifest.read_text().replace('metric    = "throughput"',
                                                                     f'metric    = "{metric.name}"'))
    assert manifest.load("sick", tmp_path / "workloads").metric == metric.name


def choices_of(verb, option):
    found = {}
    parser = SimpleNamespace(set_defaults=lambda **_: None,
                             add_argument=lambda name, **given: found.update({name: given.get("choices")}))
    verb.add_arguments(parser)
    return found[option]


def test_an_added_metric_is_watched_by_the_gate_and_known_to_the_verbs(metric):
    assert metric.name in workload_metrics(WATCHED)
    assert metric.name in choices_of(compare, "--metric") and metric.name in choices_of(history, "--metric")


def measure_pulse(_state, _folder, findings):
    findings.append(Finding("note", "pulse", "It beats.", "nothing"))
    return {"beats_count": 72}


PULSE = Phase("pulse", f"{__name__}:measure_pulse", PROFILE, cost="nobody knows whether it beats")


@pytest.fixture
def phase():
    """Afterwards the phases stand in their order again, in which every page lists them."""
    known = dict(PHASES)
    PHASES[PULSE.name] = PULSE
    yield PULSE
    PHASES.clear()
    PHASES.update(known)


@pytest.mark.slow
def test_an_added_phase_is_planned_run_once_and_kept_as_evidence(tmp_path, monkeypatch, phase):
    for other in list(phases.of_groups(PROFILE)):
        if other is not phase:
            monkeypatch.delitem(PHASES, other.name)
    Sandbox(tmp_path)
    monkeypatch.chdir(tmp_path)
    state = audit_state.load("sick", "quick")
    folder = flow.open_folder(state)
    flow.run_profile(state, folder)
    document = evidence.read(folder / "evidence" / "pulse.json", "pulse")
    assert document["data"] == {"beats_count": 72} and document["findings"][0]["subject"] == "pulse"
    assert document["inputs_sha256"] == state.wanted["pulse"]


@pytest.mark.slow
def test_an_added_phase_reaches_the_page_and_its_absence_is_a_finding(tmp_path, phase):
    documents = example_documents(candidates=LEAN)
    audit = analyse(read_evidence_set(write_example(tmp_path / "without", documents)))
    assert any(one["subject"] == "pulse" and one["cost"] == "Without it, nobody knows whether it beats."
               for one in audit["findings"])
    documents["pulse"] = documents["counters"] | {"kind": "pulse", "data": {"beats_count": 72}}
    audit = analyse(read_evidence_set(write_example(tmp_path / "with", documents)))
    assert not any(one["subject"] == "pulse" for one in audit["findings"])
    assert "evidence/pulse.json" in render_pages(audit)["audit.md"]


def test_an_added_phase_that_is_required_refuses_a_report_without_it(tmp_path, monkeypatch):
    monkeypatch.setitem(PHASES, "pulse", Phase("pulse", PULSE.measure, PROFILE, required=True))
    with pytest.raises(EvidenceError, match="pulse.json is missing"):
        read_evidence_set(write_example(tmp_path, example_documents(candidates=LEAN)))


def test_an_added_limit_is_read_checked_and_named():
    @dataclass(frozen=True)
    class Stricter(policy.AcceptancePolicy):
        major_faults_count: int = policy.limit("memory")

    table = tomllib.loads(policy.POLICY.read_text())
    with pytest.raises(UsageError, match="memory.major_faults_count: is None; accepted: a whole number"):
        policy.parse(table, policy=Stricter)
    table["memory"]["major_faults_count"] = 3
    assert policy.parse(table, policy=Stricter).major_faults_count == 3
