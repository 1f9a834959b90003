"""The three timings lie with every compiler and level that is used here, and the repaired ones do not. If one of these fails, a compiler
has stopped lying about it, and the case needs another example."""

import subprocess
from pathlib import Path

import pytest

from labkit.workload import investigation
from labkit.workload.timed_region import inspect_regions

CASE = investigation.load("pitfalls")
FUNCTIONS = ["time_block", "time_number", "time_readings"]
FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Iprofiler/include"]


def regions_of(folder: Path, sources: dict[str, str], compiler: str, level: str):
    for name, text in sources.items():
        (folder / name).write_text(text)
    program = folder / "program"
    subprocess.run([compiler, *FLAGS, level, f"-I{folder}", *sorted(folder.glob("*.c")), "-o", program], check=True)
    return inspect_regions(program, FUNCTIONS, ("stopwatch_now_ns",))


@pytest.mark.few(1)
@pytest.mark.parametrize("level", ["-O2", "-O3"])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_each_timing_lies_in_its_own_way(tmp_path, compiler, level):
    block, number, readings = regions_of(tmp_path, investigation.faulty(CASE).sources, compiler, level)
    assert not block.has_work and "its result is not used" in block.pitfalls[0], block.machine_code
    assert not number.has_work and "stands in its place" in number.pitfalls[0], number.machine_code
    assert readings.has_work and set(readings.input_output_calls) == {"fflush", "fprintf"}, readings.machine_code


@pytest.mark.few(1)
@pytest.mark.parametrize("level", ["-O2", "-O3", "-Os"])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_repaired_timings_hold_the_work_and_nothing_else(tmp_path, compiler, level):
    repair = next(one for one in CASE.repairs if one.id == "barriers")
    found = regions_of(tmp_path, investigation.repaired(CASE, repair).sources, compiler, level)
    assert [one.pitfalls for one in found] == [[], [], []], "\n".join(one.machine_code for one in found)


@pytest.mark.slow
def test_a_function_that_is_not_there_is_told(tmp_path):
    program = tmp_path / "program"
    subprocess.run(["gcc", "-x", "c", "-", "-o", program], input="int main(void) { return 0; }", text=True, check=True)
    done = subprocess.run(["/usr/bin/python3", "-B", "scripts/lab", "inspect", program, "time_block"], capture_output=True, text=True)
    assert done.returncode == 2 and "has no function time_block; it may have been inlined" in done.stderr


@pytest.mark.slow
def test_a_program_that_is_not_there_is_told(tmp_path):
    done = subprocess.run(["/usr/bin/python3", "-B", "scripts/lab", "inspect", tmp_path / "none", "main"], capture_output=True, text=True)
    assert done.returncode == 2 and "is not a file" in done.stderr
