"""The harness's main(), from outside: its command line, its document, its exit codes, and what it leaves on disk."""

import json
import os
import re
import resource
import signal
import subprocess
import time
from pathlib import Path

import jsonschema
import pytest

SUBJECT = Path("build/victims/bench_subject").resolve()
PRELOAD = Path("build/lib/libclinic-preload.so").resolve()
SCHEMA = json.loads(Path("templates/schemas/bench_run.schema.json").read_text())
INCLUDE = Path("profiler/include").resolve()


@pytest.fixture
def run(tmp_path):
    """run(word, *options) runs the victim with a fixture that contains the word, which tells the victim how to behave."""

    def call(word: str, *options: str, **more) -> subprocess.CompletedProcess:
        fixture = tmp_path / "fixture.bin"
        fixture.write_text(word)
        return subprocess.run([SUBJECT, "--fixture", fixture, *options], capture_output=True, text=True, cwd=tmp_path,
                              timeout=60, **more)

    return call


def measure(run, *options: str, **more) -> dict:
    done = run("good", *options, "--json", "-", **more)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document


def test_every_sample_is_in_the_document(run):
    document = measure(run, "--runs", "17", "--warmup", "3", "--batch", "4", "--size", "any")
    assert len(document["samples_ns"]) == 17
    assert (document["batch_count"], document["runs_count"], document["warmup_count"]) == (4, 68, 3)
    assert (document["workload"], document["op"], document["ops_count"]) == ("bench_subject", "block", 3)
    assert (document["size"], document["ingress"]) == ("any", "memory")
    assert document["answer"] == "0x0000000000000001"
    assert document["fixture"]["bytes"] == len("good")
    assert "stages" not in document


def test_the_batch_keeps_the_clock_below_a_thousandth(run):
    document = measure(run, "--runs", "5")
    clock = document["clock"]
    assert document["batch_count"] > 1  # the victim's run is far shorter than 1000 readings of the clock
    assert document["runs_count"] == 5 * document["batch_count"]
    assert clock["resolution_ns"] >= 1 and clock["cost_ns"] >= 1


def test_stages_have_one_total_for_each_sample_even_when_they_come_late(run):
    document = measure(run, "--stages", "--runs", "30", "--batch", "1", "--warmup", "1")
    stages = {stage["name"]: stage["samples_ns"] for stage in document["stages"]}
    assert list(stages) == ["allocate", "release", "late"]
    assert all(len(samples) == 30 for samples in stages.values())
    # One run for the answer and one to warm up: sample n is run n + 3, and the stage begins with run 20.
    assert stages["late"][:17] == [0] * 17 and min(stages["late"][17:]) > 0
    assert document["stages_lost_count"] == 0
    for total, *parts in zip(document["samples_ns"], *stages.values()):
        assert sum(parts) <= total


def test_allocations_are_those_of_the_measured_runs_alone(run):
    environment = {"LD_PRELOAD": str(PRELOAD)}
    document = measure(run, "--stages", "--runs", "10", "--batch", "2", "--warmup", "5", env=environment)
    runs = document["runs_count"]
    assert runs == 20
    nothing = {"allocations_count": 0, "frees_count": 0, "allocated_bytes": 0}
    by_stage = {stage["name"]: stage["allocations"] for stage in document["stages"]}
    assert by_stage["allocate"] == {**nothing, "allocations_count": 3 * runs, "allocated_bytes": 300 * runs}
    assert by_stage["release"] == {**nothing, "frees_count": 3 * runs}
    assert document["allocations"]["frees_count"] == 3 * runs
    # The late stage's row is the one allocation of the harness between samples.
    assert 3 * runs <= document["allocations"]["allocations_count"] <= 3 * runs + 1


def test_without_the_counter_nothing_is_said_about_allocations(run):
    document = measure(run, "--stages", "--runs", "2")
    assert "allocations" not in document
    assert all("allocations" not in stage for stage in document["stages"])


