"""The counts are compared with those of valgrind (dhat and memcheck) and heaptrack, on victims and on foreign programs.

dhat and memcheck observe calls by the address of malloc, heaptrack by interposing the same functions as our library. Every number must be
equal to valgrind's. Heaptrack's numbers differ for three known reasons, and must be equal when these are taken into account:

- it does not hook memalign and pvalloc;
- its own library is written in C++ and loads libstdc++, whose pool for exceptions is one more block that is not freed;
- it stops counting before the last destructors have run, and leaves out leaks that it knows, so that its leaks cannot be compared;
  those of memcheck ("in use at exit") can.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

CLINIC = Path("build/bin/clinic").resolve()
LIBRARY = Path("build/lib/libclinic-preload.so").resolve()
VICTIMS = Path("build/victims").resolve()
SOURCE = Path("profiler/preload/victims/lock_pairs.c").resolve()
TEXT = "/usr/share/common-licenses/GPL-3"
# At the end, valgrind frees blocks that the C and C++ libraries hold; these calls are not the program's.
VALGRIND = ["valgrind", "--run-libc-freeres=no", "--run-cxx-freeres=no"]

LUA_SCRIPT = [str(Path(__file__).parent / "bench_alloc.lua"), "2000"]
SQL = """
create table t(x, y);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
insert into t select i, hex(i) from n;
create index ty on t(y);
select count(*), sum(x) from t where y > '3' group by x % 7;
"""
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
	try {
		names.at(-1);
	} catch (const std::exception &) {
	}
	return names.size() == numbers.size() ? 0 : 1;
}
"""

DEBIANS = {  # language of the program: C where nothing is said
    "lua5.4": ["lua5.4", *LUA_SCRIPT],
    "jq": ["jq", "-n", "[range(500)|{a: tostring}]|map(.a)|add|length"],
    "sqlite3": ["sqlite3", ":memory:", SQL],
    "ripgrep (Rust)": ["rg", "-j1", "-c", "[a-z]+ware", TEXT],
    "cppcheck (C++)": ["cppcheck", "-q", str(SOURCE)],
}
BUILT = {
    "Lua with frame pointers": "-fno-omit-frame-pointer",
    "Lua without frame pointers": "-fomit-frame-pointer",
}
VICTIM_RUNS = {
    "alloc_23": [str(VICTIMS / "alloc_23"), "without-pvalloc"],  # at pvalloc valgrind gives up
    "alloc_fixed": [str(VICTIMS / "alloc_fixed")],
    "alloc_plugin": [str(VICTIMS / "alloc_plugin"), str(VICTIMS / "alloc_plugin.so")],
    "alloc_signals": [str(VICTIMS / "alloc_signals")],
    "alloc_stages": [str(VICTIMS / "alloc_stages")],
}


@dataclass(frozen=True)
class Heap:
    """The calls of the allocator in one run; a realloc counts as a free and an allocation."""

    allocations_count: int
    bytes: int
    peak_bytes: int
    leaked_count: int  # alive at exit
    leaked_bytes: int
    temporary_count: int  # freed before the next allocation


def need(tool: str) -> None:
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed; make setup-test installs it")


def clinic_report(command: list[str], directory: Path) -> dict:
    session = directory / "session.json"
    subprocess.run([CLINIC, "record", "-e", "alloc", "-o", session, "--", *command], check=True,
                   capture_output=True, timeout=120)
    report = subprocess.run([CLINIC, "report", "--json", session], check=True, capture_output=True, text=True)
    return json.loads(report.stdout)


def clinic_heap(command: list[str], directory: Path) -> Heap:
    found = clinic_report(command, directory)["allocations"]
    assert found["unmatched_frees_count"] == 0
    assert found["frees_count"] == found["allocations_count"] - found["leaked_count"]
    return Heap(*(found[name] for name in Heap.__dataclass_fields__))


TRACED = re.compile(r"^--\d+-- (\w+)\((.*)\)(?: = (0x\w+))?$", re.MULTILINE)
FREES = ("free", "_ZdlPv", "_ZdlPvm", "_ZdaPv", "_ZdaPvm")


def traced_events(trace: str) -> Iterator[tuple[bool, str]]:
    """(is an allocation, address) in order, from the lines of --trace-malloc=yes."""
    for function, arguments, block in TRACED.findall(trace):
        first = arguments.split(",")[0]
        if (function in FREES or function == "realloc") and first != "0x0":
            yield False, first
        if function not in FREES and block not in ("", "0x0"):
            yield True, block


def temporary_count(trace: str) -> int:
    count, newest = 0, None
    for is_allocation, block in traced_events(trace):
        if is_allocation:
            newest = block
        elif block == newest:
            count, newest = count + 1, None
    return count


def dhat(command: list[str], directory: Path, *options: str) -> tuple[dict, str]:
    """The file that dhat writes, and the text that it printed."""
    out = directory / "dhat.json"
    done = subprocess.run([*VALGRIND, "--tool=dhat", f"--dhat-out-file={out}", *options, *command], check=True,
                          capture_output=True, text=True, errors="replace", timeout=300)
    return json.loads(out.read_text()), done.stderr


def dhat_heap(command: list[str], directory: Path) -> Heap:
    found, trace = dhat(command, directory, "--trace-malloc=yes")

    def total(key: str) -> int:
        return sum(point[key] for point in found["pps"])

    # tbk, tb: blocks and bytes in total; gb: at the peak ("t-gmax"); ebk, eb: at the end.
    return Heap(total("tbk"), total("tb"), total("gb"), total("ebk"), total("eb"), temporary_count(trace))


