"""`lab diagnose` on programs whose bottleneck is known, and on commands that cannot be diagnosed."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labkit.diagnose.limits import amdahl, describe
from labkit.diagnose.observe import Alone, Observations, Target
from labkit.diagnose.opportunities import find
from labkit.diagnose.tries import installed_allocators
from labkit.outcome import Exit
from labkit.schemas import check

ROOT = Path(__file__).resolve().parents[3]
HOT = r"""
#include <stdint.h>
#include <stdio.h>
__attribute__((noinline)) uint64_t hot_spot(uint64_t x) { for (int i = 0; i < 9000000; i++) x = x * 6364136223846793005u + 1; return x; }
__attribute__((noinline)) uint64_t aside(uint64_t x) { for (int i = 0; i < 1000000; i++) x = x * 6364136223846793005u + 3; return x; }
int main(void) { uint64_t x = 1; for (int i = 0; i < 10; i++) x = aside(hot_spot(x)); printf("%llu\n", (unsigned long long)x); }
"""
HEAP = r"""
#include <stdio.h>
#include <stdlib.h>
__attribute__((noinline)) static void *take(size_t bytes) { return malloc(bytes); }
int main(void) {
	void *volatile kept[64] = {0};
	for (unsigned i = 0; i < 300000; i++) { free(kept[i % 64]); kept[i % 64] = take(16 + i % 900); }
	puts("done");
}
"""
LOCK = r"""
#include <pthread.h>
#include <unistd.h>
pthread_mutex_t bottleneck = PTHREAD_MUTEX_INITIALIZER;
static void *work(void *x) {
	for (int i = 0; i < 20; i++) { pthread_mutex_lock(&bottleneck); usleep(2000); pthread_mutex_unlock(&bottleneck); }
	return x;
}
int main(void) {
	pthread_t threads[4];
	for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, work, 0);
	for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
}
"""


def built(tmp_path: Path, source: str, *flags: str) -> Path:
    program = tmp_path / "patient"
    (tmp_path / "patient.c").write_text(source)
    subprocess.run(["cc", "-O1", "-g", "-pthread", *flags, "-o", program, tmp_path / "patient.c"], check=True)
    return program


def diagnose(folder: Path, *arguments, **options) -> subprocess.CompletedProcess:
    """Runs `lab diagnose` in folder, where it writes its report."""
    given: dict[str, Any] = {"text": True} | options
    return subprocess.run([sys.executable, "-B", ROOT / "scripts/lab", "diagnose", *map(str, arguments)], capture_output=True,
                          timeout=280, cwd=folder, **given)


def document_of(folder: Path) -> dict:
    (path,) = folder.glob("reports/diagnose/*/diagnosis.json")
    document = json.loads(path.read_text())
    check(document, str(path))
    return document


def whats(document: dict) -> list[str]:
    return [one["what"] for one in document["opportunities"]]


def test_a_ceiling_is_amdahls():
    assert amdahl(0.0) == 1.0 and amdahl(0.5) == 2.0 and amdahl(1.0) == pytest.approx(1000)


def test_a_tick_of_the_clock_is_no_share_of_a_short_run():
    """A run of 17 ms, all samples of which were in the program, was once said to spend all its time in the kernel."""
    alone = Alone(5, 20e6, 1, 1, 0.0, 17e6, 1, 1, 0, 1)
    assert "kernel" not in " ".join(describe(Observations(alone)))
    assert "kernel" in " ".join(describe(Observations(alone, cpu={"libraries": [{"name": "[kernel]", "self_ratio": 0.5}]})))


def test_a_site_with_hardly_any_allocations_is_nothing_to_try():
    """For SQLite, "10 of 300 308 allocations" was one of the ten changes to try first."""
    sites = [{"allocations_count": count, "allocated_bytes": 16 * count, "frames": [{"function": name}]} for name, count in (("row", 300_000), ("name", 10))]
    found = Observations(Alone(5, 20e6, 1, 1, 17e6, 0.0, 1, 1, 0, 1), heap={"totals": {"allocations_count": 300_010}, "sites": sites})
    assert [one.what for one in find(Target(("sqlite3",), Path("/usr/bin/sqlite3")), found)] == ["fewer allocations in row"]


@pytest.mark.slow
def test_the_hot_function_comes_first_with_its_ceiling(tmp_path):
    """hot_spot does nine tenths of the work, so its ceiling is near 10."""
    done = diagnose(tmp_path, "--budget", 14, "--", built(tmp_path, HOT))
    document, folder = document_of(tmp_path), next(tmp_path.glob("reports/diagnose/*"))
    assert done.returncode == Exit.PASSED, done.stderr
    first = document["opportunities"][0]
    assert "hot_spot" in first["what"] and 5 < first["ceiling"] < 20
    assert document["limits"][0].startswith("It computes") and "one thread" in " ".join(document["limits"])
    assert document["instructions_count"] is None or document["instructions_count"] > 100_000_000
    assert document["heap"]["totals"]["allocations_count"] < 10 and document["locks"] == []
    page = (folder / "diagnosis.md").read_text()
    assert "hot_spot" in page and "](flamegraph.svg)" in page and (folder / "flamegraph.svg").stat().st_size > 1000
    assert "hot_spot" in done.stdout and "diagnosis.md" in done.stdout


@pytest.mark.slow
def test_who_sleeps_waits(tmp_path):
    diagnose(tmp_path, "--budget", 5, "--", "sleep", "0.2")
    document = document_of(tmp_path)
    assert document["limits"][0].startswith("It waits")
    assert document["off_cpu"] is None or "fewer or shorter waits" in whats(document)


@pytest.mark.slow
def test_a_contended_lock_is_named_with_its_waits(tmp_path):
    diagnose(tmp_path, "--budget", 10, "--", built(tmp_path, LOCK))
    document = document_of(tmp_path)
    assert any("bottleneck" in what for what in whats(document)), document["opportunities"]
    assert not any("join" in what for what in whats(document)), "a thread that joins another one waits for its end, not for a lock"
    assert {"bottleneck"} <= {one["name"] for one in document["locks"]} and document["alone"]["threads_count"] == 5


@pytest.mark.slow
def test_an_allocator_is_tried_and_judged(tmp_path):
    done = diagnose(tmp_path, "--budget", 18, "--try", "--", built(tmp_path, HEAP))
    document = document_of(tmp_path)
    assert done.returncode == Exit.PASSED, done.stderr
    assert "another allocator" in whats(document) and any("take" in what for what in whats(document))
    tried = {one["name"]: one for one in document["tried"]["changes"]}
    assert set(tried) == {"huge pages", "C locale", *(change.name for change in installed_allocators())}
    page = next(tmp_path.glob("reports/diagnose/*/diagnosis.md"))
    assert (page.parent / document["tried"]["page"]).exists() and "## What was tried" in page.read_text()
    for one in document["tried"]["changes"]:  # an interval stood there without its confidence
        assert one["gain_low"] is None or one["gain_high"] is None or re.search(rf"\| {one['name']} \| .*\] at 9[\d.]+", page.read_text())


@pytest.mark.slow
def test_a_change_that_changes_the_answer_is_not_timed(tmp_path):
    done = diagnose(tmp_path, "--budget", 11, "--try", "--", "sh", "-c", "echo $LC_ALL")
    tried = document_of(tmp_path)["tried"]
    assert done.returncode == Exit.PASSED, done.stderr
    assert any("C locale" in one and "prints something else" in one for one in tried["refused"])
    assert "C locale" not in {one["name"] for one in tried["changes"]}


@pytest.mark.slow
def test_what_cannot_be_observed_is_a_note(tmp_path):
    """The allocation counter cannot be loaded into a statically linked program."""
    diagnose(tmp_path, "--budget", 10, "--", built(tmp_path, HOT, "-static"))
    document = document_of(tmp_path)
    assert document["heap"] is None and any(note.startswith("alloc: ") for note in document["notes"])
    assert "hot_spot" in document["opportunities"][0]["what"]


@pytest.mark.slow
def test_a_program_that_daemonises_is_said_to_leave_processes(tmp_path):
    diagnose(tmp_path, "--budget", 5, "--", "sh", "-c", "sleep 300 & i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done")
    assert any("leaves 1 process running" in note for note in document_of(tmp_path)["notes"])


@pytest.mark.few(1)
@pytest.mark.parametrize("command, words", [
    (["no-such-program"], "there is no program no-such-program"),
    (["sh", "-c", "echo broken >&2; exit 3"], r"failed with exit code 3 \(broken\).*--expect-exit 3"),
    (["tty", "-s"], "failed with exit code 1.*--stdin FILE"),
    (["sh", "-c", "kill -SEGV $$"], "killed by signal 11"),
])
@pytest.mark.slow
def test_a_command_that_fails_is_one_sentence(tmp_path, command, words):
    done = diagnose(tmp_path, "--budget", 20, "--", *command)
    assert done.returncode == Exit.USAGE and done.stderr.splitlines()[-1].startswith("lab: ")
    assert re.search(words, done.stderr), done.stderr
    assert not list(tmp_path.glob("reports/diagnose/*")), "no empty report may be left"


@pytest.mark.slow
def test_a_command_that_does_not_end_is_killed_in_time(tmp_path):
    done = diagnose(tmp_path, "--budget", 4, "--", "sleep", "300")
    assert done.returncode == Exit.USAGE and "was still running after 1" in done.stderr and "--budget" in done.stderr


@pytest.mark.few(1)
@pytest.mark.parametrize("arguments, words", [
    (["--budget", "0", "--", "true"], "--budget must be above 0"),
    (["--expect-exit", "256", "--", "true"], "from 0 to 255"),
    (["--stdin", "/nowhere", "--", "true"], "/nowhere"),
    ([], "COMMAND"),
])
def test_bad_usage_is_one_sentence(tmp_path, arguments, words):
    done = diagnose(tmp_path, *arguments)
    assert done.returncode == Exit.USAGE and words in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
def test_input_is_given_and_an_exit_code_may_be_expected(tmp_path):
    (tmp_path / "input").write_text("b\na\n" * 50_000)
    done = diagnose(tmp_path, "--budget", 6, "--stdin", "input", "--expect-exit", 1, "--", "grep", "-c", "zzz")
    assert done.returncode == Exit.PASSED, done.stderr
    assert not any("standard input" in note for note in document_of(tmp_path)["notes"])


@pytest.mark.slow
def test_a_hostile_name_stays_in_its_line(tmp_path):
    name = "evil|\n/approve <b>\x1b[31m"
    shutil.copy("/bin/true", tmp_path / name.replace("/", "_"))
    done = diagnose(tmp_path, "--budget", 6, "--", "./" + name.replace("/", "_"), "caf\udce9")
    assert done.returncode == Exit.PASSED, done.stderr
    page = next(tmp_path.glob("reports/diagnose/*/diagnosis.md")).read_text()
    assert "\x1b" not in page + done.stdout and not re.search("^_approve", page, re.M)
