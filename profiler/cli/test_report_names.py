"""test_report_names.py - names in reports of C++ programs: short names, places, and the program's own call sites."""

import json
import os
import pty
import re
import subprocess

import pytest
from recorded_session import needs_perf, read_session, run

# One worker makes what they share.
pytestmark = pytest.mark.xdist_group("report_names")

CXX = """
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>
namespace app {
struct point { long x, y; };
using table = std::map<std::string, std::vector<point>>;
std::mutex guard;
template <class T> struct store { static inline std::mutex door; char name[8]; };
using names = store<std::vector<std::string>>;
using points = store<std::map<std::string, point>>;
struct shelf { long books; std::mutex door; } shelf;
std::mutex &local() { static std::mutex mine; return mine; }
template <class T> __attribute__((noinline)) void burn(const T &t) { for (volatile long i = t.size(); i < 30000000; i++); }
__attribute__((noinline)) void fill(table &t) {
  for (int i = 0; i < 1000; i++) t["a key that is long enough to allocate" + std::to_string(i % 10)].push_back({i, i}); }
__attribute__((noinline)) void hold() {
  std::lock_guard<std::mutex> held(guard); std::this_thread::sleep_for(std::chrono::milliseconds(30)); }
}
int main() {
  app::table t; app::fill(t); app::burn(t); app::burn(std::map<std::string, std::vector<std::string>>());
  std::thread a(app::hold), b(app::hold); a.join(); b.join();
  for (std::mutex *one : {&app::names::door, &app::points::door, &app::shelf.door, &app::local()}) one->lock(), one->unlock();
}
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cxx")
    (folder / "app.cc").write_text(CXX)
    subprocess.run(["g++", "-O1", "-g", folder / "app.cc", "-o", folder / "app", "-lpthread"], check=True)
    done = run("record", "-e", "cpu,alloc,lock", "-o", folder / "s.json", "--", folder / "app")
    assert not done.returncode, done.stderr
    return folder / "s.json"


def on_a_terminal(*command) -> str:
    main, terminal = pty.openpty()
    process = subprocess.Popen([str(word) for word in command], stdout=terminal)
    os.close(terminal)
    text = b""
    while True:
        try:
            piece = os.read(main, 65536)
        except OSError:
            break
        if not piece:
            break
        text += piece
    os.close(main)
    assert process.wait() == 0
    return text.decode()


@pytest.mark.slow
def test_template_arguments_are_short_on_a_terminal(session):
    clinic = run("report", session).args[0]
    assert "app::burn<...>(std::map<...> const&)" in on_a_terminal(clinic, "report", session)
    assert "burn<std::map<std::" in on_a_terminal(clinic, "report", session, "--full-names")
    assert "burn<std::map<std::" in run("report", session).stdout  # what reads a pipe compares names


BURN, FILL = "void app::burn<...>(std::map<...> const&)", "app::fill(std::map<...>&)"
FULL_FILL = "app::fill(std::map<std::"


def burns(session) -> list[str]:
    return [name for name in read_session(session)["strings"] if name.startswith("void app::burn<std::map")]


def test_a_difference_is_short_on_a_terminal(session):
    clinic, words = run("report", session).args[0], ("diff", session, session, "--weight", "allocations", "--top", "200")
    shown = on_a_terminal(clinic, *words)
    assert f"   {FILL}" in shown and FULL_FILL not in shown
    assert FULL_FILL in on_a_terminal(clinic, *words, "--full-names")
    assert FULL_FILL in run(*words).stdout
    # Two functions have the same short name. Where no place is shown, their whole names show which is which.
    by_time = on_a_terminal(clinic, "diff", session, session, "--weight", "cpu", "--top", "200")
    assert all(name in by_time for name in burns(session)) and BURN not in by_time


def test_an_annotation_is_short_on_a_terminal(session):
    clinic, whole = run("report", session).args[0], burns(session)[0]
    shown = on_a_terminal(clinic, "annotate", session, whole)
    assert shown.startswith(f"{BURN}: ") and "<void app::burn<...>" in shown and whole not in shown
    assert on_a_terminal(clinic, "annotate", session, whole, "--full-names").startswith(f"{whole}: ")
    assert run("annotate", session, whole).stdout.startswith(f"{whole}: ")


def test_a_short_name_is_a_name(session):
    """Bug: `annotate` and `--callers` did not accept the names that the report shows on a terminal."""
    assert "is short for several functions" in run("annotate", session, BURN).stderr
    assert "is short for several functions" in run("report", session, "--callers", BURN).stderr
    callers = run("report", session, "--weight", "allocations", "--callers", FILL)
    assert FULL_FILL in callers.stdout and "main" in callers.stdout, callers.stderr


def sites(text: str, head: str) -> list[str]:
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if line.endswith(f"  {head}")) + 1
    rest = lines[first:]
    return rest[:rest.index("")] if "" in rest else rest


def test_call_sites_are_the_programs_own(session):
    heaviest = sites(run("report", session).stdout, "call site")[0]
    assert "app::fill(" in heaviest and "app.cc:18" in heaviest
    raw = sites(run("report", session, "--raw-sites").stdout, "call site")[0]
    assert "operator new" in raw


def test_calls_of_one_line_are_one_site(session):
    rows = [row for row in sites(run("report", session).stdout, "call site") if "app::fill(" in row]
    assert len(rows) == 1


def test_locks_are_waited_for_in_the_programs_own(session):
    waited = [row for row in sites(run("report", session).stdout, "lock") if "mutex" in row and " at " in row]
    assert waited and all("app::hold()" in row for row in waited)
    raw = [row for row in sites(run("report", session, "--raw-sites").stdout, "lock") if "mutex" in row and " at " in row]
    assert raw and not any("app::hold()" in row for row in raw)


def lock_names(text: str) -> set[str]:
    rows = [row for row in sites(text, "lock") if "mutex" in row]
    return {re.split(r", no thread waited| at app::", row.split("  mutex ")[1])[0] for row in rows}


WHOLE_LOCKS = {"app::guard", "app::shelf+0x8", "app::local()::mine",
               "app::store<std::vector<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >, "
               "std::allocator<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > > > >::door",
               "app::store<std::map<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >, "
               "app::point, std::less<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > >, "
               "std::allocator<std::pair<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > "
               "const, app::point> > > >::door"}


def test_locks_have_the_names_of_the_source(session):
    """Bug: a static lock was called _ZN3app5guardE."""
    assert lock_names(run("report", session).stdout) == WHOLE_LOCKS
    rows = json.loads(run("report", session, "--json").stdout)["locks"]
    assert WHOLE_LOCKS <= {row["name"] for row in rows}


def test_a_report_of_a_deadlock_names_locks_so(session):
    """It asks `clinic where --data`."""
    app = session.parent / "app"
    listed = subprocess.run(["nm", app], capture_output=True, text=True, check=True).stdout
    address = next(line.split()[0] for line in listed.splitlines() if line.endswith(" _ZN3app5guardE"))
    assert run("where", "--data", f"{app}+0x{address}").stdout == "app::guard"


def test_names_of_locks_are_short_on_a_terminal(tmp_path, session):
    clinic = run("report", session).args[0]
    # Two of them have the same short name: these keep their whole names.
    assert lock_names(on_a_terminal(clinic, "report", session).replace("\r", "")) == WHOLE_LOCKS
    file = read_session(session)
    file["strings"] = [text.replace("std::map<", "std::set<", 1).replace(">::door", ">::gate")
                       if text.startswith("app::store<std::map") else text for text in file["strings"]]
    one = tmp_path / "one.json"
    one.write_text(json.dumps(file))
    shown = on_a_terminal(clinic, "report", one).replace("\r", "")
    assert lock_names(shown) == {"app::guard", "app::shelf+0x8", "app::local()::mine", "app::store<...>::door",
                                 "app::store<...>::gate"}
    assert "app::store<std::" in on_a_terminal(clinic, "report", one, "--full-names")


def test_rows_with_the_same_text_are_told_apart(session):
    """Two instances of one template are defined on the same line, and their shortened names are equal."""
    text = on_a_terminal(run("report", session).args[0], "report", session)
    rows = [row.split("  long ")[-1].split("  void ")[-1] for row in text.splitlines() if "app::burn<...>" in row]
    assert len(rows) == len(set(rows)) == 2 and all(" at 0x" in row for row in rows), rows


@pytest.mark.slow
def test_waits_are_in_the_programs_own(session, tmp_path):
    needs_perf()
    path = tmp_path / "off.json"
    done = run("record", "-e", "offcpu", "-o", path, "--", session.parent / "app")
    assert not done.returncode, done.stderr
    if not read_session(path)["quality"].get("kernel_visible"):
        pytest.skip("waits have stacks of their own only where the kernel may be seen")
    rows = [row for row in sites(run("report", path).stdout, "off the CPU in") if "app::hold()" in row]
    assert rows and all("app.cc:20" in row and "std::" not in row.partition(" < ")[2] for row in rows), rows
    assert any("std::" in row for row in sites(run("report", path, "--raw-sites").stdout, "off the CPU in"))
