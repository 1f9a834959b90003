"""outside_writes.py - a pytest plugin: a test that writes outside its own temporary folder and build/ fails.

After each test it compares the times of the repository's folders, and of the system's main folders, with the times before: even a file
that was made and removed again has changed the time of its folder. The times of the files are compared every few seconds and after the last
test, because there are thousands. So the test that fails may be a later one than the test that wrote, and, where tests run in parallel, one
beside it.
"""

import os
import time
from pathlib import Path

import pytest

# Only root can write there, and of the programs that root runs usually only the package manager does.
SYSTEM_FOLDERS = ("/", "/opt", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/local/lib",
                  "/usr/sbin", "/usr/share")
PACKAGE_MANAGER = "/var/lib/dpkg"
INSTALLING_S = 60  # a large package may take so long between two changes in the package manager's folder
LEFT_OUT = {"build", ".git"}
FILES_EVERY_S = 3.0


class Watch:
    """The time of the last change, in ns, of each path that no test may change."""

    def __init__(self, root: Path):
        self.folders, self.files = list(SYSTEM_FOLDERS if os.geteuid() == 0 else ()), []
        for folder, below, files in os.walk(root):
            below[:] = set(below) - LEFT_OUT
            self.folders.append(folder)
            self.files += [os.path.join(folder, name) for name in files]
        self.times, self.files_looked_at_s = times_of(self.folders) | times_of(self.files), time.monotonic()

    def changed(self, *, is_last: bool) -> list[str]:
        """The paths that have changed since they were looked at; is_last: no later call looks at the files."""
        also_files = is_last or time.monotonic() - self.files_looked_at_s >= FILES_EVERY_S
        now = times_of(self.folders + (self.files if also_files else []))
        if also_files:
            self.files_looked_at_s = time.monotonic()
        paths = sorted(path for path, time_ns in now.items() if time_ns != self.times[path])
        self.times |= now
        return [path for path in paths if path not in SYSTEM_FOLDERS] if is_installing() else paths


def is_installing() -> bool:
    return os.path.isdir(PACKAGE_MANAGER) and time.time() - os.stat(PACKAGE_MANAGER).st_mtime < INSTALLING_S


def times_of(paths: list[str]) -> dict[str, int]:
    """{path: time of its last change in ns}; 0 for a path that does not exist."""
    times = {}
    for path in paths:  # of hundreds of folders, after every test
        try:
            times[path] = os.lstat(path).st_mtime_ns
        except OSError:
            times[path] = 0
    return times


WATCH = pytest.StashKey[Watch]()


def pytest_configure(config):
    config.stash[WATCH] = Watch(config.rootpath)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    changed = item.config.stash[WATCH].changed(is_last=nextitem is None)
    if changed and not os.environ.get("BLESS"):
        pytest.fail("this test, one before or beside it, or another program wrote outside build/ and temporary folders, in "
                    + ", ".join(changed), pytrace=False)
