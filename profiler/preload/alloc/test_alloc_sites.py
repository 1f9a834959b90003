"""`clinic record -e alloc` is compared with victims, all of whose allocations are known."""

import json
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from recorded_session import run

CLINIC = Path("build/bin/clinic").resolve()
VICTIMS = Path("build/victims").resolve()


def record(command: list[str], directory: Path, *options: str) -> tuple[dict, subprocess.CompletedProcess]:
    """The report of one run, and the run."""
    session = directory / "session.json"
    done = subprocess.run([CLINIC, "record", "-e", "alloc", "-o", session, *options, "--", *command],
                          capture_output=True, text=True, timeout=60)
    report = subprocess.run([CLINIC, "report", "--json", session], capture_output=True, text=True, check=True)
    return json.loads(report.stdout), done


def victim(name: str, *arguments: str) -> list[str]:
    return [str(VICTIMS / name), *arguments]


def site_names(session: dict, stack: int) -> list[str]:
    """The functions of a stack, innermost first."""
    names = []
    while stack:
        frame = session["stacks"]["frame"][stack]
        names.append(session["strings"][session["frames"]["function"][frame]])
        stack = session["stacks"]["parent"][stack]
    return names


def test_23_allocations_3_leaks(tmp_path):
    report, done = record(victim("alloc_23"), tmp_path)
    assert done.returncode == 0, done.stderr
    allocations = report["allocations"]
    assert allocations["allocations_count"] == 23
    assert allocations["frees_count"] == 20
    assert allocations["bytes"] == 9745
    assert (allocations["leaked_count"], allocations["leaked_bytes"]) == (3, 300)
    # 300 stay, and realloc to 5000 gives the 4000 back first.
    assert allocations["peak_bytes"] == 5300
    assert allocations["temporary_count"] == 20


def test_sites_add_up_and_name_their_lines(tmp_path):
    report, _ = record(victim("alloc_23"), tmp_path)
    sites = report["call_sites"]
    assert sum(site["allocations_count"] for site in sites) == 23
    assert sum(site["leaked_bytes"] for site in sites) == 300
    assert {site["name"] for site in sites} <= {"main", "__strdup", "strdup"}
    ten = [site for site in sites if site["allocations_count"] == 10]
    assert len(ten) == 1 and ten[0]["file"].endswith("alloc_23.c") and ten[0]["line"] > 0