@pytest.fixture(scope="module")
def cxx_program(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cxx")
    (folder / "containers.cc").write_text(CXX_PROGRAM)
    subprocess.run(["g++", "-O1", "-g", folder / "containers.cc", "-o", folder / "containers"], check=True)
    return folder / "containers"


@pytest.fixture(params=[*VICTIM_RUNS, *DEBIANS, *BUILT, "C++ containers"])
def command(request) -> list[str]:
    """Each program that is compared, in turn."""
    name = request.param
    if name in BUILT:
        return [str(request.getfixturevalue("build_lua")(BUILT[name])), *LUA_SCRIPT]
    if name == "C++ containers":
        return [str(request.getfixturevalue("cxx_program"))]
    found = VICTIM_RUNS.get(name) or DEBIANS[name]
    need(found[0])
    return found


@pytest.mark.slow
def test_dhat_tells_the_same(command, tmp_path):
    need("valgrind")
    assert clinic_heap(command, tmp_path) == dhat_heap(command, tmp_path)


MEMCHECK = re.compile(r"in use at exit: ([\d,]+) bytes in ([\d,]+) blocks.*?"
                      r"total heap usage: ([\d,]+) allocs, ([\d,]+) frees, ([\d,]+) bytes", re.DOTALL)


@pytest.mark.slow
def test_counts_without_stacks_are_those_of_memcheck(command, tmp_path):
    need("valgrind")
    out = tmp_path / "counts.json"
    subprocess.run(command, check=True, capture_output=True, timeout=60,
                   env=os.environ | {"LD_PRELOAD": str(LIBRARY), "CLINIC_ALLOC_OUT": str(out)})
    ours = json.loads(out.read_text())["totals"]
    said = subprocess.run([*VALGRIND, *command], check=True, capture_output=True, text=True, errors="replace",
                          timeout=300).stderr
    _, blocks, allocations, frees, allocated_bytes = (int(number.replace(",", ""))
                                                      for number in MEMCHECK.search(said).groups())
    assert (ours["allocations_count"], ours["frees_count"], ours["allocated_bytes"]) == \
        (allocations, frees, allocated_bytes)
    assert ours["allocations_count"] - ours["frees_count"] == blocks


# What is left out on both sides: the C library's table of thread-local variables, which it makes anew or
# takes over from a thread that has just ended, as it happens; and which our library, having some, lengthens.
THREADS_OWN = "allocate_tls"


@pytest.mark.slow
@pytest.mark.parametrize("name,arguments,count", [("alloc_threads", ["8"], 8 * 1002),
                                                  ("alloc_churn", ["4", "5000"], 4 * 5000)])
def test_threads_as_dhat_counts_them(name, arguments, count, tmp_path):
    need("valgrind")
    command = [str(VICTIMS / name), *arguments]
    ours = [(site["allocations_count"], site["bytes"]) for site in clinic_report(command, tmp_path)["call_sites"]
            if not any(THREADS_OWN in frame for frame in site["stack"])]
    found, _ = dhat(command, tmp_path)
    theirs = [(point["tbk"], point["tb"]) for point in found["pps"]
              if not any(THREADS_OWN in found["ftbl"][frame] for frame in point["fs"])]
    assert [sum(column) for column in zip(*ours)] == [sum(column) for column in zip(*theirs)]
    assert sum(allocations for allocations, _ in ours) == count


POOL_BYTES = 72704  # of libstdc++ 12, for exceptions thrown when memory has run out
UNITS = {"B": 1, "K": 1000, "M": 1000**2, "G": 1000**3}


@dataclass(frozen=True)
class Heaptrack:
    """The summary of heaptrack, which prints bytes with two decimals, so that each number is a range."""

    allocations_count: int
    least_peak_bytes: float
    most_peak_bytes: float


def heaptrack(command: list[str], directory: Path) -> Heaptrack:
    need("heaptrack_print")
    subprocess.run(["heaptrack", "-o", directory / "heaptrack", *command], check=True, capture_output=True,
                   timeout=120)
    file = next(directory.glob("heaptrack*"))
    text = subprocess.run(["heaptrack_print", file], check=True, capture_output=True, text=True,
                          env=os.environ | {"LC_ALL": "C"}).stdout
    peak = re.search(r"peak heap memory consumption: ([\d.]+)([BKMG])", text)
    peak_bytes, half_digit = float(peak[1]) * UNITS[peak[2]], 0.0051 * UNITS[peak[2]]
    return Heaptrack(int(re.search(r"calls to allocation functions: (\d+)", text)[1]),
                     peak_bytes - half_digit, peak_bytes + half_digit)


def without_libstdcxx(command: list[str]) -> bool:
    libraries = subprocess.run(["ldd", shutil.which(command[0])], check=True, capture_output=True, text=True).stdout
    return "libstdc++" not in libraries


@pytest.mark.slow
def test_heaptrack_counts_the_same(command, tmp_path):
    ours, theirs = clinic_heap(command, tmp_path), heaptrack(command, tmp_path)
    if without_libstdcxx(command):
        ours = replace(ours, allocations_count=ours.allocations_count + 1, peak_bytes=ours.peak_bytes + POOL_BYTES)
    if Path(command[0]).name == "alloc_23":
        ours = replace(ours, allocations_count=ours.allocations_count - 1)  # its call of memalign
    assert ours.allocations_count == theirs.allocations_count
    assert theirs.least_peak_bytes <= ours.peak_bytes <= theirs.most_peak_bytes


@pytest.mark.slow
def test_heaptrack_misses_memalign_and_pvalloc_and_nothing_else(tmp_path):
    assert heaptrack([str(VICTIMS / "alloc_23")], tmp_path).allocations_count == 23 - 2 + 1
