"""setup.sh prints nothing when nothing is missing, and one line when a missing package cannot be installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).with_name("setup.sh")
ABSENT = "no-such-package-of-perf-clinic"


def run(folder: Path, packages: str, **environment: str) -> subprocess.CompletedProcess:
    """The real script beside a list of the test's own."""
    shutil.copy(SETUP, folder / "setup.sh")
    (folder / "packages.txt").write_text(packages)
    return subprocess.run(["/bin/sh", str(folder / "setup.sh"), "run"], capture_output=True, text=True,
                          env={**os.environ, **environment})


def test_nothing_missing_is_silent(tmp_path):
    done = run(tmp_path, "# a comment\nlibc6  run  is everywhere\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_other_groups_are_not_wanted(tmp_path):
    assert run(tmp_path, f"libc6 run x\n{ABSENT} test x\n").returncode == 0


def test_one_of_several_names_is_enough(tmp_path):
    assert run(tmp_path, f"{ABSENT}|libc6 run x\n").returncode == 0


def test_no_install_names_what_is_missing_and_installs_nothing(tmp_path):
    done = run(tmp_path, f"{ABSENT} run x\n", NO_INSTALL="1")
    assert done.returncode == 4
    assert done.stderr.splitlines() == [f"setup: packages are missing, and NO_INSTALL=1 forbids installing them: {ABSENT}"]


@pytest.mark.slow
def test_what_cannot_be_installed_is_named_in_the_last_line(tmp_path):
    # Proxies that nobody listens on: no network, whatever the machine has.
    dead = "http://127.0.0.1:9"
    done = run(tmp_path, f"{ABSENT} run x\n", http_proxy=dead, https_proxy=dead)
    assert done.returncode == 4
    assert done.stderr.splitlines()[-1].endswith(f": {ABSENT}")


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may fetch the package index")
def test_a_name_that_the_release_lacks_is_called_that(tmp_path):
    """It was "no network, or no right to"."""
    done = run(tmp_path, f"libc6 run x\n{ABSENT}|{ABSENT}-2 run x\n")
    if "could not be fetched" in done.stderr:
        pytest.skip("the package index could not be fetched")
    assert done.returncode == 4
    assert done.stderr == f"setup: this release has no package of these names: {ABSENT}|{ABSENT}-2\n"


def test_without_dpkg_it_says_what_to_install_by_hand(tmp_path):
    links = tmp_path / "bin"
    links.mkdir()
    for tool in ("sh", "awk", "dirname", "sed"):
        (links / tool).symlink_to(shutil.which(tool))
    done = run(tmp_path, "gcc run x\n", PATH=str(links))
    assert done.returncode == 4
    assert "not a Debian system" in done.stderr and "hyperfine" in done.stderr


def test_the_list_has_three_columns_and_known_groups():
    for line in SETUP.with_name("packages.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, group, why = line.split(maxsplit=2)
            assert group in ("run", "test", "calibrate", "soak", "gates", "release", "load") and why
