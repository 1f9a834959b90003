"""searched_models.py - searches all executions of the models in hardening/concurrency, with the orders and steps of the sources.  used by gates/10-concurrency

A model repeats what the sources do. What it depends on is read from the sources: memory orders, steps, numbers. A mutant is the model
with one of them weakened; if the search finds nothing wrong in a mutant, it proves nothing about what was weakened.
"""

import os
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gate_ending import Fault, run

MODELS = Path("hardening/concurrency")
TIMEOUT_S = 300
CHANGE = "change the model as the sources have changed"
ARENA, TRACK, COUNTS = "profiler/preload/arena.c", "profiler/preload/alloc/alloc_track.c", "profiler/preload/thread_counts.c"
LIFE, SOURCE, CHANGES = "profiler/preload/lifecycle.c", "profiler/sources/arena_source.c", "profiler/sources/arena_changes.c"
WRITER, READER = "profiler/preload/timer/timer_write.c", "profiler/sources/timer_program.c"


@dataclass(frozen=True)
class Code:
    """A pattern in one function of a file; a blank in it stands for white space, or for nothing."""
    path: str
    function: str
    pattern: str

    def found(self) -> list[str]:
        text = Path(self.path).read_text()
        bodies = re.findall(rf"^(?=\S)[^\n;]*\b{self.function}\([^;{{]*\)\n{{\n(.*?)^}}", text, re.M | re.S)
        if len(bodies) != 1:
            raise Fault(f"{self.path} must have exactly one function {self.function}; {CHANGE}")
        return re.findall(self.pattern.replace(" ", r"\s*"), bodies[0], re.S)


@dataclass(frozen=True)
class Order:
    """The memory order of the only call that the pattern finds."""
    call: Code

    def value(self) -> str:
        orders = self.call.found()
        if len(orders) != 1:
            raise Fault(f"{self.call.function} in {self.call.path} must have exactly one call {self.call.pattern}; {CHANGE}")
        return orders[0].lower()

    def weakened(self) -> str:
        return "relaxed"


@dataclass(frozen=True)
class Step:
    """1 if the sources take this step, in all of these places; otherwise 0."""
    places: tuple[Code, ...]

    def value(self) -> str:
        return str(int(all(place.found() for place in self.places)))

    def weakened(self) -> str:
        return "0"


@dataclass(frozen=True)
class Number:
    """The number that the pattern finds, or that the header defines under the name which the pattern finds."""
    use: Code
    header: str

    def value(self) -> str:
        names = self.use.found()
        defined = dict(re.findall(r"^#define (\w+)\s+(\d+)$", Path(self.header).read_text(), re.M))
        numbers = [defined.get(name, name) for name in names]
        if len(numbers) != 1 or not numbers[0].isdigit():
            raise Fault(f"{self.use.function} in {self.use.path} must have exactly one number {self.use.pattern}; {CHANGE}")
        return numbers[0]

    def weakened(self) -> str:
        return str(int(self.value()) - 1)


def order(path: str, function: str, call: str) -> Order:
    return Order(Code(path, function, call))


def step(*places: tuple[str, str, str]) -> Step:
    return Step(tuple(Code(*place) for place in places))


@dataclass(frozen=True)
class Model:
    file: str
    facts: dict[str, Order | Step | Number]  # by their names in the model

    @property
    def title(self) -> str:
        return self.file.partition(".")[0].removesuffix("_search").replace("_", " ")

    @cached_property
    def of_the_sources(self) -> dict[str, str]:
        return {name: fact.value() for name, fact in self.facts.items()}

    def mutants(self) -> dict[str, dict[str, str]]:
        return {name: self.of_the_sources | {name: fact.weakened()} for name, fact in self.facts.items()}


END_IS_READ_FIRST = step((SOURCE, "drain_image", r"has_ended\(image\);.*clinic_arena_emit_allocations\("))
LOOKS = "profiler/sources/arena_changes.h"

