"""Mutants are small changes that compile, and one build that contains all of them behaves as each alone."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("clang.cindex", reason="python3-clang is not installed")
sys.path.insert(0, "hardening/mutation")
from mutants import mutants_of  # noqa: E402 - the path is set first
from mutated_sources import mutated, switched  # noqa: E402 - the path is set first
from mutation_score import lots  # noqa: E402 - the path is set first

SOURCE = """\
#define TWICE(x) ((x) + (x))
enum { SIZE = 3 };
struct pair { int a[2]; };
static const int table[SIZE] = {1, 2, 3};
int sum(const int *from, int count)
{
	int total = 0;

	for (int i = 0; i < count; i++)
		total += from[i];
	if (count && !total)
		return -1;
	switch (count) {
	case 4:
		return TWICE(total);
	default:
		return total;
	}
}
"""


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "sum.c"
    path.write_text(SOURCE)
    return path


def test_a_mutant_changes_one_operator_constant_value_or_statement(source):
    lines = {(one.line, one.what.split(" in ")[0]) for one in mutants_of(source, [])}
    assert {(9, "< -> <="), (9, "< -> >="), (9, "++ -> --"), (10, "+= -> -="), (10, "without `total += from[i]`"), (11, "&& -> ||"),
            (7, "0 -> (0 + 1)"), (12, "returns 0 instead of `-1`"), (17, "returns 0 instead of `total`")} <= lines


def test_what_must_be_constant_and_what_a_macro_expands_to_stays(source):
    """They cannot be switched: a case, an array's size, a static table."""
    assert not {1, 2, 3, 4, 14} & {one.line for one in mutants_of(source, [])}
    assert all("TWICE" not in one.text for one in mutants_of(source, []))


def test_a_change_of_the_source_exchanges_only_its_own_mutants(source):
    """Otherwise every commit would draw another sample, and the score would jump."""
    before = lots(mutants_of(source, []), 1)
    source.write_text("int first(int a)\n{\n\treturn a + 41;\n}\n" + SOURCE)
    after = lots(mutants_of(source, []), 1)
    assert set(before.values()) < set(after.values())
    assert {one.line for one, lot in after.items() if lot not in before.values()} == {3}


RUN = """
#include <stdio.h>
#include <stdlib.h>
int on = -1;
int clinic_mutant_is_on(int number) { return number == on; }
int main(int argc, char **argv)
{
	int rows[] = {1, 2, 4, 0};
	on = argc > 1 ? atoi(argv[1]) : -1;
	printf("%d\\n", sum(rows, 3));
	return 0;
}
"""


def printed(folder: Path, source: bytes, *arguments: str) -> str:
    (folder / "run.c").write_bytes(source + RUN.encode())
    subprocess.run(["gcc", "-w", "-O1", "-include", Path("hardening/mutation/mutant_switch.h").resolve(), folder / "run.c", "-o", folder / "run"], check=True)
    return subprocess.run([folder / "run", *arguments], capture_output=True, text=True).stdout


def test_one_build_with_all_mutants_behaves_as_each_alone(source, tmp_path):
    """Mutants lie in each other: without one that is on, the program is the original; with one, it is that mutant."""
    found = [one for one in mutants_of(source, []) if one.line in (10, 11, 12, 17)]
    every = switched(SOURCE.encode(), list(enumerate(found)))
    assert printed(tmp_path, every) == printed(tmp_path, SOURCE.encode()) == "7\n"
    together = [printed(tmp_path, every, str(number)) for number in range(len(found))]
    assert together == [printed(tmp_path, mutated(SOURCE.encode(), one)) for one in found]
    assert len(set(together)) > 3
