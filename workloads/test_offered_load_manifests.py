"""A [load] in a manifest that cannot be offered is refused by its key, for every workload that has one."""

import re
import shutil

import pytest

from labkit.outcome import UsageError
from labkit.workload import manifest


@pytest.mark.parametrize("workload, line, wrong, words", [
    ("telemetry", "offer", '"nowhere"', "load.offer: is 'nowhere'; accepted: the name of a program"),
    ("telemetry", "batch_size", '"gigantic"', "load.batch_size: is 'gigantic'; accepted: tiny, small, large, huge"),
    ("telemetry", "shapes", '["-x"]', "load.shapes: is ['-x']; accepted: names of options"),
    ("telemetry", "size ", '"gigantic"', "causal.size: is 'gigantic'; accepted: tiny, small, large, huge"),
    ("telemetry", "pieces", "0", "causal.pieces: is 0; accepted: a whole number from 1 to 1000000"),
    ("telemetry", "arguments", "[1]", "causal.arguments: is [1]; accepted: a list of texts"),
    ("telemetry", "crowd_per_s", "0", "load.crowd_per_s: is 0; accepted: a number from 1 to"),
    ("server", "rates_per_s", "[100, 50]", "load.rates_per_s: is [100, 50]; accepted: at least two rising rates above 0"),
    ("server", "main ", '"nowhere.c"', "load.main: is 'nowhere.c'; accepted: a file below"),
    ("server", "knee_gain", "0.5", "load.knee_gain: is 0.5; accepted: a number from 1 to 1000"),
    ("server", "witness_connections", "0", "load.witness_connections: is 0; accepted: a whole number from 1 to 10000")])
def test_a_load_that_cannot_be_offered_is_refused_with_its_key(tmp_path, workload, line, wrong, words):
    shutil.copytree(manifest.load(workload).folder, tmp_path / workload)
    path = tmp_path / workload / "workload.toml"
    path.write_text(re.sub(rf"^{line}( *)= .*$", rf"{line}\1= {wrong}", path.read_text(), flags=re.M))
    with pytest.raises(UsageError, match=re.escape(words)):
        manifest.load(workload, tmp_path)
