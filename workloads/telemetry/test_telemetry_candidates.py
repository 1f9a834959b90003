"""Every candidate does what the baseline does: the same unit tests, the same answers, at every size and ingress."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from labkit import fixture, manifest, variant

MANIFEST = manifest.load("telemetry")
UNIT_TEST = Path("workloads/telemetry/pipeline_test.c")
FLAGS = ["-std=gnu11", "-g", "-fno-omit-frame-pointer", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror",
         "-Iprofiler/include"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
# The lab's own choice may leave some of these out; together they must fit all the same.
TOGETHER = ("checksum-sliced", "forward-batched", "dedup-reuse", "order-nearly-sorted", "payload-arena", "no-format",
            "compiler-o3")
VARIANTS = [variant.baseline(MANIFEST), *(variant.candidate(MANIFEST, one) for one in MANIFEST.candidates),
            variant.union(MANIFEST, [one for one in MANIFEST.candidates if one.id in TOGETHER])]


def compile_variant(folder: Path, one: variant.Variant, *flags: str) -> Path:
    sources = folder / one.name
    sources.mkdir()
    for name, text in one.sources.items():
        (sources / name).write_text(text)
    if flags[-1] == "-lcmocka":
        (sources / UNIT_TEST.name).write_text(UNIT_TEST.read_text())
    binary = folder / f"{one.name}.out"
    units = sorted(str(path) for path in sources.glob("*.c"))
    done = subprocess.run(["gcc", "-O2", *FLAGS, *one.cflags, f"-I{sources}", *units, *flags, "-o", str(binary),
                           "-lpthread"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return binary


@pytest.fixture(scope="module")
def patients(tmp_path_factory):
    """Every variant, linked with the harness, two compilers at a time."""
    folder = tmp_path_factory.mktemp("patients")
    with ThreadPoolExecutor(2) as pool:
        built = pool.map(lambda one: compile_variant(folder, one, "build/lib/libclinic-bench.a", "-ljansson"), VARIANTS)
        return {one.name: binary for one, binary in zip(VARIANTS, built)}


def run(binary: Path, size: str, *options: str) -> dict:
    done = subprocess.run([binary, "--size", size, "--fixture", fixture.path_of(MANIFEST, size), "--runs", "2",
                           "--warmup", "1", "--batch", "1", "--json", "-", *options], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("ingress", ["memory", "tcp"])
@pytest.mark.parametrize("size", MANIFEST.fixture.sizes)
def test_every_variant_gives_the_baseline_s_answer(patients, size, ingress):
    fixture.ensure(MANIFEST)
    expected = run(patients["baseline"], size)["answer"]
    answers = {name: run(binary, size, "--ingress", ingress)["answer"] for name, binary in patients.items()}
    assert answers == dict.fromkeys(patients, expected)


@pytest.mark.slow
@pytest.mark.parametrize("one", VARIANTS, ids=lambda one: one.name)
def test_every_variant_passes_the_baseline_s_unit_tests(tmp_path, one):
    binary = compile_variant(tmp_path, one, *SANITIZERS, "-lcmocka")
    done = subprocess.run([binary], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_stages_of_the_manifest_are_those_of_the_code(tmp_path):
    binary = compile_variant(tmp_path, VARIANTS[0], "build/lib/libclinic-bench.a", "-ljansson")
    fixture.ensure(MANIFEST)
    document = run(binary, "tiny", "--stages")
    assert [stage["name"] for stage in document["stages"]] == [stage.name for stage in MANIFEST.stages]
    assert document["ops_count"] == MANIFEST.fixture.sizes["tiny"]


def test_the_candidates_worth_having_fit_together():
    union = VARIANTS[-1]
    assert set(union.members) == set(TOGETHER)
    assert union.left_out == ()


def test_two_ways_to_keep_the_same_table_collide():
    """Realistic, and wanted: the lab has to keep the better one."""
    pair = [one for one in MANIFEST.candidates if one.id in ("dedup-reuse", "dedup-presize")]
    assert len(variant.union(MANIFEST, pair).members) == 1


def test_each_candidate_changes_one_thing():
    folders = {path.name for path in (MANIFEST.folder / "candidates").iterdir()}
    assert folders == {one.change.value.split("/")[1] for one in MANIFEST.candidates if one.change.kind == "overlay"}
    for one in MANIFEST.candidates:
        if one.change.kind == "overlay":
            overlay = {path.name: path.read_text() for path in (MANIFEST.folder / one.change.value).iterdir()}
            changed = {name for name, text in overlay.items() if text != VARIANTS[0].sources.get(name)}
            assert changed == set(overlay), f"{one.id} carries files it does not change"
            assert len({name.split(".")[0] for name in changed}) == 1, f"{one.id} reaches over several stages"


def test_a_fixture_of_another_kind_is_refused(tmp_path):
    binary = compile_variant(tmp_path, VARIANTS[0], "build/lib/libclinic-bench.a", "-ljansson")
    (tmp_path / "other.bin").write_bytes(b"not a batch of frames")
    done = subprocess.run([binary, "--fixture", tmp_path / "other.bin"], capture_output=True, text=True)
    assert done.returncode == 4
    assert "Protocol error" in done.stderr and "other.bin" in done.stderr
