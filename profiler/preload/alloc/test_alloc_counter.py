"""The allocation counter is compared with known answers and with valgrind, which observes the calls in another way."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

LIBRARY = Path("build/lib/libclinic-preload.so").resolve()
VICTIMS = Path("build/victims").resolve()
HEAP_USAGE = re.compile(r"total heap usage: ([\d,]+) allocs, ([\d,]+) frees, ([\d,]+) bytes")


def run_counted(command: list[str], directory: Path, *, pattern: str = "counts.json") -> subprocess.CompletedProcess:
    environment = os.environ | {"LD_PRELOAD": str(LIBRARY), "CLINIC_ALLOC_OUT": str(directory / pattern)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def counts_of(command: list[str], directory: Path) -> dict:
    done = run_counted(command, directory)
    assert done.returncode == 0, done.stderr
    return json.loads((directory / "counts.json").read_text())


def victim(name: str, *arguments: str) -> list[str]:
    return [str(VICTIMS / name), *arguments]


def triple(counts: dict) -> tuple[int, int, int]:
    return counts["allocations_count"], counts["frees_count"], counts["allocated_bytes"]


def valgrind_totals(command: list[str]) -> list[tuple[int, ...]]:
    """(allocations, frees, bytes) of each process, without the blocks that valgrind itself frees at the end."""
    done = subprocess.run(["valgrind", "--run-libc-freeres=no", "--run-cxx-freeres=no", *command],
                          capture_output=True, text=True, timeout=120)
    return [tuple(int(number.replace(",", "")) for number in found) for found in HEAP_USAGE.findall(done.stderr)]


def test_every_call_counts_once(tmp_path):
    counts = counts_of(victim("alloc_23"), tmp_path)
    assert triple(counts["totals"]) == (23, 20, 9745)
    assert sum(row["allocations_count"] for row in counts["sizes"]) == 23
    assert counts["observable"] is True


def test_stages_include_and_own(tmp_path):
    counts = counts_of(victim("alloc_stages"), tmp_path)
    stages = {stage["name"]: stage for stage in counts["stages"]}
    assert set(stages) == {"parse", "copy"}
    assert triple(stages["parse"]) == (16, 16, 176)
    assert triple(stages["parse"]["own"]) == (10, 10, 80)
    assert triple(stages["copy"]) == triple(stages["copy"]["own"]) == (6, 6, 96)
    assert stages["parse"]["begins_count"] == stages["copy"]["begins_count"] == 2
    assert triple(counts["totals"]) == (17, 17, 177)


def test_stages_cost_nothing_without_the_library():
    assert subprocess.run(victim("alloc_stages"), timeout=10).returncode == 0


def test_threads_are_told_apart_and_late_frees_are_seen(tmp_path):
    counts = counts_of(victim("alloc_threads", "8"), tmp_path)
    workers = [row for row in counts["threads"] if row["tid"] != counts["process"]["pid"]]
    assert len(workers) == 8
    for row in workers:  # 1000 blocks, the list of late ones, the thread-specific one
        assert (row["allocations_count"], row["frees_count"]) == (1002, 991)
    assert sum(row["frees_count"] for row in counts["threads"]) == counts["totals"]["frees_count"]


def test_blocks_of_ended_threads_are_taken_over(tmp_path):
    counts = counts_of(victim("alloc_threads", "1600"), tmp_path)
    assert len(counts["threads"]) < 1200
    assert sum(row["folded_count"] for row in counts["threads"]) > 400
    # 1002 a thread; the C library makes one table for each of the few stacks it keeps.
    assert 0 <= counts["totals"]["allocations_count"] - 1600 * 1002 <= 1600
    assert sum(row["allocations_count"] for row in counts["threads"]) == counts["totals"]["allocations_count"]


def test_fork_vfork_and_exec(tmp_path):
    done = run_counted(victim("alloc_fork", *victim("alloc_23")), tmp_path, pattern="%p.json")
    assert done.returncode == 0, done.stderr
    files = [json.loads(path.read_text()) for path in tmp_path.glob("*.json")]
    totals = sorted(triple(counts["totals"]) for counts in files)
    assert totals == sorted([(103, 103, 4944), (7, 7, 336), (5, 5, 240), (23, 20, 9745)])
    in_stage = next(counts for counts in files if counts["totals"]["allocations_count"] == 7)
    assert [(row["name"], row["allocations_count"]) for row in in_stage["stages"]] == [("child", 7)]


def test_a_forked_child_does_not_overwrite_its_parent(tmp_path):
    assert run_counted(victim("alloc_fork"), tmp_path).returncode == 0
    parent = json.loads((tmp_path / "counts.json").read_text())
    assert parent["totals"]["allocations_count"] == 103
    assert len(list(tmp_path.glob("counts.json.*"))) == 2


def test_allocation_in_signal_handlers(tmp_path):
    assert triple(counts_of(victim("alloc_signals"), tmp_path)["totals"]) == (200, 200, 4800)


def test_own_malloc_is_not_observable(tmp_path):
    counts = counts_of(victim("alloc_own_malloc"), tmp_path)
    assert counts["observable"] is False and "its own malloc" in counts["reason"]
    assert "totals" not in counts


def test_a_stub_named_malloc_is_not_a_malloc(tmp_path):
    symbols = subprocess.run(["readelf", "-W", "--dyn-syms", *victim("alloc_fixed")], capture_output=True, text=True,
                             check=True).stdout
    assert re.search(r": 0*[1-9a-f]\w* .* UND malloc", symbols), "not the case that is to be tested"
    assert triple(counts_of(victim("alloc_fixed"), tmp_path)["totals"]) == (2, 2, 30)


def test_static_program_leaves_no_file(tmp_path):
    assert run_counted(victim("alloc_static"), tmp_path).returncode == 0
    assert not list(tmp_path.iterdir())


def test_unwritable_file_is_said(tmp_path):
    done = run_counted(victim("alloc_23"), tmp_path, pattern="no/such/folder.json")
    assert done.returncode == 0
    assert re.fullmatch(r"clinic: cannot write the allocation counts to \S+: No such file or directory; .*\n",
                        done.stderr)


def test_full_disk_leaves_nothing_half_written(tmp_path):
    done = subprocess.run(["sh", "-c", f"ulimit -f 0; trap '' XFSZ; exec {victim('alloc_23')[0]}"], timeout=10,
                          env=os.environ | {"LD_PRELOAD": str(LIBRARY), "CLINIC_ALLOC_OUT": f"{tmp_path}/c.json"},
                          capture_output=True, text=True)
    assert done.returncode == 0 and "cannot write" in done.stderr
    assert not list(tmp_path.iterdir())


FULLY_ON = {"CLINIC_ALLOC_STACKS": "1", "CLINIC_ALLOC_LIVE": "1", "CLINIC_LOCK": "1"}


def run_failing(directory: Path, call: int) -> subprocess.CompletedProcess:
    """Runs a program in which the call with that number fails; stderr contains "refused" if there was such a call."""
    environment = os.environ | FULLY_ON | {"LD_PRELOAD": f"{LIBRARY}:{VICTIMS}/alloc_failing.so",
                                           "CLINIC_ALLOC_OUT": str(directory / "counts.json"),
                                           "ALLOC_FAIL_AT": str(call)}
    return subprocess.run(victim("alloc_failing"), env=environment, capture_output=True, text=True, timeout=30)


def test_no_failing_allocation_harms_the_instrument(tmp_path):
    """Every call of malloc, calloc, realloc and mmap fails once, of the program and of the library; the program lives on.

    If the library got memory for all of its counters, they are right; otherwise the file states that something is lost.
    """
    refused_program = refused_instrument = 0
    for call in range(1, 100_000):
        done = run_failing(tmp_path, call)
        assert done.returncode == 0, f"call {call}: {done.stderr}"
        if "refused" not in done.stderr:
            break
        counts = json.loads((tmp_path / "counts.json").read_text())
        totals = counts["totals"]
        if not counts["threads_lost_count"]:
            assert totals["allocations_count"] in (11, 12), f"call {call}"
            assert totals["frees_count"] == totals["allocations_count"], f"call {call}"
        refused_program += totals["allocations_count"] == 11
        refused_instrument += totals["allocations_count"] == 12
        (tmp_path / "counts.json").unlink()
    # Each of its 12 calls; one may be met twice, as where memory lies decides how many calls are ours.
    assert 12 <= refused_program <= 14
    assert refused_instrument > 5


@pytest.mark.slow
def test_no_limit_of_memory_harms_the_instrument(tmp_path):
    """Under ever smaller limits (ulimit -v), a program that runs without the library also runs with it, whatever memory the library lacks."""
    for megabytes in [*range(10, 60, 2), 100, 200, 300, 600, 1200, 4200]:
        limited = ["sh", "-c", f"ulimit -v {megabytes << 10}; exec {victim('alloc_failing')[0]}"]
        environment = os.environ | FULLY_ON | {"LD_PRELOAD": str(LIBRARY), "CLINIC_ALLOC_OUT": f"{tmp_path}/c.json"}
        done = subprocess.run(limited, env=environment, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, f"{megabytes} MiB: {done.stderr}"


def test_odd_arguments_are_valid_json(tmp_path):
    odd = b'quote" back\\ tab\t \xff\xc3\xa9'
    done = run_counted([*victim("alloc_stages"), os.fsdecode(odd)], tmp_path)
    assert done.returncode == 0
    command = json.loads((tmp_path / "counts.json").read_text())["process"]["command"]
    assert command[1] == 'quote" back\\ tab\t \ufffd\u00e9'


@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed")
@pytest.mark.parametrize("arguments", [
    ("alloc_23", "without-pvalloc"), pytest.param(("alloc_stages",), marks=pytest.mark.slow),
    pytest.param(("alloc_plugin", str(VICTIMS / "alloc_plugin.so")), marks=pytest.mark.slow)], ids=lambda a: a[0])
@pytest.mark.slow
def test_victims_agree_with_valgrind(arguments, tmp_path):
    counted = triple(counts_of(victim(*arguments), tmp_path)["totals"])
    assert [counted] == valgrind_totals(victim(*arguments))
