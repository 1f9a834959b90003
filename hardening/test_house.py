"""The house rules that a machine can check: the arrow, headers that stand alone, unique names, documented targets."""

import ast
import os
import re
import shutil
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from file_circles import circles_in

from labkit.phases import INVESTIGATION_PHASES, PHASES

# From left to right: the code of a room uses only rooms that are to its left in this list (docs/architecture.md).
C_ROOMS = ("foundation", "launch", "include", "session", "unwind", "symbols", "shared_memory", "preload", "bench",
           "formats", "sources", "collect", "cli")
# The same for labkit's rooms and the files beside them. Code that draws conclusions never measures, and code that measures draws no conclusions;
# audit, experiment, gate, calibration and the verbs use both.
LABKIT_ROOMS = ("outcome", "untrusted_file", "foreign_text", "named_output", "self_trace", "scratch", "phases", "fault_witnesses", "load_curve", "stats", "metrics",
                "host", "descendants", "whole_session", "process", "runner", "subject", "schemas", "terminal_output", "evidence", "row_file", "progress", "policy",
                "wording", "verdicts", "instruments", "workload", "trial_records", "gate_rates", "error_rates", "repeatability", "experiment", "analysis",
                "calibration", "gate", "figures", "audit", "report", "diagnose", "course", "verbs", "command_line", "manual")
MEASURES = {"process", "runner", "subject", "workload", "instruments"}
CONCLUDES = {"stats", "verdicts", "analysis", "report", "figures"}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *patterns], capture_output=True,
                            text=True, check=True).stdout.split()
    return [Path(name) for name in listed if Path(name).is_file()]


SOURCES = tracked("profiler/*.c", "profiler/*.h")


def test_c_code_knows_only_what_is_left_of_it():
    for path in SOURCES:
        room = C_ROOMS.index(path.parts[1])
        if path.stem.endswith(("_test", "_fuzz")):
            continue  # a test may join what it likes
        for included in re.findall(r'#include "(\w+)/', path.read_text()):
            if included in C_ROOMS:
                assert C_ROOMS.index(included) <= room, f"{path} includes {included}/"


def c_edges(sources: list[Path], top: Path) -> dict[str, set[str]]:
    """For each pair of .c and .h, the pairs that it includes; includes are relative to top, to its include/ or to the file."""
    known = {path.with_suffix("") for path in sources}
    edges: dict[str, set[str]] = {str(pair): set() for pair in known}
    for path in sources:
        for included in re.findall(r'^#\s*include ["<]([\w/.]+)[">]', path.read_text(), re.M):
            named = Path(included).with_suffix("")
            places = {folder / named for folder in (path.parent, top, top / "include")} & known
            edges[str(path.with_suffix(""))] |= {str(place) for place in places} - {str(path.with_suffix(""))}
    return edges


def test_no_files_include_each_other_in_a_circle():
    assert circles_in(c_edges(SOURCES, Path("profiler"))) == []


def test_a_planted_circle_of_files_is_found(tmp_path):
    for name, includes in (("a.c", "a.h"), ("a.h", "b.h"), ("b.c", "c.h"), ("c.h", "a.h"), ("d.c", "a.h")):
        (tmp_path / name).write_text(f'#include "{includes}"\n')
    (tmp_path / "b.h").write_text("")
    pairs = [str(tmp_path / name) for name in "abc"]
    assert circles_in(c_edges(sorted(tmp_path.iterdir()), tmp_path)) == [pairs]


def test_a_line_of_maps_is_taken_apart_in_one_place():
    """Two victims, which are programs of their own, are excepted."""
    readers = [path for path in SOURCES if "victims" not in path.parts and path.name != "maps_line.c"
               and re.search(r'sscanf\([^;]*x[^;]{0,20}-%', path.read_text())]
    assert readers == []


