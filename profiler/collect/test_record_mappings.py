"""test_record_mappings.py - mappings: many, made by other processes, moved, or of a process whose first thread has ended."""

import os
import resource
import subprocess
import time

import pytest
from recorded_session import BACKENDS, BOTH_IN_FULL, VICTIMS, Session, read_session, run, start

# Real programs, for seconds each: for `make test`.
pytestmark = pytest.mark.slow

MANY = 25000


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
@pytest.mark.parametrize("way", ["copy", "mremap"])
def test_code_on_other_memory_is_its_files(record, backend, way):
    session = record(VICTIMS / "moved_text", way, backend=backend)
    assert session.weight_where(lambda names: names[:3] == ("moved_inner", "moved_outer", "main")) > 0.8 * (
        session.weight_where(lambda names: True))
    assert session.complete_ratio() > 0.9


def test_code_that_was_moved_before_we_came(anybodys_folder):
    """For an attached process, no event reports what was mapped before."""
    target = start(VICTIMS / "moved_text", "copy", 3000)
    time.sleep(0.2)
    done = run("record", "-p", target.pid, "-d", 0.5, "-o", anybodys_folder / "s.json")
    target.kill()
    target.wait()
    session = Session(read_session(anybodys_folder / "s.json"), "", done.stderr, done.returncode)
    assert session.share("moved_inner") > 0.8 and session.share("moved_outer") > 0.8


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_library_that_a_child_loaded_into_shared_memory(record, backend):
    session = record(VICTIMS / "loaded_by_child", VICTIMS / "plugin_host.so", backend=backend)
    assert session.share("plugin_burn") > 0.9 and session.complete_ratio() > 0.9


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_first_thread_has_ended(record, backend):
    session = record(VICTIMS / "leader_ends", backend=backend)
    assert session.share("burn_alone") > 0.9 and session.complete_ratio() > 0.9


@pytest.mark.skipif(os.geteuid() != 0, reason="the kernel shows a process whose first thread has ended to root alone")
def test_the_first_thread_has_ended_before_we_came(anybodys_folder):
    target = start(VICTIMS / "leader_ends", 60000)
    while "Z" not in open(f"/proc/{target.pid}/stat").read():
        time.sleep(0.01)
    done = run("record", "-p", target.pid, "-d", 0.5, "-o", anybodys_folder / "s.json")
    target.kill()
    target.wait()
    assert not done.returncode, done.stderr
    session = Session(read_session(anybodys_folder / "s.json"), "", done.stderr, done.returncode)
    assert session.share("burn_alone") > 0.9 and session.complete_ratio() > 0.9


def test_the_padding_of_a_title_is_cut(anybodys_folder):
    """setproctitle() overwrites the arguments, and leaves NULs or blanks up to the end of the old arguments."""
    program = anybodys_folder / "titled.c"
    program.write_text("#include <string.h>\nint main(int c, char **v) { char *e = v[c - 1] + strlen(v[c - 1]);"
                       " memset(v[0], 0, e - v[0]); strcpy(v[0], \"titled: at work\"); puts(\"ready\");"
                       " fflush(stdout); for (;;); }\n".replace("#include <string.h>", "#include <stdio.h>\n#include <string.h>"))
    subprocess.run(["gcc", "-O1", program, "-o", anybodys_folder / "titled"], check=True)
    target = start(anybodys_folder / "titled", "a-long-argument", "another-long-argument", "one-more")
    assert target.stdout.readline() == "ready\n"
    done = run("record", "-p", target.pid, "-d", 0.2, "-o", anybodys_folder / "s.json")
    target.kill()
    target.wait()
    assert not done.returncode, done.stderr
    assert read_session(anybodys_folder / "s.json")["about"]["command"] == "'titled: at work'"


@pytest.mark.parametrize("backend", BACKENDS)
def test_many_mappings(record, backend):
    """The time to follow them must not grow as the square of their number: of a minute, no test would wait the end. It is
    counted in CPU time, some 3 us each: what a crowded machine loses of its samples is not the question."""
    session = record(VICTIMS / "many_mappings", MANY, 300, backend=backend)
    assert session.share("burn_amid") > 0.3
    assert session.named_ratio() > 0.9
    assert session.file["quality"]["collector_cpu_ns"] < MANY * 40_000


@pytest.mark.parametrize("events", ["alloc", "lock", "cpu,alloc,lock"])
def test_many_mappings_under_the_library(record, events):
    """The library lists the mappings at its start and end, and the collector reads the list; the time of neither grows with the square
    of their number."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    session = record(VICTIMS / "many_mappings", MANY, 10, options=("-e", events))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert session.returncode == 0
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < MANY * 80e-6


def test_many_mappings_there_before_us(anybodys_folder):
    target = start(VICTIMS / "many_mappings", MANY, 60000)
    assert target.stdout.readline() == "mapped\n"
    done = run("record", "-p", target.pid, "-d", 0.5, "-o", anybodys_folder / "s.json")
    target.kill()
    target.wait()
    session = Session(read_session(anybodys_folder / "s.json"), "", done.stderr, done.returncode)
    assert session.share("burn_amid") > 0.9
    # Reading the mappings is a cost of the recorder; before, a microsecond for each was missing from it.
    assert session.file["quality"]["collector_cpu_ns"] > MANY * 500


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("way", ["patch", "move"])
def test_text_that_is_mapped_in_parts(record, backend, way):
    """A page in the middle has other access rights, or is other memory; the functions around it still belong to the file."""
    session = record(VICTIMS / "split_text", way, backend=backend)
    assert session.returncode == 0, session.stderr
    for function in ("page_first", "page_middle", "page_last"):
        assert session.weight_where(lambda names: names[:2] == (function, "main")) > 0.15 * session.weight_where(
            lambda names: True), function
