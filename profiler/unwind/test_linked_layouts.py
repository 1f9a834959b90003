"""test_linked_layouts.py - where linkers put code: elsewhere than its file does, in several segments, above address 0."""

import shutil
import subprocess

import pytest
from recorded_session import BACKENDS

# Compilers, linkers and real programs: for `make test`.
pytestmark = pytest.mark.slow

LIBRARY = """
#include <stdint.h>
volatile uint64_t sink;
__attribute__((noinline)) void lib_leaf(uint64_t n) { for (uint64_t i = 0; i < n; i++) sink += i * i; }
__attribute__((noinline)) void lib_entry(uint64_t n) { lib_leaf(n); sink++; }
__attribute__((noinline)) void lib_decoy(uint64_t n) { for (uint64_t i = 0; i < n; i++) sink -= i; }
"""
PROGRAM = """
#include <stdint.h>
#include <time.h>
void lib_entry(uint64_t);
int main(void) { while (clock() < CLOCKS_PER_SEC / 4) lib_entry(300000); return 0; }
"""
# How the library and the program are linked.
LAYOUTS = {
    "base": (["gcc", "-Wl,-Ttext-segment=0x7000000"], []),
    "shifted": (["gcc", "-Wl,--section-start=.text=0x345000"], []),
    "two segments": (["gcc", "-ffunction-sections", "-Wl,--section-start=.text.lib_leaf=0x900000",
                      "-Wl,--unique=.text.lib_leaf"], []),
    "one segment": (["gcc", "-Wl,-z,noseparate-code"], []),
    "huge pages": (["gcc", "-Wl,-z,max-page-size=0x200000"], ["-Wl,-z,max-page-size=0x200000"]),
    "no headers": (["gcc"], ["-no-pie", "-Wl,-Ttext-segment=0x10000000"]),
    "gold": (["gcc", "-fuse-ld=gold"], ["-fuse-ld=gold"]),
    "gold packed": (["gcc", "-fuse-ld=gold", "-Wl,--rosegment"], ["-fuse-ld=gold", "-Wl,--rosegment"]),
    "lld": (["clang", "-fuse-ld=lld"], ["-fuse-ld=lld"]),
    "lld apart": (["clang", "-fuse-ld=lld", "-g", "-Wl,-z,separate-loadable-segments"], []),
    "lld together": (["clang", "-fuse-ld=lld", "-Wl,--no-rosegment"], []),
    "lld base": (["clang", "-fuse-ld=lld"], ["-fuse-ld=lld", "-no-pie", "-Wl,--image-base=0x20000000"]),
    "stripped": (["gcc", "-s"], ["-s"]),
    "no index": (["gcc", "-Wl,--no-eh-frame-hdr"], ["-Wl,--no-eh-frame-hdr"]),
}


def link(folder, layout: str) -> str:
    """Links the program, which must run alone. The test is skipped if a tool is missing, or if it links no program that runs."""
    library, program = LAYOUTS[layout]
    compilers = library[0], "clang" if "-fuse-ld=lld" in program else "gcc"
    (folder / "lib.c").write_text(LIBRARY)
    (folder / "main.c").write_text(PROGRAM)
    commands = [[*library, "-shared", "-fPIC", "-O2", "lib.c", "-o", "libx.so"],
                [compilers[1], "-O2", "main.c", "-o", "program", *program, "-L.", "-lx", f"-Wl,-rpath,{folder}"], ["./program"]]
    for command in commands:
        if command[0] != "./program" and not shutil.which(command[0]):
            pytest.skip(f"there is no {command[0]} here")
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"{' '.join(command)} does not work here: {done.stderr[:200]}")
    return str(folder / "program")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_code_has_its_names_and_callers(record, anybodys_folder, layout, backend):
    program = link(anybodys_folder, layout)
    session = record(program, backend=backend)
    outer = () if layout == "stripped" else ("main",)
    expected = ("lib_leaf", "lib_entry", *outer)
    library = anybodys_folder / "libx.so"
    assert session.share_of_code(library, lambda names: names[:len(expected)] == expected) > 0.95, session.stderr
    assert session.weight_where(lambda names: names[:1] == ("lib_leaf",)) > 0.7 * session.weight_where(lambda names: True)
    assert session.complete_ratio() > 0.95
