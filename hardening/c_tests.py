"""c_tests.py - pytest collects the cmocka tests: foo_test.c -> build/tests/foo_test.

Each `cmocka_unit_test(name)` in a *_test.c is one pytest item for each build mode (release, address, thread); the comment /* slow */
behind it sets the mark `slow`. A program that starts no thread is neither built nor run in mode thread, because it cannot have a race.
A binary is run once for each mode, by one worker, and its TAP lines state which tests passed. A test without a line, because of a crash or a
sanitizer's abort, fails with the output of the binary.
"""

import os
import re
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest

TEST_TIMEOUT_S = 300
TAP_LINE = re.compile(r"^(not ok|ok) \d+ - (\w+)(.*)$", re.M)
# As cmocka 1.1.7 and 1.1.8 write it; a test prints its reason as a comment before it skips itself.
TAP_SKIP = re.compile(r"^(?:# (.+)\n)?(?:not )?ok \d+ # SKIP (\w+)$", re.M)
MODES = {"release": "build", "address": "build/san-address", "thread": "build/san-thread"}


def pytest_addoption(parser):
    parser.addoption("--c-modes", default="release", help="the build modes to run, separated by commas: release, address, thread")


def pytest_collect_file(parent, file_path: Path):
    if file_path.name.endswith("_test.c"):
        return CTestFile.from_parent(parent, path=file_path)
    return None


def pytest_terminal_summary(terminalreporter):
    def count(*outcomes):
        return sum(len(terminalreporter.stats.get(o, [])) for o in outcomes)

    skipped = count("skipped")
    tail = f", {skipped} skipped" if skipped else ""
    terminalreporter.write_line(f"{count('passed')} passed, {count('failed', 'error')} failed{tail}")


@lru_cache(maxsize=None)
def run_binary(binary: str) -> tuple[dict[str, str], str]:
    """({test: "passed", "failed" or "skipped: reason"}, the end of the output), from one run of the binary."""
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP")
    done = subprocess.run([binary], capture_output=True, text=True, errors="replace",
                          timeout=TEST_TIMEOUT_S, env=environment)
    results = {name: "passed" if verdict == "ok" else "failed" for verdict, name, _ in TAP_LINE.findall(done.stdout)}
    results |= {name: f"skipped: {why or 'it does not say why'}" for why, name in TAP_SKIP.findall(done.stdout)}
    output = f"exit {done.returncode}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    if done.returncode != 0 and "failed" not in results.values():
        results = {}  # it crashed after its tests, or a sanitizer reported something at exit
    return results, output


def starts_threads(binary: Path) -> bool:
    """Whether the binary contains the name of a function that starts threads."""
    return any(name in binary.read_bytes() for name in (b"pthread_create", b"thrd_create"))


class CTestFile(pytest.File):
    def collect(self):
        listed = re.findall(r"cmocka_unit_test\w*\(\s*(\w+)[^)]*\),?[ \t]*(/\* slow \*/)?", self.path.read_text())
        for mode in self.config.getoption("--c-modes").split(","):
            binary, release = (Path(MODES[one]) / "tests" / self.path.stem for one in (mode, "release"))
            if mode == "thread" and release.exists() and not starts_threads(release):
                continue
            for name, is_slow in listed:
                one = CTest.from_parent(self, name=f"{name}[{mode}]", binary=binary, test=name)
                one.add_marker(pytest.mark.xdist_group(str(binary)))
                if is_slow:
                    one.add_marker(pytest.mark.slow)
                yield one


class CTest(pytest.Item):
    def __init__(self, *, binary: Path, test: str, **kwargs):
        super().__init__(**kwargs)
        self.binary, self.test = binary, test

    def runtest(self):
        if not self.binary.exists():
            raise CTestFailed(f"{self.binary} was not built; run make c-tests")
        results, output = run_binary(str(self.binary))
        outcome = results.get(self.test, "failed")
        if outcome.startswith("skipped"):
            pytest.skip(outcome)
        if outcome == "failed":
            raise CTestFailed(output)

    def repr_failure(self, excinfo):
        return str(excinfo.value)

    def reportinfo(self):
        return self.path, 0, self.name


class CTestFailed(Exception):
    """A test failed; the message is the output of its binary."""
