"""The gate on a temporary repository with a good and a bad commit, through the entry of every CI template."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import jsonschema
import pytest

from labkit import in_a_checkout
from labkit.experiment.interleave import Slot
from labkit.gate import ci_output, gate
from labkit.metrics import METRICS
from labkit.outcome import Exit, UsageError
from labkit.workload import build, fixture, manifest, variant
from labkit.workload.link_orders import OneLayout

# Builds, measures or seals for real.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("checkout")]

ROOT = Path(__file__).resolve().parents[3]
CI = ROOT / "templates" / "ci"
# A sleep is as long on a busy machine as on a quiet one, nearly: the verdict of a test must not depend on the load.
PROGRAM = """#include <stdio.h>
#include <unistd.h>
__attribute__((noinline)) static void honest(long n) {{ for (volatile long i = 0; i < n; i++) ; }}
{more}
int main(void) {{ usleep({micros}); honest(1000000); {call} puts("42"); return 0; }}
"""
GUILTY = {"more": "__attribute__((noinline)) static void guilty(long n) { for (volatile long i = 0; i < n; i++) ; }",
          "call": "guilty(4000000);"}


def program(micros=4000, more="", call=""):
    return PROGRAM.format(micros=micros, more=more, call=call)


def git(repository, *arguments):
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    done = subprocess.run(["git", *identity, *arguments], cwd=repository, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(repository, name, **files):
    for file_name, text in files.items():
        (repository / file_name.replace("_c", ".c")).write_text(text)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", name)
    git(repository, "tag", name)


@pytest.fixture(scope="module")
def six_commits(tmp_path_factory):
    """The repository is made once, because it takes forty processes."""
    folder = tmp_path_factory.mktemp("six_commits")
    git(folder, "init", "-q")
    (folder / ".gitignore").write_text("program\n")
    commit(folder, "base", program_c=program(), Makefile="program: program.c\n\tcc -O1 $< -o $@\n")
    commit(folder, "good", program_c="/* tidier */\n" + program(4001))
    commit(folder, "bad", program_c=program(12000, **GUILTY))
    commit(folder, "wrong", program_c=program().replace("42", "43"))
    commit(folder, "broken", program_c="int main(void) { return }")
    return folder


@pytest.fixture
def repository(six_commits, tmp_path):
    return Path(shutil.copytree(six_commits, tmp_path / "project"))


def lab_gate(repository, head, *arguments, base="base", budget=30, run="./program", **options):
    git(repository, "checkout", "-q", head)
    return subprocess.run([sys.executable, "-B", ROOT / "scripts/lab", "gate", "--base", base, "--repository", repository,
                           "--build", "make -s program", "--run", run, "--budget", str(budget), "--pairs", "24",
                           *arguments],
                          capture_output=True, text=True, timeout=200, **options)


def settled(measure, *arguments, **options):
    """Repeat the measurement where a busy machine ends in "environment invalid" or "inconclusive", which is not tested here."""
    for _ in range(4):
        done = measure(*arguments, **options)
        if done.returncode not in (Exit.ENVIRONMENT, Exit.INCONCLUSIVE):
            break
    return done


def report_of(done):
    return Path(re.search(r"(reports/gate/\S+)/comparison.md", done.stdout).group(1)).resolve()


@pytest.mark.slow
def test_a_bad_commit_regresses_and_github_gets_the_result(repository, tmp_path):
    summary, output = tmp_path / "summary.md", tmp_path / "output"
    done = settled(lab_gate, repository, "bad", "--ci-output", "github", "--artifact-url", "https://example.org/run/1",
                   env=os.environ | {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(output)})
    assert done.returncode == Exit.FAILED, done.stderr
    assert re.search(r"^::error title=\./program wall::(critical|moderate): \+\d", done.stdout, re.M)
    comment = (report_of(done) / "comment.md").read_text()
    assert comment.splitlines()[1].startswith("## Performance regressed: 1 regression")
    assert "<details>" in comment and "https://example.org/run/1" in comment
    assert "# Regression gate: regressed" in summary.read_text()
    assert output.read_text().endswith("verdict=regressed\n")
    document = json.loads((report_of(done) / "comparison.json").read_text())
    assert document["base"]["ref"] == "base" and document["base"]["commit"] == git(repository, "rev-parse", "base")
    assert not git(repository, "worktree", "list").splitlines()[1:]
    check_flame_difference(report_of(done), document, comment)


def test_a_gate_in_another_repository_finds_profiler_and_calibration(repository):
    """In another repository, `--repository .` was once refused, and the profiler was searched in that repository's build/."""
    git(repository, "checkout", "-q", "bad")
    done = subprocess.run([sys.executable, "-B", ROOT / "scripts/lab", "gate", "--base", "base", "--repository", ".", "--build",
                           "make -s program", "--run", "./program", "--budget", "60", "--pairs", "24", "--flamegraph"],
                          cwd=repository, capture_output=True, text=True, timeout=300)
    (path,) = (repository / "reports/gate").glob("*/comparison.json")
    document = json.loads(path.read_text())
    assert document["exit_code"] == done.returncode and document["ratio"] > 1.2, done.stderr
    if done.returncode == Exit.FAILED:  # not where the environment was invalid
        assert [flame["unavailable"] for flame in document["flames"]] == [None]
    assert in_a_checkout(Path("build/bin/clinic")).exists() and in_a_checkout(Path("no/such")) == ROOT / "no/such"