RELACY = (
    Model("timer_ring_search.cpp", {
        "RESERVE_LOADS_TAIL": order(WRITER, "timer_write_reserve", r"atomic_load_explicit\(&ring->head->tail, memory_order_(\w+)\)"),
        "COMMIT_STORES_KIND": order(WRITER, "timer_write_commit", r"atomic_store_explicit\(&record->kind, kind, memory_order_(\w+)\)"),
        "READER_LOADS_KIND": order(READER, "record_at", r"atomic_load_explicit\(&there->kind, memory_order_(\w+)\)"),
        "READER_STORES_TAIL": order(READER, "consume", r"atomic_store_explicit\(&program->head->tail, program->tail, memory_order_(\w+)\)"),
        "ROOM_IS_CLEARED_FIRST": step((READER, "consume", r"memset\(record\.at, 0, record\.bytes\);.*&program->head->tail")),
    }),
    Model("arena_growth_search.cpp", {
        "OPEN_LOADS_HEAD": order(ARENA, "get_arena", r"atomic_load_explicit\(&arena_head, memory_order_(\w+)\)"),
        "TAKE_STORES_KIND": order(ARENA, "arena_take", r"__atomic_store_n\(&block->kind, kind, __ATOMIC_(\w+)\)"),
        "SITE_STORES_ID": order("profiler/preload/stack/call_sites.c", "make_site", r"__atomic_store_n\(&site->id,[^;]*__ATOMIC_(\w+)\)"),
        "READER_LOADS_KIND": order("profiler/sources/arena_file.c", "read_block", r"__atomic_load_n\(&block->kind, __ATOMIC_(\w+)\)"),
        "READER_LOADS_ID": order("profiler/sources/arena_image.c", "read_site", r"__atomic_load_n\(&block->id, __ATOMIC_(\w+)\)"),
        "TAKE_ASKS_FOR_MEMORY": step((ARENA, "arena_take", r"> atomic_load\(&committed_bytes\) && !commit\(")),
        "TAKE_IS_EXCLUSIVE": step((ARENA, "arena_take", r"while \(!__atomic_compare_exchange_n\( &head->used_bytes")),
        "MEMORY_IS_THERE_FIRST": step((ARENA, "commit", r"allocate_pages\(.*raise_committed\(")),
    }),
    Model("thread_shards_search.cpp", {
        "PROCESS_STORES_END": order(LIFE, "note_end", r"__atomic_store_n\(&head->ended_ticks,[^;]*__ATOMIC_(\w+)\)"),
        "COLLECTOR_LOADS_END": order(SOURCE, "has_ended", r"__atomic_load_n\(&image->file\.head->ended_ticks, __ATOMIC_(\w+)\)"),
        "ONLY_ENDED_THREADS_LOSE_THEIRS": step((COUNTS, "take_over", r"tid && has_ended\(tid\) &&")),
        "TAKE_OVER_IS_EXCLUSIVE": step((COUNTS, "take_over", r"&& __atomic_compare_exchange_n\(&block->tid, &tid, self,")),
        "LIVE_BYTES_ARE_ADDED_AT_ONCE": step((TRACK, "add_portion", r"= __atomic_add_fetch\(&head->live_bytes, portion,")),
        "PEAK_ONLY_RISES": step((TRACK, "note_peak", r"while \(live_bytes > peak\) if \(__atomic_compare_exchange_n\( &head->peak_bytes, &peak,")),
        "END_IS_READ_FIRST": END_IS_READ_FIRST,
    }),
)
SPIN = (
    Model("arena_drain.pml", {
        "RECENT": Number(Code(CHANGES, "is_touched", r"drains_count - mark\) <= (\w+);"), LOOKS),
        "FULL_LOOKS": Number(Code(SOURCE, "drain_image", r"looks_count\+\+ < (\w+);"), LOOKS),
        "MARK_IS_FIRST": step((TRACK, "begin_epoch", r"touched->drains_count\[.*row->epoch = epoch;"),
                              (TRACK, "count_birth", r"keep_epoch\(row\);.*count_add\("), (TRACK, "end_life", r"keep_epoch\(row\);.*count_add\(")),
        "RAISE_IS_FIRST": step((SOURCE, "drain_image", r"__atomic_store_n\(&image->file\.head->drains_count,[^;]*__ATOMIC_SEQ_CST\);"
                                                       r".*clinic_arena_emit_allocations\(")),
        "END_IS_READ_FIRST": END_IS_READ_FIRST,
    }),
    Model("dump_and_clear.pml", {
        "DUMP_IS_OF_ITSELF": step((LIFE, "write_once", r"raw_pid\(\) != our_pid\)")),
        "DUMP_IS_EXCLUSIVE": step((LIFE, "write_once", r"atomic_exchange\(&is_written, true\)")),
        "DUMP_IS_RENAMED": step((LIFE, "write_file", r"open_draft\(.*counts_json_write\(.*rename\(")),
        "CHILD_MAY_DUMP": step((LIFE, "in_child", r"atomic_store\(&is_written, false\);")),
        "CHILD_COUNTS_ANEW": step((LIFE, "in_child", r"spare_stack_call\(begin_again,"), (LIFE, "begin_again", r"thread_restart\(\);"),
                                  (COUNTS, "thread_restart", r"arena_restart\(\);")),
    }),
)


