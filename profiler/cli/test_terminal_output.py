"""What others chose to be called - functions, threads, commands, paths, notes - does not command the reader's terminal;
and a reader of ours that goes away costs no measurement."""

import json
import re
import subprocess
import sys

import pytest
from recorded_session import CLINIC, read_session

# Sets a title, clears the screen, turns writing round, and fakes a line that a person or a bot may act on.
HOSTILE = "x\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\r\n/approve\x7f"
HARMLESS = r"x\x1b]0;owned\a\x1b[2J\u009b31m\u202e\r\n/approve\x7f"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def everything(name: str) -> dict:
    """A session in which every text from outside is that name."""
    return {
        "format": "clinic-session", "schema": 2,
        "about": {"command": name, "host": name, "backend": name, "event": name, "ended_ns": 9000000000},
        "quality": {"accounted_cpu_ns": 5, "allocations_observed": 1},
        "strings": ["", name],
        "libraries": {"path": [0, 1]},
        "frames": {"function": [0, 1, 0], "file": [0, 1, 1], "line": [0, 3, 4], "library": [0, 1, 1], "tier": [0, 1, 0]},
        "stacks": {"parent": [0, 0, 1], "frame": [0, 1, 2]},
        "threads": {"pid": [0, 5], "tid": [0, 5], "name": [0, 1]},
        "stages": {"name": [0, 1]},
        "samples": {"time_ns": [1, 1], "weight_ns": [1, 1], "thread": [1, 1], "stack": [1, 2], "stage": [1, 1]},
        "waits": {"time_ns": [1], "weight_ns": [7], "thread": [1], "stack": [1]},
        "lifetimes": {"watched_ns": [9], "thread": [1]},
        "allocations": {"stack": [1], "stage": [1], "thread": [1], "allocations_count": [1], "bytes": [8]},
        "locks": {"kind": [1], "name": [1], "stack": [1], "thread": [1], "contended_count": [1], "wait_ns": [3]},
        "refusals": {"backend": [1], "text": [1], "errno_number": [1]},
        "notes": {"text": [1], "is_warning": [1]},
    }


def shown(*argv: object) -> str:
    """The text that the command printed to both streams."""
    ran = subprocess.run([CLINIC, *map(str, argv)], capture_output=True, timeout=60)
    return (ran.stdout + ran.stderr).decode()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "a.json").write_text(json.dumps(everything(HOSTILE)))
    (folder / "b.json").write_text(json.dumps(everything(HOSTILE + "2")))
    return folder


@pytest.mark.parametrize("verb", [
    *(["report", "a.json", "--by", group] for group in ("function", "line", "file", "library", "thread", "stage")),
    ["report", "a.json", "--callers", HOSTILE], ["report", "a.json", "--callers", HOSTILE + "?"],
    ["annotate", "a.json", HOSTILE], ["annotate", "a.json", HOSTILE + "?"], ["diff", "a.json", "b.json"],
    ["report", HOSTILE], ["import", HOSTILE.replace("/", "|"), "-o", "x.json"], ["export", "a.json", "-o", HOSTILE],
    ["export", "a.json", "-o", "/dev/stdout", "--format", "collapsed"],
    ["export", "a.json", "-o", "/dev/stdout", "--format", "prometheus"], ["where", HOSTILE + "+0x10"],
    ["record", "-o", "x.json", "--", HOSTILE], ["report", "a.json", "--by", HOSTILE], [HOSTILE], ["help", HOSTILE],
    ["report", "--" + HOSTILE, "a.json"], ["report", "a.json", "--from", HOSTILE],
], ids=lambda verb: " ".join(verb).replace(HOSTILE, "NAME"))
def test_no_text_of_others_reaches_a_terminal_raw(hostile, verb):
    text = shown(*(hostile / word if word in ("a.json", "b.json") else word for word in verb))
    assert not OBEYED.search(text), ascii(text)
    assert not re.search("^/approve", text, re.M), text
    assert "owned" in text


def test_names_are_shown_with_escapes(hostile):
    assert f" {HARMLESS}  " in shown("report", hostile / "a.json")


def test_a_name_does_not_break_a_line_of_collapsed_stacks(hostile, tmp_path):
    assert shown("export", hostile / "a.json", "-o", tmp_path / "x.collapsed") == ""
    for line in (tmp_path / "x.collapsed").read_text().splitlines():
        assert re.fullmatch(r"[^ ].* \d+", line), ascii(line)


@pytest.mark.parametrize("events", [["-e", "cpu"], ["--backend", "timer"], ["-e", "alloc"]], ids=" ".join)
def test_a_reader_that_goes_away_costs_no_measurement(tmp_path, events):
    """Bug: `clinic record ... 2>&1 | head` lost the session: printing the summary killed the recorder before it saved."""
    with subprocess.Popen([CLINIC, "record", *events, "-o", tmp_path / "s.json", "--", "/bin/sh", "-c", "exit 3"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as recorder:
        recorder.stdout.close()
        recorder.wait(60)
    if recorder.returncode == 2 and not (tmp_path / "s.json").exists() and events != ["-e", "alloc"]:
        pytest.skip(f"{' '.join(events)} does not work here: {shown('doctor')}")
    assert recorder.returncode == 3
    assert read_session(tmp_path / "s.json")["about"]["exit_code"] == 3


def test_the_program_finds_its_pipes_as_it_would_alone(tmp_path):
    """The recorder survives a closed pipe, but the program does not inherit this: yes | head ends as it does alone."""
    script = "import signal; raise SystemExit(40 + (signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN))"
    restore = {"restore_signals": True}
    for argv in ([sys.executable, "-c", script], ["/usr/bin/env", "sh", "-c", "kill -PIPE $$; exit 9"]):
        alone = subprocess.run(argv, **restore).returncode
        recorded = subprocess.run([CLINIC, "record", "-e", "alloc", "-o", tmp_path / "s.json", "--", *argv],
                                  stderr=subprocess.DEVNULL, **restore).returncode
        assert recorded == (alone if alone >= 0 else 128 - alone)


def test_the_padding_of_a_title_is_cut(tmp_path):
    """Bug: a program that sets its title overwrites its arguments, and some thirty '' followed the command."""
    script = "$0 = 'idle: 1'; print \"set\\n\"; $| = 1; print ''; sleep 60"
    with subprocess.Popen(["perl", "-e", "$| = 1; " + script, *["word"] * 30], stdout=subprocess.PIPE) as titled:
        titled.stdout.readline()
        ran = subprocess.run([CLINIC, "record", "-p", str(titled.pid), "-d", "0.2", "-o", tmp_path / "s.json"],
                             capture_output=True, text=True)
        titled.kill()
    if ran.returncode and not (tmp_path / "s.json").exists():
        pytest.skip(f"no process can be watched here: {ran.stderr}")
    about = read_session(tmp_path / "s.json")["about"]
    assert about["command"] == "'idle: 1'"
    assert about["exit_unknown"] == 1  # it went on