def test_without_workloads_it_says_what_is_missing(repository):
    done = subprocess.run([sys.executable, "-B", ROOT / "scripts/lab", "gate", "--base", "base"], cwd=repository, capture_output=True, text=True)
    assert done.returncode == Exit.USAGE and "--repository and --run" in done.stderr


def check_flame_difference(report, document, comment):
    """The slower function is first in the table, and the picture that the comment links is in the published folder."""
    flame, = document["flames"]
    assert flame["grew"][0]["function"] == "guilty" and flame["new_cpu_ns"] > 2 * flame["base_cpu_ns"]
    assert f"[Flame graph difference](https://example.org/run/1) (`{report.name}/{flame['file']}` in it)" in comment
    assert re.search(r"\| function that grew .*\n.*\n\| `guilty` ", comment)
    assert "guilty" in (report / flame["file"]).read_text()


@pytest.mark.slow
def test_a_good_commit_passes_and_gitlab_gets_the_result(repository):
    done = lab_gate(repository, "good", "--ci-output", "gitlab", "--effect", "0.2", "--flamegraph")
    document = json.loads((report_of(done) / "comparison.json").read_text())
    assert done.returncode != Exit.FAILED, done.stderr
    flame, = document["flames"]
    assert flame["unavailable"] is None and (report_of(done) / flame["file"]).exists()
    assert document["verdict"] != "regressed"
    suites = ElementTree.parse(report_of(done) / "junit.xml").getroot()
    assert [suite.get("failures") for suite in suites] == ["0"]
    assert check_open_metrics((report_of(done) / "metrics.txt").read_text()) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("head, code, words", [
    ("wrong", Exit.FAILED, "another answer"), ("broken", Exit.FAILED, "the head does not build")])
def test_heads_that_are_not_measured(repository, head, code, words):
    done = lab_gate(repository, head)
    assert done.returncode == code and words in done.stderr


def test_a_base_that_does_not_build_is_exit_2_with_its_log(repository):
    done = lab_gate(repository, "good", base="broken")
    assert done.returncode == Exit.USAGE and "the base does not build" in done.stderr
    log = Path(re.search(r"log: (\S+)\)", done.stderr).group(1))
    assert "expected expression" in log.read_text()


def test_a_base_that_is_not_there(repository):
    done = lab_gate(repository, "good", base="no-such-ref")
    assert done.returncode == Exit.USAGE and "'no-such-ref' is not a commit" in done.stderr


def test_a_program_that_no_build_made_says_how_to_build(repository):
    done = subprocess.run([sys.executable, "-B", ROOT / "scripts/lab", "gate", "--base", "base", "--repository", repository,
                           "--run", "./program"], capture_output=True, text=True)
    assert done.returncode == Exit.USAGE and "--build" in done.stderr and len(done.stderr.splitlines()) == 1


def test_bad_thresholds_are_refused_before_anything_is_built(tmp_path):
    done = subprocess.run([sys.executable, "-B", ROOT / "scripts/lab", "gate", "--base", "HEAD", "--repository", tmp_path,
                           "--run", "true", "--thresholds", "huge=1"], capture_output=True, text=True)
    assert done.returncode == Exit.USAGE and "huge=1" in done.stderr


