"""The trace of lab itself: complete, nested, written whatever happens, and unknown to the programs that are measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from labkit import self_trace
from labkit.outcome import LabError, UsageError
from labkit.process import run_process
from labkit.self_trace import PHASE, PROGRAM, VERB, span, traced_to

LAB = Path(__file__).resolve().parents[1] / "lab"


def lies_within(inner: dict, outer: dict) -> bool:
    return outer["ts"] <= inner["ts"] and inner["ts"] + inner["dur"] <= outer["ts"] + outer["dur"]


def test_spans_lie_within_each_other_and_name_the_programs(tmp_path):
    with traced_to(tmp_path / "t.json"), span(VERB, "audit"), span(PHASE, "baseline"):
        run_process(["/bin/echo", "caf\udce9"])
    program, phase, verb = json.loads((tmp_path / "t.json").read_text())
    assert [(one["cat"], one["name"], one["ph"]) for one in (verb, phase, program)] == [
        ("verb", "audit", "X"), ("phase", "baseline", "X"), ("program", "echo", "X")]
    assert lies_within(program, phase) and lies_within(phase, verb) and program["args"]["argv"][0] == "/bin/echo"


def test_nothing_is_kept_when_nobody_asks(tmp_path):
    with traced_to(None), span(PHASE, "baseline"):
        run_process(["true"])
    assert self_trace._events is None and not list(tmp_path.iterdir())


def test_what_fails_is_in_the_trace(tmp_path):
    with pytest.raises(LabError), traced_to(tmp_path / "t.json"), span(PHASE, "baseline"):
        raise LabError("no")
    assert [one["name"] for one in json.loads((tmp_path / "t.json").read_text())] == ["baseline"]


def test_a_place_where_nothing_can_be_written_is_a_sentence_at_once(tmp_path):
    with pytest.raises(UsageError, match="LAB_TRACE .*: nothing can be written there"), traced_to(tmp_path):
        pytest.fail("this would have been measured")


@pytest.mark.slow
def test_measured_programs_do_not_see_the_variable(tmp_path):
    """Another variable in the environment moves the stack, and a lab below this one would replace the file."""
    for letter in "ab":
        (tmp_path / letter).write_text(f'#!/bin/sh\n# {letter}\ntest -z "${{LAB_TRACE+set}}"\n')
        (tmp_path / letter).chmod(0o755)
    done = subprocess.run([sys.executable, "-B", LAB, "compare", "--a", "./a", "--b", "./b", "--budget", "4"], cwd=tmp_path, capture_output=True,
                          text=True, env=os.environ | {"LAB_TRACE": "trace.json"}, timeout=120)
    spans = json.loads((tmp_path / "trace.json").read_text())
    assert spans[-1]["cat"] == VERB and spans[-1]["name"] == "compare"
    assert sum(one["cat"] == PROGRAM and lies_within(one, spans[-1]) for one in spans) > 10, f"the first run failed: {done.stderr}"
