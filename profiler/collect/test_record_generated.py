"""test_record_generated.py - names of code that a program generates at run time, and the notes if there are none."""

import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from recorded_session import BOTH_IN_FULL, VICTIMS, needs_root

# Real programs, for seconds each: for `make test`.
pytestmark = pytest.mark.slow

VICTIM = VICTIMS / "generates_code"
NAMES = ("generated_first app.js:12", "generated_second")
TIER_JIT = 10


@contextmanager
def perf_map_removed(session):
    """Removes the perf map after the test, because it is written to a fixed place outside of the test's folder."""
    try:
        yield session
    finally:
        Path(f"/tmp/perf-{session.stdout.split()[-1]}.map").unlink(missing_ok=True)


def assert_named(session):
    shares = [session.share(name) for name in NAMES]
    assert sum(shares) > 0.9 and min(shares) > 0.3, (shares, session.stderr)
    assert "generated_before" not in str(session.stacks), "it had been replaced"
    assert session.weight_where(lambda names: set(names) & set(NAMES) and "main" in names) > 0
    assert session.named_ratio() > 0.9
    assert TIER_JIT in session.file["frames"]["tier"]


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_a_perf_map_names_it(record, backend):
    with perf_map_removed(record(VICTIM, "map", backend=backend)) as session:
        assert_named(session)


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_a_jitdump_names_it(record, anybodys_folder, backend):
    assert_named(record(VICTIM, "dump", anybodys_folder, backend=backend))


def test_a_perf_map_in_another_root_and_pid_namespace(record):
    """As in a container, the file is in the program's own /tmp, and its name has the number of the process in its own namespace."""
    needs_root()
    session = record("unshare", "--pid", "--fork", "--mount-proc", "--mount", "sh", "-c",
                     f"exec 3<{VICTIM} && mount -t tmpfs none /tmp && cp /proc/self/fd/3 /tmp/made && "
                     "chmod +x /tmp/made && exec /tmp/made map", backend="perf")
    assert int(session.stdout) < 10 and not Path(f"/tmp/perf-{int(session.stdout)}.map").exists()
    assert_named(session)


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_what_nobody_named_is_told_as_generated(record, backend):
    session = record(VICTIM, "none", backend=backend)
    assert "which wrote neither a /tmp/perf-" in session.stderr
    assert "code that the program generated" in session.stderr
    assert "dbgsym" not in session.stderr


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_node(record, anybodys_folder):
    script = anybodys_folder / "hot.js"
    script.write_text("function hotInScript(n) { let s = 0; for (let i = 0; i < n; i++) s = (s * 31 + i) | 0; return s; }\n"
                      "const end = Date.now() + 600; while (Date.now() < end) hotInScript(1e5);\n"
                      "console.log(process.pid);\n")
    with perf_map_removed(record("node", "--perf-basic-prof", script, backend="perf")) as session:
        hot = session.weight_where(lambda names: any("hotInScript" in str(name) for name in names))
        assert hot > 0.2 * session.weight_where(lambda names: True)
        assert "of stacks contain code without unwind tables" in session.stderr  # and what share of them reaches the thread


JAVA = """
public class Hot {
  static long hotInJava(int n) { long s = 0; for (int i = 0; i < n; i++) s = s * 31 + i; return s; }
  public static void main(String[] words) {
    long end = System.currentTimeMillis() + 800, sum = 0;
    while (System.currentTimeMillis() < end) sum += hotInJava(1000000);
    System.out.println(sum);
    System.out.println(ProcessHandle.current().pid());
  }
}
"""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("javac"), reason="java is not installed, or cannot compile")
def test_java(record, anybodys_folder):
    """The virtual machine writes its perf map when it ends; an option makes its code keep frame pointers."""
    (anybodys_folder / "Hot.java").write_text(JAVA)
    subprocess.run(["javac", "Hot.java"], cwd=anybodys_folder, check=True)
    options = ["-XX:+UnlockDiagnosticVMOptions", "-XX:+DumpPerfMapAtExit", "-XX:+PreserveFramePointer"]
    probe = subprocess.run(["java", *options, "-version"], capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"this java writes no perf map: {probe.stdout.splitlines()[:1]}")
    with perf_map_removed(record("java", *options, "Hot", backend="perf")) as session:
        hot = session.weight_where(lambda names: any("Hot.hotInJava" in str(name) for name in names))
        assert hot > 0.2 * session.weight_where(lambda names: True)


@pytest.mark.skipif(not shutil.which("Rscript"), reason="R is not installed")
def test_deep_stacks_say_where_they_end(record, anybodys_folder):
    """A call in R takes 10 KiB of stack, so that after a few calls the stack is larger than the copy."""
    script = anybodys_folder / "deep.R"
    script.write_text("f <- function(n) if (n < 2) n else f(n-1) + f(n-2)\n"
                      "t <- Sys.time(); while (Sys.time() - t < 0.8) f(17)\n")
    session = record("Rscript", "--vanilla", script, backend="perf")
    if session.complete_ratio() > 0.85:
        pytest.skip(f"this R needs less of the stack: {session.stderr}")
    assert re.search(r"of stacks do not reach the function in which their thread began, most of them because of "
                     r"stack_short \(.*KiB.*\): "
                     r"\d+\.\d % of all stacks end in \S*libR", session.stderr), session.stderr


@pytest.mark.skipif(not shutil.which("luajit"), reason="luajit is not installed")
def test_luajit_is_told_as_generated(record, anybodys_folder):
    """Debian's luajit writes no perf map: its generated code has no names, and no package has them."""
    script = anybodys_folder / "hot.lua"
    script.write_text("local s, e = 0, os.clock() + 0.5\nwhile os.clock() < e do for i = 1, 1e6 do s = (s + i) % 7 end end\n")
    session = record("luajit", script, backend="perf")
    assert "code that the program generated" in session.stderr and "dbgsym" not in session.stderr
