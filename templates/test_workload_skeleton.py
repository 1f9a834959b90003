"""What `make new` makes: an example of each kind that can be audited at once, and that names what is still missing once it was taken out."""

import argparse
import json
import re
import subprocess
from types import SimpleNamespace

import pytest

from labkit.audit import budget
from labkit.audit.patient import patient_of
from labkit.outcome import UsageError
from labkit.verbs import new
from labkit.workload import disassembly, fixture, manifest
from labkit.workload.link_orders import OneLayout

HARNESS = ["-Iprofiler/include", "build/lib/libclinic-bench.a", "-ljansson", "-lpthread"]


@pytest.fixture
def workloads(tmp_path, monkeypatch):
    """Folders of the test's own for workloads and their inputs."""
    monkeypatch.setattr(manifest, "WORKLOADS", tmp_path)
    monkeypatch.setattr(fixture, "FIXTURES", tmp_path / "inputs")
    return tmp_path


@pytest.fixture
def folder(workloads):
    """workloads/fresh, as made by `make new W=fresh`."""
    new.run(argparse.Namespace(workload="fresh", kind="library"))
    return workloads / "fresh"


def test_it_takes_the_name_it_was_given(folder):
    assert sorted(path.name for path in folder.iterdir()) == ["SHA256SUMS", "fresh.c", "workload.toml"]
    assert all("NAME@" not in path.read_text() for path in folder.iterdir())


@pytest.mark.parametrize("kind", ["library", "command"])
def test_it_audits_at_once(workloads, kind):
    """All that an audit does before it measures: inputs, builds, the baseline's answer, and the same of every candidate."""
    new.run(argparse.Namespace(workload="fresh", kind=kind))
    patient = patient_of(manifest.load("fresh", workloads))
    assert set(patient.fixtures()) == set(patient.manifest.fixture.sizes) and patient.manifest.candidates
    built = patient.build_all([patient.baseline(), *map(patient.candidate, patient.manifest.candidates)])
    state = SimpleNamespace(manifest=patient.manifest, budget=budget.BUDGETS["quick"], cpu=None, baseline=built["baseline"])
    known = patient.reference(state, patient.manifest.main_size)
    assert known.ops_count == patient.manifest.fixture.sizes[patient.manifest.main_size]
    for name in built:
        found = patient.subject(state, {"B": OneLayout(built[name])}, known).answer("B", known.size)
        assert (found.answer, found.failure) == (known.answer, None), name


@pytest.mark.parametrize("key", ["title", "complaint", "op", "says"])
def test_what_was_taken_out_is_named(folder, key):
    path = folder / "workload.toml"
    lines = [re.sub(r'"[^"]*"', '"FILL IN"', line, count=1) if line.startswith(key + " ") else line for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(UsageError, match=f"{key}: is not filled in yet") as caught:
        manifest.load("fresh", folder.parent)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_it_compiles_without_a_warning_runs_and_is_guarded(folder, compiler):
    binary = folder / "baseline"
    subprocess.run([compiler, "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror",
                    folder / "fresh.c", *HARNESS, "-o", binary], check=True)
    (folder / "input.bin").write_bytes(b"LINS\x05\0\0\0" + bytes(range(256)))
    done = subprocess.run([binary, "--fixture", folder / "input.bin", "--runs", "3", "--stages", "--json", "-"],
                          capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    assert (document["workload"], document["ops_count"], len(document["samples_ns"])) == ("fresh", 5, 3)
    assert [stage["name"] for stage in document["stages"]] == ["work"]
    found = disassembly.inspect(binary, ["do_work"])
    assert found.is_guarded and found.missing == ()
