"""The load that is offered to the server, to nginx and by wrk: equal answers, a schedule that was not kept, a port in use. No figure of time is asserted."""

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from labkit.instruments import Unavailable, valgrind, wrk
from labkit.instruments.server_process import nginx_serving, serving
from labkit.load_curve import point_of
from labkit.outcome import INVALID_RUN, LabError
from labkit.process import run_process
from labkit.verdicts.covariates import disturbance
from labkit.workload import build, fixture, harness, manifest, variant
from labkit.workload.harness import Load
from labkit.workload.offered_load import PRICES, SERVE, OfferedServer, curve_of, measure_row, program_of, row_of, server_of

pytestmark = pytest.mark.xdist_group("offered load")  # they build one program, in one folder

SERVER = manifest.load("server")
BASELINE = variant.baseline(SERVER)


@pytest.fixture(scope="module")
def server():
    return server_of(SERVER, BASELINE)


def only_served(name: str = "baseline") -> list[str]:
    variants = {"baseline": BASELINE} | {one.id: variant.candidate(SERVER, one) for one in SERVER.candidates}
    return [str(program_of(SERVER, variants[name], SERVE))]


def skip(reason: Unavailable) -> None:
    pytest.skip(str(reason))


def test_every_request_is_answered_and_its_time_counts_from_when_it_was_due(server):
    found = point_of(measure_row(server, 100, 0.3))
    assert found.requests_count == 30 and found.failed_count == 0
    assert 0 < found.p50_ns <= found.p95_ns <= found.p99_ns


@pytest.mark.slow
def test_a_server_that_runs_already_gives_the_same_answers(server):
    """Each in a process of its own; another seed is another stream of the same requests."""
    with serving(only_served("epoll-loop")) as port:
        rows = [measure_row(OfferedServer("elsewhere", server.program, port), 200, 0.2, seed=seed) for seed in (0, 7)]
    own = measure_row(server, 200, 0.2)
    assert {row["answers"] for row in rows} == {own["answers"]} and all(row["failed_count"] == 0 for row in rows)
    assert rows[0]["times"] != rows[1]["times"]


@pytest.mark.slow
def test_nginx_gives_the_same_answers(server):
    """The first request for an item takes the wholesaler's ten milliseconds there, too."""
    prices = run_process([str(program_of(SERVER, BASELINE, PRICES)), "100"]).stdout.decode()
    config = (SERVER.folder / SERVER.load.yardstick_config).read_text()
    try:
        with nginx_serving(config, {"prices.map": prices}) as port:
            row = measure_row(OfferedServer("nginx", server.program, port), 200, 0.5)
    except Unavailable as reason:
        skip(reason)
    assert row["failed_count"] == 0 and row["answers"] == measure_row(server, 200, 0.5)["answers"]
    waited = sum(count for time_ns, count in zip(row["times"]["ns"], row["times"]["counts"]) if time_ns >= 5_000_000)  # nginx counts in milliseconds, from the last event
    assert waited >= 20, "one request in five waits for the wholesaler"


def test_an_nginx_that_cannot_start_is_unavailable_with_its_reason():
    try:
        with pytest.raises(Unavailable, match="unknown directive"), nginx_serving("nonsense;", {}):
            pass
    except Unavailable as reason:
        skip(reason)


@pytest.mark.slow
def test_wrk_gets_its_requests_answered():
    script = SERVER.folder / SERVER.load.witness_script
    with serving(only_served()) as port:
        try:
            found = wrk.load(port, script=script, connections=8, seconds=1)
        except Unavailable as reason:
            skip(reason)
    assert found["requests_count"] > 8 and found["failed_count"] == 0 and found["p50_ns"] <= found["p99_ns"]


@pytest.mark.slow
def test_the_server_alone_ends_with_its_input_and_its_heap_can_be_watched(server, tmp_path):
    with serving([*valgrind.massif_of(str(tmp_path)), *only_served()]) as port:
        row = measure_row(OfferedServer("baseline", server.program, port), 100, 0.3)
    assert row["failed_count"] == 0 and valgrind.massif_peak_of(str(tmp_path)) > 1000


@pytest.mark.slow
def test_a_server_that_cannot_open_its_port_is_unavailable_with_its_reason():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Unavailable, match="serve did not start: .*Address already in use"), serving([*only_served(), str(taken.getsockname()[1])]):
            pass


