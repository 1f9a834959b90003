"""test_instrument_time.py - the time that the instrument takes from the program is marked, and can be left out."""

import json
import subprocess

import pytest
from recorded_session import needs_perf, run

# One worker makes the recording that they share.
pytestmark = pytest.mark.xdist_group("instrument_time")

SOURCE = """
#include <stdlib.h>
int main(void) { for (int i = 0; i < 4000000; i++) { void *volatile block = malloc(32); free(block); } }
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    needs_perf()
    folder = tmp_path_factory.mktemp("allocates")
    (folder / "allocates.c").write_text(SOURCE)
    subprocess.run(["gcc", "-O1", "-g", "allocates.c", "-o", "allocates"], cwd=folder, check=True)
    done = run("record", "-e", "cpu,alloc", "-o", folder / "s.json", "--", folder / "allocates")
    assert not done.returncode, done.stderr
    return folder / "s.json"


def reported(session, *options) -> dict:
    return json.loads(run("report", session, "--json", *options).stdout)


def test_it_is_marked(session):
    text = run("report", session).stdout
    assert "the instrument itself used" in text and "--without-instrument leaves it out" in text
    rows = [row for row in text.splitlines() if "(libclinic-preload.so)" in row and " < " not in row]
    assert rows and all(row.endswith("[instrument]") for row in rows)
    assert not any("(allocates)" in row and "[instrument]" in row for row in text.splitlines())


def test_it_can_be_left_out(session, tmp_path):
    whole, rest = reported(session), reported(session, "--without-instrument")
    taken_ns = whole["quality"]["instrument_cpu_ns"]
    assert taken_ns > 0.2 * whole["quality"]["sampled_cpu_ns"]  # two hooks around next to nothing
    assert rest["quality"]["sampled_cpu_ns"] == whole["quality"]["sampled_cpu_ns"] - taken_ns
    # It is left out of the kernel's account, too. How well both agree is the machine's affair: under load they may not.
    accounted_ns = whole["quality"]["sampled_cpu_ns"] / whole["quality"]["cpu_reconciliation_ratio"]
    assert rest["quality"]["cpu_reconciliation_ratio"] == pytest.approx(rest["quality"]["sampled_cpu_ns"] / (accounted_ns - taken_ns), rel=0.01)
    assert "left out" in run("report", session, "--without-instrument").stdout
    out = tmp_path / "rest.collapsed"
    run("export", session, "--without-instrument", "-o", out)
    leaves = [row.rpartition(" ")[0].rpartition(";")[2] for row in out.read_text().splitlines() if not row.startswith("#")]
    assert leaves and not {"start_life", "end_life", "stack_memo_recall"} & set(leaves)


def test_what_a_hook_calls_for_the_program_is_the_programs(session):
    """The C library's own malloc and free, which the hook calls, count for the program."""
    names = {row["name"] for row in reported(session, "--without-instrument", "--by", "function")["functions"]}
    assert any("malloc" in name or "free" in name for name in names), names
