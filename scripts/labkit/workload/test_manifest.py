"""A broken or unfinished manifest names file, key and what is accepted."""

from pathlib import Path

import pytest

from labkit.outcome import Exit, LabError, UsageError
from labkit.workload import change, manifest, variant
from labkit.workload.change import CHANGES, sources_of

WHOLE = """
schema = 1
name = "toy"
title = "A toy"
kind = "library"
complaint = "It is slow."
metric = "throughput"
target = 1.2
op = "item"

[fixture]
generator = "toy_items"
seed = 7
sizes = { small = 10, large = 100 }

[[stage]]
name = "sum"
entry = "sum_items"

[[hypothesis]]
says = "Adding is slow."
function = "sum_items"

[[candidate]]
id = "unroll"
title = "Unroll the loop"
change = { cflags = ["-funroll-loops"] }
targets = "sum_items"
predicted_gain = 0.1
risk = 1
risk_why = "None known."
rollback = "Any wrong sum."
"""


def write(root: Path, text: str) -> None:
    (root / "toy").mkdir()
    (root / "toy" / "workload.toml").write_text(text)


def test_whole_manifest_is_read(tmp_path):
    write(tmp_path, WHOLE)
    found = manifest.load("toy", tmp_path)
    assert found.fixture.sizes == {"small": 10, "large": 100}
    assert found.main_size == "large"
    assert found.candidates[0].change == change.Change("cflags", ("-funroll-loops",))


CAUSAL = 'op = "item"\n[causal]\n'


def test_a_causal_check_is_read_and_has_no_part_in_the_inputs_of_other_phases(tmp_path):
    write(tmp_path, WHOLE.replace('op = "item"\n', CAUSAL + 'functions = ["sum_items", "main"]\nprogress = "batch"\n'))
    check = manifest.load("toy", tmp_path).causal_check
    assert (check.functions, check.speedups_percent, check.progress) == (("sum_items", "main"), (50,), "batch")
    assert "CausalCheck" not in repr(manifest.load("toy", tmp_path))


@pytest.mark.parametrize("old, new, names", [
    ('op = "item"\n', 'op = "item"\n[quick]\nsizes = ["large", "small"]\n', ("quick.sizes", "in this order")),
    ('op = "item"\n', 'op = "item"\n[quick]\nsizes = []\n', ("quick.sizes", "in this order")),
    ('op = "item"\n', 'op = "item"\n[quick]\nleaves_out = ["baseline"]\n', ("quick.leaves_out", "a list of causal")),
    ('op = "item"\n', CAUSAL, ("causal.functions", "is missing", "a list of names of functions")),
    ('op = "item"\n', CAUSAL + 'functions = ["f", "f"]\n', ("causal.functions", "each once")),
    ('op = "item"\n', CAUSAL + 'functions = ["f"]\nspeedups_percent = [50, 25]\n', ("causal.speedups_percent", "rising whole numbers from 1 to 100")),
    ('op = "item"\n', CAUSAL + 'functions = ["f"]\nspeedups_percent = [0, 25]\n', ("causal.speedups_percent", "rising whole numbers from 1 to 100")),
    ('op = "item"\n', CAUSAL + 'functions = ["f"]\nfunction = "g"\n', ("causal.function", "is not a key here")),
    ('op = "item"\n', CAUSAL + 'functions = ["f"]\nprogram = "nowhere"\n', ("causal.program", "is 'nowhere'", "load/NAME.c")),
    ('op = "item"\n', CAUSAL + 'functions = ["f"]\narguments = ["1"]\n', ("causal.arguments", "is not a key here")),
    ('op = "item"\n', CAUSAL + 'functions = ["f"]\ncpus = "some"\n', ("causal.cpus", "is 'some'", "one, all")),
    ('metric = "throughput"', 'metric = "speed"', ("metric", "'speed'", "throughput, turnaround, p50, p95")),
    ("target = 1.2", "", ("target", "is missing", "from 1.0")),
    ("target = 1.2", 'target = "FILL IN"', ("target", "not filled in")),
    ("risk = 1\n", "risk = 9\n", ("candidate[0].risk", "is 9", "from 1 to 5")),
    ("seed = 7", "seed = true", ("fixture.seed", "True", "whole number")),
    ('change = { cflags = ["-funroll-loops"] }', "change = { }", ("candidate[0].change", "0 kinds", "overlay")),
    ('change = { cflags = ["-funroll-loops"] }', 'change = { overlay = "nowhere" }', ("change.overlay", "nowhere")),
    ('op = "item"', 'op = "item"\ncolour = "red"', ("colour", "is not a key")),
    ('id = "unroll"', 'id = "baseline"', ("candidate[0].id", "not 'baseline'")),
    ("sizes = { small = 10, large = 100 }", "sizes = { }", ("fixture.sizes", "at least 1")),
])
def test_broken_manifest_names_file_key_and_accepted_values(tmp_path, old, new, names):
    assert old in WHOLE
    write(tmp_path, WHOLE.replace(old, new))
    with pytest.raises(UsageError) as caught:
        manifest.load("toy", tmp_path)
    assert caught.value.code == Exit.USAGE
    assert "toy/workload.toml" in str(caught.value)
    for name in names:
        assert name in str(caught.value)


