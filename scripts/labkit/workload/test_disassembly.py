"""The check of the machine code: what it finds in a linked binary, and that it fails without the work or its barriers."""

import subprocess
from pathlib import Path

import pytest

from labkit.outcome import LabError
from labkit.workload import disassembly

# bench.c is compiled anew, with the flags of the test; the archive gives the rest of the harness.
SOURCES = ["profiler/bench/bench.c", "profiler/bench/victims/bench_subject.c", "build/lib/libclinic-bench.a"]
HARNESS = ["-std=gnu11", "-D_GNU_SOURCE", "-Iprofiler", "-Iprofiler/include"]


def link(folder: Path, *flags: str, compiler: str = "gcc", level: str = "-O2") -> Path:
    binary = folder / "program"
    subprocess.run([compiler, level, *flags, *HARNESS, *SOURCES, "-o", str(binary), "-ljansson", "-lpthread"],
                   check=True)
    return binary


@pytest.mark.few(1)
@pytest.mark.parametrize("compiler, level", [("gcc", "-O2"), ("clang", "-O2"), ("gcc", "-O3"), ("clang", "-O3")])
def test_a_linked_workload_has_both_barriers_in_the_timed_loop(tmp_path, compiler, level):
    found = disassembly.inspect(link(tmp_path, compiler=compiler, level=level), [])
    # A clone for a batch of one run has barriers too, and no loop.
    assert {(one.function, one.kind) for one in found.barriers} == {("time_batch", "input"), ("time_batch", "output")}
    assert found.is_guarded


@pytest.mark.few(1)
@pytest.mark.parametrize("gone", ["in", "out"])
def test_red_when_a_barrier_was_removed(tmp_path, gone):
    header = tmp_path / "clinic" / "black_box.h"
    header.parent.mkdir()
    text = Path("profiler/include/clinic/black_box.h").read_text()
    removed = f"#undef clinic_black_box_{gone}\n#define clinic_black_box_{gone}(x) ((void)(x))\n"
    header.write_text(text.replace("#endif", removed + "#endif"))
    found = disassembly.inspect(link(tmp_path, f"-I{tmp_path}"), [])
    assert not found.is_guarded
    assert {one.kind for one in found.barriers} == {"output" if gone == "in" else "input"}


SOURCE = """
#include <stdlib.h>
static int less(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
__attribute__((noinline)) void by_loop(int *v, int n) { for (int i = 0; i < n; i++) v[i] ^= i * 7; }
__attribute__((noinline)) void by_callee(int *v, int n) { v[0]++; by_loop(v, n); v[0]--; }
__attribute__((noinline)) void by_library(int *v, int n) { qsort(v, (size_t)n, sizeof(*v), less); v[0]++; }
__attribute__((noinline)) void emptied(int *v, int n) { (void)n; v[0] = 1; }
int main(void) { int v[9] = {0}; by_callee(v, 9); by_library(v, 9); emptied(v, 9); return v[3]; }
"""


@pytest.fixture(scope="module", params=["gcc", "clang"])
def program(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("program")
    (folder / "program.c").write_text(SOURCE)
    subprocess.run([request.param, "-O2", folder / "program.c", "-o", folder / "program"], check=True)
    return folder / "program"


def test_work_counts_in_the_function_below_it_and_in_the_library(program):
    found = disassembly.inspect(program, ["by_loop", "by_callee", "by_library"])
    assert found.missing == ()
    by_name = {one.name: one for one in found.functions}
    assert by_name["by_loop"].has_loop and by_name["by_callee"].has_loop
    assert not by_name["by_library"].has_loop and by_name["by_library"].library_calls == ("qsort",)


def test_red_when_a_function_is_gone_or_emptied(program):
    found = disassembly.inspect(program, ["by_loop", "emptied", "inlined_away"])
    assert found.missing == ("emptied", "inlined_away")
    assert [one.exists for one in found.functions] == [True, True, False]


def test_a_program_without_the_harness_is_not_guarded(program):
    found = disassembly.inspect(program, [])
    assert found.barriers == () and not found.is_guarded


def test_its_json_has_every_field(program):
    document = disassembly.inspect(program, ["emptied"]).to_json()
    assert document == {
        "barriers": [], "is_guarded": False, "missing": ["emptied"],
        "functions": [{"name": "emptied", "exists": True, "has_loop": False, "library_calls": [], "is_alive": False}]}


def test_what_is_no_program_is_refused(tmp_path):
    (tmp_path / "text").write_text("not a program")
    with pytest.raises(LabError, match="cannot read"):
        disassembly.inspect(tmp_path / "text", [])