def hooked(folder: Path, compiler: str, *flags: str) -> tuple[Path, Path]:
    """A program that marks a stage, and a library with hooks that print."""
    (folder / "program.c").write_text("#include <clinic/stage.h>\n#include <clinic/alloc.h>\n#include <stdio.h>\n"
                                      'int main(void) { clinic_stage_begin("one"); clinic_stage_end("one");\n'
                                      'puts(clinic_preload_counts ? "counts" : "alone"); return 0; }\n')
    (folder / "hooks.c").write_text("#include <stdio.h>\n"
                                    'void clinic_preload_stage_begin(const char *n) { printf("begin %s\\n", n); }\n'
                                    'void clinic_preload_stage_end(const char *n) { printf("end %s\\n", n); }\n'
                                    "int clinic_preload_counts(const char *s, void *c) { return !s && !c; }\n")
    program, hooks = folder / "program", folder / "hooks.so"
    subprocess.run([compiler, "-O2", *flags, f"-I{INCLUDE}", folder / "program.c", "-o", program], check=True)
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", folder / "hooks.c", "-o", hooks], check=True)
    return program, hooks


def said_by(program: Path, preload: Path | None = None) -> list[str]:
    environment = {"LD_PRELOAD": str(preload)} if preload else {}
    return subprocess.run([program], capture_output=True, text=True, check=True, env=environment).stdout.splitlines()


@pytest.mark.few(1)
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("level", [[], ["-O2"], ["-O2", "-fPIE", "-pie"]], ids=["plain", "O2", "pie"])
def test_weak_hooks_of_a_program_find_a_preloaded_library(tmp_path, compiler, level):
    """clinic/stage.h depends on this: nothing is linked, and the loader fills in the hooks nevertheless."""
    flags = level if compiler == "gcc" else [*level, "-fPIE", "-pie"]  # clang 14 has no default of its own
    program, hooks = hooked(tmp_path, compiler, *flags)
    assert said_by(program) == ["alone"]
    assert said_by(program, hooks) == ["begin one", "end one", "counts"]


def test_weak_hooks_of_a_program_at_a_fixed_address_stay_silent(tmp_path):
    """This is a known limit, which clinic/stage.h states: without PIE, the linker resolves weak references itself."""
    program, hooks = hooked(tmp_path, "gcc", "-no-pie", "-fno-pie")
    assert said_by(program) == ["alone"]
    assert said_by(program, hooks) == ["alone"]


def test_set_up_run_and_tear_down_come_in_that_order(run):
    done = run("trace", "--runs", "2", "--warmup", "1", "--batch", "1")
    assert done.returncode == 0
    assert done.stderr.split() == ["setup", "run", "run", "run", "run", "teardown"]


@pytest.mark.slow
def test_sustained_load_is_one_sample(run):
    document = measure(run, "--seconds", "1", "--runs", "7")
    assert len(document["samples_ns"]) == 1
    assert document["samples_ns"][0] >= 10**9
    assert document["batch_count"] == document["runs_count"] > 1000


def test_minimum_ms_goes_on_until_then(run):
    document = measure(run, "--minimum-ms", "50", "--runs", "1")
    assert sum(document["samples_ns"]) >= 50_000_000
    assert sum(document["samples_ns"][:-1]) < 50_000_000


def test_runs_max_ends_before_minimum_ms(run):
    document = measure(run, "--minimum-ms", "10000", "--runs", "3", "--runs-max", "7")
    assert len(document["samples_ns"]) == 7


def test_without_json_a_person_gets_a_summary(run):
    done = run("good", "--runs", "3", "--batch", "2")
    assert done.returncode == 0
    assert "3 samples" in done.stdout and "2 run(s) a sample" in done.stdout
    assert "answer 0x0000000000000001" in done.stdout


def test_a_wrong_answer_shows_both_and_writes_nothing(run, tmp_path):
    done = run("wrong", "--json", "out.json")
    assert done.returncode == 1
    assert "0x0000000000000002" in done.stderr and "expected 0x0000000000000001" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["fixture.bin"]


def test_an_unexpected_answer_is_wrong_from_the_first_run(run):
    done = run("good", "--expect", "0xbeef")
    assert done.returncode == 1
    assert "expected 0x000000000000beef" in done.stderr
    assert run("good", "--expect", "0x0000000000000001").returncode == 0


