"""test_go_programs.py - Go programs, stripped as they are shipped: names and complete stacks from the runtime's own table."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from recorded_session import BUILD, Session

# Compilers and real programs, for seconds each: for `make test`.
pytestmark = pytest.mark.slow

SOURCE = """
package main

import ("fmt"; "sort"; "strings"; "sync")

//go:noinline
func inner(n int) int { s := 0; for i := 0; i < n; i++ { s = s*31 + i }; return s }

//go:noinline
func outer(n int) int { return inner(n) + 2 }

// The garbage collector runs on stacks of its own.
func work() int {
	t := outer(40000000)
	for i := 0; i < 30; i++ {
		m := map[string]int{}
		for k := 0; k < 2000; k++ { m[fmt.Sprint(k, strings.Repeat("x", 10))] += k }
		keys := []string{}
		for k := range m { keys = append(keys, k) }
		sort.Strings(keys)
	}
	return t
}

func main() {
	var wg sync.WaitGroup
	for g := 0; g < 4; g++ { wg.Add(1); go func() { defer wg.Done(); work() }() }
	wg.Wait()
}
"""
WITH_C = SOURCE.replace("package main\n", """package main
// __attribute__((noinline)) long burn(long n) { volatile long s = 0; for (long i = 0; i < n; i++) s += i; return s; }
import "C"
""").replace("t := outer(40000000)", "t := outer(40000000) + int(C.burn(40000000))")


def build(folder: Path, source: str, *options: str) -> Path:
    if not shutil.which("go"):
        pytest.skip("go is not installed")
    (folder / "program.go").write_text(source)
    # One cache for all: the standard library is compiled once for each way of linking.
    environment = os.environ | {"HOME": str(folder), "GOCACHE": str(BUILD / "go-cache"), "GO111MODULE": "off"}
    done = subprocess.run(["go", "build", *options, "-o", "program", "program.go"], cwd=folder, env=environment,
                          capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"go cannot build this here: {done.stderr.splitlines()[-1]}")
    return folder / "program"


def incomplete(session: Session) -> list:
    return [session.stacks[stack] for (stack, _), flag in zip(session.samples, session.flags()) if flag & 3]


@pytest.mark.parametrize("options", [[], ["-ldflags=-s -w"], ["-ldflags=-s -w", "-buildmode=pie"]],
                         ids=["plain", "stripped", "stripped_pie"])
def test_stacks_and_names(record, anybodys_folder, options):
    session = record(build(anybodys_folder, SOURCE, *options), backend="perf")
    assert session.named_ratio() > 0.99
    assert session.complete_ratio() > 0.98, (session.stderr, incomplete(session))
    hot = [names for names in session.stacks if "main.inner" in names]
    assert hot and all(names[names.index("main.inner") + 1] == "main.outer" for names in hot), hot
    assert session.share("main.inner") > 0.2
    assert all("runtime.goexit" in names[-1] for names in hot), hot


@pytest.mark.slow
def test_c_code_in_a_go_program(record, anybodys_folder):
    """C code runs on the thread's own stack, which begins where the Go runtime switched to it."""
    session = record(build(anybodys_folder, WITH_C, "-ldflags=-s -w"), backend="perf")
    assert session.share("main.inner") > 0.1
    assert session.complete_ratio() > 0.9, (session.stderr, incomplete(session))