def test_a_recursion_deeper_than_any_stack_that_is_kept(tmp_path):
    """Every block counts, and incomplete stacks are marked."""
    report, done = record(victim("alloc_deep"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert sum(site["allocations_count"] for site in report["call_sites"]) == 30_001
    assert report["allocations"]["peak_bytes"] == 24 * 30_001
    session = json.loads((tmp_path / "session.json").read_text())
    rows = session["allocations"]
    deepest = max((site_names(session, stack) for stack in rows["stack"]), key=lambda names: names.count("down"))
    assert deepest.count("down") < 30_001 and "main" not in deepest, deepest


@pytest.mark.slow
def test_children_forked_under_threads_that_allocate(tmp_path):
    """No child hangs, and each block of a child counts once."""
    report, done = record(victim("alloc_fork_threads"), tmp_path)
    assert done.returncode == 0, done.stderr
    session = json.loads((tmp_path / "session.json").read_text())
    rows = session["allocations"]
    assert sum(count for count, stack in zip(rows["allocations_count"], rows["stack"])
               if "allocate_in_child" in site_names(session, stack)) == 100 * 10


ODD_PLACES = [b"two  blanks", b"new\nline", b"back\\012slash", b"gone (deleted)", b"semi;q\"<>&", b"bad\xff\xfeutf"]


@pytest.mark.few(1)
@pytest.mark.parametrize("name", ODD_PLACES, ids=ascii)
def test_a_program_in_an_odd_place_has_its_names(tmp_path, name):
    """/proc writes some paths with escapes, and " (deleted)" may be part of one."""
    folder = os.path.join(os.fsencode(tmp_path), name)
    os.mkdir(folder)
    program = os.path.join(folder, name)
    shutil.copy(VICTIMS / "alloc_23", program)
    report, done = record([program], tmp_path)
    assert done.returncode == 0, done.stderr
    assert {site["name"] for site in report["call_sites"]} <= {"main", "__strdup", "strdup"}
    assert any(site["file"].endswith("alloc_23.c") for site in report["call_sites"] if site["name"] == "main")


def test_threads_share_sites(tmp_path):
    report, _ = record(victim("alloc_threads", "8"), tmp_path)
    allocations = report["allocations"]
    assert allocations["allocations_count"] - allocations["frees_count"] == allocations["leaked_count"]
    work = [site for site in report["call_sites"] if site["name"] == "work"]
    assert sum(site["allocations_count"] for site in work) == 8 * 1002
    assert sum(site["leaked_count"] for site in work) == 0


def test_stages(tmp_path):
    report, _ = record(victim("alloc_stages"), tmp_path)
    stages = {row["name"]: row["allocations_count"] for row in report["allocations"]["stages"]}
    assert stages["parse"] == 10 and stages["copy"] == 6


def test_every_process_and_every_exec_is_seen(tmp_path):
    report, done = record(["sh", "-c", f"exec {' '.join(victim('alloc_fork', *victim('alloc_23')))}"], tmp_path)
    assert done.returncode == 0, done.stderr
    sites = report["call_sites"]
    by_size = {}
    for site in sites:
        by_size[site["name"]] = by_size.get(site["name"], 0) + site["allocations_count"]
    assert by_size["allocate"] == 103 + 7 + 5
    assert by_size["main"] == 22


@pytest.mark.slow
def test_the_names_of_a_child_wait_for_its_listing(tmp_path):
    """Bug: the collector used a child's list of mappings while the child was still writing it, so that addresses in the missing mappings
    had no names. With so many mappings, these were most of them."""
    report, done = record(victim("many_mappings", "10000", "0", "20"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert sum(site["allocations_count"] for site in report["call_sites"] if site["name"] == "child_blocks") == 200
    session = json.loads((tmp_path / "session.json").read_text())
    assert all(name for stack in session["allocations"]["stack"] for name in site_names(session, stack))


@pytest.mark.slow
def test_what_each_process_had_resident(tmp_path):
    """Bug: children that lived between two drains had no peak. If one is killed, its peak is the most that was seen."""
    hold = "import os, sys, time; b = bytearray(int(sys.argv[1]) << 20); "
    words = ["sh", "-c", f"/usr/bin/python3 -c '{hold}' 90; "
             f"/usr/bin/python3 -c '{hold} time.sleep(0.5); os.kill(os.getpid(), 9)' 60; true"]
    report, done = record(words, tmp_path)
    assert done.returncode == 0, done.stderr
    peaks = [(row["program"], row["bytes"] >> 20) for row in report["resident_peaks"]]
    assert [program for program, _ in peaks] == ["/usr/bin/python3", "/usr/bin/python3", "sh"], peaks
    assert peaks[0][1] >= 90 and 60 <= peaks[1][1] < 90 and peaks[2][1] < 60, peaks
    text = run("report", tmp_path / "session.json").stdout
    assert "largest resident size, by process:" in text and "MiB  /usr/bin/python3 (" in text, text


def test_children_of_a_raw_clone_are_processes_of_their_own(tmp_path):
    """Bug: they wrote into the arena of their parent, and shared its counters."""
    report, done = record(victim("alloc_raw_fork"), tmp_path)
    assert done.returncode == 0, done.stderr
    session = json.loads((tmp_path / "session.json").read_text())
    rows, threads = session["allocations"], session["threads"]
    names = [site_names(session, stack) for stack in rows["stack"]]
    counts = Counter()
    for thread, count, stack in zip(rows["thread"], rows["allocations_count"], names):
        counts[threads["pid"][thread]] += count if "allocate" in stack else 0
    parent, raw, quiet = map(int, done.stdout.split())
    assert {pid: counts[pid] for pid in (parent, raw, quiet)} == {parent: 103, raw: 7, quiet: 5}
    assert report["allocations"]["leaked_count"] == 0


def test_a_killed_program_loses_nothing(tmp_path):
    report, done = record(["sh", "-c", f"{victim('alloc_23')[0]}; kill -9 $$"], tmp_path)
    assert done.returncode == 128 + 9
    main = [site for site in report["call_sites"] if site["name"] == "main"]
    assert sum(site["allocations_count"] for site in main) == 22


def test_not_observable_is_said_never_zero(tmp_path):
    for name, why in (("alloc_static", "statically linked"), ("alloc_own_malloc", "its own malloc")):
        report, done = record(victim(name), tmp_path)
        assert done.returncode == 0
        assert report["allocations"] is None
        assert why in done.stderr


def test_loaded_libraries_have_stacks_after_dlclose(tmp_path):
    report, done = record(victim("alloc_plugin", str(VICTIMS / "alloc_plugin.so")), tmp_path)
    assert done.returncode == 0, done.stderr
    functions = {site["name"] for site in report["call_sites"]}
    assert {"loaded", "alloc_plugin_run"} <= functions


def test_another_plugin_in_the_same_place_is_another(tmp_path):
    """Bug: remembered stacks and old tables gave its allocations to the plugin that was there before."""
    plugins = [str(VICTIMS / "plugin_first.so"), str(VICTIMS / "plugin_next_.so")]
    report, done = record(victim("alloc_same_place", *plugins), tmp_path)
    assert done.returncode == 0, done.stderr
    if int(done.stdout) == 0:
        pytest.skip("the loader never put the second plugin where the first had been")
    counts = Counter()
    for site in report["call_sites"]:
        counts[site["name"]] += site["allocations_count"]
    assert (counts["plugin_first"], counts["plugin_next_"]) == (30, 50)


@pytest.mark.slow
def test_allocations_while_libraries_come_and_go(tmp_path):
    """The program ends, and each allocation is counted: no hook may wait for the loader while the loader waits for a hook."""
    report, done = record(victim("alloc_loading", str(VICTIMS / "alloc_plugin.so")), tmp_path)
    assert done.returncode == 0, done.stderr
    session = json.loads((tmp_path / "session.json").read_text())
    rows = session["allocations"]
    counts = Counter()
    for count, stack in zip(rows["allocations_count"], rows["stack"]):
        for name in {"under_the_lock", "deeper", "loaded"} & set(site_names(session, stack)):
            counts[name] += count
    assert report["allocations"]["allocations_count"] > 200 + 2 * 200 + 2 * 200
    # A walk while another thread makes tables may be cut short, but keeps its innermost frames.
    assert (counts["under_the_lock"], counts["deeper"]) == (200, 400)
    assert counts["loaded"] <= 2 * 200


def test_a_binary_replaced_during_the_run_gives_no_wrong_names(tmp_path):
    """A file that is overwritten keeps its inode, so that only the build-id shows the change."""
    program = tmp_path / "program"
    shutil.copy(VICTIMS / "alloc_23", program)
    replace = f"{program}; cat {VICTIMS / 'alloc_stages'} > {program}"
    report, done = record(["sh", "-c", replace], tmp_path)
    assert done.returncode == 0, done.stderr
    ours = [site for site in report["call_sites"] if site["library"] == str(program)]
    assert sum(site["allocations_count"] for site in ours) == 22
    assert {site["name"] for site in ours} == {f"[{program.name}]"}
    assert any("another build is in its place now" in note["text"] for note in report["notes"])


@pytest.mark.slow
def test_samples_estimate_the_exact_sums(tmp_path):
    """400 000 allocations with one sample in 4 KiB give some 4 000 samples, whose standard error is 1.6 %."""
    command = ["lua5.4", "profiler/preload/alloc/bench_alloc.lua", "50000"]
    exact, _ = record(command, tmp_path)
    sampled, done = record(command, tmp_path, "--sample-bytes", "4096")
    assert "estimated from samples" in done.stderr
    for what in ("allocations_count", "bytes", "peak_bytes"):
        ratio = sampled["allocations"][what] / exact["allocations"][what]
        assert 0.85 < ratio < 1.15, what  # five standard errors and more
    assert sampled["allocations"]["bytes"] != exact["allocations"]["bytes"]


@pytest.fixture
def setuid_program():
    """A copy of alloc_23 that is setuid root, in a folder where everybody may run it and write files."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a setuid program of root's")
    with tempfile.TemporaryDirectory() as folder:
        if os.statvfs(folder).f_flag & os.ST_NOSUID:
            pytest.skip(f"{folder} is mounted nosuid")
        os.chmod(folder, 0o777)
        program = Path(folder) / "alloc_23_setuid"
        shutil.copy(VICTIMS / "alloc_23", program)
        os.chown(program, 0, 0)
        os.chmod(program, 0o4755)
        yield program


def test_setuid_is_not_observable_to_others(setuid_program, nobody):
    session = setuid_program.parent / "session.json"
    done = run("record", "-e", "alloc", "-o", session, "--", setuid_program, by=nobody, cwd="/")
    assert done.returncode == 0, done.stderr
    assert "setuid" in done.stderr
    report = subprocess.run([CLINIC, "report", "--json", session], capture_output=True, text=True, check=True)
    assert json.loads(report.stdout)["allocations"] is None


def test_a_setuid_child_is_missed_aloud(setuid_program, nobody):
    """Bug: its shell is observed until the exec, which drops LD_PRELOAD; the rest was missing without a note."""
    session = setuid_program.parent / "session.json"
    done = run("record", "-e", "alloc", "-o", session, "--", "sh", "-c", f"(exec {setuid_program}); true", by=nobody,
               cwd="/")
    assert done.returncode == 0, done.stderr
    assert f"became {setuid_program} (it runs with other privileges" in done.stderr and "setuid" in done.stderr, done.stderr
    assert "without a recorded end" not in done.stderr


def test_a_child_that_can_be_observed_has_an_end(tmp_path):
    _, done = record(["sh", "-c", f"{victim('alloc_23')[0]}; true"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "without a recorded end" not in done.stderr


def test_setuid_to_oneself_is_observed(setuid_program):
    report, done = record([str(setuid_program)], setuid_program.parent)
    assert done.returncode == 0, done.stderr
    assert report["allocations"]["allocations_count"] == 23


LIVE_PORTION_BYTES = 4096  # what a thread may not yet have added to the common sum


def test_what_a_thread_hands_over_is_live_once(tmp_path):
    """Bug: threads that ended before adding all their bytes to the common sum made the peak negative."""
    report, done = record(victim("alloc_handover"), tmp_path)
    assert done.returncode == 0, done.stderr
    allocations = report["allocations"]
    tables = [site["bytes"] for site in report["call_sites"] if site["name"] != "fill"]  # the C library's, per thread
    assert 100_000 <= allocations["peak_bytes"] <= 100_000 + LIVE_PORTION_BYTES + sum(tables)
    at_peak = sum(site["peak_bytes"] for site in report["call_sites"])
    assert abs(at_peak - allocations["peak_bytes"]) <= 2 * LIVE_PORTION_BYTES
    assert [len(site["stack"]) for site in report["call_sites"] if site["name"] == "fill"] == [3]  # below start_thread
