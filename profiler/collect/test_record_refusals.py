"""test_record_refusals.py - bad input gets one sentence, and a session that cannot be written is not lost."""

import os
import subprocess
from pathlib import Path

import pytest
from recorded_session import read_session, run


@pytest.mark.parametrize("arguments, sentence", [
    (["/no/such/command"], "cannot run /no/such/command: No such file or directory"),
    (["/etc/passwd"], "cannot run /etc/passwd: Permission denied"),
    (["-p", "4194303", "-d", "1"], "there is no process '4194303'"),
    (["-p", "1", "true"], "either a command or --pid"),
    ([], "what to run"),
    (["-F", "20000", "true"], "--frequency takes at most 10000"),
    (["-d", "soon", "true"], "--duration takes seconds, not 'soon'"),
    (["--backend", "magic", "true"], "there is no backend 'magic'"),
    (["-e", "cache-misses", "true"], "'cache-misses'"),
])
def test_bad_input_gets_one_sentence(tmp_path, arguments, sentence):
    done = run("record", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def rescued(done: subprocess.CompletedProcess) -> Path:
    """The place where the session was saved because the wanted place was not possible."""
    assert "cannot write" in done.stderr
    line = next(line for line in done.stderr.splitlines() if " instead" in line)
    return Path(line.split("wrote ")[1].split(" instead")[0])


def test_unwritable_output_goes_elsewhere(tmp_path):
    done = run("record", "-o", tmp_path / "no/such/folder/s.json", "sh", "-c", "exit 3",
               env=os.environ | {"TMPDIR": str(tmp_path)})
    assert done.returncode == 3, "the command's own code goes first"
    assert rescued(done).parent == tmp_path
    assert read_session(rescued(done))["about"]["exit_code"] == 3


def test_full_disk(tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    script = f'mount -t tmpfs -o size=4k none {full} && head -c 4096 /dev/zero > {full}/filler && exec "$@"'
    # An ordinary user is root in a user namespace of its own, if the kernel allows one.
    inside = ["unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c", script, "sh"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode:
        pytest.skip("may not mount a small disk here")
    done = run("record", "-o", full / "s.json", "true", env=os.environ | {"TMPDIR": str(tmp_path)}, prefix=inside)
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert read_session(rescued(done))["format"] == "clinic-session"


@pytest.mark.slow
def test_without_proc_the_reason_is_that(tmp_path):
    """Bug: the message was "cannot run ...: No such process"."""
    inside = ["unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode:
        pytest.skip("may not mount over /proc here")
    for events in ("cpu", "alloc"):
        done = run("record", "-e", events, "-o", tmp_path / "s.json", "true", prefix=inside)
        assert done.returncode == 2 and "/proc is not mounted" in done.stderr and done.stderr.count("\n") == 1
    lab = subprocess.run([*inside, "/usr/bin/python3", "-B", Path("scripts/lab").resolve(), "compare", "--a", "true", "--b", "/bin/true"],
                         cwd=tmp_path, capture_output=True, text=True)
    assert lab.returncode == 4 and "/proc is not mounted" in lab.stderr and lab.stderr.count("\n") == 1