def test_a_folder_that_is_no_repository(tmp_path):
    done = subprocess.run([sys.executable, "-B", ROOT / "scripts/lab", "gate", "--base", "HEAD", "--repository", tmp_path,
                           "--run", "true"], capture_output=True, text=True)
    assert done.returncode == Exit.USAGE and "not a git repository" in done.stderr


def test_the_same_bytes_need_no_run(repository):
    commit(repository, "comment", program_c="/* only words */\n" + program())
    done = lab_gate(repository, "comment")
    assert done.returncode == Exit.PASSED and "same bytes" in done.stdout


def test_run_without_repository_is_wrong_usage():
    done = subprocess.run([sys.executable, "-B", ROOT / "scripts/lab", "gate", "--base", "HEAD", "--run", "true"],
                          capture_output=True, text=True)
    assert done.returncode == Exit.USAGE and "go together" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("template", ["action.yml", "gitlab.yml", "plain.sh"])
def test_each_template_runs_the_gate_through_the_same_entry(repository, template, tmp_path):
    """The command and the variables are read from the template itself, so a template that rots fails here."""
    git(repository, "checkout", "-q", "bad")
    command, environment = ENTRIES[template](repository)
    done = settled(subprocess.run, ["sh", "-c", command], cwd=repository, capture_output=True, text=True, timeout=300,
                   env=os.environ | environment | {"CLINIC_BUDGET": "30", "CLINIC_ARGS": "--pairs 24"})
    assert done.returncode == Exit.FAILED, done.stderr[-800:]
    assert "regressed" in done.stdout


def action_entry(repository):
    step = load_yaml("action.yml")["runs"]["steps"][0]
    values = {"github.workspace": str(repository), "inputs.base": "base", "inputs.build": "make -s program",
              "inputs.run": "./program", "inputs.fail-on": "any", "inputs.budget": "30", "github.server_url": "https://h",
              "github.repository": "o/r", "github.run_id": "1"}
    environment = {name: re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values[found.group(1)], text)
                   for name, text in step["env"].items()}
    return step["run"], environment | {"GITHUB_ACTION_PATH": str(Path.cwd() / "templates/ci")}


