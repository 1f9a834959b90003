"""test_split_dwarf.py - names that -gsplit-dwarf keeps outside of the program: .dwo files, and .dwp packages of them.

Every form must give the same answers as the .dwo files at the place where the compiler wrote them; test_symbols_oracle.py compares those
with the answers of llvm-symbolizer.
"""

import json
import shutil
import signal
import struct
import subprocess
from pathlib import Path

import pytest
from test_symbols_oracle import C_SOURCE, ROOM, Answer, every_byte, functions, resolve, run

# Compilers and real programs, for seconds each: for `make test`.
pytestmark = pytest.mark.slow

CLINIC = ROOM.parents[1] / "build/bin/clinic"
# A second unit, so that parts of a package begin elsewhere than at 0.
OTHER = """
int halve_all(int *numbers, int count);
static inline __attribute__((always_inline)) int half(int number) { return number / 2; }
int halve_all(int *numbers, int count)
{
	int sum = 0;
	for (int i = 0; i < count; i++)
		sum += numbers[i] = half(numbers[i]);
	return sum;
}
"""
PACKING_CPU_S = 2  # of CPU time, which is the same on a busy machine; a packer that ends takes hundredths of it
FORMS = [("gcc", 4), ("gcc", 5), ("clang", 4), ("clang", 5)]


def build(folder: Path, compiler: str, version: int, *options: str) -> Path:
    program = folder / "program"
    other = folder / "inlined_more.c"
    other.write_text(OTHER)
    for source in (other, C_SOURCE):
        run(compiler, "-O2", "-c", f"-gdwarf-{version}", "-gsplit-dwarf", *options, source, "-o", f"{source.stem}.o",
            cwd=folder)
    run(compiler, "inlined_more.o", "inlined_calls.o", "-o", program, cwd=folder)
    return program


def index_offset(package: Path) -> int:
    row = next(line for line in run("readelf", "-SW", package).splitlines() if ".debug_cu_index" in line)
    return int(row.split("PROGBITS")[1].split()[1], 16)


def pack(packer: str, folder: Path, package: Path, version: int = 5) -> None:
    """Packs the .dwo files and removes them; skips the test if the packer fails (each fails on some forms)."""
    if not shutil.which(packer):
        pytest.skip(f"{packer} is not installed")
    files = sorted(folder.glob("*.dwo"))
    try:
        # LLVM's packer searches the abbreviation of the unit, and skips those before it as if DW_FORM_implicit_const,
        # which gcc uses in DWARF 5, had no value there; beyond the end of the section, it searches forever (LLVM 14 and 15).
        run("prlimit", f"--cpu={PACKING_CPU_S}", packer, *files, "-o", package)
    except subprocess.CalledProcessError as error:
        if error.returncode == -signal.SIGKILL:
            pytest.skip(f"{packer} does not end on these .dwo files: it reads DW_FORM_implicit_const as if it had no value")
        pytest.skip(f"{packer} cannot pack these .dwo files: {error.stderr[:200]}")
    if struct.unpack_from("<H", package.read_bytes(), index_offset(package)) != (2 if version == 4 else 5,):
        pytest.skip(f"{packer} writes no index for DWARF {version}: binutils 2.40 leaves the units out, and returns 0")
    for file in files:
        file.unlink()


def names_of(answers: list[Answer]) -> set[str]:
    return {frame.function for answer in answers for frame in answer.frames}


@pytest.mark.parametrize("packer", ["dwp", "llvm-dwp"])
@pytest.mark.parametrize("compiler, version", FORMS)
def test_package_names_as_its_files_did(tmp_path, compiler, version, packer):
    program = build(tmp_path, compiler, version)
    addresses = every_byte(program)
    expected = resolve(program, addresses)
    assert {"rotate", "mix", "half", "halve_all"} <= names_of(expected)
    pack(packer, tmp_path, tmp_path / "program.dwp", version)
    assert resolve(program, addresses) == expected