@pytest.mark.slow
def test_a_generator_that_is_stopped_for_a_while_does_not_keep_its_schedule(server):
    """Stopped from outside, as a busy machine would: what was due meanwhile is sent late."""
    run = subprocess.Popen(server.command(200, 1), stdout=subprocess.PIPE, text=True)
    try:
        subprocess.run(["sh", "-c", f"sleep 0.2; kill -STOP {run.pid}; sleep 0.4; kill -CONT {run.pid}"], check=True)
        found = point_of({"offered_per_s": 200, **row_of(json.loads(run.communicate(timeout=60)[0]))})
    finally:
        run.kill()
    assert found.late_count > 2 and "did not keep its schedule" in found.invalid


@pytest.mark.slow
def test_a_burst_that_was_stopped_is_told_and_its_run_is_invalid(tmp_path):
    """The burst of the audit did not check its schedule. Nothing that the server does makes it invalid: no thread of the process ran."""
    fixture.ensure(SERVER)
    binary, load, out = build.build(SERVER, BASELINE), Load("large", samples_count=8, batch_count=1), tmp_path / "run.json"
    argv = [*harness.command(SERVER, binary, "large"), *load.arguments(), "--json", str(out)]
    with subprocess.Popen(argv) as run:
        while run.poll() is None:
            time.sleep(0.002)  # a burst is sent within six milliseconds, so each is stopped while it is sent
            run.send_signal(signal.SIGSTOP)
            time.sleep(0.03)
            run.send_signal(signal.SIGCONT)
    document = json.loads(out.read_text())
    assert run.returncode == 0 and document["invalid"].startswith("the generator did not keep its schedule: ")
    row = {"failure": INVALID_RUN, "detail": document["invalid"], "variant": "baseline", "size": "large"}
    assert disturbance([row]) == f"an invalid run: {document['invalid']}"
    with pytest.raises(LabError, match="environment invalid: the generator did not keep its schedule") as raised:
        harness.must(row, "timing")
    assert raised.value.code == 4


def test_an_invalid_run_is_a_row_with_its_reason_and_keeps_its_answer():
    process = run_process(["true"])
    document = {"invalid": "it was late", "answer": "0x1", "batch_count": 1, "ops_count": 1, "samples_ns": [1], "started_ns": 0,
                "usage": {"user_ns": 0, "system_ns": 0}}
    finished = harness.Finished((process,), document, steal_ns=0, machine="")
    row = harness.row_of(build.build(SERVER, BASELINE), Load("small"), finished)
    assert (row["failure"], row["detail"], row["answer"]) == (INVALID_RUN, "it was late", "0x1")


@pytest.mark.slow
def test_a_curve_ends_where_the_server_falls_behind(server):
    points = curve_of(server, [100, 20000, 40000], 0.1)
    assert [one.offered_per_s for one in points] in ([100], [100, 20000]), "at 20 000 a second the baseline is behind on any machine"


def test_a_port_in_use_is_one_sentence_and_exit_code_4(server):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run([server.program, "100", "0.1", str(port)], capture_output=True, text=True)
    assert done.returncode == 4 and done.stderr == f"offered_load: nothing was offered on port {port}: Address already in use; choose another, or 0 for any\n"


def test_a_load_that_cannot_be_offered_is_a_lab_error_of_one_sentence():
    with pytest.raises(LabError, match="nothing/offered_load") as raised:
        measure_row(OfferedServer("nowhere", Path("/nothing/offered_load")), 100, 0.1)
    assert raised.value.code == 4


@pytest.mark.parametrize("arguments", [[], ["0", "1"], ["100", "-1"], ["100", "1", "70000"], ["1e9", "1"], ["100x", "1"], ["100", "1", "a"], ["100", "1", "0", "1.5"],
                                       ["--to", "100", "1"], ["--to", "100", "1", "0"]])
def test_wrong_usage_is_one_sentence(server, arguments):
    done = subprocess.run([server.program, *arguments], capture_output=True, text=True)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and done.stdout == ""


@pytest.mark.slow
def test_an_unknown_variant_is_refused():
    done = subprocess.run(["/usr/bin/python3", "-B", "scripts/lab", "load", "nowhere"], capture_output=True, text=True)
    assert done.returncode == 2 and "has no variant nowhere; accepted: baseline, sharded-cache" in done.stderr
