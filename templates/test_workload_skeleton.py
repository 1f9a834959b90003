"""templates/workload: a new workload names what is still missing, and runs once everything is filled in."""

import argparse
import json
import subprocess

import pytest

from labkit.outcome import UsageError
from labkit.verbs import new
from labkit.workload import disassembly, manifest

HARNESS = ["-Iprofiler/include", "build/lib/libclinic-bench.a", "-ljansson", "-lpthread"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """workloads/fresh, as made by `make new W=fresh`."""
    monkeypatch.setattr(manifest, "WORKLOADS", tmp_path)
    new.run(argparse.Namespace(workload="fresh"))
    return tmp_path / "fresh"


def test_it_takes_the_name_it_was_given(folder):
    assert sorted(path.name for path in folder.iterdir()) == ["fresh.c", "workload.toml"]
    assert all("NAME" not in path.read_text() for path in folder.iterdir())


def test_each_missing_key_is_named_until_none_is_left(folder):
    path = folder / "workload.toml"
    named = []
    while '= "FILL IN"' in path.read_text():
        with pytest.raises(UsageError, match="is not filled in yet") as caught:
            manifest.load("fresh", folder.parent)
        assert str(path) in str(caught.value)
        named.append(str(caught.value).split(": ")[1])
        key = named[-1].split(".")[-1]
        lines = path.read_text().splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith(key) and "FILL IN" in line)
        lines[at] = lines[at].replace("FILL IN", f"some {key}")
        path.write_text("\n".join(lines) + "\n")
    assert set(named) == {"title", "complaint", "op", "fixture.generator", "hypothesis[0].says"}
    assert manifest.load("fresh", folder.parent).stages[0].entry == "do_work"


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_it_compiles_without_a_warning_runs_and_is_guarded(folder, compiler):
    binary = folder / "baseline"
    subprocess.run([compiler, "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror",
                    folder / "fresh.c", *HARNESS, "-o", binary], check=True)
    (folder / "input.bin").write_bytes(bytes(range(256)))
    done = subprocess.run([binary, "--fixture", folder / "input.bin", "--runs", "3", "--stages", "--json", "-"],
                          capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    assert (document["workload"], document["ops_count"], len(document["samples_ns"])) == ("fresh", 256, 3)
    assert [stage["name"] for stage in document["stages"]] == ["work"]
    found = disassembly.inspect(binary, ["do_work"])
    assert found.is_guarded and found.missing == ()