@dataclass(frozen=True)
class Searched:
    count: int  # executions or states
    fault: str  # what is wrong in one of them; "" if nothing is


def by_relacy(program: Path, facts: dict[str, str]) -> Searched:
    done = subprocess.run([program.resolve()], env=os.environ | facts, capture_output=True, text=True, timeout=TIMEOUT_S)
    if searched := re.search(r"^searched (\d+) executions$", done.stdout, re.M):
        return Searched(int(searched[1]), "")
    faults = [line for line in done.stdout.splitlines() if re.search("DATA RACE|ASSERT|DEADLOCK|LIVELOCK", line)]
    if done.returncode != 1 or not faults:
        raise Fault(f"{program.name} ends with {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return Searched(0, faults[0])


def by_spin(model: Path, facts: dict[str, str]) -> Searched:
    """Spin's verifier ends with 0 whatever it finds, so its report is read."""
    with tempfile.TemporaryDirectory() as folder:
        run(["spin", *(f"-D{name}={value}" for name, value in facts.items()), "-a", model.resolve()], cwd=folder)
        run(["gcc", "-O1", "-w", "-DSAFETY", "pan.c", "-o", "pan"], cwd=folder)
        said = run(["./pan", "-m100000", "-E"], cwd=folder, timeout=TIMEOUT_S).stdout
    if fault := re.search(r"^pan:\d+: (.*)$", said, re.M):
        return Searched(0, fault[1])
    states = re.search(r"(\d+) states, stored", said)
    if not states or "errors: 0" not in said or "Search not completed" in said or "too small" in said:
        raise Fault(f"Spin has not searched all of {model.name}: {said[-1500:]}")
    return Searched(int(states[1]), "")


def judged(model: Model, search) -> tuple[str, int]:
    """The evidence, and how many mutants were detected. search: facts -> Searched"""
    real = search(model.of_the_sources)
    if real.fault:
        raise Fault(f"{model.title}: a possible execution is wrong: {real.fault}")
    for name, facts in model.mutants().items():
        if not search(facts).fault:
            raise Fault(f"{model.title}: the search finds nothing wrong if {name} is {facts[name]}, so it proves nothing about it")
    return f"{model.title} {real.count}", len(model.facts)


def judged_by_relacy(model: Model) -> tuple[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / model.title.replace(" ", "-")
        run(["g++", "-std=c++14", "-O2", "-w", MODELS / model.file, "-o", program, "-lpthread"])
        return judged(model, lambda facts: by_relacy(program, facts))


def judged_by_spin(model: Model) -> tuple[str, int]:
    return judged(model, lambda facts: by_spin(MODELS / model.file, facts))


def judge() -> tuple[str, str, int]:
    """What Relacy and what Spin have searched, and how many mutants were detected."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        searches = pool.map(judged_by_relacy, RELACY), pool.map(judged_by_spin, SPIN)
        relacy, spin = (list(results) for results in searches)
    return (", ".join(said for said, _ in relacy), ", ".join(said for said, _ in spin), sum(count for _, count in [*relacy, *spin]))
