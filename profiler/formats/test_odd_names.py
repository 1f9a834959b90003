"""test_odd_names.py - a program whose functions have names that a file format, a browser or a terminal gives a meaning."""

import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from recorded_session import read_session, run

# A real program with these names in its symbol table is recorded. All tests run in one worker, which makes the recording that they share.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("odd_names")]

NAMES = [b"</script><script>alert(1)</script>", b"]]>&lt;\"'><b>", b"with space;semi 12", b"tab\there\nline", b"esc\x1b[31m\x01ctl",
         b"L" * 9000, b"_ZN1a1bILi3EEEvT_.cold", b"_RNvCs15kBYyAo9fc_7mycrate7example.llvm.4711",
         b"_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE.llvm.99", b"_Z3fooi.constprop.0.isra.1", b"x\xff\xfebad",
         b"back\\slash\\n", b"c1\xc2\x9b31m", b"turned\xe2\x80\xaeround", b"100%s%n", b"`cmd`$(cmd)", b" ", b"[k]_[i]", b"# a=1 2",
         "é\u4e2d\U0001f600".encode(), b"\xef\xbb\xbfbom", b"\r\n/approve"]
PLACED = [b"N%03d_" % i + b"z" * max(0, len(name) - 5) for i, name in enumerate(NAMES)]
DEMANGLED = ["mycrate::example", "core::fmt::Write::write_fmt", "foo(int)"]
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")


def source() -> str:
    functions = "".join(
        f"__attribute__((noinline)) void {name.decode()}(uint64_t n) {{ for (uint64_t i = 0; i < n; i++) sink += i * {at + 3}; }}\n"
        for at, name in enumerate(PLACED))
    calls = " ".join(f"{name.decode()}(100000);" for name in PLACED)
    return ("#include <stdint.h>\n#include <time.h>\nvolatile uint64_t sink;\n" + functions +
            f"int main(void) {{ while (clock() < 2 * CLOCKS_PER_SEC) {{ {calls} }} return 0; }}\n")


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    (folder / "program.c").write_text(source())
    program = folder / "program"
    subprocess.run(["gcc", "-O1", "-fno-ipa-icf", folder / "program.c", "-o", program], check=True)
    content = program.read_bytes()
    for name, placed in zip(NAMES, PLACED):
        assert content.count(placed + b"\0") == 1
        content = content.replace(placed + b"\0", name + bytes(len(placed) - len(name) + 1))
    program.write_bytes(content)
    done = run("record", "-o", folder / "s.json", "--", program, "</title><script>alert(2)</script>")
    assert done.returncode == 0, done.stderr
    return folder / "s.json"


def test_a_picture_has_them_as_text(session, tmp_path):
    assert run("export", session, "-o", tmp_path / "x.svg").returncode == 0
    text = (tmp_path / "x.svg").read_text()
    elements = [element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()]
    assert elements.count("script") <= 1 and "b" not in elements
    assert "<script>alert" not in text


def test_a_stack_is_a_line_and_a_name_one_frame(session, tmp_path):
    assert run("export", session, "-o", tmp_path / "x.collapsed").returncode == 0
    lines = (tmp_path / "x.collapsed").read_bytes().decode(errors="surrogateescape").split("\n")[:-1]
    assert all(re.fullmatch(r"[^ ].* \d+", line) for line in lines), [line for line in lines if not re.fullmatch(r"[^ ].* \d+", line)]
    frames = {frame for line in lines for frame in line.rpartition(" ")[0].split(";")}
    assert "with space:semi 12" in frames and not any(frame.startswith("semi 12") for frame in frames)
    assert any(frame.startswith("LLLL") for frame in frames)


def test_a_report_shows_them(session):
    shown = run("report", session, "--top", 100)
    assert shown.returncode == 0 and not OBEYED.search(shown.stdout), ascii(OBEYED.search(shown.stdout))
    assert not re.search("^/approve", shown.stdout, re.M)
    assert all(name in shown.stdout for name in DEMANGLED)
    names = {row["name"] for row in json.loads(run("report", session, "--json", "--top", 100).stdout)["functions"]}
    assert {"with space;semi 12", "tab\there\nline", "esc\x1b[31m\x01ctl", "back\\slash\\n", "é\u4e2d\U0001f600"} <= names
    read_session(session)


@pytest.mark.parametrize("name", ["with space;semi 12", "mycrate::example", "100%s%n", "back\\slash\\n"])
def test_they_can_be_asked_for(session, name):
    callers = run("report", session, "--callers", name)
    assert callers.returncode == 0 and "main" in callers.stdout, callers.stderr
    code = run("annotate", session, name)
    assert code.returncode == 0 and not OBEYED.search(code.stdout.replace("\t", " ")), code.stderr


def test_a_difference_has_them(session):
    same = run("diff", session, session)
    assert same.returncode == 0 and not OBEYED.search(same.stdout), ascii(same.stdout)
