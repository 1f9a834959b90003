"""The counts of a long search add up over several calls, and an input that breaks a reader ends a call with 1."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("count_executions.py")
READER = """
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 1 && data[0] == 'B' && data[1] == 'A')
		BREAKS;
	return 0;
}
"""


@pytest.fixture
def tree(tmp_path):
    """A function that searches in a tree with one reader, which does this with an input that begins with BA."""
    def count(breaks: str, runs: int) -> subprocess.CompletedProcess:
        for folder in ("build/fuzz", "hardening/fuzz/corpus/small"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "small.c").write_text(READER)
        subprocess.run(["clang", "-fsanitize=fuzzer", f"-DBREAKS={breaks}", "small.c", "-o", "build/fuzz/small"], cwd=tmp_path, check=True)
        return subprocess.run([sys.executable, "-B", SCRIPT, "--runs", str(runs), "--seconds", "60", "small"], cwd=tmp_path, capture_output=True, text=True)
    return count


def executions(tmp_path: Path) -> int:
    return json.loads((tmp_path / "hardening/fuzz/executions.json").read_text())["small"]["executions"]


@pytest.mark.slow
def test_a_second_call_searches_what_is_missing(tree, tmp_path):
    assert tree("(void)0", 2000).returncode == 0
    assert executions(tmp_path) == 2000
    assert tree("(void)0", 5000).returncode == 0
    assert executions(tmp_path) == 5000
    assert tree("abort()", 5000).returncode == 0  # nothing is missing


def test_an_input_that_breaks_its_reader_is_kept(tree, tmp_path):
    done = tree("abort()", 10_000_000)
    assert done.returncode == 1 and "deadly signal" in done.stdout
    assert 0 < executions(tmp_path) < 10_000_000 and list((tmp_path / "build/fuzz").glob("small-crash-*"))
