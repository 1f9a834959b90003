"""Batches that are pushed through the threads from memory: the answers are those of the offered batches, damage is as declared, and the functions of
[causal] can be sped up virtually. No figure of time is asserted."""

import json
import subprocess

import pytest

from labkit.experiment.virtual_speedups import run_speedups
from labkit.instruments.virtual_speedup import Work
from labkit.workload import fixture, manifest, variant
from labkit.workload.offered_load import measure_row, program_of, server_of

pytestmark = pytest.mark.xdist_group("offered batches")  # they build programs in one folder

TELEMETRY = manifest.load("telemetry")
BASELINE = variant.baseline(TELEMETRY)


@pytest.fixture(scope="module")
def program():
    fixture.ensure(TELEMETRY)
    return program_of(TELEMETRY, BASELINE, TELEMETRY.causal_check.program)


def push(program, size: str, damaged_percent: int, batches: int) -> dict:
    done = subprocess.run([program, "--batch", fixture.path_of(TELEMETRY, size), str(damaged_percent), str(batches)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_answers_are_those_of_offered_batches(program):
    frames = TELEMETRY.fixture.sizes["large"]
    offered = measure_row(server_of(TELEMETRY, BASELINE, shape="threads"), 40 * frames * 1000, 0.001)
    assert push(program, "large", 0, 40)["answers"] == offered["answers"]


def test_damaged_frames_are_rejected(program):
    """The answer contains the number of rejects for each reason; it is the same for each batch, and another for each share of damaged frames."""
    answers = {push(program, "small", percent, 2)["answers"] for percent in (0, 1, 50, 90, 100)}
    assert len(answers) == 5


@pytest.mark.slow
@pytest.mark.parametrize("function", TELEMETRY.causal_check.functions)
def test_the_functions_of_the_manifest_run_in_a_thread_of_five(program, function):
    check = TELEMETRY.causal_check
    work = Work((str(program), "--batch", str(fixture.path_of(TELEMETRY, check.size)), *check.arguments, str(check.pieces)), program, check.progress)
    rows = run_speedups(work, function, [50], 1, seed=1)
    assert len(rows) == 4 and {row["threads_count"] for row in rows} == {5}
    assert sum(row["function_cpu_ns"] for row in rows) > 0 and {row["inserted_ns"] for row in rows if not row["speedup_percent"]} == {0}


@pytest.mark.parametrize("arguments", [[], ["--batch", "x"], ["--batch", "x", "101", "1"], ["--batch", "x", "-1", "1"], ["--batch", "x", "1", "0"],
                                       ["--batch", "x", "1", "1.5"], ["--batch", "x", "1", "1", "1"]])
def test_wrong_usage_is_one_sentence(program, arguments):
    done = subprocess.run([program, *arguments], capture_output=True, text=True)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and done.stdout == ""


@pytest.mark.parametrize("content, words", [(None, "No such file or directory"), (b"not a batch of frames", "Protocol error"), (b"cut", "Protocol error")])
def test_a_batch_that_is_none_is_one_sentence_and_exit_code_4(program, tmp_path, content, words):
    path = tmp_path / "batch.bin"
    if content == b"cut":
        content = fixture.path_of(TELEMETRY, "tiny").read_bytes()[:-3]
    if content is not None:
        path.write_bytes(content)
    done = subprocess.run([program, "--batch", path, "90", "1"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 4 and words in done.stderr and len(done.stderr.splitlines()) == 1 and done.stdout == ""


@pytest.mark.slow
def test_the_commands_of_the_readme_work(program):
    written = "build/workloads/telemetry/baseline-pushed-batches"
    lines = [line.strip() for line in (TELEMETRY.folder / "README.md").read_text().splitlines() if line.startswith("    ") and written in line]
    assert len(lines) == 2
    for line in lines:
        done = subprocess.run(line.replace(written, str(program)).replace("--blocks 8", "--blocks 1"), shell=True, capture_output=True, text=True, timeout=120)
        assert done.returncode in (0, 3) and done.stdout, f"{line}: {done.stderr}"