def test_twice_the_same_candidate_is_refused(tmp_path):
    candidate = WHOLE[WHOLE.index("[[candidate]]"):]
    write(tmp_path, WHOLE + candidate)
    with pytest.raises(UsageError, match="'unroll' occurs twice"):
        manifest.load("toy", tmp_path)


def test_unknown_workload_lists_the_known_ones(tmp_path):
    write(tmp_path, WHOLE)
    with pytest.raises(UsageError, match="no workload 'nope'.*workloads here: toy"):
        manifest.load("nope", tmp_path)


def test_not_toml_is_a_sentence(tmp_path):
    write(tmp_path, "name = ")
    with pytest.raises(UsageError, match="not valid TOML"):
        manifest.load("toy", tmp_path)


def test_a_new_kind_of_change_is_one_class(tmp_path, monkeypatch):
    """Accepted keys, checks and the effect on the build come from the class."""
    monkeypatch.setitem(CHANGES, "debug", None)  # taken out again after the test

    class Debug(change.CompilerFlags):
        word = "debug"

        def apply(self, folder, value):
            return change.BuildChange(cflags=("-DDEBUG", *value))

    write(tmp_path, WHOLE.replace('{ cflags = ["-funroll-loops"] }', '{ debug = "all" }'))
    with pytest.raises(UsageError, match="change.debug: is 'all'; accepted: a list of flags"):
        manifest.load("toy", tmp_path)
    (tmp_path / "toy" / "workload.toml").write_text(
        WHOLE.replace('{ cflags = ["-funroll-loops"] }', '{ debug = ["-g3"] }'))
    (tmp_path / "toy" / "toy.c").write_text("int toy;\n")
    found = manifest.load("toy", tmp_path)
    assert variant.candidate(found, found.candidates[0]).cflags == ("-DDEBUG", "-g3")


@pytest.mark.parametrize("damage, words", [(lambda path: path.write_bytes(b"\xff"), "not UTF-8"),
                                           (lambda path: path.unlink() or path.symlink_to("/dev/zero"), "does not exist")])
def test_a_manifest_that_is_no_text_is_a_sentence(tmp_path, damage, words):
    path = tmp_path / "odd" / "workload.toml"
    path.parent.mkdir()
    path.touch()
    damage(path)
    with pytest.raises(UsageError, match=words):
        manifest.load("odd", tmp_path)


def test_a_source_that_leads_to_a_device_is_refused(tmp_path):
    """A merge request may contain such a link; /dev/zero has no end."""
    (tmp_path / "a.c").symlink_to("/dev/zero")
    with pytest.raises(LabError, match="not a regular file"):
        sources_of(tmp_path)
