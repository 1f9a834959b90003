"""When something around it fails, `lab` ends with one sentence and the documented exit code, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

LAB = [str(Path("scripts/lab").resolve())]
COMPARE = [*LAB, "compare", "--a", "sleep 0.2", "--b", "sleep 0.201", "--budget", "30"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_cancelled_job_tidies_up_like_ctrl_c(tmp_path, checkout_folder, number):
    (tmp_path / "tmp").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "tmp")}
    with subprocess.Popen(COMPARE, cwd=checkout_folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not any((tmp_path / "tmp").iterdir()) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 3 and "interrupted" in said and "Traceback" not in said
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.few(1)
@pytest.mark.parametrize("redirection", ["| head -c 0", ">/dev/full"])
def test_output_that_nobody_takes_is_a_sentence(redirection):
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {LAB[0]} --help {redirection}"], capture_output=True, text=True)
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    assert done.returncode == 4 and done.stderr.count("\n") == 1 and done.stderr.startswith("lab: ")


@pytest.mark.slow
@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_change_no_exit_code(checkout_folder, redirection):
    """`>&-` once ended in a traceback and with exit code 1, which means regressed."""
    done = subprocess.run(["bash", "-c", f"{LAB[0]} compare --a true --b /bin/true --json out.json {redirection}"],
                          capture_output=True, text=True, cwd=checkout_folder)
    assert done.returncode == 0 and done.stderr == ""
    assert json.loads((checkout_folder / "out.json").read_text())["verdict"] == "identical"


@pytest.mark.slow
def test_progress_that_nobody_sees_stops_nothing(checkout_folder):
    done = subprocess.run(["bash", "-c", f"{LAB[0]} compare --a 'sleep 0.02' --b 'sleep 0.06' --budget 20 2>/dev/full"],
                          capture_output=True, text=True, cwd=checkout_folder)
    assert done.returncode in (1, 4) and "sleep 0.06" in next(checkout_folder.glob("reports/compare/*/comparison.md")).read_text()


@pytest.mark.few
@pytest.mark.parametrize("place, code", [("folder", 2), ("/proc/x.json", 2), ("file/x.json", 2)])
def test_a_json_that_cannot_be_written_is_refused_before_measuring(checkout_folder, place, code):
    (checkout_folder / "folder").mkdir()
    (checkout_folder / "file").touch()
    done = subprocess.run([*LAB, "compare", "--a", "sleep 0.1", "--b", "sleep 0.2", "--json", place], cwd=checkout_folder,
                          capture_output=True, text=True)
    assert done.returncode == code and done.stderr.count("\n") == 1 and f"--json {place}" in done.stderr
    assert not (checkout_folder / "reports").exists()


@pytest.mark.slow
@pytest.mark.parametrize("locale", [{"LC_ALL": "C.UTF-8"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}])
def test_names_that_are_not_utf_8_are_judged_like_others(checkout_folder, locale):
    """Such names were once reported as "a defect of lab itself"."""
    files = [os.path.join(os.fsencode(checkout_folder), name) for name in (b"caf\xe9.txt", "café.txt".encode())]
    for file in files:
        with open(file, "wb") as text:
            text.write(b"x" * 300_000)
    done = subprocess.run([*LAB, "compare", "--a", b"cksum " + files[0], "--b", b"cksum " + files[1], "--expect-output", "any",
                           "--budget", "60", "--pairs", "16", "--json", "out.json"],
                          cwd=checkout_folder, env=os.environ | locale, capture_output=True)
    document = json.loads((checkout_folder / "out.json").read_text())
    assert done.returncode == document["exit_code"] and document["pairs_count"] >= 16
    assert "caf\\xe9.txt" in document["arms"]["A"]["command"] and "café.txt" in document["arms"]["B"]["command"]


def can_mount():
    """Whether this user may mount a file system in a namespace of its own."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(not can_mount(), reason="only root with its own mount namespace can mount a tmpfs of 16 KiB")
def test_a_small_folder_for_temporary_files_is_no_regression(checkout_folder, tmp_path):
    """The copy of A did not fit into the folder, which ended in a traceback and exit code 1."""
    small = tmp_path / "small"
    small.mkdir()
    slow, fast = (f"dd if=/dev/zero of=/dev/null bs=64k count={count} status=none" for count in (1500, 500))
    script = f'mount -t tmpfs -o size=16k none {small} && TMPDIR={small} exec "$0" "$@"'
    done = subprocess.run(["unshare", "-m", "sh", "-c", script, *LAB, "compare", "--a", slow, "--b", fast, "--budget", "20"],
                          cwd=checkout_folder, capture_output=True, text=True)
    assert "Traceback" not in done.stderr and done.returncode != 1, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("environment, said", [({}, False), ({"LAB_SAYS_CODE": "1"}, True)])
def test_make_hears_the_exit_code_that_it_replaces_by_2(checkout_folder, environment, said):
    done = subprocess.run([*LAB, "compare", "--a", "true", "--b", "/no/such/program"], cwd=checkout_folder, env=os.environ | environment,
                          capture_output=True, text=True)
    assert done.returncode not in (0, 1) and (f"exit code {done.returncode}, " in done.stderr) is said
    assert ("make itself ends with 2" in done.stderr) is said


@pytest.fixture
def checkout_folder(tmp_path):
    """A folder like a checkout, because the lab writes reports/ in the folder in which it is started."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for path in Path.cwd().iterdir():
        if path.name not in ("reports", ".git"):
            (folder / path.name).symlink_to(path)
    return folder
