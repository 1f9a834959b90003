"""left_behind.py - a test that leaves something in the system's temporary folder is named, and the run fails.

This is a pytest plugin. Each worker, and so each program that its tests start, has a $TMPDIR of its own, which is removed at the end. A
fixture of several tests may keep a folder there between them, so the folder is checked when all fixtures have ended. A leftover is
attributed to the test after which it was first seen; if several tests share one program, it may come from another of them.
pytest's own temporary folders are elsewhere, because they are kept on purpose.

Files that a program writes to /tmp by this name, as Java does, are not noticed.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

PREFIX = "clinic-tests-"
TESTS_OWN_PLACE = "PYTEST_DEBUG_TEMPROOT"


class Folder:
    """The temporary folder of one worker, and the test after which each of its entries was first seen."""

    def __init__(self):
        self.before = {name: os.environ.get(name) for name in ("TMPDIR", TESTS_OWN_PLACE)}
        self.place = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.place.chmod(0o1777)  # tests run programs as other users, too
        self.seen: dict[str, str] = {}
        os.environ.setdefault(TESTS_OWN_PLACE, tempfile.gettempdir())
        self.use(str(self.place))

    @staticmethod
    def use(place: str | None):
        os.environ.pop("TMPDIR", None)
        if place is not None:
            os.environ["TMPDIR"] = place
        tempfile.tempdir = None  # asked for anew

    def look(self, test: str):
        for name in os.listdir(self.place):
            self.seen.setdefault(name, test)

    def left(self) -> list[str]:
        return [f"{name} by {self.seen.get(name, 'a fixture')}" for name in sorted(os.listdir(self.place))]

    def remove(self):
        shutil.rmtree(self.place, ignore_errors=True)
        self.use(self.before["TMPDIR"])
        if self.before[TESTS_OWN_PLACE] is None:
            os.environ.pop(TESTS_OWN_PLACE, None)


FOLDER = pytest.StashKey[Folder]()
LEFT = pytest.StashKey[list[str]]()


def pytest_configure(config):
    config.stash[FOLDER] = Folder()
    config.stash[LEFT] = []


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item):
    item.config.stash[FOLDER].look(item.nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Of xdist: a worker has ended, and what it says comes with it."""
    node.config.stash[LEFT].extend(getattr(node, "workeroutput", {}).get("left_behind", []))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    config = session.config
    left = config.stash[FOLDER].left()
    config.stash[FOLDER].remove()
    if hasattr(config, "workeroutput"):
        config.workeroutput["left_behind"] = left
        return
    config.stash[LEFT].extend(left)
    if config.stash[LEFT] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    for one in config.stash[LEFT]:
        terminalreporter.write_line(f"LEFT BEHIND in the temporary folder: {one}")
