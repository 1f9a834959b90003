"""An imported `perf record` has the samples and shares of `perf report`."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("perf_script_live")  # one worker records
CLINIC = Path("build/bin/clinic").resolve()
VICTIM = Path("build/victims/split_functions").resolve()


def output(*argv: object, **kwargs) -> str:
    return subprocess.run([str(word) for word in argv], check=True, capture_output=True, text=True, **kwargs).stdout


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Path:
    if not shutil.which("perf"):
        pytest.skip("no perf to compare with")
    data = tmp_path_factory.mktemp("perf") / "perf.data"
    done = subprocess.run(["perf", "record", "-q", "-F", "999", "-e", "cpu-clock", "-g", "-o", data,
                           VICTIM, "400"], capture_output=True, text=True)
    if not data.exists():
        pytest.skip(f"perf record does not work here: {done.stderr.strip()[:200]}")
    return data


@pytest.fixture(scope="module")
def report(recording) -> dict:
    text, session = recording.with_suffix(".txt"), recording.with_suffix(".json")
    # As the help says: it named a field that a plain perf record does not have.
    command = re.search(r"(perf script.*?-F \S+)", output(CLINIC, "help", "import"), re.S).group(1)
    text.write_text(output(*command.replace("\\", "").split(), "-i", recording))
    output(CLINIC, "import", text, "-o", session)
    return json.loads(output(CLINIC, "report", session, "--json"))


@pytest.mark.slow
def test_no_sample_is_missing_or_double(recording, report):
    samples = re.search(r"^ +SAMPLE events: +(\d+)", output("perf", "report", "-i", recording, "--stats"), re.M)
    assert report["quality"]["samples_count"] == int(samples.group(1))
    assert report["quality"]["frequency_hz"] == 999
    # Which stacks perf cannot walk to their end depends on where its samples fall.
    assert [note for note in report["notes"] if "perf could not name" not in note["text"]] == []


@pytest.mark.slow
def test_shares_are_perfs_own(recording, report):
    text = output("perf", "report", "-i", recording, "--no-children", "-g", "none", "--stdio", "-F", "overhead,sym")
    by_perf = {name: float(share) for share, name in
               re.findall(r"^ +([\d.]+)% +\[[.k]\] (.+?) *$", text, re.M)}
    ours = {}
    for row in report["functions"]:
        ours[row["name"]] = ours.get(row["name"], 0) + 100 * row["self_ratio"]
    assert len(by_perf) >= 3
    for name, share in by_perf.items():
        assert ours[name] == pytest.approx(share, abs=0.011), name


def functions_of(report: dict) -> dict:
    return {row["name"]: (row["samples_count"], row["total_samples_count"]) for row in report["functions"]}


@pytest.mark.slow
@pytest.mark.parametrize("fields, says", [
    ("comm,tid,time,event,ip,sym,dso", ""), ("comm,pid,time,period,event,ip,sym,dso", ""),
    ("pid,tid,time,period,event,ip,sym,dso", ""), ("comm,tid,misc,time,period,event,ip,sym,symoff,dso", ""),
    ("comm,tid,time,event,ip,sym,dso,srcline", "lines beside the frames"),
    ("comm,time,event,ip,sym,dso", "no process and thread number"), ("comm,pid,tid,time,ip,sym,dso", "name the event"),
    ("comm,pid,tid,event,ip,sym,dso", "have no time"), ("comm,tid,period,event,ip,sym,dso", "have no time"),
    ("tid,event,ip,sym", "have no time"), ("", ""),
])
def test_any_choice_of_fields_gives_the_same_stacks(recording, report, tmp_path, fields, says):
    """Users have texts that were written with the fields that another tool needs."""
    text = output("perf", "script", "-i", recording, *(["-F", fields] if fields else []))
    for name, variant in (("whole", text), ("no blank lines", re.sub(r"\n\n+", "\n", text))):
        (tmp_path / "x.txt").write_text(variant)
        output(CLINIC, "import", tmp_path / "x.txt", "-o", tmp_path / "x.json")
        got = json.loads(output(CLINIC, "report", tmp_path / "x.json", "--json", "--weight", "samples"))
        assert functions_of(got) == functions_of(report), name
        assert says in " ".join(note["text"] for note in got["notes"])
        assert "made no sense" not in " ".join(note["text"] for note in got["notes"])
