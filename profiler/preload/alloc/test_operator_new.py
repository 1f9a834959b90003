"""test_operator_new.py - C++ programs that do not call malloc are reported, and never shown as zero."""

import shutil
import subprocess
from pathlib import Path

import pytest
from recorded_session import read_session, run

# As in an allocator library: all functions of C, and an operator new that does not call them.
ALLOCATOR = """
#include <stddef.h>
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void __libc_free(void *);
void *malloc(size_t bytes) { return __libc_malloc(bytes); }
void *calloc(size_t count, size_t bytes) { return __libc_calloc(count, bytes); }
void *realloc(void *block, size_t bytes) { return __libc_realloc(block, bytes); }
void free(void *block) { __libc_free(block); }
void *_Znwm(size_t bytes) { return __libc_malloc(bytes); }
void _ZdlPv(void *block) { __libc_free(block); }
"""
# As in libstdc++: operator new calls malloc.
LIBRARY = """
#include <stdlib.h>
void *_Znwm(size_t bytes) { return malloc(bytes); }
void _ZdlPv(void *block) { free(block); }
"""
PROGRAM = """
#include <stdlib.h>
extern void *_Znwm(size_t); /* operator new */
extern void _ZdlPv(void *); /* operator delete */
static void *volatile kept;
int main(void)
{
	for (int i = 0; i < 1000; i++) { kept = _Znwm(40); _ZdlPv(kept); }
	for (int i = 0; i < 10; i++) { kept = malloc(100); free(kept); }
	return 0;
}
"""


def build(directory: Path, library: str) -> tuple[Path, Path]:
    """Builds the program and the library that contains its operator new."""
    for name, text in (("new", library), ("program", PROGRAM)):
        (directory / f"{name}.c").write_text(text)
    shared = directory / "libnew.so"
    subprocess.run(["gcc", "-fno-builtin", "-fPIC", "-shared", directory / "new.c", "-o", shared], check=True)
    subprocess.run(["gcc", "-fno-builtin", directory / "program.c", "-o", directory / "program", shared,
                    f"-Wl,-rpath,{directory}"], check=True)
    return directory / "program", shared


def record(directory: Path, program: Path, **settings) -> tuple[int, str]:
    done = run("record", "-e", "alloc", "-o", directory / "s.json", "--", "env", *[f"{k}={v}" for k, v in settings.items()],
               program, cwd=directory)
    assert done.returncode == 0, done.stderr
    return sum(read_session(directory / "s.json")["allocations"]["allocations_count"]), done.stderr


SENTENCE = "are not observable: its allocator library has its own operator new"


def test_an_allocator_with_an_operator_new_is_told(tmp_path):
    program, _ = build(tmp_path, ALLOCATOR)
    _, said = record(tmp_path, program)
    assert f"warning: C++ new and delete of {program}" in said and SENTENCE in said
    assert SENTENCE in run("report", tmp_path / "s.json").stdout


def test_an_operator_new_that_calls_malloc_is_counted(tmp_path):
    program, _ = build(tmp_path, LIBRARY)
    count, said = record(tmp_path, program)
    assert count >= 1010 and "operator new" not in said


@pytest.mark.slow
@pytest.mark.parametrize("library", ["libjemalloc.so.2", "libtcmalloc.so.4", "libtcmalloc_minimal.so.4", "libmimalloc.so.2"])
def test_real_allocators_are_told(tmp_path, library):
    path = Path("/usr/lib/x86_64-linux-gnu", library)
    if not path.exists() or not shutil.which("g++"):
        pytest.skip(f"there is no {library}, or no g++, here")
    source = tmp_path / "program.cpp"
    source.write_text("int *volatile kept;\nint main() { for (int i = 0; i < 1000; i++) { kept = new int; delete kept; } }\n")
    subprocess.run(["g++", source, "-o", tmp_path / "linked", "-Wl,--no-as-needed", path], check=True)
    subprocess.run(["g++", source, "-o", tmp_path / "preloaded"], check=True)
    assert SENTENCE in record(tmp_path, tmp_path / "linked")[1]
    done = subprocess.run(["env", f"LD_PRELOAD={path}", Path("build/bin/clinic").resolve(), "record", "-e", "alloc", "-o",
                           tmp_path / "s.json", "--", tmp_path / "preloaded"], capture_output=True, text=True, timeout=60)
    assert SENTENCE in done.stderr, done.stderr
