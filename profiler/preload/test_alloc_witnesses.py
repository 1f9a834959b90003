"""Counts against two other witnesses, valgrind's dhat and heaptrack, on programs nobody here wrote.

dhat sees calls by the address of malloc, heaptrack by interposing the same functions as we do. Where
they differ, by how much and why is known, and is what is tested.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CLINIC = Path("build/bin/clinic").resolve()
VICTIMS = Path("build/victims").resolve()

CXX_PROGRAM = """
#include <map>
#include <memory>
#include <string>
#include <vector>
int main()
{
	std::map<int, std::string> names;
	std::vector<std::unique_ptr<int>> numbers;
	for (int i = 0; i < 500; i++) {
		names[i] = std::string(40, 'x');
		numbers.push_back(std::make_unique<int>(i));
	}
	return names.size() == numbers.size() ? 0 : 1;
}
"""

PROGRAMS = {
    "lua": ["lua5.4", "-e", "local t={} for i=1,2000 do t[i]={i,tostring(i)} end"],
    "jq": ["jq", "-n", "[range(500)]|add"],
    "sqlite3": ["sqlite3", ":memory:", "create table t(x); insert into t values(1),(2); select sum(x) from t;"],
    "lz4": ["lz4", "-q", "-c", "/usr/share/common-licenses/GPL-3"],
    "alloc_23": [str(VICTIMS / "alloc_23"), "without-pvalloc"],
}


def clinic_totals(command: list[str], directory: Path) -> dict:
    session = directory / "session.json"
    subprocess.run([CLINIC, "record", "-e", "alloc", "-o", session, "--", *command], check=True,
                   capture_output=True, timeout=120)
    report = subprocess.run([CLINIC, "report", "--json", session], check=True, capture_output=True, text=True)
    return json.loads(report.stdout)["allocations"]


def dhat_totals(command: list[str], directory: Path) -> tuple[int, int, int]:
    """Blocks and bytes allocated, and bytes at the peak."""
    out = directory / "dhat.json"
    subprocess.run(["valgrind", "--tool=dhat", "--run-libc-freeres=no", "--run-cxx-freeres=no",
                    f"--dhat-out-file={out}", *command], check=True, capture_output=True, timeout=300)
    points = json.loads(out.read_text())["pps"]
    return (sum(point["tbk"] for point in points), sum(point["tb"] for point in points),
            sum(point["gb"] for point in points))


def heaptrack_allocations(command: list[str], directory: Path) -> int:
    subprocess.run(["heaptrack", "-o", directory / "heaptrack", *command], check=True, capture_output=True,
                   timeout=120)
    file = next(directory.glob("heaptrack*"))
    text = subprocess.run(["heaptrack_print", file], check=True, capture_output=True, text=True,
                          env=os.environ | {"LC_ALL": "C"}).stdout
    return int(re.search(r"calls to allocation functions: (\d+)", text)[1])


@pytest.fixture(scope="module")
def cxx_program(tmp_path_factory) -> list[str]:
    folder = tmp_path_factory.mktemp("cxx")
    (folder / "containers.cc").write_text(CXX_PROGRAM)
    subprocess.run(["g++", "-O1", "-g", folder / "containers.cc", "-o", folder / "containers"], check=True)
    return [str(folder / "containers")]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*PROGRAMS, "c++"])
def test_dhat_counts_the_same(name, tmp_path, cxx_program):
    command = PROGRAMS.get(name, cxx_program)
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    ours = clinic_totals(command, tmp_path)
    blocks, allocated_bytes, peak_bytes = dhat_totals(command, tmp_path)
    # dhat counts a realloc as growth of one block, we as a free and an allocation.
    reallocs = ours["allocations_count"] - blocks
    assert reallocs >= 0
    if reallocs == 0:
        assert ours["bytes"] == allocated_bytes
    assert ours["peak_bytes"] <= peak_bytes or reallocs == 0
    assert ours["leaked_count"] == ours["allocations_count"] - ours["frees_count"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lua", "jq", "sqlite3", "c++"])
def test_heaptrack_counts_the_same(name, tmp_path, cxx_program):
    command = PROGRAMS.get(name, cxx_program)
    if not shutil.which("heaptrack_print"):
        pytest.skip("heaptrack_print is not installed")
    # heaptrack's own library is C++: it brings libstdc++, which allocates its pool for exceptions, once.
    brought = 0 if name == "c++" else 1
    ours = clinic_totals(command, tmp_path)["allocations_count"]
    assert ours + brought == heaptrack_allocations(command, tmp_path)
