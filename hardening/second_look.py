"""second_look.py - a pytest plugin: a test that fails beside others runs once more, alone, and both results are printed.

Many tests observe real programs, and on two busy cores another test can take the time that they wait for. With --second-look=FILE the
failed tests are written to FILE and not counted yet; with --second-look-at=FILE they run again, one at a time. A test that fails again has
failed. One that passes is printed as UNSTEADY; this is a defect of the test or of the tested code, and must be repaired. C tests are not
repeated, because what a sanitizer found once is a defect, nor are more than LOOKS_MAX failed tests, because then other tests are not the
cause.
"""

from pathlib import Path

import pytest

LOOKS_MAX = 6
AGAIN = "second look"


def pytest_addoption(parser):
    parser.addoption("--second-look", metavar="FILE", help="write the names of the failed tests to FILE, for --second-look-at")
    parser.addoption("--second-look-at", metavar="FILE", help="run only the tests that FILE names")


def pytest_collection_modifyitems(config, items):
    if path := config.getoption("--second-look-at"):
        named = Path(path).read_text(encoding="utf-8").splitlines()
        items[:] = [item for item in items if any(is_named(item.nodeid, name) for name in named)]


def is_named(nodeid: str, name: str) -> bool:
    """Whether name means this test. In a parallel run the name of a test's group is appended to its name."""
    return name == nodeid or name.startswith(f"{nodeid}@")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    path = session.config.getoption("--second-look")
    if path is None or hasattr(session.config, "workerinput"):
        return
    Path(path).unlink(missing_ok=True)
    stats = session.config.pluginmanager.get_plugin("terminalreporter").stats
    failed = [*stats.get("failed", ()), *stats.get("error", ())]
    names = sorted({report.nodeid for report in failed})
    if not names or len(names) > LOOKS_MAX or not all(may_be_looked_at(name) for name in names):
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("\n".join(names) + "\n", encoding="utf-8")
    stats[AGAIN] = failed
    stats["failed"], stats["error"] = [], []
    session.exitstatus = pytest.ExitCode.OK


def may_be_looked_at(name: str) -> bool:
    return ".py::" in name


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter, config):
    for report in terminalreporter.stats.get(AGAIN, ()):
        terminalreporter.write_sep("_", report.nodeid)
        terminalreporter.write_line(report.longreprtext)
        terminalreporter.write_line(f"SECOND LOOK {report.nodeid}: it failed beside others, and runs once more alone")
    if config.getoption("--second-look-at"):
        for report in terminalreporter.stats.get("passed", ()):
            terminalreporter.write_line(f"UNSTEADY {report.nodeid}: it failed beside others, and passed alone")
