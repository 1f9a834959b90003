"""test_time_namespaces.py - clocks of other time namespaces: all times in a session are those of the recorder's clock."""

import subprocess
from itertools import accumulate

import pytest
from recorded_session import CLINIC, VICTIMS, read_session

# As root, and as a user who may create a user namespace.
WAYS = [("unshare",), ("unshare", "--user", "--map-root-user")]
DAYS_3_S = 3 * 24 * 3600


def inside() -> list[str]:
    """The words of a command that runs a program with a clock that is three days ahead."""
    for way in WAYS:
        words = [*way, "--time", "--monotonic", str(DAYS_3_S), "--boottime", str(DAYS_3_S), "--fork"]
        done = subprocess.run([*words, "true"], capture_output=True, text=True)
        if not done.returncode:
            return words
    pytest.skip(f"may not make a time namespace here: {done.stderr.strip()}")


def moments(session: dict, table: str) -> list[int]:
    return list(accumulate(session[table]["time_ns"]))


def assert_within_the_recording(session: dict, *tables: str) -> None:
    about = session["about"]
    for table in tables:
        assert moments(session, table), table
        outside = [at for at in moments(session, table) if not about["started_ns"] <= at <= about["ended_ns"]]
        assert not outside, (table, outside[:5], about["started_ns"], about["ended_ns"])


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["perf", "timer"])
@pytest.mark.parametrize("options", [[], ["--stages"]], ids=["samples", "stages"])
def test_samples_and_stages_of_a_target_in_another_one(record, backend, options):
    """Bug: samples of timers and all stages were dated three days after the end of the recording."""
    session = record(*inside(), VICTIMS / "split_stages", "300", backend=backend, options=options)
    assert_within_the_recording(session.file, "samples")
    if options:
        staged = session.file["samples"]["stage"]
        assert sum(stage > 0 for stage in staged) > len(staged) / 2


def test_the_peak_of_a_target_in_another_one(record):
    session = record(*inside(), VICTIMS / "alloc_23", options=["-e", "alloc"])
    about, quality = session.file["about"], session.file["quality"]
    assert about["started_ns"] <= quality["peak_time_ns"] <= about["ended_ns"], (about, quality)
    assert_within_the_recording(session.file, "allocation_changes")


@pytest.mark.slow
@pytest.mark.parametrize("options", [["-e", "cpu"], ["-e", "cpu,offcpu"]], ids=["cpu", "offcpu"])
def test_perf_events_of_a_recorder_in_another_one(tmp_path, options):
    """Perf events have times of the clock of the initial namespace, all other events those of the recorder's clock."""
    done = subprocess.run([*inside(), CLINIC, "record", *options, "-o", tmp_path / "s.json", "--", VICTIMS / "split_functions",
                           "300"], capture_output=True, text=True)
    if done.returncode and "perf" in done.stderr:
        pytest.skip(f"no perf events here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    assert_within_the_recording(read_session(tmp_path / "s.json"), "samples")
