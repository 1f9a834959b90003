"""`lab compare` on real commands: bad input is one sentence and its exit code; good input is a document."""

import csv
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from labkit import host
from labkit.outcome import Exit

ROOT = Path(__file__).resolve().parents[3]
LOOP = "i=0; while [ $i -lt {count} ]; do i=$((i+1)); done; echo done"
pytestmark = pytest.mark.usefixtures("checkout")


def load_lab():
    """scripts/lab has no .py to be imported by."""
    loader = SourceFileLoader("lab", str(ROOT / "scripts" / "lab"))
    module = module_from_spec(spec_from_loader("lab", loader))
    loader.exec_module(module)
    return module


LAB = load_lab()


def lab(*arguments, **options):
    return subprocess.run([sys.executable, "-B", ROOT / "scripts/lab", *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, **options)


def script(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("arguments, words", [
    (["--a", "", "--b", "true"], "empty"),
    (["--a", "true 'x", "--b", "true"], "No closing quotation"),
    (["--a", "/no/such/program", "--b", "true"], "there is no program /no/such/program"),
    (["--a", "seq 3 | sort", "--b", "true"], "sh -c"),
    (["--a", "true", "--b", "false"], "failed with exit code 1"),
    (["--a", "true", "--b", "ls", "--stdin", "/no/such/file"], "--stdin"),
    (["--a", "true", "--b", "ls", "--expect-output", "/no/such/file"], "--expect-output"),
    (["--a", "true", "--b", "ls", "--pairs", "0"], "--pairs"),
    (["--a", "true", "--b", "ls", "--budget", "-1"], "--budget"),
    (["--a", "true", "--b", "ls", "--timeout", "0"], "--timeout 0"),
    (["--a", "true", "--b", "ls", "--timeout", "inf"], "--timeout inf"),
    (["--a", "true", "--b", "ls", "--cpus", "some"], "--cpus some"),
    (["--a", "true", "--b", "ls", "--cpus", "99999"], "--cpus 99999"),
    (["--a", "true", "--b", "ls", "--name", "x", "--name", "y", "--name", "z"], "--name z"),
    (["--a", "true", "--b", "ls", "--name", "x", "--name", "x"], "--name"),
    (["--a", "true", "--b", "ls", "--scan", "n=1,2"], "{n}"),
    (["--a", "sleep {n}", "--b", "ls", "--scan", "n="], "--scan 'n='"),
    (["--a", "sleep {n}", "--b", "ls", "--scan", "n=1,,2"], "--scan"),
    (["--a", "true", "--b", "ls", "--also", "/no/such/program"], "/no/such/program"),
    (["--a", "true", "--b", "ls", "--csv", "/proc/x.csv"], "--csv /proc/x.csv"),
    (["--a", "true", "--b", "ls", "--markdown", "/"], "--markdown /"),
    (["--a", "telemetry", "--b", "parser", "--in-process"], "variants of one workload"),
    (["--a", "telemetry", "--b", "telemetry/none", "--in-process"], "has no candidate none; it has dedup-reuse"),
    (["--a", "nope", "--b", "nope/none", "--in-process"], "nope"),
    (["--a", "compressor", "--b", "compressor", "--in-process"], "no library"),
    (["--a", "telemetry", "--b", "telemetry", "--in-process", "--stdin", "x"], "--in-process"),
    (["--a", "true", "--b", "false"], "pass --expect-exit 1 if this exit code is correct"),
    (["--a", "true", "--b", "false", "--expect-exit", "1"], "A (true) ended with exit code 0 although another one is expected"),
    (["--a", "true", "--b", "false", "--expect-exit", "-1"], "--expect-exit -1"),
    (["--a", "true", "--b", "ls", "--stdin", "/dev/zero"], "not a regular file"),
    (["--a", "true", "--b", "ls", "--stdin", "/"], "not a regular file"),
    (["--a", "true", "--b", "ls", "--expect-output", "/dev/zero"], "not a regular file"),
    (["--a", "true", "--b", "sh -c 'kill -SEGV $$'"], "killed by signal 11"),
    (["--a", "true", "--b", "ls", "--setup", "exit 3"], "--setup"),
    (["--a", "true", "--b", "ls", "--prepare", "exit 3"], "prepare 'exit 3' failed with exit code 3"),
])
def test_bad_usage_is_one_sentence_and_exit_2(arguments, words, capsys):
    code = LAB.main(["compare", *arguments])
    said = capsys.readouterr().err
    assert code == Exit.USAGE, said
    assert words in said and len(said.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments, words", [
    (["--a", "true"], "--b"), (["--a", "true", "--b", "ls", "--budget", "soon"], "'soon'"),
    (["--a", "true", "--b", "ls", "--budget", "inf"], "'inf'"),
    (["--a", "true", "--b", "ls", "--metric", "speed"], "'speed'")])
def test_a_wrong_argument_is_one_sentence_too(arguments, words, capsys):
    with pytest.raises(SystemExit) as end:
        LAB.main(["compare", *arguments])
    said = capsys.readouterr().err
    assert end.value.code == Exit.USAGE and words in said and len(said.splitlines()) == 1


def test_what_was_refused_leaves_no_report(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert LAB.main(["compare", "--a", "true", "--b", "false"]) == Exit.USAGE
    assert list((tmp_path / "reports/compare").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["/proc", "/sys"])
def test_a_folder_where_nothing_can_be_written_is_no_regression(folder):
    """A traceback ends with 1, which is said of a program that became slower."""
    done = lab("compare", "--a", "true", "--b", "/bin/true", cwd=folder)
    assert done.returncode != Exit.FAILED and "Traceback" not in done.stderr, done.stderr
    assert len(done.stderr.strip().splitlines()) <= 1, done.stderr


def test_make_hands_a_quoted_command_on_as_it_is(tmp_path):
    """Quotes in A once ended the quotes of the recipe."""
    done = subprocess.run(["make", "-n", "compare", "A=sh -c 'echo 1'", "B=true"], cwd=ROOT, capture_output=True,
                          text=True, check=True)
    command = next(line for line in done.stdout.replace("\\\n", " ").splitlines() if " --a " in line)
    assert shlex.split(command)[-4:] == ["--a", "sh -c 'echo 1'", "--b", "true"]


def test_a_wrong_answer_is_never_timed():
    done = lab("compare", "--a", "seq 5", "--b", "seq 6")
    assert done.returncode == Exit.FAILED
    assert "another answer" in done.stderr and "1\\n2\\n3\\n4\\n5\\n6" in done.stderr


@pytest.mark.slow
def test_an_expected_output_is_checked_on_both(tmp_path):
    (tmp_path / "right").write_text("1\n2\n")
    done = lab("compare", "--a", "seq 3", "--b", "seq 2", "--expect-output", tmp_path / "right")
    assert done.returncode == Exit.FAILED and "A (seq 3)" in done.stderr


@pytest.mark.slow
def test_a_binary_answer_is_not_printed():
    done = lab("compare", "--a", "gzip -1nc Makefile", "--b", "gzip -9nc Makefile")
    assert "bytes of binary data, which differs from the expected output" in done.stderr
    assert done.returncode == Exit.FAILED


@pytest.mark.slow
def test_an_answer_that_changes_by_itself_cannot_be_checked():
    done = lab("compare", "--a", "sh -c 'echo $$'", "--b", "sh -c 'echo $$ '")
    assert done.returncode == Exit.USAGE and "--expect-output any" in done.stderr


@pytest.mark.slow
def test_a_hanging_command_is_killed_and_named():
    done = lab("compare", "--a", "true", "--b", "sleep 100", "--timeout", 1)
    assert done.returncode == Exit.USAGE and "still running after 1 s" in done.stderr


@pytest.mark.slow
def test_a_command_that_fails_later_names_its_failure_and_keeps_rows(tmp_path):
    counter = tmp_path / "count"
    b = script(tmp_path, "b", f"echo x >> {counter}; [ $(wc -l < {counter}) -lt 15 ]")
    done = lab("compare", "--a", "true", "--b", b, "--prepare", "true")
    assert done.returncode == Exit.FAILED and "B failed (exit)" in done.stderr and "rows.jsonl" in done.stderr


@pytest.mark.slow
def test_identical_programs_are_said_to_be_identical_by_hash(tmp_path):
    copy = tmp_path / "copy"
    copy.write_bytes(Path("/bin/true").read_bytes())
    copy.chmod(0o755)
    result = tmp_path / "result.json"
    done = lab("compare", "--a", "/bin/true", "--b", copy, "--json", result)
    document = json.loads(result.read_text())
    assert done.returncode == Exit.PASSED and "byte for byte" in done.stdout
    assert (document["verdict"], document["ratio"], document["pairs_count"]) == ("identical", 1.0, 0)


@pytest.mark.slow
def test_a_program_of_the_working_folder_is_not_the_one_of_path(tmp_path):
    """`./true` was once called "identical, byte for byte" with the `true` of PATH."""
    script(tmp_path, "true", "echo another")
    done = lab("compare", "--a", "true", "--b", "./true", cwd=tmp_path)
    assert done.returncode == Exit.FAILED and "another answer" in done.stderr and "identical" not in done.stdout


@pytest.mark.slow
def test_a_program_of_the_working_folder_is_found(tmp_path):
    script(tmp_path, "mine", "true")
    done = lab("compare", "--a", "./mine", "--b", tmp_path / "mine", cwd=tmp_path)
    assert done.returncode == Exit.PASSED and "byte for byte" in done.stdout
    assert lab("compare", "--a", "mine", "--b", "./mine", cwd=tmp_path).returncode == Exit.USAGE


@pytest.mark.slow
def test_one_file_under_two_names_is_two_programs(tmp_path):
    """xz and unxz are one file, byte for byte, and do opposite things."""
    both = script(tmp_path, "up", 'case $0 in *up) echo up;; *) echo down;; esac')
    (tmp_path / "down").symlink_to(both)
    done = lab("compare", "--a", both, "--b", tmp_path / "down")
    assert done.returncode == Exit.FAILED and "another answer" in done.stderr


@pytest.mark.slow
def test_an_exit_code_that_is_expected_is_no_failure(tmp_path):
    """grep ends with 1 where it finds nothing, in each of the runs that make one observation."""
    (tmp_path / "text").write_text("".join(f"{number}\n" for number in range(1000)))
    done = lab("compare", "--a", f"grep -c zzz {tmp_path / 'text'}", "--b", f"grep -cF zzz {tmp_path / 'text'}", "--expect-exit", 1,
               "--json", tmp_path / "out.json", "--pairs", 16)
    document = json.loads((tmp_path / "out.json").read_text())
    assert done.returncode == document["exit_code"] and document["pairs_count"] >= 16
    rows = [json.loads(line) for line in open(document["rows"])]
    assert {row["exit_code"] for row in rows if row["stage"] != "count"} == {1} and rows[0]["repeat_count"] > 1


@pytest.mark.slow
def test_too_small_a_budget_says_what_is_needed_and_shows_what_it_measured(tmp_path):
    result = tmp_path / "result.json"
    done = lab("compare", "--a", "sleep 0.2", "--b", "sleep 0.4", "--budget", 2, "--json", result)
    document = json.loads(result.read_text())
    assert done.returncode == Exit.INCONCLUSIVE and "--budget" in done.stderr
    assert 1.5 < document["ratio"] < 2.5 and "times as long as A" in done.stdout and "--budget" in document["reason"]
    assert "sleep 0.4" in (Path(document["rows"]).parent / "comparison.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("budget", [0.1, 1.5])
def test_where_not_one_pair_fits_the_checking_runs_are_shown(tmp_path, budget):
    """The budget is overrun by one pair at the most: the programs are not run three times each to say that they are slow."""
    runs = tmp_path / "runs"
    a, b = script(tmp_path, "a", f"echo >> {runs}; sleep 1"), script(tmp_path, "b", f"echo >> {runs}; sleep 1.5")
    done = lab("compare", "--a", a, "--b", b, "--budget", budget, "--json", tmp_path / "result.json")
    document = json.loads((tmp_path / "result.json").read_text())
    assert done.returncode == Exit.INCONCLUSIVE and document["pairs_count"] == 1 and 1.2 < document["ratio"] < 2
    assert len(runs.read_text()) <= 4


@pytest.mark.slow
def test_long_programs_are_judged_in_few_pairs(tmp_path):
    """A pilot and a confirmation take fifty pairs; eight of eight have p = 0.0078."""
    result = tmp_path / "result.json"
    started_s = time.monotonic()
    done = lab("compare", "--a", "sleep 0.3", "--b", "sleep 0.6", "--budget", 16, "--json", result)
    document = json.loads(result.read_text())
    assert time.monotonic() - started_s < 60
    assert (done.returncode, document["verdict"]) in ((Exit.FAILED, "regressed"), (Exit.ENVIRONMENT, "environment invalid"))
    assert 8 <= document["pairs_count"] <= 17 and document["canary"] is None
    assert any("eight of eight" in note for note in document["notes"])


@pytest.mark.slow
@pytest.mark.parametrize("a, b, budget, verdict", [("sleep 0.05", "sleep 0.06", 15, "regressed"), ("sleep 0.06", "sleep 0.05", 15, "improved"),
                                                   ("sleep 1", "sleep 2", 30, "regressed")])
def test_a_large_effect_is_decided_within_a_small_budget(tmp_path, a, b, budget, verdict):
    """Of two programs, one of them twice as slow, 6 pairs could not prove it. A canary that differs, as one in a hundred does, is another
    reason not to decide, so it is tried again."""
    for _ in range(3):
        done = lab("compare", "--a", a, "--b", b, "--budget", budget, "--json", tmp_path / "result.json")
        document = json.loads((tmp_path / "result.json").read_text())
        if done.returncode != Exit.ENVIRONMENT:
            break
    assert document["verdict"] == verdict and document["budget_s"] == budget, document["reason"]


@pytest.mark.slow
def test_a_long_program_that_answers_wrongly_is_found_in_its_first_run():
    done = lab("compare", "--a", "sh -c 'sleep 0.3; echo 1'", "--b", "sh -c 'sleep 0.3; echo 2'")
    assert done.returncode == Exit.FAILED and "B (sh -c 'sleep 0.3; echo 2') gives another answer" in done.stderr


@pytest.mark.slow
def test_several_commands_and_values_are_one_comparison(tmp_path):
    files = {option: tmp_path / f"out.{option}" for option in ("json", "csv", "markdown")}
    done = lab("compare", "--a", "sleep 0.0{n}", "--b", "sleep 0.0{n}0", "--also", "sleep 0.1{n}", "--name", "old", "--name", "same",
               "--name", "=new", "--scan", "n=1,2", "--budget", 20, *(word for option, path in files.items() for word in (f"--{option}", path)))
    document = json.loads(files["json"].read_text())
    assert [case["name"] for case in document["cases"]] == ["same, n=1", "=new, n=1", "same, n=2", "=new, n=2"], done.stderr
    assert set(document["arms"]) == {f"{name}, n={n}" for name in ("old", "same", "=new") for n in (1, 2)}
    table = list(csv.DictReader(open(files["csv"], newline="")))
    assert {row["comparison"] for row in table} == {"same, n=1", "'=new, n=1", "same, n=2", "'=new, n=2"}
    wall = {row["comparison"]: float(row["ratio"]) for row in table if row["metric"] == "wall"}
    assert wall["'=new, n=1"] > 3 and files["markdown"].read_text().startswith("# Comparison: ") and "old, n=1: sleep 0.01" in done.stdout


@pytest.mark.slow
def test_a_run_with_more_threads_than_cpus_is_reported(tmp_path):
    program = tmp_path / "threads.py"
    program.write_text("import threading, time\nfor _ in range(6):\n    threading.Thread(target=time.sleep, args=(0.2,)).start()\n")
    command = f"{sys.executable} -S {program}"
    for cpus, words in (("one", "limited to 1 CPU"), ("all", f"limited to {len(os.sched_getaffinity(0))} CPU")):
        done = lab("compare", "--a", command, "--b", command + " ", "--b", command + " 2", "--measure-identical", "--budget", 2, "--cpus", cpus)
        held = len(os.sched_getaffinity(0)) if cpus == "all" else 1
        assert (words in done.stdout) == (held < 7), done.stdout
        rows = max(Path("reports/compare").glob("*/rows.jsonl"), key=lambda path: path.stat().st_mtime_ns)
        assert rows.read_text()


@pytest.mark.slow
def test_a_program_that_changes_meanwhile_ends_the_comparison(tmp_path):
    b = script(tmp_path, "b", "sleep 0.021")
    with subprocess.Popen([sys.executable, "-B", ROOT / "scripts/lab", "compare", "--a", "sleep 0.02", "--b", b, "--budget", "60"],
                          stderr=subprocess.PIPE, text=True) as running:
        wait_for_rows()
        os.utime(b)  # a touch is no change
        time.sleep(0.3)
        assert running.poll() is None
        script(tmp_path, "b", "sleep 0.022")
        said = running.communicate(timeout=60)[1]
    assert running.returncode == Exit.ENVIRONMENT and f"{b} has changed while it was measured" in said and "rows.jsonl" in said


@pytest.mark.slow
@pytest.mark.parametrize("changed", ["data", "b", "interpreter", "stdin"])
def test_a_file_on_which_a_command_depends_may_not_change_either(tmp_path, changed):
    """Only the file of the program itself was watched: neither its input, nor a script that is an argument, nor a script's interpreter."""
    for name in ("data", "stdin"):
        (tmp_path / name).write_text("text")
    shutil.copy("/bin/sh", tmp_path / "interpreter")
    a, b = (script(tmp_path, name, f"sleep 0.02{digit}; cat <$1 >/dev/null") for name, digit in (("a", 0), ("b", 1)))
    a.write_text(a.read_text().replace("/bin/sh", str(tmp_path / "interpreter")))
    with subprocess.Popen([sys.executable, "-B", ROOT / "scripts/lab", "compare", "--a", f"{a} {tmp_path}/data", "--b", f"sh {b} {tmp_path}/data",
                           "--stdin", tmp_path / "stdin", "--budget", "60"], stderr=subprocess.PIPE, text=True) as running:
        wait_for_rows()
        path = tmp_path / changed
        (tmp_path / "new").write_bytes(path.read_bytes() + b"\n")
        shutil.copymode(path, tmp_path / "new")
        (tmp_path / "new").replace(path)
        said = running.communicate(timeout=60)[1]
    assert running.returncode == Exit.ENVIRONMENT and f"{path} has changed while it was measured" in said


@pytest.mark.slow
def test_a_file_that_a_command_writes_may_change(tmp_path):
    a, b = (script(tmp_path, name, f"sleep 0.0{digit}; date +%N >$1") for name, digit in (("a", 1), ("b", 2)))
    (tmp_path / "out").write_text("before")
    done = lab("compare", "--a", f"{a} {tmp_path}/out", "--b", f"{b} {tmp_path}/out", "--pairs", 16, "--json", tmp_path / "out.json")
    assert "has changed" not in done.stderr and json.loads((tmp_path / "out.json").read_text())["pairs_count"] >= 16


@pytest.mark.slow
@pytest.mark.parametrize("how", ["sleep 300 &", "setsid sleep 300 &"])
def test_what_outlives_a_run_is_ended_and_reported(tmp_path, how):
    pids = tmp_path / "pids"
    b = script(tmp_path, "b", f"{how}\necho $! >> {pids}")
    done = lab("compare", "--a", "true", "--b", b, "--budget", 4)
    assert "B leaves processes running when it ends" in done.stdout
    assert not [pid for pid in pids.read_text().split() if Path(f"/proc/{pid}/cmdline").exists()
                and Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sleep\x00300")]


@pytest.mark.slow
def test_a_budget_that_ends_within_the_first_block_shows_the_checking_runs(tmp_path):
    """B is fast when its answer is checked, and its first measured run is slow. On a crowded machine, one run of true may tell that the budget is too small."""
    b = script(tmp_path, "b", f"[ -e {tmp_path}/checked ] && [ ! -e {tmp_path}/slept ] && : >{tmp_path}/slept && sleep 9\n: >{tmp_path}/checked")
    done = lab("compare", "--a", "true", "--b", b, "--budget", 3)
    assert done.returncode == Exit.INCONCLUSIVE and "times as long as A" in done.stdout
    assert "the budget ended" in done.stdout or "is too small to decide" in done.stderr


@pytest.mark.slow
def test_a_document_has_what_a_reader_needs(tmp_path):
    """20 ms of sleep against 40: the numbers are sure on any machine. A crowded one may rightly be called unfit for a
    verdict; its document has all the same to offer."""
    result = tmp_path / "result.json"
    done = lab("compare", "--a", "sleep 0.02", "--b", "sleep 0.04", "--json", result, "--seed", 5, "--pairs", 24)
    document = json.loads(result.read_text())
    assert document["exit_code"] == done.returncode
    assert document["verdict"] == {Exit.FAILED: "regressed", Exit.ENVIRONMENT: "environment invalid",
                                   Exit.INCONCLUSIVE: "inconclusive"}[done.returncode]  # where there was no time to confirm
    assert 1.2 < document["low"] < document["ratio"] < document["high"] < 3
    assert document["pairs_count"] >= 16 and document["mde_ratio"] > 0 and document["seed"] == 5
    assert document["canary"]["flagged"] is ("canary" in document["reason"])
    folder = Path(document["rows"]).parent
    page = (folder / "comparison.md").read_text()
    assert document["verdict"] in done.stdout and document["verdict"] in page and "sleep 0.04" in page
    assert re.findall(r"\]\((\S+\.svg)\)", page) == ["forest.svg", "paired.svg", "spread.svg", "power.svg"]
    assert all((folder / name).stat().st_size > 0 for name in ("forest.svg", "paired.svg", "spread.svg", "power.svg"))
    stages = {json.loads(line)["stage"] for line in open(document["rows"])}
    assert {"pilot", "confirm", "count"} <= stages <= {"pilot", "main", "confirm", "count"}


@pytest.mark.slow
def test_a_command_too_short_to_time_is_repeated_and_says_so(tmp_path):
    result = tmp_path / "result.json"
    lab("compare", "--a", "true", "--b", "echo -n", "--json", result, "--pairs", 24)
    document = json.loads(result.read_text())
    assert any("too short" in note for note in document["notes"])
    assert json.loads(open(document["rows"]).readline())["repeat_count"] > 1


@pytest.mark.slow
@pytest.mark.xdist_group("paired process")
def test_two_variants_of_a_workload_are_compared_in_one_process(tmp_path):
    result = tmp_path / "result.json"
    done = lab("compare", "--in-process", "--a", "telemetry", "--b", "telemetry/forward-batched", "--json", result)
    document = json.loads(result.read_text())
    assert document["verdict"] in ("improved", "environment invalid") and document["ratio"] < 0.9, done.stdout
    assert list(document["arms"]) == ["telemetry", "telemetry/forward-batched"] and len(document["arms"]["telemetry"]["builds"]) >= 10
    rows = [row for row in map(json.loads, open(document["rows"])) if row["stage"] != "count"]
    assert len({row["started_ns"] for row in rows}) == 2 * len({row["block"] for row in rows}) and all(row["paired_ns"] > 0 for row in rows)
    assert any("in one process, so memory and tails are not judged" in note for note in document["notes"])


@pytest.mark.slow
@pytest.mark.xdist_group("paired process")
def test_a_variant_is_identical_to_itself(tmp_path):
    done = lab("compare", "--in-process", "--a", "telemetry", "--b", "telemetry")
    assert done.returncode == Exit.PASSED and "byte for byte" in done.stdout


@pytest.mark.slow
def test_equivalent_builds_are_rotated(tmp_path):
    first, second = script(tmp_path, "one", "sleep 0.01"), script(tmp_path, "two", "sleep 0.010")
    result = tmp_path / "result.json"
    lab("compare", "--a", first, "--a", second, "--b", "sleep 0.012", "--json", result, "--pairs", 24)
    document = json.loads(result.read_text())
    rows = [json.loads(line) for line in open(document["rows"])]
    assert {row["variant"] for row in rows if row["arm"] == "A" and row["stage"] != "count"} == {str(first), str(second)}
    assert {(one["a_build"], one["b_build"]) for one in document["cases"][0]["layouts"]["table"]} == {(0, 0), (1, 0)}


@pytest.mark.slow
def test_exact_metrics_of_a_command(tmp_path):
    result = tmp_path / "result.json"
    done = lab("compare", "--a", f"sh -c '{LOOP.format(count=3000)}'", "--b", f"sh -c '{LOOP.format(count=6000)}'",
               "--metric", "instructions", "--json", result, "--pairs", 24)
    document = json.loads(result.read_text())
    assert done.returncode == Exit.FAILED and document["metric"] == "instructions"
    assert document["verdict"] == "regressed" and 1.2 < document["ratio"] < 2.0


@pytest.mark.slow
def test_what_cannot_be_counted_is_a_sentence():
    """planted_work is static: no allocation counter can be loaded into it."""
    work = "build/calibration/planted_work 1 {extra} 64"
    done = lab("compare", "--a", work.format(extra="000"), "--b", work.format(extra="020"), "--metric", "allocations")
    assert done.returncode == Exit.ENVIRONMENT and "is the program static?" in done.stderr


@pytest.mark.slow
def test_an_interrupted_comparison_keeps_its_rows_and_shows_them():
    running = subprocess.Popen([sys.executable, "-B", ROOT / "scripts/lab", "compare", "--a", "sleep 0.02", "--b",
                                "sleep 0.021"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    rows = wait_for_rows()
    os.killpg(running.pid, signal.SIGINT)
    printed, said = running.communicate(timeout=30)
    assert running.returncode == Exit.INCONCLUSIVE and "interrupted" in said and str(rows) in said
    assert [json.loads(line)["wall_ns"] > 0 for line in rows.read_text().splitlines()]
    document = json.loads((rows.parent / "comparison.json").read_text())
    assert document["verdict"] == "inconclusive" and document["ratio"] > 0 and "it was interrupted" in document["reason"]
    assert "times as long as A" in printed and "it was interrupted" in printed


def wait_for_rows():
    for _ in range(1000):
        for rows in Path("reports/compare").glob("*/rows.jsonl"):
            if len(rows.read_text().splitlines()) > 8:
                return rows
        time.sleep(0.02)
    raise AssertionError("no rows appeared")


def test_the_measuring_cpu_is_the_one_the_rows_name():
    assert host.measuring_cpu() in os.sched_getaffinity(0)