@pytest.mark.parametrize("packing", ["zlib", "zstd"])
def test_package_with_packed_sections(tmp_path, packing):
    program = build(tmp_path, "clang", 5)
    addresses = every_byte(program)
    expected = resolve(program, addresses)
    pack("llvm-dwp", tmp_path, tmp_path / "plain.dwp")
    run("objcopy", f"--compress-debug-sections={packing}", tmp_path / "plain.dwp", tmp_path / "program.dwp")
    assert resolve(program, addresses) == expected


def test_package_of_a_debug_file(tmp_path):
    """The package of a stripped program may have the name of its debug file."""
    program = build(tmp_path, "clang", 5)
    addresses = every_byte(program)
    expected = resolve(program, addresses)
    pack("llvm-dwp", tmp_path, tmp_path / "stripped.debug.dwp")
    run("objcopy", "--only-keep-debug", program, tmp_path / "stripped.debug")
    run("objcopy", "--strip-all", f"--add-gnu-debuglink={tmp_path / 'stripped.debug'}", program, tmp_path / "stripped")
    assert resolve(tmp_path / "stripped", addresses) == expected


@pytest.mark.parametrize("compiler, version", FORMS)
def test_files_that_moved_with_the_program(tmp_path, compiler, version):
    built, moved = tmp_path / "built", tmp_path / "moved"
    built.mkdir()
    program = build(built, compiler, version)
    addresses = every_byte(program)
    expected = resolve(program, addresses)
    built.rename(moved)
    assert resolve(moved / "program", addresses) == expected


def test_packed_files(tmp_path):
    """The sections are packed by zstd, which libdw 0.188 cannot read."""
    program = build(tmp_path, "gcc", 5)
    addresses = every_byte(program)
    expected = resolve(program, addresses)
    for file in tmp_path.glob("*.dwo"):
        run("objcopy", "--compress-debug-sections=zstd", file)
    assert resolve(program, addresses) == expected


def test_object_files_that_keep_the_split_part(tmp_path):
    """clang -gsplit-dwarf=single leaves it in the .o file, among other sections."""
    program = build(tmp_path, "clang", 5)
    expected = resolve(program, every_byte(program))
    single = build(tmp_path, "clang", 5, "-gsplit-dwarf=single")
    for file in tmp_path.glob("*.dwo"):
        file.unlink()
    assert resolve(single, every_byte(single)) == expected


def test_package_of_another_build(tmp_path):
    """The ids of the units in the package differ, so it must not give any name."""
    other = tmp_path / "other"
    other.mkdir()
    build(other, "clang", 5, "-DOTHER", "-O1")
    pack("llvm-dwp", other, tmp_path / "program.dwp")
    program = build(tmp_path, "clang", 5)
    for file in tmp_path.glob("*.dwo"):
        file.unlink()
    assert {a.tier for a in resolve(program, list(functions(program)["fill_and_sum"]))} == {"symtab"}


@pytest.mark.parametrize("offset, value", [
    (4, 0xffffffff),   # more columns than there are
    (8, 0x7fffffff),   # more units
    (12, 0xfffffff0),  # slots that are no power of two
    (12, 0x40000000),  # and more of them than bytes
], ids=["columns", "units", "odd_slots", "slots"])
def test_damaged_index(tmp_path, offset, value):
    program = build(tmp_path, "clang", 5)
    package = tmp_path / "program.dwp"
    pack("llvm-dwp", tmp_path, package)
    content = bytearray(package.read_bytes())
    struct.pack_into("<I", content, index_offset(package) + offset, value)
    package.write_bytes(content)
    assert {a.tier for a in resolve(program, [functions(program)["main"][0]])} == {"symtab"}


def test_a_recording_says_that_files_are_missing(tmp_path):
    program = tmp_path / "busy"
    source = tmp_path / "busy.c"
    source.write_text("volatile long sum;\nint main(void)\n{\n\tfor (long i = 0; i < 200000000; i++)\n\t\tsum += i;\n}\n")
    run("gcc", "-O1", "-g", "-gsplit-dwarf", source, "-o", program, cwd=tmp_path)
    for file in tmp_path.glob("*.dwo"):
        file.unlink()
    run(CLINIC, "record", "-o", tmp_path / "session.json", "--", program)
    said = json.loads((tmp_path / "session.json").read_text())["strings"]
    assert any(text.startswith("the functions of 1 compiled files are described in .dwo files") for text in said)
