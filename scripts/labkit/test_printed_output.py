"""What is printed fits the terminal and has colour there; a pipe gets whole lines and no escape sequence, whatever the environment asks for."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from on_a_terminal import run_on_terminal

from labkit.audit import version
from labkit.progress import Progress, expecting
from labkit.terminal_output import Line, Table, plain_lines, verdict_line

SHOWN = """
import sys; sys.path.insert(0, "scripts")
from labkit.terminal_output import Line, Table, show, verdict_line
show([verdict_line("regressed", ": the wall time of the process rose by 8.3 %, and pairs of fresh processes confirmed it"),
      Table(("metric", "A", "B", "change", "verdict"), [("wall", "1.203 ms", "1.303 ms", "+8.3% [+7.9%, +9.0%] at 95 %", "regressed"),
                                                        ("cpu", "1.1 ms", "1.1 ms", "+0.1% [-0.2%, +0.3%] at 95 %", "equivalent")],
            frozenset((1, 2)), {0: ["means: 1.2 ms to 1.4 ms"]}, indent=2), Line("reports/compare/20261127T140320Z/comparison.md", 2)])
"""
PHASE = """
import sys, time; sys.path.insert(0, "scripts")
from labkit.audit import version
from labkit.progress import Progress, expecting
with Progress("a phase of two steps", 2, step_s=2) as progress:
    time.sleep(1.8); progress.advance("the first"); progress.say("said between"); time.sleep(0.7)
"""
LAB = [sys.executable, "-B", "scripts/lab"]
FORCED = {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "TERM": "xterm-256color", "COLUMNS": "40"}
ESCAPE = re.compile("\x1b\\[[0-9;?]*[A-Za-z]")


def shown_by(script: str, **how) -> str:
    code, shown = run_on_terminal([sys.executable, "-B", "-c", script], **how)
    assert code == 0, shown
    return shown


def test_a_wide_terminal_has_a_table_with_colours():
    lines = shown_by(SHOWN, columns=100).splitlines()
    assert "\x1b[1;31mregressed\x1b[0m: the wall time" in lines[0]
    assert ESCAPE.sub("", lines[1]).split() == ["metric", "A", "B", "change", "verdict"]
    assert lines[2].endswith("\x1b[1;31mregressed\x1b[0m") and "1.203 ms" in lines[2]


@pytest.mark.few(1)
@pytest.mark.parametrize("columns", [60, 40, 24])
def test_a_narrow_terminal_cuts_no_cell_and_only_a_path_is_wider_than_it(columns):
    lines = [ESCAPE.sub("", line) for line in shown_by(SHOWN, columns=columns).splitlines()]
    assert [line for line in lines if len(line) > columns and "comparison.md" not in line] == []
    words = " ".join(" ".join(lines).split())
    for cell in ("wall: regressed", "A 1.203 ms, B 1.303 ms", "change +8.3% [+7.9%, +9.0%] at 95 %", "cpu: equivalent", "confirmed it", "means: 1.2 ms to 1.4 ms"):
        assert cell in words


@pytest.mark.slow
@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_none_is_wanted(environment):
    assert "\x1b" not in shown_by(SHOWN, columns=60, environment=environment)


@pytest.mark.few(1)
@pytest.mark.parametrize("argv", [[sys.executable, "-B", "-c", SHOWN], [*LAB, "clinic", "--list"], [sys.executable, "-B", "-c", PHASE]])
def test_a_pipe_has_no_escape_sequence_and_whole_lines(argv, tmp_path):
    done = subprocess.run(argv, env=FORCED | {"PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert done.returncode == 0 and "\x1b" not in done.stdout + done.stderr and "\r" not in done.stdout + done.stderr


def test_a_pipe_has_columns_in_line():
    lines = plain_lines([verdict_line("improved", ": x"), Table(("a", "b"), [("1", "22"), ("333", "4")], frozenset((1,)), {0: ["more"]}, 2), Line("end", 2)])
    assert lines == ["improved: x", "  a     b", "  1    22", "    more", "  333   4", "  end"]


def test_a_terminal_shows_a_bar_with_the_time_left():
    shown = shown_by(PHASE, columns=80)
    assert re.search(r"a phase of two steps \[#*\.+\] +\d+%, \d\.\d s left", shown)
    assert re.search(r"\n?.*said between\n", shown) and "a phase of two steps: done in " in shown.splitlines()[-1]


@pytest.mark.parametrize("width", [200, 60, 40, 25, 12])
def test_the_time_left_stays_in_a_narrow_terminal(width):
    progress = Progress("candidates/checksum-sliced", 10, step_s=3.0)
    progress.reach(4, "large")
    line = progress.line(time.monotonic(), width)
    assert len(line) <= width and ("left" in line or width < 20)


def test_the_time_left_is_known_from_the_steps_that_are_done():
    progress = Progress("phase", 4)
    now = progress.started
    assert progress.share(now) is None and progress.line(now + 3, 80) == "phase, 3.0 s so far"
    progress.advance()
    progress.step_began = now + 10
    assert progress.share(now + 10) == pytest.approx(0.25) and "30.0 s left" in progress.line(now + 10, 80)
    assert progress.share(now + 15) == pytest.approx(0.375) and progress.share(now + 99) < 0.5


def test_a_phase_of_one_step_takes_as_long_as_the_last_time():
    with expecting(20.0):
        progress = Progress("whole command (hyperfine)", 1)
    now = progress.started
    assert progress.share(now + 5) == pytest.approx(0.25) and "15.0 s left" in progress.line(now + 5, 80) and Progress("other", 1).share(now) is None
    assert version.seconds_before(Path("reports/telemetry/v0002"), "profile", "standard") == 62.0
    assert version.seconds_before(Path("reports/telemetry/v0002"), "profile", "quick") is version.seconds_before(Path("reports/none/v0001"), "profile", "quick") is None


@pytest.mark.slow
def test_of_a_phase_in_a_phase_the_outer_has_the_line():
    nested = PHASE + """
with Progress("outer", 1, step_s=3) as outer, Progress("inner", 1, step_s=3) as inner:
    time.sleep(1.3)
"""
    shown = shown_by(nested, columns=80)
    assert "outer [" in shown and "inner [" not in shown
