"""test_annotate_unnamed.py - the instructions of a function that only its frame description tells from others."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CLINIC = Path("build/bin/clinic").resolve()
VICTIM = Path("build/victims/hidden_frames_stripped").resolve()


def output(*argv: object) -> str:
    return subprocess.run([str(word) for word in argv], check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(not shutil.which("objdump"), reason="annotate needs objdump for instructions")
def test_stripped_code_has_its_instructions(tmp_path):
    session = tmp_path / "s.json"
    output(CLINIC, "record", "-o", session, VICTIM)
    functions = json.loads(output(CLINIC, "report", session, "--json"))["functions"]
    hottest = max((row for row in functions if f"{VICTIM.name}!fde_0x" in row["name"]),
                  key=lambda row: row["self_ratio"])
    text = output(CLINIC, "annotate", session, hottest["name"])
    start, end = (int(number, 16) for number in re.search(r"^ +(\w+) to (\w+)$", text, re.M).groups())
    assert f"fde_0x{start:x}" in hottest["name"]
    hits = re.findall(r"^ *[\d.]+ \[[^]]*\] +(\d+) +(\w+)  \S", text, re.M)
    assert sum(int(count) for count, _ in hits) == hottest["samples_count"]
    assert all(start <= int(address, 16) < end for _, address in hits)
