"""An unfinished workload does not disturb other commands, and outputs of other inputs are made again."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from labkit.evidence import sha256_of
from labkit.outcome import Exit, LabError
from labkit.workload import fixture, manifest
from labkit.workload.manifest import Fixture, Unfinished

ROOT = Path(__file__).resolve().parents[3]


def lab(*arguments, **options):
    return subprocess.run([sys.executable, "-B", ROOT / "scripts/lab", *arguments], capture_output=True, text=True, timeout=120, **options)


@pytest.fixture
def own_workloads(checkout):
    """A checkout in which a test may make workloads."""
    (checkout / "workloads").unlink()
    (checkout / "workloads").mkdir()
    for path in (ROOT / "workloads").iterdir():
        (checkout / "workloads" / path.name).symlink_to(path)
    return checkout


def take_out(path: Path) -> None:
    path.write_text(path.read_text().replace('op        = "line"', 'op        = "FILL IN"'))


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["fixtures", "build"])
def test_an_unfinished_workload_breaks_no_other_command(own_workloads, verb):
    """An unfinished workload once ended `make build`, and with it compare, gate and other commands."""
    assert lab("new", "fresh").returncode == Exit.PASSED
    take_out(own_workloads / "workloads/fresh/workload.toml")
    done = lab(verb)
    assert done.returncode == Exit.PASSED and "telemetry" in done.stdout
    assert "left out: workloads/fresh/workload.toml" in done.stderr and "is not filled in yet" in done.stderr
    assert lab(verb, "fresh").returncode == Exit.USAGE


@pytest.mark.slow
def test_a_patient_whose_fixtures_are_not_frozen_breaks_none_either(own_workloads):
    lab("new", "fresh")
    path = own_workloads / "workloads/fresh/workload.toml"
    (path.parent / "SHA256SUMS").unlink()
    done = lab("fixtures")
    assert done.returncode == Exit.PASSED and "has no line for fresh/small.bin; run `make bless-fixtures`" in done.stderr
    path.write_text(path.read_text().replace('generator = "log_lines"', 'generator = "not_written"'))
    assert lab("fixtures").returncode == Exit.PASSED


@pytest.mark.slow
def test_blessing_does_not_ask_for_what_it_is_to_make():
    """bless-fixtures once required a complete build, which required blessed fixtures."""
    done = subprocess.run(["make", "-n", "bless-fixtures", "NO_INSTALL=1"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [line for line in done.stdout.splitlines() if "scripts/lab" in line] == \
        [line for line in done.stdout.splitlines() if line.endswith("scripts/lab fixtures --bless")] != []


@pytest.mark.few(2)
@pytest.mark.parametrize("given, words", [([], "W= is missing"), (["W="], "'' is not a name"), (["W=a b"], "'a b' is not a name"),
                                          (["W=it's"], "is not a name"), (["W=../x"], "is not a name"), (["W=telemetry"], "exists already")])
@pytest.mark.few(1)
def test_make_new_says_what_is_wrong_with_its_name(given, words):
    done = subprocess.run(["make", "new", "NO_INSTALL=1", *given], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr


def test_a_scaffold_that_could_not_be_written_leaves_nothing(own_workloads, monkeypatch):
    from labkit.verbs import new

    monkeypatch.setattr(new, "TEMPLATES", own_workloads / "nowhere")
    with pytest.raises(OSError):
        new.run(type("Arguments", (), {"workload": "fresh", "kind": "library"}))
    assert not (own_workloads / "workloads/fresh").exists()


@pytest.fixture
def own_fixtures(tmp_path, monkeypatch):
    monkeypatch.setattr(fixture, "FIXTURES", tmp_path)
    return manifest.load("telemetry")


def test_a_fixture_that_was_damaged_or_is_of_other_inputs_is_made_again(own_fixtures):
    found = fixture.ensure(own_fixtures)
    path = fixture.path_of(own_fixtures, "tiny")
    path.write_bytes(b"damaged")
    assert fixture.ensure(own_fixtures) == found
    other = replace(own_fixtures, fixture=replace(own_fixtures.fixture, seed=own_fixtures.fixture.seed + 1))
    with pytest.raises(LabError, match="is not the frozen one"):
        fixture.ensure(other)  # the file of the old seed existed, and its sum was right
    assert fixture.ensure(own_fixtures) == found and sha256_of(path) == found["tiny"]


def test_a_generator_that_is_not_written_is_unfinished(own_fixtures):
    wanted = replace(own_fixtures, fixture=Fixture("not_written", 1, {"tiny": 100}))
    with pytest.raises(Unfinished, match="there is no fixtures/not_written.c"):
        fixture.ensure(wanted)


@pytest.mark.slow
def test_another_compiler_makes_other_objects(tmp_path):
    """`make CC=clang` after `make` once kept the objects made by gcc."""
    made = tmp_path / "obj/profiler/foundation/options.o"

    def comment_of(compiler):
        subprocess.run(["make", f"O={tmp_path}", f"CC={compiler}", "NO_INSTALL=1", made], cwd=ROOT, capture_output=True, check=True)
        return subprocess.run(["readelf", "-p", ".comment", made], capture_output=True, text=True, check=True).stdout

    assert "GCC" in comment_of("gcc") and "clang" in comment_of("clang")
    before = made.stat().st_mtime_ns
    comment_of("clang")
    assert made.stat().st_mtime_ns == before
