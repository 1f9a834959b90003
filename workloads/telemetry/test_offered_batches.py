"""Batches that are offered at a rate over loopback TCP, to the stages in a row and as threads: every batch arrives, all answers are equal, a schedule that
was not kept, a port in use, and the waits of the threads. No figure of time is asserted."""

import json
import socket
import subprocess
import time
from pathlib import Path

import pytest

from labkit.instruments import lock_session
from labkit.load_curve import point_of
from labkit.outcome import LabError
from labkit.workload import fixture, manifest, variant
from labkit.workload.offered_load import measure_row, row_of, server_of

pytestmark = pytest.mark.xdist_group("offered batches")  # they build one program, in one folder

TELEMETRY = manifest.load("telemetry")
BASELINE = variant.baseline(TELEMETRY)
FRAMES = TELEMETRY.fixture.sizes[TELEMETRY.offered.batch_size]
SHAPES = ("", *TELEMETRY.offered.shapes)


@pytest.fixture(scope="module")
def servers():
    fixture.ensure(TELEMETRY)
    return {shape: server_of(TELEMETRY, BASELINE, shape=shape) for shape in SHAPES}


def answers_of(server) -> str:
    """Of forty batches that are due at once, so that several are in flight."""
    return measure_row(server, 40 * FRAMES * 1000, 0.001)["answers"]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_frame_that_was_due_arrives(servers, shape):
    row = measure_row(servers[shape], 100 * FRAMES, 0.2)
    found = point_of({**row, "late_count": 0})
    assert row["requests_count"] == 20 * FRAMES == sum(row["times"]["counts"]) and row["failed_count"] == 0
    assert 0 < found.p50_ns <= found.p99_ns and 0 < found.cpu_ratio


def test_an_offer_of_less_than_a_batch_is_one_batch(servers):
    assert measure_row(servers[""], 1, 0.001)["requests_count"] == FRAMES


def test_threads_answer_as_the_stages_in_a_row_do(servers):
    assert len({answers_of(server) for server in servers.values()}) == 1 and len(servers) == 2
    assert {server.name for server in servers.values()} == {"baseline", "baseline, threads"}


@pytest.mark.slow
@pytest.mark.parametrize("one", TELEMETRY.candidates, ids=lambda one: one.id)
def test_every_candidate_answers_alike_in_both_shapes(servers, one):
    changed = variant.candidate(TELEMETRY, one)
    assert {answers_of(server_of(TELEMETRY, changed, shape=shape)) for shape in SHAPES} == {answers_of(servers[""])}


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_a_station_that_is_stopped_for_a_while_does_not_keep_its_schedule(servers, shape):
    """Stopped from outside, as a busy machine would: what was due meanwhile is sent late."""
    rate = 100 * FRAMES
    run = subprocess.Popen(servers[shape].command(rate, 1), stdout=subprocess.PIPE, text=True)
    try:
        while run.poll() is None and len(list(Path(f"/proc/{run.pid}/task").iterdir())) < 2:  # until the station has its thread
            time.sleep(0.01)
        subprocess.run(["sh", "-c", f"sleep 0.1; kill -STOP {run.pid}; sleep 0.4; kill -CONT {run.pid}"], check=True)
        found = point_of({"offered_per_s": rate, **row_of(json.loads(run.communicate(timeout=60)[0]))})
    finally:
        run.kill()
    assert found.late_count > 2 * FRAMES and "did not keep its schedule" in found.invalid


@pytest.mark.slow
def test_the_waits_of_each_thread_are_in_the_table_of_contention(servers):
    """A stage that waits for a batch waits under its own name."""
    rows = lock_session.record(servers["threads"].command(200 * FRAMES, 0.3), timeout_s=60)
    waiting = {function for row in rows if row["contended_count"] for function in row["waiter"]}
    assert {"validate_thread", "dedup_thread", "order_thread", "forward_thread"} <= waiting
    assert any(row["acquisitions_count"] for row in rows if row["kind"] == "mutex")


def test_a_port_in_use_is_one_sentence_and_exit_code_4(servers):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = servers[""].command(1000, 0.1)
        command[-2] = str(port)
        done = subprocess.run(command, capture_output=True, text=True)
    path = fixture.path_of(TELEMETRY, TELEMETRY.offered.batch_size)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == f"offered_batches: the batch of {path} was not offered on port {port}: Address already in use; choose another, or 0 for any\n"


@pytest.mark.parametrize("content, words", [(None, "No such file or directory"), (b"", "Protocol error"), (b"not a batch of frames", "Protocol error"),
                                            (b"cut", "Broken pipe")])
def test_a_batch_that_is_none_is_one_sentence_and_exit_code_4(servers, tmp_path, content, words):
    path = tmp_path / "batch.bin"
    if content == b"cut":
        content = fixture.path_of(TELEMETRY, "tiny").read_bytes()[:-3]
    if content is not None:
        path.write_bytes(content)
    for shape in ((), ("--threads",)):
        done = subprocess.run([servers[""].program, *shape, "--batch", path, "1000", "0.1"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 4 and words in done.stderr and len(done.stderr.splitlines()) == 1 and done.stdout == ""


@pytest.mark.parametrize("arguments", [[], ["1000", "1"], ["--batch", "x"], ["--batch", "x", "0", "1"], ["--batch", "x", "1000", "-1"], ["--batch", "x", "1000x", "1"],
                                       ["--batch", "x", "1000", "1", "70000"], ["--batch", "x", "1000", "1", "0", "1.5"], ["--shreds", "--batch", "x", "1000", "1"]])
def test_wrong_usage_is_one_sentence(servers, arguments):
    done = subprocess.run([servers[""].program, *arguments], capture_output=True, text=True)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and done.stdout == ""


@pytest.mark.slow
def test_the_commands_of_the_readme_work(servers, tmp_path):
    program = "build/workloads/telemetry/baseline-offered-batches"
    lines = [line.strip() for line in (TELEMETRY.folder / "README.md").read_text().splitlines() if line.startswith("    ") and program in line]
    assert len(lines) == 3
    for line in lines:
        line = line.replace(program, str(servers[""].program)).replace("locks.json", f"{tmp_path}/locks.json")
        done = subprocess.run(line.removesuffix(" 1") + " 0.1", shell=True, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and json.loads(done.stdout.splitlines()[0])["answers"], f"{line}: {done.stderr}"


def test_more_batches_than_the_program_keeps_are_an_error_of_one_sentence(servers):
    with pytest.raises(LabError, match="was not offered on port 0: Value too large for defined data type"):
        measure_row(servers[""], 1e9 * FRAMES, 1)
