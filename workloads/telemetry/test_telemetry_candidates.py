"""Every candidate passes the unit tests of the baseline and gives its answers, at every size and with every ingress."""

import json
import subprocess
from pathlib import Path

import pytest
from compiled_variants import SANITIZERS, compile_variant

from labkit.workload import build, disassembly, fixture, manifest, variant

MANIFEST = manifest.load("telemetry")
UNIT_TESTS = [MANIFEST.folder / name for name in ("pipeline_test.c", "threaded_pipeline_test.c")]
HARNESS = ("build/lib/libclinic-bench.a", "-ljansson", "-lpthread")
# The lab may leave some of these out of the union, but they must be compatible with each other.
TOGETHER = ("checksum-sliced", "forward-batched", "dedup-reuse", "order-nearly-sorted", "payload-arena", "no-format",
            "compiler-o3")
VARIANTS = [variant.baseline(MANIFEST), *(variant.candidate(MANIFEST, one) for one in MANIFEST.candidates),
            variant.union(MANIFEST, [one for one in MANIFEST.candidates if one.id in TOGETHER])]


@pytest.fixture(scope="module")
def variants(cache):
    return {one.name: compile_variant(cache, one, link=HARNESS) for one in VARIANTS}


@pytest.fixture(scope="module")
def baseline():
    """The program that is measured; `make build` has built it."""
    return build.build(MANIFEST, VARIANTS[0]).path


def run(binary: Path, size: str, *options: str) -> dict:
    done = subprocess.run([binary, "--size", size, "--fixture", fixture.path_of(MANIFEST, size), "--runs", "2",
                           "--warmup", "1", "--batch", "1", "--json", "-", *options], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.xdist_group("telemetry_variants")  # one worker links them
@pytest.mark.parametrize("ingress", ["memory", "tcp"])
@pytest.mark.parametrize("size", MANIFEST.fixture.sizes)
def test_every_variant_gives_the_baseline_s_answer(variants, size, ingress):
    fixture.ensure(MANIFEST)
    expected = run(variants["baseline"], size)["answer"]
    answers = {name: run(binary, size, "--ingress", ingress)["answer"] for name, binary in variants.items()}
    assert answers == dict.fromkeys(variants, expected)


@pytest.mark.slow
@pytest.mark.parametrize("test", UNIT_TESTS, ids=lambda test: test.stem)
@pytest.mark.parametrize("one", VARIANTS, ids=lambda one: one.name)
def test_every_variant_passes_the_baseline_s_unit_tests(cache, one, test):
    binary = compile_variant(cache, one, *SANITIZERS, link=("-lcmocka", "-lpthread"), tests=(test,))
    done = subprocess.run([binary], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_stages_of_the_manifest_are_those_of_the_code(baseline):
    fixture.ensure(MANIFEST)
    document = run(baseline, "tiny", "--stages")
    assert [stage["name"] for stage in document["stages"]] == [stage.name for stage in MANIFEST.stages]
    assert document["ops_count"] == MANIFEST.fixture.sizes["tiny"]


def test_every_function_the_manifest_names_is_in_the_binary(baseline):
    named = {stage.entry for stage in MANIFEST.stages} | {one.function for one in MANIFEST.hypotheses}
    found = disassembly.inspect(baseline, sorted(named | {one.targets for one in MANIFEST.candidates}))
    assert [one.name for one in found.functions if not one.exists] == []


def test_the_baseline_is_guarded_and_no_stage_was_optimised_away(baseline):
    found = disassembly.inspect(baseline, [stage.entry for stage in MANIFEST.stages])
    assert found.is_guarded
    assert found.missing == ()


def test_the_candidates_worth_having_fit_together():
    union = VARIANTS[-1]
    assert set(union.members) == set(TOGETHER)
    assert union.left_out == ()


def test_two_ways_to_keep_the_same_table_collide():
    """Two candidates change the same lines. This is intended: the lab must keep the better one."""
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


def test_the_commands_of_the_readme_work(baseline, tmp_path):
    program = "build/workloads/telemetry/baseline"
    lines = [line.strip() for line in Path("workloads/telemetry/README.md").read_text().splitlines()
             if line.startswith("    ") and f"{program} " in line]
    assert len(lines) == 3
    fixture.ensure(MANIFEST)
    for line in lines:
        line = line.replace(program, f"{baseline} --fixture {fixture.path_of(MANIFEST, 'large')} --batch 1")
        done = subprocess.run(line.replace("out.json", f"{tmp_path}/out.json"), shell=True, capture_output=True,
                              text=True)
        assert done.returncode == 0, f"{line}: {done.stderr}"


def test_a_fixture_of_another_kind_is_refused(baseline, tmp_path):
    (tmp_path / "other.bin").write_bytes(b"not a batch of frames")
    done = subprocess.run([baseline, "--fixture", tmp_path / "other.bin"], capture_output=True, text=True)
    assert done.returncode == 4
    assert "Protocol error" in done.stderr and "other.bin" in done.stderr
