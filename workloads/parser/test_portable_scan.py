"""Where the compiler has no vector instructions, the candidate with vectors takes its portable way, and it parses as before."""

import subprocess

import pytest

from labkit.workload import manifest, variant

PARSER = manifest.load("parser")
GUARD = "#ifdef __x86_64__"


@pytest.mark.slow
def test_without_vectors_the_unit_tests_pass_and_no_vector_is_compiled(tmp_path):
    vectors = variant.candidate(PARSER, next(one for one in PARSER.candidates if one.id == "scan-vectors"))
    assert vectors.sources["scan.c"].count(GUARD) == 1
    sources = vectors.sources | {"scan.c": vectors.sources["scan.c"].replace(GUARD, "#if 0 /* a compiler without vectors */")}
    for name, text in sources.items():
        (tmp_path / name).write_text(text)
    test = PARSER.folder / "parser_test.c"
    flags = ["-std=gnu11", "-O1", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Iprofiler/include", f"-I{tmp_path}"]
    subprocess.run(["gcc", *flags, *(tmp_path / name for name in sources if name.endswith(".c")), test.resolve(), "-lcmocka", "-ljansson",
                    "-lpthread", "-o", tmp_path / "tests"], check=True)
    done = subprocess.run([tmp_path / "tests"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    subprocess.run(["gcc", *flags, "-S", tmp_path / "scan.c", "-o", tmp_path / "scan.s"], check=True)
    assert "xmm" not in (tmp_path / "scan.s").read_text() and "ymm" not in (tmp_path / "scan.s").read_text()
