"""`clinic annotate` on a program whose hot lines are known, recorded here and now."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

# One worker makes what they share.
pytestmark = pytest.mark.xdist_group("annotate")

CLINIC = Path("build/bin/clinic").resolve()
ROW = re.compile(r"^ *([\d.]+) \[ *([\d.]+), *([\d.]+)\] +(\d+) +(.*)$", re.M)

PROGRAM = """\
#include <stdint.h>
#include <stdlib.h>

static inline __attribute__((always_inline)) uint64_t mix(uint64_t x)
{
	return (x ^ x >> 7) * 0x9e3779b97f4a7c15u;
}

__attribute__((noinline)) uint64_t burn(uint64_t x, uint64_t rounds)
{
	for (uint64_t i = 0; i < rounds; i++)
		x = x / (x % 255 + 1) + i; /* HOT */
	for (uint64_t i = 0; i < rounds; i++)
		x += mix(x + i); /* COOL */
	return x;
}

int main(int argc, char **argv)
{
	return (int)burn((uint64_t)argc, strtoull(argv[1], NULL, 10));
}
"""


@dataclass(frozen=True)
class Recorded:
    folder: Path
    program: Path
    session: Path


def run(*argv: object) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in argv], capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Recorded:
    folder = tmp_path_factory.mktemp("annotate")
    source, program, session = folder / "burn.c", folder / "burn", folder / "burn.json"
    source.write_text(PROGRAM)
    subprocess.run(["gcc", "-O2", "-g", source, "-o", program, "-Wl,--build-id"], check=True)
    done = run(CLINIC, "record", "-o", session, "--", program, 20_000_000)
    assert session.exists(), done.stderr
    return Recorded(folder, program, session)


def sections(text: str) -> tuple[str, str]:
    """The two parts of the output: the lines of the source, and the instructions."""
    source, code = text.split("\n/", 2)[1:]
    return source, code


def line_of(mark: str) -> int:
    return 1 + PROGRAM[:PROGRAM.index(mark)].count("\n")


def test_lines_and_instructions_add_up_to_the_function(recorded):
    done = run(CLINIC, "annotate", recorded.session, "burn")
    assert (done.returncode, done.stderr) == (0, "")
    for part in sections(done.stdout):
        shares = [float(row[0]) for row in ROW.findall(part)]
        assert shares and sum(shares) == pytest.approx(100, abs=0.01 * len(shares))
        assert all(float(low) <= float(share) <= float(high) for share, low, high, *_ in ROW.findall(part))


def test_the_hot_line_leads_and_inlined_code_counts_where_it_was_called(recorded):
    source, _ = sections(run(CLINIC, "annotate", recorded.session, "burn").stdout)
    share = {int(rest.split()[0]): float(value) for value, _, _, _, rest in ROW.findall(source)}
    assert max(share, key=share.get) == line_of("/* HOT */")
    assert share[line_of("/* COOL */")] > 0
    assert not any(line <= 7 for line in share), "mix() was inlined: its lines are not burn()'s"
    assert "x = x / (x % 255 + 1) + i; /* HOT */" in source
    _, code = sections(run(CLINIC, "annotate", recorded.session, "burn").stdout)
    assert re.search(r"\bdiv\b", code)


def test_what_was_inlined_can_be_asked_for(recorded):
    done = run(CLINIC, "annotate", recorded.session, "mix")
    assert done.returncode == 0 and "0x9e3779b97f4a7c15" in done.stdout


def test_a_moved_source_is_found_where_told(recorded, tmp_path):
    source = recorded.folder / "burn.c"
    moved = tmp_path / "burn.c"
    shutil.move(source, moved)
    try:
        assert "not found here; --source FOLDER says where it is" in run(CLINIC, "annotate", recorded.session, "burn").stdout
        found = run(CLINIC, "annotate", recorded.session, "burn", "--source", tmp_path).stdout
        assert "/* HOT */" in found
    finally:
        shutil.move(moved, source)


def test_other_code_than_was_measured_is_not_shown(recorded):
    kept = recorded.folder / "kept"
    shutil.move(recorded.program, kept)
    try:
        missing = run(CLINIC, "annotate", recorded.session, "burn").stdout
        assert "no instructions: the file or its symbols are not here" in missing
        subprocess.run(["gcc", "-O1", "-g", recorded.folder / "burn.c", "-o", recorded.program, "-Wl,--build-id"],
                       check=True)
        rebuilt = run(CLINIC, "annotate", recorded.session, "burn").stdout
        assert "no instructions: the file has been rebuilt since; record again" in rebuilt
        assert "/* HOT */" in rebuilt  # the lines stand in the session
    finally:
        shutil.move(kept, recorded.program)


def test_no_such_function_is_one_sentence(recorded):
    done = run(CLINIC, "annotate", recorded.session, "nobody")
    assert done.returncode == 2 and "has no sample in a function 'nobody'" in done.stderr
    assert done.stderr.count("\n") == 1
