"""How `lab` ends when something around it gives way: one sentence, the documented code, nothing left behind."""

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


@pytest.mark.parametrize("redirection", ["| head -c 0", ">/dev/full"])
def test_output_that_nobody_takes_is_a_sentence(redirection):
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {LAB[0]} --help {redirection}"], capture_output=True, text=True)
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    assert done.returncode == 4 and done.stderr.count("\n") == 1 and done.stderr.startswith("lab: ")


@pytest.fixture
def checkout_folder(tmp_path):
    """The lab writes reports/ where it is started."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for path in Path.cwd().iterdir():
        if path.name not in ("reports", ".git"):
            (folder / path.name).symlink_to(path)
    return folder
