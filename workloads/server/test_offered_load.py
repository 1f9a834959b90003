"""The load that is offered to the server: where the knee is, a schedule that was not kept, a port in use. No figure of time is asserted."""

import json
import socket
import subprocess

import pytest

from labkit.outcome import LabError
from labkit.workload import manifest, variant
from labkit.workload.offered_load import Point, build_load, curve_of, knee_of, measure_point, point_of

pytestmark = pytest.mark.xdist_group("offered load")  # they build one program, in one folder

SERVER = manifest.load("server")


@pytest.fixture(scope="module")
def program():
    return build_load(SERVER, variant.baseline(SERVER))


def point(offered: float, p99_ms: float, *, answered: float | None = None, failed: int = 0, invalid: str = "") -> Point:
    return Point(offered, offered if answered is None else answered, 1e6, 1e6, p99_ms * 1e6, 100, 0, failed, invalid)


def test_every_request_is_answered_and_its_time_counts_from_when_it_was_due(program):
    found = measure_point(program, 100, 0.3)
    assert found.requests_count == 30 and found.failed_count == 0
    assert 0 < found.p50_ns <= found.p95_ns <= found.p99_ns


@pytest.mark.parametrize("points, knee", [
    ([point(50, 20), point(100, 25), point(200, 201)], 100), ([point(50, 20), point(100, 25)], 100),
    ([point(50, 20), point(100, 21, answered=80)], 50), ([point(50, 20, failed=1)], None),
    ([point(50, 20), point(100, 900, invalid="late"), point(200, 21)], 200), ([], None)])
def test_the_knee_is_the_last_load_that_was_kept_up_with(points, knee):
    assert knee_of(points) == knee


def test_a_schedule_that_was_not_kept_makes_the_point_invalid():
    measured = {"response_times_ns": [1000] * 100, "ended_ns": 10**9, "failed_count": 0}
    assert point_of({**measured, "late_count": 1}, 100).invalid == ""
    assert point_of({**measured, "late_count": 2}, 100).invalid == ("the generator did not keep its schedule: 2 of 100 requests were sent late although a connection was free")


def test_a_generator_that_is_stopped_for_a_while_does_not_keep_its_schedule(program):
    """Stopped from outside, as a busy machine would: what was due meanwhile is sent late."""
    run = subprocess.Popen([program.path, "200", "1"], stdout=subprocess.PIPE, text=True)
    try:
        subprocess.run(["sh", "-c", f"sleep 0.2; kill -STOP {run.pid}; sleep 0.4; kill -CONT {run.pid}"], check=True)
        found = point_of(json.loads(run.communicate(timeout=60)[0]), 200)
    finally:
        run.kill()
    assert found.late_count > 2 and "did not keep its schedule" in found.invalid


def test_a_curve_ends_where_the_server_falls_behind(program):
    points = curve_of(program, [100, 20000, 40000], 0.1)
    assert [one.offered_per_s for one in points] in ([100], [100, 20000]), "at 20 000 a second the baseline is behind on any machine"


def test_a_port_in_use_is_one_sentence_and_exit_code_4(program):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LabError, match=f"nothing was offered on port {port}: Address already in use; choose another") as raised:
            measure_point(program, 100, 0.1, port=port)
    assert raised.value.code == 4


@pytest.mark.parametrize("arguments", [[], ["0", "1"], ["100", "-1"], ["100", "1", "70000"], ["1e9", "1"]])
def test_wrong_usage_is_one_sentence(program, arguments):
    done = subprocess.run([program.path, *arguments], capture_output=True, text=True)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and done.stdout == ""


def test_an_unknown_variant_is_refused():
    done = subprocess.run(["/usr/bin/python3", "-B", "scripts/lab", "load", "nowhere"], capture_output=True, text=True)
    assert done.returncode == 2 and "has no variant nowhere; accepted: baseline, sharded-cache" in done.stderr
