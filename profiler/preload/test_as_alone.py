"""test_as_alone.py - a program with the library inside ends as it does without, in every mode, or is left alone."""

import shutil
import subprocess

import pytest
from recorded_session import CLINIC, VICTIMS

LIMIT_S = 60
MODES = [("-e", "alloc"), ("-e", "lock"), ("-e", "alloc,lock"), ("--backend=timer",), ("--stages",)]


def mode_name(mode: tuple[str, ...]) -> str:
    return mode[-1].strip("-")


every_mode = pytest.mark.parametrize("mode", MODES, ids=mode_name)


def ends(command: list) -> tuple[int, str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    return done.returncode, done.stdout


def recorded(directory, mode: tuple[str, ...], *command) -> subprocess.CompletedProcess:
    return subprocess.run([CLINIC, "record", *mode, "-o", directory / "session.json", "--", *command],
                          capture_output=True, text=True, timeout=LIMIT_S)


def is_as_alone(directory, mode, *command) -> str:
    """What was said of the recording; fails when the program did not end as it does alone."""
    done = recorded(directory, mode, *command)
    assert (done.returncode, done.stdout) == ends([*command]), done.stderr
    return done.stderr


@every_mode
def test_attributes_of_threads_are_asked_for(tmp_path, mode):
    """pthread_getattr_np allocates under a lock that the hook wanted: every JVM hung."""
    is_as_alone(tmp_path, mode, VICTIMS / "thread_attributes")


@every_mode
@pytest.mark.parametrize("way", ["malloc", "lock", "stage", "dlclose", "condition", "semaphore", "join"])
def test_threads_are_cancelled(tmp_path, mode, way):
    """open() in a hook of malloc was a cancellation point: the thread ended there, with what the hook held."""
    is_as_alone(tmp_path, mode, VICTIMS / "cancelled_threads", way)


@every_mode
def test_main_returns_under_threads_that_go_on(tmp_path, mode):
    """The file was cut to size under them: SIGBUS, in one of five runs of rustc."""
    for _ in range(5):
        is_as_alone(tmp_path, mode, VICTIMS / "exit_with_threads")


@every_mode
@pytest.mark.parametrize("kibibytes", [0, 64, 6000])
def test_files_have_a_limit(tmp_path, mode, kibibytes):
    """What lies beyond RLIMIT_FSIZE is not refused: SIGXFSZ kills."""
    done = subprocess.run([CLINIC, "record", *mode, "-o", tmp_path / "session.json", "--", "bash", "-c",
                           f"ulimit -f {kibibytes}; exec {VICTIMS / 'many_stacks'}"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT_S)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@pytest.mark.skipif(not shutil.which("java"), reason="there is no java here")
@pytest.mark.parametrize("mode", MODES[:2], ids=mode_name)
def test_a_virtual_machine_starts(tmp_path, mode):
    is_as_alone(tmp_path, mode, "java", "-version")
