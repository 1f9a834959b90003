"""The barriers of clinic/black_box.h do what they say: proven on the disassembly, with a control that lacks them."""

import subprocess
from pathlib import Path

import pytest

from labkit.workload import disassembly

INCLUDE = Path("profiler/include").resolve()

# The input of square_sum is known and its result is not used, so without barriers the compiler may remove it.
OUTPUT = """
#include <clinic/black_box.h>
__attribute__((noinline)) void square_sum(unsigned long count)
{
	unsigned long sum = 0;
	for (unsigned long i = 0; i < count; i++)
		sum = (sum ^ i) * 2654435761u;
	BARRIER(sum);
}
int main(int argc, char **argv) { (void)argv; square_sum((unsigned long)argc); return 0; }
"""
INPUT = """
#include <clinic/black_box.h>
__attribute__((noinline)) unsigned long square_sum(void)
{
	unsigned long count = 0, sum = 0;
	BARRIER(&count);
	for (unsigned long i = 0; i < count; i++)
		sum = (sum ^ i) * 2654435761u;
	return sum;
}
int main(void) { return (int)square_sum(); }
"""


def build(folder: Path, source: str, barrier: str, compiler: str, level: str) -> disassembly.Disassembly:
    (folder / "work.c").write_text(source)
    subprocess.run([compiler, "-std=c11", level, f"-I{INCLUDE}", f"-DBARRIER(x)={barrier}", folder / "work.c", "-o",
                    folder / "work"], check=True)
    return disassembly.inspect(folder / "work", ["square_sum"])


@pytest.mark.few(4)
@pytest.mark.parametrize("source, barrier, kind", [(OUTPUT, "clinic_black_box_out(x)", "output"),
                                                   (INPUT, "clinic_black_box_in(x)", "input")], ids=["out", "in"])
@pytest.mark.few(2)
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("level", ["-O2", "-O3"])
def test_work_survives_with_the_barrier_and_only_with_it(tmp_path, source, barrier, kind, compiler, level):
    kept = build(tmp_path, source, barrier, compiler, level)
    assert kept.missing == ()
    assert {(one.function, one.kind) for one in kept.barriers} == {("square_sum", kind)}
    control = build(tmp_path, source, "(void)(x)", compiler, level)
    assert control.missing == ("square_sum",)
    assert control.barriers == ()


def test_a_barrier_adds_no_instruction(tmp_path):
    """Instructions are counted in a loop that needs the value in any case."""
    source = """
    #include <clinic/black_box.h>
    unsigned long work(const unsigned long *at, unsigned long count)
    {
        unsigned long sum = 0;
        for (unsigned long i = 0; i < count; i++) { sum += at[i] * sum; BARRIER(sum); }
        return sum;
    }
    """
    (tmp_path / "work.c").write_text(source)
    counts = []
    for barrier in ("clinic_black_box_out(x)", '__asm__ volatile("" : : "r"(x) : "memory")'):
        subprocess.run(["gcc", "-O2", "-c", f"-I{INCLUDE}", f"-DBARRIER(x)={barrier}", "work.c", "-o", "work.o"],
                       check=True, cwd=tmp_path)
        text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", tmp_path / "work.o"], capture_output=True,
                              text=True, check=True).stdout
        counts.append(text.count(":\t"))
    assert counts[0] == counts[1]