def test_each_c_file_opens_with_what_it_does():
    """One line is enough; a longer comment states it in its first line."""
    silent = [str(path) for path in tracked("*.c") if "candidates" not in path.parts
              and not re.match(r"/\*( \S.*\w| ?\n \* \S.*\w)", path.read_text())]
    assert silent == []


def test_the_architecture_names_files_that_exist():
    named = re.findall(r"\b(?:profiler|scripts|workloads|hardening|templates)/[\w./-]*\w", Path("docs/architecture.md").read_text())
    assert len(named) > 40 and [name for name in named if not Path(name).exists()] == []


def test_settings_of_the_library_are_named_in_one_place():
    """The library and its collectors use shared_memory/settings.h; victims and workloads may contain the names."""
    named = [str(path) for path in SOURCES if path.name != "settings.h" and not path.stem.endswith("_test")
             and "victims" not in path.parts and re.search(r'"CLINIC_(ALLOC|LOCK|SAMPLER|ASSERT|CAUSAL)', path.read_text())]
    assert named == []


def test_options_are_read_by_one_table():
    readers = [path.name for path in SOURCES if "getopt.h" in path.read_text() and "victims" not in path.parts]
    assert readers == ["options.c"]


def test_each_tool_has_one_version():
    defined = [path.name for path in SOURCES if re.search(r"#define CLINIC_VERSION\b", path.read_text())]
    assert defined == ["version.h"]


def test_arrays_grow_in_one_place():
    """preload and victims are excepted: preload has its own memory and reallocates nothing, and victims are programs of their own."""
    allowed = {"growing_array.h", "session_memory_test.c"}
    assert [str(path) for path in SOURCES if not {"preload", "victims"} & set(path.parts) and path.name not in allowed
            and re.search(r"\brealloc(array)?\(", path.read_text())] == []


def test_every_header_is_one_that_make_compiles_alone():
    """`make check-headers` compiles them; this test checks that its list contains all headers."""
    listed = subprocess.run(["make", "-npB", "check-headers"], capture_output=True, text=True, check=True).stdout
    for path in tracked("profiler/*.h"):
        assert f"build/headers/gnu11/{path}.ok:" in listed, path


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Groups of nodes that depend on each other. graph: {node: the nodes on which it depends}."""
    reached = {node: reach(graph, node) for node in graph}
    found = [{other for other in reached[node] if node in reached.get(other, ())} for node in graph]
    return [group for number, group in enumerate(found) if group and group not in found[:number]]


def reach(graph: dict[str, set[str]], start: str) -> set[str]:
    reached, todo = set(), list(graph[start])
    while todo:
        node = todo.pop()
        if node not in reached:
            reached.add(node)
            todo += graph.get(node, ())
    return reached


def test_circles_are_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == [{"a", "b", "c"}]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


LABKIT = {".".join(path.relative_to("scripts").with_suffix("").parts).removesuffix(".__init__"): path
          for path in tracked("scripts/labkit/*.py") if not path.name.startswith(("test_", "conftest"))}


def labkit_imports(path: Path) -> set[str]:
    """The modules of labkit that a file imports anywhere; an import inside a function counts like any other."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name in LABKIT}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "labkit":
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in LABKIT else node.module for name in names}
    return found


def room_of(module: str) -> str:
    return (module.split(".") + ["labkit"])[1]


def test_every_room_of_labkit_has_its_place_in_the_order():
    assert {room_of(module) for module in LABKIT if module != "labkit"} <= set(LABKIT_ROOMS)


# All files are parsed for it, so the tests that need it run in one worker.
of_the_graph = pytest.mark.xdist_group("labkit_graph")


@cache
def labkit_graph() -> dict[str, set[str]]:
    """{module: the modules of labkit that it imports}."""
    return {module: labkit_imports(path) for module, path in LABKIT.items()}


@of_the_graph
def test_no_circle_of_files_in_labkit():
    assert circles(labkit_graph()) == []


@of_the_graph
def test_no_circle_of_rooms_in_labkit():
    rooms: dict[str, set[str]] = {}
    for module, named in labkit_graph().items():
        rooms.setdefault(room_of(module), set()).update({room_of(one) for one in named} - {room_of(module), "labkit"})
    assert circles(rooms) == []


