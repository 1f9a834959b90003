"""No file of a fuzzer's corpus crashes its reader, in any build mode."""

import subprocess
from pathlib import Path

import pytest

CORPUS = Path("hardening/fuzz/corpus")
MODES = {"release": "build", "address": "build/san-address", "thread": "build/san-thread"}
FUZZERS = sorted(path.name.removesuffix("_fuzz.c") for path in Path("profiler").glob("*/*_fuzz.c"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fuzzer", FUZZERS)
def test_the_corpus_is_survived(fuzzer: str, mode: str, request: pytest.FixtureRequest) -> None:
    if mode not in request.config.getoption("--c-modes").split(","):
        pytest.skip(f"--c-modes leaves {mode} out")
    files = sorted(str(path) for path in (CORPUS / fuzzer).iterdir())
    assert files, f"{CORPUS / fuzzer} is empty: a fuzzer without a first input finds nothing"
    done = subprocess.run([f"{MODES[mode]}/fuzz/{fuzzer}_replay", *files], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.split() == files