def gitlab_entry(repository):
    job = load_yaml("gitlab.yml")[".perf-gate"]
    values = {"CI_PROJECT_DIR": str(repository), "CI_JOB_URL": "https://h/1", "PERF_CLINIC": "perf-clinic",
              "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "base"}
    environment = {name: re.sub(r"\$(\w+)", lambda found: values[found.group(1)], text)
                   for name, text in job["variables"].items()}
    return job["script"][0], environment | {"PERF_CLINIC": str(Path.cwd()), "CLINIC_BASE": "base",
                                            "CLINIC_BUILD": "make -s program", "CLINIC_RUN": "./program"}


def plain_entry(repository):
    return str(Path.cwd() / "templates/ci/plain.sh"), {"CLINIC_BASE": "base", "CLINIC_BUILD": "make -s program", "CLINIC_RUN": "./program"}


ENTRIES = {"action.yml": action_entry, "gitlab.yml": gitlab_entry, "plain.sh": plain_entry}


def load_yaml(name):
    yaml = pytest.importorskip("yaml", reason="python3-yaml is not installed")
    return yaml.safe_load((CI / name).read_text())


@pytest.mark.parametrize("name", ["action", "gitlab"])
def test_templates_follow_their_schema(name):
    jsonschema.validate(load_yaml(f"{name}.yml"), json.loads((CI / f"{name}.schema.json").read_text()))


@pytest.mark.parametrize("name, damage", [("action", lambda d: d["runs"]["steps"][0].pop("shell")),
                                          ("gitlab", lambda d: d[".perf-gate"].pop("script"))])
def test_the_schemas_can_go_red(name, damage):
    document = load_yaml(f"{name}.yml")
    damage(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads((CI / f"{name}.schema.json").read_text()))


def test_the_entry_needs_a_command():
    done = subprocess.run([CI / "run_gate.sh"], capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 2 and "CLINIC_RUN" in done.stderr


# --- output for CI, from documents

def document(ratio=1.10, verdict="regressed", gating=("wall",), exit_code=1):
    comparison = {"metric": "wall", "unit": "ns", "verdict": verdict, "reason": "both | intervals", "a_median": 1e7,
                  "b_median": 1e7 * (ratio or 1), "ratio": ratio, "low": 1.05, "high": 1.15, "p_exact": 0.001,
                  "p_welch": 0.002, "welch_disagrees": False, "mde_ratio": 0.02, "mean_ratio": ratio, "odd_runs": []}
    return {"verdict": verdict, "reason": "wall slower", "exit_code": exit_code, "policy": {"alpha": 0.01, "effect_ratio": 0.01},
            "mode": "gate", "floor_ratio": 0.0, "flames": [], "reruns": [], "notes": [], "arms": {}, "calibration": None, "rows": "r",
            "pairs_count": 24, "blocks_count": 12, "canary": None, "seed": 1,
            "host": {"fingerprint": "f" * 64, "stable": {"cpu_model": "c", "cores_count": 2, "kernel": "k",
                                                        "virtualization": "v"}},
            "cases": [{"name": "a:b,c", "verdict": verdict, "reason": "", "gating": list(gating), "blocks_count": 12,
                       "wanted_blocks_count": 12, "comparisons": [comparison]}]}


@pytest.mark.parametrize("ratio, fail_on, code", [
    (1.03, "any", 1), (1.03, "minor", 1), (1.03, "moderate", 0), (1.10, "moderate", 1), (1.10, "critical", 0),
    (1.50, "critical", 1), (None, "critical", 1)])
def test_fail_on(ratio, fail_on, code):
    assert ci_output.exit_code(document(ratio), fail_on, ci_output.parse_thresholds("")) == code


def test_a_reason_begins_no_line_of_the_comment():
    """The name of a case is its command, which the author of a change may choose."""
    hostile = document() | {"reason": "./run\n/approve\n<img src=x>: slower"}
    lines = ci_output.comment(hostile, ci_output.DEFAULT_THRESHOLDS, ci_output.beside).splitlines()
    assert not any(line.startswith(("/approve", "<img")) for line in lines)


def test_fail_on_does_not_ignore_other_outcomes():
    assert ci_output.exit_code(document(1.0, "inconclusive", exit_code=3), "critical", ci_output.parse_thresholds("")) == 3


@pytest.mark.parametrize("text", ["minor", "huge=1", "minor=-1", "moderate=0.5,critical=0.2"])
def test_bad_thresholds(text):
    with pytest.raises(UsageError):
        ci_output.parse_thresholds(text)


def flame(**more):
    return {"case": "a:b,c", "file": "flame-difference.svg", "unavailable": None, "runs_count": 9, "base_cpu_ns": 1e6,
            "new_cpu_ns": 2e6, "grew": [{"function": "guilty", "base_self_ns": 0.0, "new_self_ns": 9e5}], **more}


@pytest.mark.parametrize("url, link", [
    ("", "[Flame graph difference](flame-difference.svg)"),
    ("https://h/run#artifacts", "[Flame graph difference](https://h/run#artifacts) (`now/flame-difference.svg` in it)"),
    ("https://h/file/gate/{path}", "[Flame graph difference](https://h/file/gate/now/flame-difference.svg)")])
def test_the_comment_links_the_flame_graph_difference(url, link):
    doc = document() | {"flames": [flame()]}
    text = ci_output.comment(doc, ci_output.parse_thresholds(""), ci_output.linker(Path("reports/gate/now"), url))
    assert link in text and "| `guilty` | 0 ns | 900 µs | +900 µs |" in text
    assert text.index("## Performance regressed") < text.index(link) < text.index("<details>")


def test_a_missing_profile_is_reported_with_its_reason():
    doc = document() | {"flames": [flame(file=None, unavailable="perf is forbidden", grew=[])]}
    text = ci_output.comment(doc, ci_output.parse_thresholds(""), ci_output.linker(Path("now"), ""))
    assert "No flame graph difference: perf is forbidden." in text


def test_annotations_are_escaped():
    line = ci_output.annotations(document(), ci_output.parse_thresholds(""))[0]
    assert line.startswith("::error title=a%3Ab%2Cc wall::moderate: +10.00%25")


def test_gitlab_reports_are_well_formed():
    metrics = ci_output.metrics_report(document())
    assert check_open_metrics(metrics) == 3
    suites = ElementTree.fromstring(ci_output.junit_report(document()))
    assert suites[0].get("failures") == "1" and suites[0][0][0].tag == "failure"
    invalid = ElementTree.fromstring(ci_output.junit_report(document(exit_code=4)))
    assert invalid[0].get("errors") == "1"


def check_open_metrics(text):
    """OpenMetrics 1.0: known line shapes, ends with # EOF. Returns how many samples there are."""
    lines = text.splitlines()
    assert lines[-1] == "# EOF"
    samples = [line for line in lines if not line.startswith("#")]
    for line in samples:
        assert re.fullmatch(r'[a-z_]+\{case="(?:[^"\\]|\\.)*",metric="\w+"\} -?[\d.e+-]+', line), line
    return len(samples)


def test_json_output_is_the_document(tmp_path, capsys):
    arguments = SimpleNamespace(ci_output="json", thresholds="", fail_on="any", artifact_url="")
    assert ci_output.deliver(document(), tmp_path, arguments) == Exit.FAILED
    assert json.loads(capsys.readouterr().out)["verdict"] == "regressed"


@pytest.mark.slow
def test_our_own_workload_with_a_planted_slowdown(tmp_path):
    """A clone of this repository, one more check per frame in its working tree: time and instructions both show it."""
    clone = tmp_path / "clone"
    git(ROOT, "clone", "--quiet", "--shared", str(ROOT), str(clone))
    source = clone / "workloads/telemetry/validate.c"
    text = source.read_text()
    planted = text.replace("\t\tif (is_valid(frame, &reason, &found)) {",
                           "\t\tfor (int again = 0; again < 3; again++)\n\t\t\tis_valid(frame, &reason, &found);\n"
                           "\t\tif (is_valid(frame, &reason, &found)) {")
    assert planted != text
    source.write_text(planted)
    (clone / "build").symlink_to(ROOT / "build")
    done = settled(subprocess.run, [sys.executable, "-B", ROOT / "scripts/lab", "gate", "--base", "HEAD", "--workload",
                                    "telemetry", "--pairs", "24", "--budget", "120", "--instructions"],
                   cwd=clone, capture_output=True, text=True, timeout=500)
    assert done.returncode == Exit.FAILED, done.stdout + done.stderr
    document = json.loads((clone / re.search(r"(reports/gate/\S+)/comparison.md", done.stdout).group(1)
                           / "comparison.json").read_text())
    large = next(case for case in document["cases"] if case["name"] == "telemetry/large")
    found = {c["metric"]: c for c in large["comparisons"]}
    assert found["time"]["verdict"] == "regressed" and found["allocations"]["verdict"] == "identical"
    assert found["instructions"]["verdict"] == "regressed" and found["instructions"]["ratio"] > 1.05
    assert document["base"]["dirty"] is True


def test_a_workload_that_complains_of_its_tail_gates_on_it():
    wanted = replace(manifest.load("telemetry"), metric="p95")
    fixture.ensure(wanted)
    binary = build.build(wanted, variant.baseline(wanted))
    load = gate.equal_load(wanted, "tiny", binary)
    case = gate.workload_case(wanted, load, {"A": OneLayout(binary), "B": OneLayout(binary)}, counts_instructions=False)
    assert "p95" in case.gating and "p95" not in case.watched
    row = case.observe.observe("A", Slot("A", block=0, position=0, order="ABBA", attempt=0, build=0, environment_bytes=0))
    assert METRICS["p95"].value(row) > METRICS["p50"].value(row) > 0


def test_both_arms_of_a_profile_do_equal_work(tmp_path):
    """Each arm once ran for a given time: the slower one did less work, and its CPU time was the same."""
    wanted = manifest.load("telemetry")
    fixture.ensure(wanted)
    binary = build.build(wanted, variant.baseline(wanted))
    work = gate.equal_work(wanted, gate.equal_load(wanted, "tiny", binary), binary)
    runs = gate.workload_run(wanted, work, binary)
    subprocess.run([*runs.argv, "--json", tmp_path / "run.json"], check=True)
    found = json.loads((tmp_path / "run.json").read_text())
    assert work.minimum_ms == 0 and len(found["samples_ns"]) == work.samples_count
    assert found["runs_count"] == work.samples_count * work.batch_count
