"""The same audit several times: what agrees, what is opposite, what an interval of one session leaves out."""

import json
import math
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from labkit import repeatability
from labkit.outcome import Exit, LabError
from labkit.schemas import check
from labkit.stats.between_sessions import between_sessions, error_of_interval
from labkit.verbs import repeat

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT / "fixtures/recorded/telemetry/audit.json"


def audits(count=3):
    """A recorded audit, whose union's gain moves by 3 % from one to the next."""
    one = repeatability.summary_of_audit(json.loads(RECORDED.read_text()))
    return [one | {"main": one["main"] | {key: one["main"][key] * 1.03 ** number for key in ("gain_ratio", "gain_low", "gain_high")}}
            for number in range(count)]


def test_a_recorded_audit_agrees_with_itself():
    found = repeatability.document("telemetry", audits(2))
    check(found, "here")
    one = found["agreement"]
    assert one["same_count"] == one["pairs_count"] == len(found["audits"][0]["decisions"]) and one["opposite_count"] == 0
    assert one["audit_pairs_count"] == one["same_union_count"] == one["intervals_count"] == 1
    page = repeatability.page(found)
    assert "] at 95" in page and "Not defensible" in page and found["cpu_model"] in page and "BUDGET=quick" in page


def test_accepted_and_rejected_are_opposite_and_undecided_is_neither():
    three = audits()
    name = next(iter(three[0]["decisions"]))
    for one, word in zip(three, ("accepted", "rejected", "undecided")):
        one["decisions"] = one["decisions"] | {name: word}
    found = repeatability.document("telemetry", three)["agreement"]
    assert found["opposite_count"] == 1 and found["pairs_count"] - found["same_count"] == 3


def test_sessions_that_lie_further_apart_than_their_intervals_show_their_spread():
    """Two audits of one commit gave 7.03 and 3.96, each within a per cent or six."""
    found = between_sessions([math.log(7.03), math.log(3.96)], [0.003, 0.02])
    assert found.sigma_ratio > 0.4 and found.next_low_ratio < 3.96 and found.next_high_ratio > 7.03
    assert between_sessions([0.5], [0.1]) is None
    one = repeatability.document("telemetry", audits())["agreement"]["between"]
    assert one["sigma_ratio"] == pytest.approx(0.03, rel=0.3)


def test_gains_of_unlike_unions_are_no_spread_between_sessions():
    """One audit accepted nothing, and its 0.966 of an empty union stood beside the 2.02 of three candidates."""
    three = audits()
    three[1] = three[1] | {"union": [], "sentence": "No candidate was accepted"}
    found = repeatability.document("telemetry", three)["agreement"]
    assert found["same_union_audits_count"] == 2 and found["between"]["sessions_count"] == 2 and found["intervals_count"] == 1
    three[2] = three[2] | {"union": ["another"]}
    found = repeatability.document("telemetry", three)
    assert found["agreement"]["between"] is None and "no two chose the same union" in repeatability.page(found)


def test_a_prediction_interval_holds_the_next_session_and_equal_sessions_have_no_spread():
    source, held, spreads = np.random.default_rng(3), 0, []
    for _ in range(300):
        logs = source.normal(0.7, 0.02, 6)
        found = between_sessions(logs[:5], [0.02] * 5)
        held += found.next_low_ratio <= math.exp(logs[5]) <= found.next_high_ratio
        spreads.append(found.sigma_ratio)
    assert 0.92 <= held / 300 <= 0.98 and np.median(spreads) < 0.01


def test_an_interval_gives_its_error_back():
    assert error_of_interval(math.exp(-1.96 * 0.02), math.exp(1.96 * 0.02), 0.95) == pytest.approx(0.02, rel=1e-3)


def test_a_report_cites_what_was_repeated_on_its_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(repeatability, "FOLDER", tmp_path)
    repeatability.load.cache_clear()
    found = repeatability.document("telemetry", audits())
    monkeypatch.setattr(repeatability.host, "fingerprint", lambda: found["fingerprint"])
    assert "no audit was repeated" in repeatability.finding("telemetry").text
    repeatability.load.cache_clear()
    repeatability.path_of("telemetry", found["fingerprint"]).write_text(json.dumps(found))
    assert "3 audits of commit" in repeatability.finding("telemetry").text
    repeatability.load.cache_clear()


# Stands where the audit stands in a clone: audit 2 is invalid, audit 3 fails until the file beside the repository exists.
AUDIT = """import pathlib, shutil, sys
number = sys.argv[-1]
with open({log!r}, "a") as log:
    log.write(number)
if number == "2":
    print("lab: the canary differs", file=sys.stderr)
    sys.exit(4)
if number == "3" and not pathlib.Path({mended!r}).exists():
    sys.exit("lab: a tool is missing")
folder = pathlib.Path("reports/telemetry/v0001")
folder.mkdir(parents=True)
shutil.copy({recorded!r}, folder / "audit.json")
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    where = tmp_path / "checkout"
    for name in ("workloads/telemetry", "templates/schemas"):
        shutil.copytree(ROOT / name, where / name)
    (where / "scripts").mkdir()
    (where / "scripts/lab").write_text(AUDIT.format(log=str(tmp_path / "log"), mended=str(tmp_path / "mended"), recorded=str(RECORDED)))
    (where / "Makefile").write_text("build:\n")
    for command in (("init", "-q"), ("add", "-A"), ("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "all")):
        subprocess.run(["git", *command], cwd=where, check=True)
    monkeypatch.chdir(where)
    return tmp_path


@pytest.mark.slow
def test_audits_that_were_made_outlive_one_that_fails_or_is_invalid(repository):
    """One exit 4 in the last audit lost all earlier ones."""
    args = SimpleNamespace(workload="telemetry", budget="quick", times=4)
    with pytest.raises(LabError, match="a tool is missing"):
        repeat.run(args)
    (repository / "mended").touch()
    assert repeat.run(args) is Exit.PASSED and (repository / "log").read_text() == "12334"
    page, = Path("reports/repeat").glob("*.md")
    found = json.loads(page.with_suffix(".json").read_text())
    assert len(found["audits"]) == 3 and len(found["invalid"]) == 1
    assert "1 further audit concluded nothing" in page.read_text() and "the canary differs" in page.read_text()