@pytest.mark.parametrize("options, said", [
    (["--runs", "0"], "--runs 0 is not a whole number of at least 1"),
    (["--runs", "-3"], "--runs -3 is not a whole number"),
    (["--runs", "many"], "--runs many is not a whole number"),
    (["--runs", "99999999999999999999"], "--runs 99999999999999999999 is too large"),
    (["--seconds", "99999999999999"], "--seconds 99999999999999 is too large"),
    (["--warmup", "0"], "--warmup 0"),
    (["--runs-max", "2", "--runs", "3"], "--runs-max 2 is less than --runs 3"),
    (["--expect", "xyz"], "--expect xyz is not a hexadecimal number"),
    (["--ingress", "tcp"], "--ingress tcp: bench_subject accepts memory"),
    (["--ingress", "mem"], "--ingress mem"),
    (["--no-such"], "no-such"),
    (["stray"], "stray is not an option"),
])
def test_wrong_usage_is_named_and_exits_2(run, options, said):
    done = run("good", *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert "--help" in done.stderr


def test_help_names_every_option(run):
    shown = run("good", "--help").stdout
    assert {"--size", "--fixture", "--runs", "--warmup", "--minimum-ms", "--runs-max", "--batch", "--seconds", "--stages", "--expect",
            "--ingress", "--json", "--help", "--version"} == set(re.findall(r"^  .{4}(--[a-z-]+)", shown, re.M))
    assert re.fullmatch(r"bench_subject \d+\.\d+\.\d+\n", run("good", "--version").stdout)


def test_defaults_in_the_help_are_the_defaults(run):
    shown = run("good", "--help").stdout
    document = measure(run)
    assert f"samples to keep, at least ({len(document['samples_ns'])})" in shown
    assert f"runs to discard first ({document['warmup_count']})" in shown
    assert f"size of the fixture ({document['size']})" in shown


def test_a_path_that_json_cannot_hold_is_an_error(tmp_path):
    strange = os.fsencode(tmp_path) + b"/\xff.bin"
    Path(os.fsdecode(strange)).write_text("good")
    done = subprocess.run([SUBJECT, b"--fixture", strange, "--json", "-"], capture_output=True)
    assert done.returncode == 4
    assert b"multibyte" in done.stderr and done.stdout == b""


def test_more_samples_than_memory_is_an_error(run):
    done = run("good", "--runs", str(2**60))
    assert done.returncode == 4
    assert "Cannot allocate memory; try fewer --runs" in done.stderr


@pytest.mark.parametrize("word, said", [("unwilling", "cannot set up"), ("", "cannot read the fixture")])
def test_an_unfit_input_exits_4(run, word, said):
    done = run(word)
    assert done.returncode == 4
    assert said in done.stderr


def test_a_missing_fixture_names_the_file_and_the_remedy():
    done = subprocess.run([SUBJECT, "--size", "nosuch"], capture_output=True, text=True)
    assert done.returncode == 4
    assert "/fixtures/bench_subject/nosuch.bin: No such file" in done.stderr
    assert "make fixtures" in done.stderr


def test_a_full_disk_leaves_nothing_half_written(run, tmp_path):
    """A limit of file sizes makes write fail in the middle of the document, as a full disk does."""
    (tmp_path / "out.json").write_text("the old one")
    done = run("good", "--runs", "5000", "--batch", "1", "--json", "out.json",
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)))
    assert done.returncode == 4
    assert "cannot write out.json: File too large" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fixture.bin", "out.json"]
    assert (tmp_path / "out.json").read_text() == "the old one"


def test_a_full_device_on_stdout_is_an_error(run, tmp_path):
    with open("/dev/full", "w") as full:
        (tmp_path / "fixture.bin").write_text("good")
        done = subprocess.run([SUBJECT, "--fixture", "fixture.bin", "--json", "-"], cwd=tmp_path, stdout=full,
                              stderr=subprocess.PIPE, text=True)
    assert done.returncode == 4
    assert "No space left on device" in done.stderr


def test_a_pipe_is_written_to_and_not_replaced(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE, text=True)
    assert run("good", "--json", "pipe").returncode == 0
    assert json.loads(reader.communicate(timeout=10)[0])["kind"] == "bench_run"
    assert (tmp_path / "pipe").is_fifo()


def test_a_folder_that_is_not_there_is_an_error(run):
    done = run("good", "--json", "no/such/folder/out.json")
    assert done.returncode == 4
    assert "cannot write no/such/folder/out.json: No such file or directory" in done.stderr


def test_an_interrupt_leaves_nothing_half_written(tmp_path):
    (tmp_path / "fixture.bin").write_text("good")
    process = subprocess.Popen([SUBJECT, "--fixture", "fixture.bin", "--seconds", "60", "--json", "out.json"],
                               cwd=tmp_path)
    while not Path(f"/proc/{process.pid}/maps").read_text().count("fixture.bin"):
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(10) == -signal.SIGINT
    assert [path.name for path in tmp_path.iterdir()] == ["fixture.bin"]
