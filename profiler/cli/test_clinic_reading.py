"""`clinic` import, report, export, diff and their bad input, from outside.

The profiles are texts of `perf script` in recorded/, and the expected outputs are beside them. `make bless-reading` rewrites these
outputs after an intended change; read the difference before you commit it.
"""

import gzip
import json
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

CLINIC = Path("build/bin/clinic").resolve()
RECORDED = Path("profiler/cli/recorded").resolve()
PERF_TEXT = RECORDED / "pipeline.perf.txt"
FASTER_TEXT = RECORDED / "pipeline_faster.perf.txt"
SVG = "{http://www.w3.org/2000/svg}"


def clinic(*argv: object, **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run([CLINIC, *map(str, argv)], capture_output=True, text=True, timeout=60, **kwargs)


def done(*argv: object, **kwargs) -> str:
    """The output of the command, which must exit with 0 and without an error message."""
    ran = clinic(*argv, **kwargs)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def complaint(*argv: object, **kwargs) -> str:
    """The one sentence of a command that refuses its input and exits with 2."""
    ran = clinic(*argv, **kwargs)
    assert ran.returncode == 2
    assert ran.stderr.startswith("clinic: ") and ran.stderr.count("\n") == 1, ran.stderr
    return ran.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with both recordings imported; sessions are read only."""
    made = tmp_path_factory.mktemp("sessions")
    done("import", PERF_TEXT, "-o", made / "pipeline.json")
    done("import", FASTER_TEXT, "-o", made / "faster.json.gz")
    return made


@pytest.fixture(scope="module")
def report(folder: Path) -> dict:
    return json.loads(done("report", folder / "pipeline.json", "--json"))


def check_golden(name: str, text: str) -> None:
    path = RECORDED / name
    if os.environ.get("BLESS"):
        path.write_text(text)
    assert text == path.read_text(), f"{path} says otherwise; `make bless-reading` if this is wanted"


def test_report_is_as_recorded(folder):
    text = "".join(done("report", "pipeline.json", *more, cwd=folder) for more in
                   ([], ["--top", "3"], ["--by", "library"], ["--by", "thread"], ["--callers", "walk;tree"]))
    check_golden("pipeline.report.txt", text)


def test_collapsed_is_as_recorded(folder, tmp_path):
    done("export", folder / "pipeline.json", "-o", tmp_path / "x.collapsed")
    check_golden("pipeline.collapsed.txt", (tmp_path / "x.collapsed").read_text())


def test_diff_is_as_recorded(folder, tmp_path):
    text = done("diff", "pipeline.json", "faster.json.gz", "-o", tmp_path / "d.collapsed", cwd=folder)
    check_golden("pipeline.diff.txt", text + (tmp_path / "d.collapsed").read_text())


def test_collapsed_has_the_form_that_others_read(folder, tmp_path):
    done("export", folder / "pipeline.json", "-o", tmp_path / "x.collapsed")
    stacks = []
    for line in (tmp_path / "x.collapsed").read_text().splitlines():
        matched = re.fullmatch(r"(.*)\s+?(\d+(?:\.\d*)?)", line)  # flamegraph.pl's own pattern
        assert matched
        stacks.append(matched.group(1).split(";"))
    assert stacks == sorted(stacks)
    assert any(frame.endswith("_[k]") for stack in stacks for frame in stack)
    assert ["pipeline", "__libc_start_call_main", "main", "dedup_batch", "hash_frame_[i]"] in stacks


def test_report_json_counts_what_was_recorded(report):
    text = PERF_TEXT.read_text()
    samples = text.count("cpu-clock:pppH:")
    assert report["quality"]["samples_count"] == samples
    assert report["quality"]["lost_count"] == 3
    assert report["quality"]["sampled_cpu_ns"] == samples * 1001001
    assert report["quality"]["cpu_reconciliation_ratio"] is None  # perf script does not tell: not 0, not 1
    functions = {row["name"]: row for row in report["functions"]}
    hashed = text.count("hash_frame (inlined)")
    assert functions["hash_frame"]["samples_count"] == hashed
    assert functions["hash_frame"]["self_ratio"] == pytest.approx(hashed / samples)
    assert functions["dedup_batch"]["self_ratio"] == 0
    assert functions["dedup_batch"]["total_ratio"] == pytest.approx(hashed / samples)
    assert functions["dedup_batch"]["total_samples_count"] == hashed
    walked = text.count("walk;tree") / 3
    assert functions["walk;tree"]["total_ratio"] == pytest.approx(walked / samples)  # recursion counts once


def test_report_json_is_whole(report):
    for group in ("functions", "lines", "files", "libraries", "threads", "stages"):
        assert sum(row["self_ratio"] for row in report[group]) == pytest.approx(1), group
        for row in report[group]:
            assert 0 <= row["self_low_ratio"] <= row["self_ratio"] <= row["self_high_ratio"] <= 1
            assert row["self_ratio"] <= row["total_ratio"] + 1e-12
    assert {"file", "line"} <= report["functions"][0].keys()
    assert {"backend", "symbolised_ratio", "complete_stacks_ratio", "overhead_ratio"} <= report["quality"].keys()
    assert report["allocations"] is None and report["call_sites"] is None and report["locks"] == []


def test_a_call_site_behind_a_wrapper_says_who_called_it(tmp_path):
    """Bug: 3000 blocks of three callers were shown for one of them, because the row of a wrapper has one stack."""
    names = ["", "main", "xmalloc", "parse", "index", "render"]
    session = {
        "format": "clinic-session", "schema": 2, "quality": {"allocations_observed": 1}, "strings": names,
        "frames": {"function": [0, 1, 2, 3, 4, 5]},
        "stacks": {"parent": [0, 0, 1, 2, 1, 4, 1, 6], "frame": [0, 1, 3, 2, 4, 2, 5, 2]},
        "stages": {"name": [0]}, "threads": {"pid": [0, 1, 1], "tid": [0, 1, 2]},
        # `index` has rows of two threads: neither row is the heaviest, but both together are.
        "allocations": {"stack": [3, 5, 5, 7], "thread": [1, 1, 2, 1], "allocations_count": [1000, 600, 600, 800],
                        "bytes": [1000, 900, 900, 100]}}
    (tmp_path / "s.json").write_text(json.dumps(session))
    site, = json.loads(done("report", tmp_path / "s.json", "--json"))["call_sites"]
    assert (site["name"], site["allocations_count"], site["bytes"]) == ("xmalloc", 3000, 2900)
    assert (site["stacks_count"], site["stack"]) == (3, ["main", "index", "xmalloc"])
    assert (site["stack_allocations_count"], site["stack_bytes"]) == (1200, 1800)
    text = done("report", tmp_path / "s.json")
    assert "xmalloc, the sum of 3 stacks:" in text
    callers = re.findall(r"^ *(\d+) +\d+ +(\d+) .*    < (\w+) < main$", text, re.M)
    assert callers == [("1200", "1800", "index"), ("1000", "1000", "parse"), ("800", "100", "render")]


def run_of(code: int, begin_s: int, **about) -> dict:
    return {"format": "clinic-session", "schema": 3, "strings": ["", "the disk is slow"],
            "about": {"command": "p", "exit_code": code, "started_ns": begin_s * 10**9,
                      "ended_ns": (begin_s + 2) * 10**9, **about},
            "samples": {"weight_ns": [1]}, "notes": {"text": [1]}}


def merged(folder: Path, *runs: dict) -> Path:
    for number, session in enumerate(runs):
        (folder / f"{number}.json").write_text(json.dumps(session))
    done("merge", *(folder / f"{number}.json" for number in range(len(runs))), "-o", folder / "merged.json")
    return folder / "merged.json"


def test_merged_runs_take_as_long_as_they_took(tmp_path):
    """Bug: three runs of 2 s, an hour apart, were said to take two hours, and to have the exit code of one program."""
    path = merged(tmp_path, run_of(0, 100), run_of(3, 3700), run_of(0, 7300))
    assert "6.000 s in 3 runs, within 7202.000 s, exit code 3 (the first that is not 0)" in done("report", path)
    document = json.loads(done("report", path, "--json"))
    assert (document["duration_ns"], document["runs_count"], document["exit_code"]) == (6 * 10**9, 3, 3)
    assert document["notes"] == [{"text": "the disk is slow", "is_warning": False, "count": 3}]
    assert "note: the disk is slow (3 times)\n" in done("report", path)
    again = merged(tmp_path, json.loads(path.read_text()), run_of(0, 9000))
    assert "8.000 s in 4 runs" in done("report", again)
    assert "(4 times)" in done("report", again)


def test_one_merged_run_is_itself(tmp_path):
    path = merged(tmp_path, run_of(0, 100))
    assert "\n2.000 s, exit code 0\n" in done("report", path)
    assert json.loads(path.read_text())["about"]["runs_count"] == 0


def test_an_end_that_nobody_saw_has_no_exit_code(folder, tmp_path):
    """Bug: a process that was watched for a while, and one that perf recorded, were said to end with 0."""
    for path in (folder / "pipeline.json", merged(tmp_path, run_of(0, 1, exit_unknown=1), run_of(0, 9))):
        assert ", exit code not known" in done("report", path)
        assert json.loads(done("report", path, "--json"))["exit_code"] is None
    known = merged(tmp_path, run_of(0, 1, exit_unknown=1), run_of(7, 9))
    assert json.loads(done("report", known, "--json"))["exit_code"] == 7


def test_sessions_of_schema_1_know_no_definitions(tmp_path):
    """They contain only the lines that were executed, which must not be taken for the lines where functions begin."""
    path = tmp_path / "old.json"
    path.write_text(json.dumps({**ALLOCATING, "schema": 1, "samples": {"stack": [2], "weight_ns": [5]}}))
    function = json.loads(done("report", path, "--json"))["functions"][0]
    assert (function["name"], function["file"], function["line"]) == ("grow", "", 0)
    assert (function["hottest_file"], function["hottest_line"]) == ("pipeline.c", 20)


def test_intervals_are_wilsons(report):
    scipy_stats = pytest.importorskip("scipy.stats")
    samples = report["quality"]["samples_count"]
    for row in report["functions"]:
        wanted = scipy_stats.binomtest(row["samples_count"], samples).proportion_ci(method="wilson")
        assert row["self_low_ratio"] == pytest.approx(wanted.low, abs=1e-9)
        assert row["self_high_ratio"] == pytest.approx(wanted.high, abs=1e-9)


ALLOCATING = {
    "format": "clinic-session", "schema": 1,
    "quality": {"allocations_observed": 1, "peak_bytes": 700, "unmatched_frees_count": 2},
    "strings": ["", "main", "grow", "pipeline.c", "dedup", "mutex", "table_lock", "worker"],
    "frames": {"function": [0, 1, 2, 2], "file": [0, 3, 3, 3], "line": [0, 10, 20, 21], "tier": [0, 1, 1, 1]},
    "stacks": {"parent": [0, 0, 1, 1], "frame": [0, 1, 2, 3]},
    "threads": {"pid": [0, 5], "tid": [0, 5], "name": [0, 7]},
    "stages": {"name": [0, 4]},
    "allocations": {"stack": [2, 2, 3], "stage": [1, 0, 1], "thread": [1, 1, 1], "allocations_count": [10, 1, 5],
                    "frees_count": [8, 1, 5], "bytes": [1000, 50, 300], "peak_bytes": [600, 0, 100],
                    "leaked_count": [2, 0, 0], "leaked_bytes": [200, 0, 0], "temporary_count": [4, 1, 0]},
    "allocation_sizes": {"stage": [1], "up_to_bytes": [128], "allocations_count": [15]},
    "locks": {"kind": [5, 5], "name": [1, 6], "stack": [1, 2], "owner_stack": [0, 3], "thread": [1, 1],
              "acquisitions_count": [9, 9], "contended_count": [0, 3], "wait_ns": [0, 20_000_000],
              "longest_wait_ns": [0, 15_000_000], "hold_ns": [1, 1]},
}


def test_allocations_and_locks_are_reported(tmp_path):
    path = tmp_path / "alloc.json"
    path.write_text(json.dumps(ALLOCATING))
    report = json.loads(done("report", path, "--json"))
    assert report["allocations"]["allocations_count"] == 16
    assert report["allocations"]["frees_count"] == 14
    assert report["allocations"]["bytes"] == 1350
    assert report["allocations"]["peak_bytes"] == 700  # the program's own peak, not the sum of the sites'
    assert report["allocations"]["leaked_count"] == 2 and report["allocations"]["leaked_bytes"] == 200
    assert report["allocations"]["temporary_count"] == 5
    assert {row["name"]: row["bytes"] for row in report["allocations"]["stages"]} == {"(no stage)": 50, "dedup": 1300}
    site = report["call_sites"][0]
    assert (site["name"], site["line"], site["bytes"], site["stack"]) == ("grow", 20, 1050, ["main", "grow"])
    assert [lock["wait_ns"] for lock in report["locks"]] == [20_000_000, 0]  # the longest wait first
    assert report["locks"][0]["owner_stack"] == ["main", "grow"]
    text = done("report", path)
    assert "700 bytes were live at once" in text and "grow  pipeline.c:20" in text and "mutex table_lock" in text


@pytest.mark.parametrize("weight, wanted", [("allocations", "16"), ("bytes", "1350"), ("peak", "700"),
                                            ("leaked", "200"), ("wait", "20000000")])
def test_every_weight_can_be_drawn(tmp_path, weight, wanted):
    (tmp_path / "alloc.json").write_text(json.dumps(ALLOCATING))
    done("export", tmp_path / "alloc.json", "--weight", weight, "-o", tmp_path / "x.collapsed")
    lines = (tmp_path / "x.collapsed").read_text().splitlines()
    assert sum(int(line.rsplit(" ", 1)[1]) for line in lines) == int(wanted)
    done("export", tmp_path / "alloc.json", "--weight", weight, "-o", tmp_path / "x.svg")


def metrics(path: Path) -> dict[str, float]:
    """{name with labels: value} of a file for Prometheus. Each metric has its help, its type and a name of ours; a name of seconds is of seconds."""
    values, described = {}, None
    for line in path.read_text().splitlines():
        if found := re.fullmatch(r"# HELP (clinic_recording_[a-z_]+) [A-Z].*\.", line):
            described = found[1]
        elif line.startswith("#"):
            assert line == f"# TYPE {described} gauge"
        else:
            name, labels, value = re.fullmatch(r'([a-z_]+)(\{(?:[a-z]+="(?:[^"\\]|\\["\\])*",?)+\})? ([0-9.]+)', line).groups()
            assert name == described and ("." in value) == name.endswith("_seconds"), line
            values[line.removeprefix("clinic_recording_").rsplit(" ", 1)[0]] = float(value)
    return values


def test_metrics_for_prometheus_are_the_numbers_of_the_report(folder, tmp_path, report):
    done("export", folder / "pipeline.json", "-o", tmp_path / "x.prom")
    found = metrics(tmp_path / "x.prom")
    quality = report["quality"]
    assert (found["samples"], found["lost_records"]) == (quality["samples_count"], quality["lost_count"])
    assert found["sampled_cpu_seconds"] * 1e9 == pytest.approx(quality["sampled_cpu_ns"])
    assert found["duration_seconds"] * 1e9 == pytest.approx(report["duration_ns"])
    assert 'command="/usr/bin/perf record' in next(iter(found)) and found['stage_cpu_seconds{stage="(no stage)"}'] > 0
    unknown = {"exit_code", "accounted_cpu_seconds", "collector_cpu_seconds", "start_timestamp_seconds", "peak_bytes"}
    assert not unknown & set(found), "what perf did not record is not known, and not 0"
    assert "prometheus cannot show a difference; try collapsed (.collapsed), flamegraph (.svg)\n" in complaint("diff", PERF_TEXT, FASTER_TEXT, "-o", tmp_path / "d.prom")


def test_metrics_of_stages_and_locks(tmp_path):
    (tmp_path / "alloc.json").write_text(json.dumps(ALLOCATING))
    done("export", tmp_path / "alloc.json", "-o", tmp_path / "x.prom")
    found = metrics(tmp_path / "x.prom")
    assert found["peak_bytes"] == 700 and found["exit_code"] == 0
    assert [found[f'stage_{what}{{stage="dedup"}}'] for what in ("allocations", "allocated_bytes", "leaked_bytes")] == [15, 1300, 200]
    assert found['stage_allocated_bytes{stage="(no stage)"}'] == 50
    assert [found[f'lock_{what}{{kind="mutex"}}'] for what in ("acquisitions", "waits", "wait_seconds")] == [18, 3, 0.02]


def test_a_session_survives_export_and_gzip(folder, tmp_path):
    done("export", folder / "pipeline.json", "-o", tmp_path / "again.json.gz")
    assert gzip.decompress((tmp_path / "again.json.gz").read_bytes()) == (folder / "pipeline.json").read_bytes()


def test_gzipped_and_piped_text_imports_the_same(folder, tmp_path):
    (tmp_path / "text.gz").write_bytes(gzip.compress(PERF_TEXT.read_bytes()))
    done("import", tmp_path / "text.gz", "-o", tmp_path / "a.json")
    with PERF_TEXT.open() as text:
        done("import", "-", "-o", tmp_path / "b.json", stdin=text)
    wanted = (folder / "pipeline.json").read_bytes()
    assert (tmp_path / "a.json").read_bytes() == wanted and (tmp_path / "b.json").read_bytes() == wanted


def test_merged_runs_add_up(folder, tmp_path):
    done("merge", folder / "pipeline.json", folder / "faster.json.gz", "-o", tmp_path / "both.json")
    whole = json.loads(done("report", tmp_path / "both.json", "--json"))
    parts = [json.loads(done("report", folder / name, "--json")) for name in ("pipeline.json", "faster.json.gz")]
    assert whole["quality"]["samples_count"] == sum(part["quality"]["samples_count"] for part in parts)
    assert whole["quality"]["lost_count"] == 6
    assert whole["command"] == parts[0]["command"]
    for name in ("hash_frame", "hash_frame_fast", "walk;tree"):
        count = sum(row["samples_count"] for part in parts for row in part["functions"] if row["name"] == name)
        assert next(row["samples_count"] for row in whole["functions"] if row["name"] == name) == count
    assert "cannot read" in complaint("merge", folder / "pipeline.json", "/nonexistent", "-o", tmp_path / "no.json")
    assert not (tmp_path / "no.json").exists()


def test_a_window_without_time_is_told(folder):
    for window in (["--from", "5", "--to", "1"], ["--from", "9"], ["--to", "0"]):
        assert "nothing lies between" in complaint("report", folder / "pipeline.json", *window)


def test_a_window_of_time(folder):
    whole = json.loads(done("report", folder / "pipeline.json", "--json"))
    parts = [json.loads(done("report", folder / "pipeline.json", "--json", *window))["quality"]["samples_count"]
             for window in (["--to", "0.03"], ["--from", "0.03"])]
    assert all(parts) and sum(parts) == whole["quality"]["samples_count"]


# ---- the flame graph

def svg_of(folder: Path, tmp_path: Path, *more: object) -> ElementTree.Element:
    done("export", folder / "pipeline.json", "-o", tmp_path / "x.svg", *more)
    return ElementTree.parse(tmp_path / "x.svg").getroot()


def frames_of(svg: ElementTree.Element) -> dict[str, dict]:
    """For each name, the rectangle, the label and the tooltip of the last frame with this name."""
    frames = {}
    for group in svg.iterfind(f"{SVG}g[@id='frames']/{SVG}g"):
        tip = group.find(f"{SVG}title").text
        rect, label = group.find(f"{SVG}rect"), group.find(f"{SVG}text")
        frames[tip.split("\n")[0]] = {"x": float(rect.get("x")), "y": float(rect.get("y")),
                                      "width": float(rect.get("width")), "tip": tip,
                                      "label": label.text if label is not None else None,
                                      "class": rect.get("class")}
    return frames


def test_flame_graph_widths_are_shares(folder, tmp_path, report):
    frames = frames_of(svg_of(folder, tmp_path))
    ratio = {row["name"]: row["total_ratio"] for row in report["functions"]}
    for name in ("main", "dedup_batch", "hash_frame", "forward_batch", "ingress_loop"):
        assert frames[name]["width"] / frames["all"]["width"] == pytest.approx(ratio[name], abs=1e-4), name


def test_flame_graph_children_lie_on_their_parents(folder, tmp_path):
    frames = frames_of(svg_of(folder, tmp_path))
    for child, parent in (("main", "__libc_start_call_main"), ("dedup_batch", "main"), ("hash_frame", "dedup_batch")):
        assert frames[child]["y"] == frames[parent]["y"] - 18
        assert frames[child]["x"] >= frames[parent]["x"] - 0.02
        assert (frames[child]["x"] + frames[child]["width"]
                <= frames[parent]["x"] + frames[parent]["width"] + 0.02)
    upside_down = frames_of(svg_of(folder, tmp_path, "--icicle"))
    assert upside_down["hash_frame"]["y"] == upside_down["dedup_batch"]["y"] + 18


def test_flame_graph_says_what_it_shows(folder, tmp_path):
    svg = svg_of(folder, tmp_path, "--title", "A < B & \"C\"")
    text = " ".join(node.text or "" for node in svg.iter(f"{SVG}text"))
    frames = frames_of(svg)
    assert "A < B & \"C\"" in text and "3 lost" in text and "kernel" in text and "libc.so.6" in text
    assert re.search(r"hash_frame\n\d+\.\d\d % \[\d+\.\d\d, \d+\.\d\d\], [\d.]+ ms, \d+ samples\npipeline, inlined",
                     frames["hash_frame"]["tip"])
    assert frames["copy_user_generic"]["class"] == "k" and frames["hash_frame"]["class"].endswith(" i")
    assert frames["main"]["label"] == f"main  {float(re.search(r'([0-9.]+) %', frames['main']['tip'])[1]):.1f} %"
    long_name = frames["std::vector<int, std::allocator<int> >::push_back(int&&)"]
    assert long_name["label"].endswith("…") and len(long_name["label"]) * 7 < long_name["width"]


def test_flame_graph_is_self_contained_and_small(folder, tmp_path):
    svg_of(folder, tmp_path)
    text = (tmp_path / "x.svg").read_text()
    assert len(text) < 300_000
    outside = set(re.findall(r"https?://[^\"' )]+", text))
    assert outside == {"http://www.w3.org/2000/svg"}  # the name space, which nobody fetches


def test_difference_is_coloured_by_its_direction(folder, tmp_path):
    done("diff", folder / "pipeline.json", folder / "faster.json.gz", "-o", tmp_path / "d.svg")
    text = (tmp_path / "d.svg").read_text()
    fill = {name: re.search(rf"<title>{name}\n.*?fill=\"#(..)(..)(..)\"", text, re.S).groups()
            for name in ("hash_frame", "hash_frame_fast", "forward_batch", "all")}
    assert fill["hash_frame"][2] == "f5" and fill["hash_frame"][0] < "f5"       # gone: blue
    assert fill["hash_frame_fast"][0] == "f5" and fill["hash_frame_fast"][2] < "f5"  # new: red
    assert fill["forward_batch"][0] == "f5"                                     # its share grew
    assert len(set(fill["all"])) == 1                                           # grey


def test_unlike_runs_are_compared_with_a_warning(folder, tmp_path):
    other = tmp_path / "other.json"
    other.write_text((folder / "pipeline.json").read_text().replace('"host":"bench-1"', '"host":"laptop"'))
    ran = clinic("diff", folder / "pipeline.json", other)
    assert ran.returncode == 0
    assert ran.stderr == f"clinic: warning: the host is bench-1 in {folder / 'pipeline.json'} and laptop in {other}\n"


def test_nothing_to_compare_is_told(folder, tmp_path):
    (tmp_path / "alloc.json").write_text(json.dumps(ALLOCATING))
    assert "alloc.json has no cpu to compare" in complaint("diff", tmp_path / "alloc.json", folder / "pipeline.json")


def test_metrics_are_reported(tmp_path):
    session = {"format": "clinic-session", "schema": 1, "metrics": {
        "time_ns": [1000, 500, 500], "rss_bytes": [1048576, 3145728, 2097152], "threads_count": [1, 4, 2]}}
    (tmp_path / "m.json").write_text(json.dumps(session))
    metrics = json.loads(done("report", tmp_path / "m.json", "--json"))["metrics"]
    assert [(row["time_ns"], row["rss_bytes"]) for row in metrics] == [(1000, 1048576), (1500, 3145728),
                                                                      (2000, 2097152)]
    assert "largest resident size of a process 3.0 MiB, at that moment with 4 threads" in done("report", tmp_path / "m.json")


def test_difference_json(folder):
    rows = json.loads(done("diff", folder / "pipeline.json", folder / "faster.json.gz", "--json"))["functions"]
    by_name = {row["name"]: row for row in rows}
    assert by_name["hash_frame"]["new_self_ratio"] == 0 and by_name["hash_frame"]["change_self_ratio"] < 0
    assert by_name["hash_frame_fast"]["base_self_ratio"] == 0
    for row in rows:
        assert row["change_self_low_ratio"] <= row["change_self_ratio"] <= row["change_self_high_ratio"]
    assert sum(row["change_self_ratio"] for row in rows) == pytest.approx(0)


# ---- bad input

def test_no_such_verb_suggests_the_nearest():
    assert "did you mean 'report'?" in complaint("reprot", "x")
    assert "`clinic help` lists them" in complaint("zzzzzzzz")
    assert "did you mean 'export'?" in complaint("help", "exprt")


def test_every_verb_helps():
    listing = done("--help")
    verbs = re.findall(r"^  (\w+)  +\S", listing, re.M)
    assert {"import", "export", "report", "diff", "help"} <= set(verbs)
    for verb in set(verbs) - {"help"}:
        text = done("help", verb)
        assert text.startswith(f"usage: clinic {verb} ") and "--help" in text
        assert done(verb, "--help") == text


def test_nothing_said_is_a_usage_error():
    ran = clinic()
    assert ran.returncode == 2 and "usage" in ran.stderr


@pytest.mark.parametrize("argv, says", [
    (["report"], "something is missing"),
    (["report", "a", "b"], "one too many"),
    (["report", "--bogus", "a"], "there is no option --bogus"),
    (["report", "a", "--top"], "--top needs its N"),
    (["report", "a", "--top", "-3"], "--top -3 is not a whole number of at least 1"),
    (["report", "a", "--by", "moon"], "no group 'moon'"),
    (["report", "a", "--weight", "moon"], "no weight 'moon'"),
    (["report", "/nonexistent.json"], "cannot read /nonexistent.json: No such file or directory"),
    (["report", "/"], "cannot read /: Is a directory"),
    (["export", "a"], "give -o"),
    (["export", "a", "-o", "x.png"], "no format has the suffix of x.png; known are collapsed (.collapsed), flamegraph (.svg), prometheus (.prom), "
     "session (.json)"),
    (["export", "a", "-o", "x.svg", "--format", "png"], "there is no format 'png'; known are collapsed (.collapsed), "),
    (["export", "a", "-o", "x.svg", "--format", "perf-script"], "perf-script can be read only; what can be written"),
    (["diff", PERF_TEXT, FASTER_TEXT, "-o", "x.json"], "session cannot show a difference; try collapsed (.collapsed), "
     "flamegraph (.svg)\n"),
    (["diff", "a", "b", "-o", "x.png"], "no format has the suffix"),
    (["import", "a"], "give -o"),
    (["import", "a", "-o", "x.svg"], "a session ends in .json or .json.gz, not as x.svg does"),
    (["import", "/nonexistent", "-o", "x.json"], "cannot read /nonexistent"),
    (["report", "/dev/null"], "neither a file nor a pipe"),
])
def test_bad_usage_is_one_sentence(argv, says):
    assert says in complaint(*argv)


def test_damaged_sessions_are_told(folder, tmp_path):
    whole = (folder / "pipeline.json").read_bytes()
    cut, newer, other = tmp_path / "cut.json", tmp_path / "newer.json", tmp_path / "other.json"
    cut.write_bytes(whole[:len(whole) // 2])
    newer.write_bytes(re.sub(rb'"schema":\d+', b'"schema":99', whole))
    other.write_text("{}")
    assert f"it is cut short: it ends at byte {len(whole) // 2};" in complaint("report", cut)
    assert "too new" in complaint("report", newer) and "99" in complaint("report", newer)
    assert "cannot tell what" in complaint("diff", folder / "pipeline.json", other)
    other.write_text('{"about":{}}')
    assert '"format"' in complaint("diff", folder / "pipeline.json", other)
    (tmp_path / "cut.json.gz").write_bytes((folder / "faster.json.gz").read_bytes()[:-9])
    assert "it is cut short" in complaint("report", tmp_path / "cut.json.gz")


@pytest.mark.parametrize("text, says", [
    ("", "it is empty"), ("[1]", "known are perf-script (the text of "), ('{"a":1}', "session (a session with all"),
    ('{"format":"clinic-session","schema":2,"strings":["",7', "strings holds something else"),
    ('{"format":"clinic-session","schema":2,"strings":["","a', "it is cut short"),
    ('{"format":"clinic-session" "schema"', "it is damaged at byte 27"),
])
def test_what_is_wrong_with_a_file_is_told(tmp_path, text, says):
    """Bug: an empty file and an array were both "not JSON", and for a cut file the message named the column of the cut."""
    (tmp_path / "bad.json").write_text(text)
    assert says in complaint("report", tmp_path / "bad.json")


def inflating(path: Path, begin: bytes, filler: bytes, times: int) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(b'{"format":"clinic-session","schema":1,' + begin)
        for _ in range(times):
            out.write(filler * (1 << 20))
    return path


@pytest.mark.parametrize("begin, filler, times", [
    pytest.param(b'"notes":{"text":[0', b",0", 17, marks=pytest.mark.slow),
    pytest.param(b'"locks":{"wait_ns":[0', b",0", 16, marks=pytest.mark.slow),
    pytest.param(b'"strings":["", "', b"a", 32),
], ids=["more rows than may be", "rows of more bytes than may be", "a text without end"])
def test_a_small_file_cannot_take_all_memory(tmp_path, begin, filler, times):
    bomb = inflating(tmp_path / "bomb.json.gz", begin, filler, times)
    assert bomb.stat().st_size < 1_000_000
    assert "is too large" in complaint("report", bomb)


def test_a_text_that_is_no_perf_script_is_told(tmp_path):
    (tmp_path / "text").write_text("hello\nworld\n")
    assert "perf-script (the text of perf script -F " in complaint("import", tmp_path / "text", "-o", tmp_path / "x.json")
    assert not (tmp_path / "x.json").exists()
    assert "other events, such as cpu-clock:pppH" in complaint("import", PERF_TEXT, "--event", "faults", "-o",
                                                               tmp_path / "x.json")


def test_every_reading_verb_takes_any_format_by_its_content(folder, tmp_path):
    """A text of perf, plain, gzipped or from a pipe, gives the same output as the session that it becomes, whatever its file name is."""
    named_oddly = tmp_path / "pipeline.json"
    named_oddly.write_bytes(gzip.compress(PERF_TEXT.read_bytes()))
    wanted = done("report", folder / "pipeline.json", "--by", "library")
    assert done("report", PERF_TEXT, "--by", "library") == wanted
    assert done("report", named_oddly, "--by", "library") == wanted
    for piped in (PERF_TEXT, named_oddly, folder / "pipeline.json"):
        with subprocess.Popen(["cat", piped], stdout=subprocess.PIPE) as cat:
            assert done("report", "-", "--by", "library", stdin=cat.stdout) == wanted
        with open(piped) as whole:
            assert done("report", "-", "--by", "library", stdin=whole) == wanted
    done("import", folder / "pipeline.json", "-o", tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (folder / "pipeline.json").read_bytes()
    done("merge", PERF_TEXT, named_oddly, "-o", tmp_path / "twice.json")
    assert json.loads(done("report", tmp_path / "twice.json", "--json"))["quality"]["samples_count"] == 120
    table = done("diff", PERF_TEXT, FASTER_TEXT).split("\n\n")[1]
    assert table == done("diff", folder / "pipeline.json", folder / "faster.json.gz").split("\n\n")[1]
    done("export", named_oddly, "-o", tmp_path / "a.collapsed")
    check_golden("pipeline.collapsed.txt", (tmp_path / "a.collapsed").read_text())


def test_a_slow_pipe_is_recognised_when_there_is_enough_of_it():
    slowly = "printf '{\"for'; sleep 0.2; printf 'mat\":\"clinic-session\",\"schema\":2}'"
    with subprocess.Popen(["sh", "-c", slowly], stdout=subprocess.PIPE) as writer:
        assert "exit code 0" in done("report", "-", stdin=writer.stdout)


def test_the_format_may_be_named(folder, tmp_path):
    done("export", folder / "pipeline.json", "-o", tmp_path / "stacks.txt", "--format", "collapsed")
    check_golden("pipeline.collapsed.txt", (tmp_path / "stacks.txt").read_text())


def test_a_cut_text_is_told(tmp_path):
    (tmp_path / "cut.gz").write_bytes(gzip.compress(PERF_TEXT.read_bytes())[:-20])
    assert "damaged or cut short" in complaint("import", tmp_path / "cut.gz", "-o", tmp_path / "x.json")
    assert not (tmp_path / "x.json").exists()


def test_nothing_to_draw_is_told(folder, tmp_path):
    assert "has no leaked to draw" in complaint("export", folder / "pipeline.json", "-w", "leaked", "-o",
                                                tmp_path / "x.svg")
    assert "has no leaked to report" in complaint("report", folder / "pipeline.json", "-w", "leaked")
    assert "has no function 'nobody'" in complaint("report", folder / "pipeline.json", "--callers", "nobody")


def test_a_full_disk_is_told(folder, tmp_path):
    for suffix in (".svg", ".collapsed", ".json"):
        full = tmp_path / f"full{suffix}"
        full.symlink_to("/dev/full")
        assert "No space left on device" in complaint("export", folder / "pipeline.json", "-o", full)
    for more in ([], ["--json"]):
        with open("/dev/full", "w") as full:
            ran = subprocess.run([CLINIC, "report", folder / "pipeline.json", *more], stdout=full,
                                 stderr=subprocess.PIPE, text=True)
        assert ran.returncode == 2
        assert ran.stderr == "clinic: cannot write the output: No space left on device\n"


def test_a_reader_that_left_is_no_error(folder):
    ran = subprocess.run(f"'{CLINIC}' report '{folder / 'pipeline.json'}' | head -1", shell=True, capture_output=True,
                         text=True)
    assert ran.stderr == ""
