"""What holds of every case of the ward that is about speed, but telemetry, which has its own: its variants answer alike, but for the one that
shall not; they pass the case's unit tests; what the manifest names is in the program."""

import json
import subprocess

import pytest
from compiled_variants import SANITIZERS, compile_variant

from labkit.phases import LIBRARY
from labkit.workload import build, disassembly, fixture, manifest, variant

CASES = {name: manifest.load(name) for name in manifest.names()
         if name != "telemetry" and manifest.kind_of(name) == LIBRARY}
# Planted: each answers wrongly at the size that the complaint is about, and the lab has to find it.
WRONG = {"hotspot": {"primality-fermat"}, "leak": {"cache-fifo"}, "parser": {"number-naive"}}
CANDIDATES = [(name, one.id) for name, case in CASES.items() for one in case.candidates]


def variants_of(case):
    return [variant.baseline(case), *(variant.candidate(case, one) for one in case.candidates)]


def run(case, binary, size: str, *options: str) -> dict:
    argv = [binary, "--size", size, "--fixture", fixture.path_of(case, size), "--runs", "2", "--warmup", "1", "--batch", "1",
            "--json", "-", *options]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module", params=CASES)
def case(request):
    fixture.ensure(CASES[request.param])
    return CASES[request.param]


@pytest.mark.few(1)
def test_every_variant_answers_as_the_baseline_does_but_for_those_that_shall_not(case):
    built = build.build_all(case, variants_of(case))
    assert [str(one) for one in built.values() if isinstance(one, build.BuildFailed)] == []
    answers = {name: [run(case, one.path, size)["answer"] for size in case.fixture.sizes] for name, one in built.items()}
    assert {name for name in answers if answers[name] != answers["baseline"]} == WRONG.get(case.name, set())


def test_the_stages_of_the_manifest_are_those_of_the_code(case):
    document = run(case, build.build(case, variant.baseline(case)).path, next(iter(case.fixture.sizes)), "--stages")
    assert [stage["name"] for stage in document["stages"]] == [stage.name for stage in case.stages]


def test_what_is_timed_is_guarded_and_its_stages_are_in_the_program(case):
    found = disassembly.inspect(build.build(case, variant.baseline(case)).path, [stage.entry for stage in case.stages])
    assert found.is_guarded and found.missing == ()


def test_every_target_of_a_candidate_is_in_the_sources(case):
    text = "".join(variant.baseline(case).sources.values())
    named = {one.targets for one in case.candidates}
    assert [name for name in named if f"{name}(" not in text] == []


def test_each_overlay_is_a_candidate_and_carries_only_what_it_changes(case):
    overlays = {one.id: case.folder / one.change.value for one in case.candidates if one.change.kind == "overlay"}
    assert {path.name for path in (case.folder / "candidates").iterdir()} == {path.name for path in overlays.values()}
    for name, folder in overlays.items():
        same = [path.name for path in folder.iterdir() if variant.baseline(case).sources.get(path.name) == path.read_text()]
        assert same == [], f"{case.name}/{name} carries files that it does not change"


def test_a_fixture_of_another_kind_is_refused(case, tmp_path):
    (tmp_path / "other.bin").write_bytes(b"of another kind")
    done = subprocess.run([build.build(case, variant.baseline(case)).path, "--fixture", tmp_path / "other.bin"],
                          capture_output=True, text=True)
    assert done.returncode == 4 and "Protocol error" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name, candidate", CANDIDATES, ids=lambda one: one)
def test_every_candidate_passes_the_unit_tests_of_its_case_but_for_the_wrong_one(name, candidate, cache):
    case = CASES[name]
    changed = variant.candidate(case, next(one for one in case.candidates if one.id == candidate))
    tests = tuple(case.folder.glob("*_test.c"))
    assert tests, f"{case.folder} has no unit tests"
    program = compile_variant(cache, changed, *SANITIZERS, link=("-lcmocka", "-ljansson", "-lpthread"), tests=tests)
    done = subprocess.run([program], capture_output=True, text=True, timeout=120)
    assert (done.returncode != 0) == (candidate in WRONG.get(name, set())), done.stdout + done.stderr
