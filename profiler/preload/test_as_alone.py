"""test_as_alone.py - a program with the library inside ends as it does without, in every mode, or is left alone."""

import ctypes
import json
import re
import shutil
import subprocess

import pytest
from recorded_session import CLINIC, VICTIMS, needs_root

LIMIT_S = 60
MODES = [("-e", "alloc"), ("-e", "lock"), ("-e", "alloc,lock"), ("--backend=timer",), ("--stages",)]


def mode_name(mode: tuple[str, ...]) -> str:
    return mode[-1].strip("-")


# `make test` uses all modes; `make check` uses only the one with the most hooks.
every_mode = pytest.mark.parametrize("mode", [
    pytest.param(mode, marks=() if mode == ("-e", "alloc,lock") else pytest.mark.slow, id=mode_name(mode))
    for mode in MODES])


def ends(command: list) -> tuple[int, str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    return done.returncode, done.stdout


def recorded(directory, mode: tuple[str, ...], *command) -> subprocess.CompletedProcess:
    return subprocess.run([CLINIC, "record", *mode, "-o", directory / "session.json", "--", *command],
                          capture_output=True, text=True, timeout=LIMIT_S)


def is_as_alone(directory, mode, *command) -> str:
    """Returns the summary of the recording; the test fails if the program did not end as it does alone."""
    done = recorded(directory, mode, *command)
    assert (done.returncode, done.stdout) == ends([*command]), done.stderr
    return done.stderr


@every_mode
def test_attributes_of_threads_are_asked_for(tmp_path, mode):
    """Bug: pthread_getattr_np allocates while it holds a lock for which the hook waited, so that every JVM hung."""
    is_as_alone(tmp_path, mode, VICTIMS / "thread_attributes")


@pytest.mark.few(2)
@every_mode
@pytest.mark.parametrize("way", ["malloc", "lock", "stage", "dlclose", "condition", "semaphore", "join"])
def test_threads_are_cancelled(tmp_path, mode, way):
    """Bug: open() in a hook of malloc is a cancellation point; the thread ended there and kept the locks of the hook."""
    is_as_alone(tmp_path, mode, VICTIMS / "cancelled_threads", way)


# As libfaketime, which finds the C library's function when it is called first.
ALLOCATING_LIBRARY = """
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
pid_t getpid(void) { free(malloc(32)); dlsym(RTLD_NEXT, "no_such_name"); return syscall(SYS_getpid); }
int clock_gettime(clockid_t clock, struct timespec *now) { free(malloc(32)); return syscall(SYS_clock_gettime, clock, now); }
"""


@every_mode
def test_a_library_whose_getpid_allocates_is_loaded_besides(tmp_path, mode, monkeypatch):
    """Bug: malloc called getpid, which called malloc: a program under libfaketime overflowed its stack."""
    (tmp_path / "besides.c").write_text(ALLOCATING_LIBRARY)
    subprocess.run(["gcc", "-D_GNU_SOURCE", "-w", "-shared", "-fPIC", tmp_path / "besides.c", "-o", tmp_path / "besides.so"], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(tmp_path / "besides.so"))
    is_as_alone(tmp_path, mode, VICTIMS / "alloc_23")


@every_mode
def test_the_lock_of_the_loader_is_held(tmp_path, mode):
    """Bug: a walk through code that belongs to no library asked the loader which libraries are new, and waited for its lock."""
    is_as_alone(tmp_path, mode, VICTIMS / "alloc_under_loader")


@pytest.mark.few(1)
@every_mode
@pytest.mark.parametrize("how", ["loaded", "closed"])
def test_the_lock_of_the_loader_is_held_after_a_library_came_or_went(tmp_path, mode, how):
    """Bug: the first walk through new code, and the first after a dlclose, asked the loader, too, and waited forever."""
    is_as_alone(tmp_path, mode, VICTIMS / "alloc_under_loader", how, VICTIMS / "plugin_first.so")


@every_mode
def test_a_hook_does_not_call_the_program_s_malloc(tmp_path, mode):
    """Bug: when a program's own malloc unlocked its mutex, the hook made a table for new code by calloc, which locked the mutex again."""
    is_as_alone(tmp_path, mode, VICTIMS / "lock_own_malloc", VICTIMS / "plugin_first.so")


@pytest.mark.slow
@every_mode
def test_main_returns_under_threads_that_go_on(tmp_path, mode):
    """Bug: the file of the counters was truncated while the threads used it, which killed one of five runs of rustc by SIGBUS."""
    for _ in range(5):
        is_as_alone(tmp_path, mode, VICTIMS / "exit_with_threads")


@pytest.mark.few(1)
@every_mode
@pytest.mark.parametrize("kibibytes", [0, 64, 6000])
def test_files_have_a_limit(tmp_path, mode, kibibytes):
    """Writing above RLIMIT_FSIZE raises SIGXFSZ, which kills the program."""
    done = subprocess.run([CLINIC, "record", *mode, "-o", tmp_path / "session.json", "--", "bash", "-c",
                           f"ulimit -f {kibibytes}; exec {VICTIMS / 'many_stacks'}"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT_S)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


# The stack that a hook may need in addition to the same calls alone, and the stack that the kernel needs for a signal.
DEPTH_BYTES = 2048
AT_MINSIGSTKSZ = 51


def signal_frame_bytes() -> int:
    frame = ctypes.CDLL(None).getauxval(AT_MINSIGSTKSZ)
    return frame or 4096


def depths(printed: str) -> dict[str, int]:
    return {call: int(size) for call, size in map(str.split, printed.splitlines())}


@pytest.mark.slow
@pytest.mark.parametrize("mode", [("-e", "cpu,alloc,lock"), *MODES], ids=mode_name)
def test_stacks_are_small(tmp_path, mode):
    """Bug: hooks and the end of a process had buffers of a path and of a page on the stack, so that threads with the smallest stacks died of SIGSEGV."""
    is_as_alone(tmp_path, mode, VICTIMS / "stack_depth", "small")
    alone = depths(ends([VICTIMS / "stack_depth"])[1])
    watched = depths(recorded(tmp_path, mode, VICTIMS / "stack_depth").stdout)
    room = DEPTH_BYTES + (signal_frame_bytes() if "timer" in mode[-1] else 0)
    assert watched.keys() == alone.keys()
    assert {call: size for call, size in watched.items() if size > alone[call] + room} == {}, alone


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("java"), reason="there is no java here")
@pytest.mark.parametrize("mode", MODES[:2], ids=mode_name)
def test_a_virtual_machine_starts(tmp_path, mode):
    is_as_alone(tmp_path, mode, "java", "-version")


# Programs that end at once with the library in them: how each is built, and which message is expected.
UNFIT = {
    "asan": (["gcc", "-fsanitize=address"], "AddressSanitizer"),
    "asan-clang": (["clang", "-fsanitize=address", "-shared-libsan", "-rpath-of-runtime"], "AddressSanitizer"),
    "tsan": (["gcc", "-fsanitize=thread"], "ThreadSanitizer"),
    "tsan-clang": (["clang", "-fsanitize=thread"], "ThreadSanitizer"),
    "msan": (["clang", "-fsanitize=memory"], "MemorySanitizer"),
    "musl": (["musl-gcc"], "musl"),
}
# Programs that run with the library, and end as they do alone.
FIT = {
    "asan-static": ["clang", "-fsanitize=address"],
    "lsan": ["gcc", "-fsanitize=leak"],
    "lsan-clang": ["clang", "-fsanitize=leak"],
    "ubsan": ["gcc", "-fsanitize=undefined"],
}
SOURCE = """
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static void *work(void *unused)
{
	void *volatile kept;
	for (int i = 0; i < 100; i++) { kept = malloc(100); free(kept); }
	return unused;
}
int main(void)
{
	pthread_t threads[4];
	for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
	puts("answer 42");
	return 7;
}
"""
CALLS = ["execve", "execv", "execvp", "execvpe", "execl", "execlp", "execle", "fexecve", "execveat", "posix_spawn",
         "posix_spawnp", "vfork", "system", "popen"]
# These programs start a shell by a function of the C library.
BY_SHELL = ("system", "popen")


def build(directory, compiler: list[str]) -> str:
    """Builds the program, which runs alone. The test is skipped if there is no such compiler, or if its programs do not run here."""
    if not shutil.which(compiler[0]):
        pytest.skip(f"there is no {compiler[0]} here")
    words = [word for word in compiler if word != "-rpath-of-runtime"]
    if words != compiler:
        runtime = subprocess.run([compiler[0], "-print-runtime-dir"], capture_output=True, text=True, check=True)
        words.append(f"-Wl,-rpath,{runtime.stdout.strip()}")
    source, program = directory / "program.c", directory / "program"
    source.write_text(SOURCE)
    made = subprocess.run([*words, "-g", "-O1", source, "-o", program, "-pthread"], capture_output=True, text=True)
    if made.returncode or ends([program]) != (7, "answer 42\n"):
        pytest.skip(f"{' '.join(compiler)} makes no program that runs here: {made.stderr[:200]}")
    return str(program)


@pytest.mark.slow
@pytest.mark.parametrize("kind", UNFIT)
def test_programs_that_would_end_with_the_library(tmp_path, kind):
    """They run without the library, and the summary reports it."""
    compiler, why = UNFIT[kind]
    program = build(tmp_path, compiler)
    for mode in MODES:
        said = is_as_alone(tmp_path, mode, program)
        assert why in said, said


@pytest.mark.slow
@pytest.mark.parametrize("kind", FIT)
def test_sanitizers_that_bear_the_library(tmp_path, kind):
    program = build(tmp_path, FIT[kind])
    for mode in MODES:
        is_as_alone(tmp_path, mode, program)


@pytest.mark.few(1)
@pytest.mark.parametrize("call", CALLS)
def test_programs_that_start_one(tmp_path, call):
    program = build(tmp_path, UNFIT["asan"][0])
    said = is_as_alone(tmp_path, ("-e", "alloc"), VICTIMS / "starts_program", call, program)
    assert f"not observed: {program}: it is built with AddressSanitizer" in said, said
    script = tmp_path / "script"
    script.write_text(f"#!{program}\n")
    script.chmod(0o755)
    if call not in ("fexecve", *BY_SHELL):
        is_as_alone(tmp_path, ("-e", "alloc"), VICTIMS / "starts_program", call, script)


@every_mode
def test_an_unfit_child_is_named_in_every_mode(tmp_path, mode):
    """A record in the arena names it; timers and stages have an arena only for such records."""
    program = build(tmp_path, UNFIT["asan"][0])
    said = is_as_alone(tmp_path, mode, VICTIMS / "starts_program", "posix_spawn", program)
    assert said.count(f"not observed: {program}: it is built with AddressSanitizer") == 1, said


@pytest.mark.few(2)
@pytest.mark.parametrize("call", CALLS)
def test_fit_programs_are_still_followed(tmp_path, call):
    said = is_as_alone(tmp_path, ("-e", "alloc"), VICTIMS / "starts_program", call, VICTIMS / "thread_attributes")
    session = subprocess.run([CLINIC, "report", "--json", tmp_path / "session.json"], capture_output=True, text=True,
                             check=True)
    assert "thread_attributes" in session.stdout, said


def notes(session) -> str:
    report = subprocess.run([CLINIC, "report", session], capture_output=True, text=True, check=True).stdout
    file = json.loads(subprocess.run([CLINIC, "report", "--json", session], capture_output=True, check=True).stdout)
    told = [note["text"] for note in file["notes"]]
    assert all(text.removeprefix("warning: ") in report for text in told if "became" in text), report
    return "\n".join(told)


@pytest.mark.few(1)
@pytest.mark.parametrize("call", CALLS)
def test_who_gets_an_empty_environment_is_seen_to_leave(tmp_path, call):
    """Bug: after posix_spawn or vfork it was not reported, and an exec looked like a kill."""
    program = VICTIMS / "thread_attributes"
    said = is_as_alone(tmp_path, ("-e", "alloc"), VICTIMS / "starts_program", call, program, "bare")
    became = "/bin/sh" if call in BY_SHELL else program
    sentence = f"became {became} (its environment lacks LD_PRELOAD) without the library: not observed from there on"
    assert said.count(sentence) == 1, said
    assert "without a recorded end" not in said, said
    assert sentence in notes(tmp_path / "session.json")


@every_mode
def test_who_leaves_is_told_in_every_mode(tmp_path, mode):
    said = is_as_alone(tmp_path, mode, "sh", "-c", "for i in 1 2 3; do env -i /bin/true; done; env -i /bin/nosuch; "
                       "env -u LD_PRELOAD /bin/echo answer; true")
    assert "3 processes became /bin/true (its environment lacks LD_PRELOAD) without the library" in said, said
    assert re.search(r"process \d+ became /bin/echo \(its environment lacks LD_PRELOAD\)", said), said
    assert "nosuch (" not in said, said


@every_mode
def test_settings_that_are_lost_are_named(tmp_path, mode):
    """A program starts another one with LD_PRELOAD, but without the other settings of the library."""
    said = is_as_alone(tmp_path, mode, "sh", "-c", "env -u CLINIC_ALLOC_RAW -u CLINIC_SAMPLER /bin/true; true")
    assert re.search(r"became /bin/true \(its environment lacks CLINIC_\w+\)", said), said


@pytest.mark.few(1)
@pytest.mark.parametrize("call", ["execve", "posix_spawn", "vfork"])
def test_who_has_no_loader_is_seen_to_leave(tmp_path, call):
    said = is_as_alone(tmp_path, ("-e", "alloc"), VICTIMS / "starts_program", call, VICTIMS / "alloc_static")
    assert "alloc_static (it is statically linked" in said and "without the library: not observed" in said, said


def make_root(folder, program) -> str:
    """Makes a root folder that contains the program and the files that its loader needs."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    for path in [*re.findall(r"(/\S+) \(0x", listed), program]:
        inside = folder / str(path).lstrip("/")
        inside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, inside)
    return str(folder)


@every_mode
def test_a_root_without_the_library(tmp_path, mode):
    """Bug: the loader complained on the program's own stderr, and the summary did not report it."""
    needs_root()
    program = VICTIMS / "thread_attributes"
    root = make_root(tmp_path / "root", program)
    said = is_as_alone(tmp_path, mode, "sh", "-c", f"chroot {root} {program}; true")
    assert f"became {program} (the library is not to be seen there) without the library: not observed" in said, said
    assert "cannot be preloaded" not in said, said


@pytest.mark.few(1)
@every_mode
@pytest.mark.parametrize("when", [[], ["late"]], ids=["at once", "late"])
@pytest.mark.parametrize("how", ["prctl", "syscall", "deny", "thread", "strict", "tsc"])
def test_a_program_confines_itself(tmp_path, mode, how, when):
    """Bug: growing a table, a timer tick and the end of the process made system calls for which a seccomp filter kills; strict seccomp forbids even rdtsc."""
    program = VICTIMS / "confined"
    if ends([program, how, *when]) != (7, "answer 42\n"):
        pytest.skip(f"this machine lets no program confine itself by {how}")
    said = is_as_alone(tmp_path, mode, program, how, *when)
    assert "confined by seccomp" in said


LIVES = ["close_all", "replace_all", "without_files", "with_little_memory", "stopped", "traced", "raw_clone3",
         "vfork_chain", "without_environment", "from_memory", "private_process", "own_signals"]
# How often each process of the program works, with 50 blocks each time; blocks may be missing only if the summary names a reason.
WORKS = {"vfork_chain": 4, "from_memory": 4, "own_signals": 3, "stopped": 4, "raw_clone3": 3}


@pytest.mark.few(2)
@every_mode
@pytest.mark.parametrize("way", LIVES)
def test_what_few_programs_do(tmp_path, mode, way):
    """Programs that close or replace every descriptor, run where no file may be opened, stop, are traced, or are in no file."""
    if way == "with_little_memory" and "alloc" in mode[-1]:
        pytest.skip("the table of live blocks takes 1 GiB of the data that a program may limit: profiler/README.md")
    said = is_as_alone(tmp_path, mode, VICTIMS / "odd_lives", way)
    if "alloc" in mode[-1] and way in WORKS:
        report = subprocess.run([CLINIC, "report", "--json", tmp_path / "session.json"], capture_output=True, text=True,
                                check=True)
        counted = sum(site["allocations_count"] for site in json.loads(report.stdout)["call_sites"]
                      if "work" in site["stack"])
        assert counted == 50 * WORKS[way], said