@of_the_graph
def test_labkit_knows_only_what_is_left_of_it():
    for module in set(LABKIT) - {"labkit"}:
        room = LABKIT_ROOMS.index(room_of(module))
        right = {one for one in labkit_graph()[module] if one != "labkit" and LABKIT_ROOMS.index(room_of(one)) > room}
        assert not right, f"{module} imports {right}"


@of_the_graph
def test_what_concludes_does_not_measure_and_the_other_way_round():
    for module in set(LABKIT) - {"labkit"}:
        room, imported = room_of(module), {room_of(one) for one in labkit_graph()[module]}
        if room in CONCLUDES:
            measuring = imported & (MEASURES | {"experiment", "audit"})
            assert not measuring, f"{module} concludes, and imports {measuring}"
        if room in MEASURES:
            assert not imported & CONCLUDES, f"{module} measures, and imports {imported & CONCLUDES}"


def test_phases_name_functions_that_exist():
    """The table names the function of a phase and does not import it, so that a skipped phase costs nothing; so this test checks the names."""
    for phase in (*PHASES.values(), *INVESTIGATION_PHASES.values()):
        module, _, function = phase.measure.partition(":")
        tree = ast.parse(LABKIT[module].read_text())
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, phase.measure


def test_file_names_are_unique():
    names = Counter(path.name for path in tracked("*.c", "*.h", "*.py") if "candidates" not in path.parts
                    and "templates" not in path.parts and path.name not in ("__init__.py", "conftest.py")
                    and "verbs" not in path.parts)
    assert [name for name, count in names.items() if count > 1] == []


def test_a_source_that_moved_does_not_break_a_built_tree():
    """Bug: the .d file of an earlier build led to the old name of a source, until somebody removed the build."""
    folder = Path(f"build/moved-{os.getpid()}/tests")
    program = folder / "perf_record_test"
    folder.mkdir(parents=True)
    try:
        program.with_suffix(".d").write_text(f"{program}: profiler/collect/perf_record_test.c\n")
        done = subprocess.run(["make", "-n", f"O={folder.parent}", program], capture_output=True, text=True)
    finally:
        shutil.rmtree(folder.parent)
    assert done.returncode == 0 and "profiler/sources/perf_record_test.c" in done.stdout, done.stderr


def test_every_phony_target_is_documented_or_internal():
    text = "\n".join(path.read_text() for path in tracked("Makefile", "*.mk"))
    listed = re.findall(r"^PHONY (?::=|\+=) (.*)$", text, re.M)
    phony = {name for line in listed for name in line.replace("\\", "").split()}
    documented = set(re.findall(r"^## ([a-z0-9-]+):", text, re.M))
    internal = {"workloads", "setup-test", "setup-load", "test-build", "c-tests", "instruments", "clinic-with-format", "static-cppcheck", "static-shell",
                "static-python", "static-flake8", "static-mypy", "static-exceptions", "static-versions"}
    assert phony - documented - internal == set()


def test_make_help_lists_every_documented_target():
    shown = subprocess.run(["make", "help"], capture_output=True, text=True, check=True).stdout
    text = "\n".join(path.read_text() for path in tracked("Makefile", "*.mk"))
    for name in re.findall(r"^## ([a-z0-9-]+):", text, re.M):
        assert f"  {name} " in shown


def test_a_hook_of_git_does_not_lead_the_tests_into_the_repository():
    """Bug: git sets GIT_DIR for its hooks, so that tests that created repositories worked on this one, if a worktree's hook ran them."""
    planned = subprocess.run(["make", "--dry-run", "check"], capture_output=True, text=True, check=True).stdout
    (command,) = [line for line in planned.splitlines() if " -m pytest " in line and "not slow" in line]
    assert " -u GIT_DIR " in command and " -u GIT_INDEX_FILE " in command
