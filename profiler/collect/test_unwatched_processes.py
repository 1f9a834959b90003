"""test_unwatched_processes.py - who could not be observed, or goes on without us, is counted and told."""

import time
from pathlib import Path

from recorded_session import VICTIMS, needs_root, read_session, run


def test_a_worker_that_cannot_open_its_arena_is_told(tmp_path):
    needs_root()
    done = run("record", "-e", "alloc", "-o", tmp_path / "s.json", "--", VICTIMS / "alloc_privileges", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "warning: 1 process was not observed: no record could be opened" in done.stderr
    assert "Permission denied" in done.stderr
    assert sum(read_session(tmp_path / "s.json")["allocations"]["allocations_count"]) >= 100


def test_a_daemon_keeps_its_memory_and_is_told(tmp_path):
    """The folder was removed under it; it lost what it counted, and the summary did not say so."""
    done = run("record", "-e", "alloc", "-o", tmp_path / "s.json", "--", "sh", "-c",
               "echo $CLINIC_ALLOC_RAW; exec 3>&-; sleep 4 >/dev/null 2>&1 & sleep 1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "still running when the recording ended" in done.stderr
    folder = Path(done.stdout.strip())
    assert folder.is_dir(), "a process still counts in there"
    ended_by = time.monotonic() + 60
    while any(Path("/proc", name.name.split(".")[0]).exists() for name in folder.glob("[0-9]*")):
        assert time.monotonic() < ended_by, "sleep has not ended"
        time.sleep(0.1)
    for file in folder.glob("[0-9]*"):
        file.unlink()
    (folder / ".roll").unlink()
    folder.rmdir()
