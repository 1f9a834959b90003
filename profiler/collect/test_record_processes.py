"""test_record_processes.py - processes and threads that are short, many, older than the recording, or end too early."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from recorded_session import BACKENDS, BOTH_IN_FULL, VICTIMS, Session, read_session, run, share_margin, start


@pytest.mark.parametrize("way, count", [("vfork", 15), pytest.param("fork", 50, marks=pytest.mark.slow),
                                        pytest.param("vfork", 50, marks=pytest.mark.slow)])
@pytest.mark.slow
def test_short_processes_have_names(record, way, count):
    session = record(VICTIMS / "child_spawner", way, count, VICTIMS / "short_process", backend="perf")
    assert session.share("live_shortly") > 0.85
    assert session.named_ratio() > 0.90
    processes = {session.file["threads"]["pid"][thread] for thread in session.file["samples"]["thread"]}
    assert len(processes) >= count


@pytest.mark.slow
def test_short_processes_under_timers(record):
    """A process of 20 ms has five ticks at 250 Hz; the names in the samples of all processes together are right."""
    session = record(VICTIMS / "child_spawner", "fork", 50, VICTIMS / "short_process", backend="timer")
    assert session.share("live_shortly") > 0.85


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_thousand_threads(record, backend):
    """Timers see a thread only at a tick of the kernel, so they see some of the threads of 3 ms each."""
    session = record(VICTIMS / "thousand_threads", 3, backend=backend)
    assert session.returncode == 0
    threads = {session.file["threads"]["tid"][thread] for thread in session.file["samples"]["thread"]}
    unseen = session.file["quality"]["lost_count"]
    assert len(threads) + unseen > (900 if backend == "perf" else 100)
    assert session.complete_ratio() > 0.95
    notes = " ".join(session.file["strings"][text] for text in session.file["notes"]["text"])
    if session.reconciliation() < 0.95:
        assert "the end of each is in no sample" in notes or "records were lost" in notes


def test_attach(tmp_path):
    victim = start(VICTIMS / "split_functions", 20000)
    try:
        done = run("record", "-p", victim.pid, "-d", "0.7", "-o", tmp_path / "s.json")
        assert victim.poll() is None, "the watched process goes on"
    finally:
        victim.kill()
        victim.communicate()
    assert done.returncode == 0, done.stderr
    session = Session(read_session(tmp_path / "s.json"), "", done.stderr, 0)
    expected = {"burn_seventy": 0.7, "burn_twenty": 0.2, "burn_ten": 0.1}
    for name, share in expected.items():
        assert abs(session.share(name) - share) < share_margin(share, len(session.samples)) + 0.03
    assert session.complete_ratio() > 0.99
    assert "split_functions" in session.file["about"]["command"]


@pytest.mark.slow
def test_scripts_find_the_reconciled_time_in_the_summary(record):
    """Scripts of users read this line, so that its words may not change."""
    session = record(VICTIMS / "split_functions", 200)
    assert re.search(r"^clinic record: samples stand for [0-9.]+ s, the kernel counted [0-9.]+ s of CPU time \([0-9.]+ %\); watching took [0-9.]+ s$",
                     session.stderr, re.M)


@pytest.mark.slow
def test_attach_to_a_process_that_ends(tmp_path):
    victim = start(VICTIMS / "split_functions", 300)
    done = run("record", "-p", victim.pid, "-d", "60", "-o", tmp_path / "s.json")
    victim.communicate()
    assert done.returncode == 0, done.stderr
    assert read_session(tmp_path / "s.json")["samples"]["stack"]


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_killed_target_leaves_its_samples(record, backend):
    """It is killed once it has had 300 ms of CPU time (30 clock ticks, field 14 of proc(5)'s stat), however busy the machine is."""
    until = "while read -r stat </proc/$!/stat; set -- $stat; [ ${14} -lt 30 ]; do sleep 0.1; done"
    session = record("sh", "-c", f"{VICTIMS}/split_functions 60000 & {until}; kill -9 $!", backend=backend)
    assert session.share("main") > 0.5


def soak(record, backend):
    session = record(VICTIMS / "churn_soak", 15000, VICTIMS / "plugin_host.so", backend=backend)
    assert session.returncode == 42, session.stderr
    assert len(session.samples) > 0


@pytest.mark.slow
def test_soak(record):
    """Both backends run for the same quarter of a minute, so that they disturb each other, too."""
    with ThreadPoolExecutor() as pool:
        for _ in pool.map(lambda backend: soak(record, backend), BACKENDS):
            pass
