"""test_record.py - `clinic record` on programs whose answer is known, under each backend.

A victim prints how much CPU time each part of it really took, by its own clock; the shares of the
samples must lie within their binomial intervals around that. Nothing here asserts how long anything
takes.
"""

import gzip
import json
import math
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLINIC = ROOT / "build/bin/clinic"
VICTIMS = ROOT / "build/victims"
BACKENDS = ["perf", "timer"]
# Where both hand the same to the same unwinder, `make check` tries one.
BOTH_IN_FULL = ["perf", pytest.param("timer", marks=pytest.mark.slow)]
RUN_TIMEOUT_S = 120

# Nobody in particular: no privilege, and no process of its own.
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]

TRUNCATED, GUESSED, KERNEL, ALTERNATE_STACK = 1, 2, 4, 8
# 99.99 % two-sided: of all shares checked here, one in 10 000 may fall out by chance.
Z_SCORE = 3.89


@dataclass(frozen=True)
class Session:
    """A session file as columns, with its stacks resolved to names."""

    file: dict
    stdout: str
    stderr: str
    returncode: int

    @cached_property
    def stacks(self) -> list[tuple[str, ...]]:
        """Function names of each stack, innermost first."""
        rows, frames, strings = self.file["stacks"], self.file["frames"], self.file["strings"]
        stacks = [()]
        for parent, frame in list(zip(rows["parent"], rows["frame"]))[1:]:
            stacks.append((strings[frames["function"][frame]], *stacks[parent]))
        return stacks

    @property
    def samples(self) -> list[tuple[int, int]]:
        """(stack, weight_ns) of each sample."""
        rows = self.file["samples"]
        return list(zip(rows["stack"], rows["weight_ns"]))

    def flags(self) -> list[int]:
        rows = self.file["samples"]
        return rows.get("flags", [0] * len(rows["stack"]))

    def share(self, function: str) -> float:
        """Of all weight, what has the function anywhere on its stack."""
        return self.weight_where(lambda names: function in names) / self.weight_where(lambda names: True)

    def weight_where(self, wanted) -> int:
        return sum(weight for stack, weight in self.samples if wanted(self.stacks[stack]))

    def complete_ratio(self) -> float:
        flags = self.flags()
        return sum(not flag & (TRUNCATED | GUESSED) for flag in flags) / len(flags)

    def named_ratio(self) -> float:
        named = sum(bool(self.stacks[stack] and self.stacks[stack][0]) for stack, _ in self.samples)
        return named / len(self.samples)

    def reconciliation(self) -> float:
        return self.weight_where(lambda names: True) / self.file["quality"]["accounted_cpu_ns"]


def run(*command, prefix=(), **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run([*map(str, prefix), str(CLINIC), *map(str, command)], capture_output=True, text=True,
                          timeout=RUN_TIMEOUT_S, **kwargs)


def read_session(path: Path) -> dict:
    data = path.read_bytes()
    return json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)


@pytest.fixture
def anybodys_folder():
    """pytest's own temporary folders are closed to other users."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield Path(folder)


@pytest.fixture
def record(anybodys_folder):
    """Records a command; the session, or a failure with all that was printed."""

    def go(*command, backend="auto", prefix=(), options=()) -> Session:
        path = anybodys_folder / f"session-{backend}.json"
        done = run("record", "--backend", backend, "-o", path, *options, "--", *command, prefix=prefix,
                   cwd=anybodys_folder)
        assert path.exists(), done.stderr
        return Session(read_session(path), done.stdout, done.stderr, done.returncode)

    return go


def assert_split(session: Session, shares: dict[str, float]) -> None:
    """Each share within its binomial interval of what the victim itself measured."""
    truth = {name: int(took) for name, took in (line.split() for line in session.stdout.splitlines())}
    count = len(session.samples)
    for name, share in shares.items():
        expected = truth[name] / sum(truth.values())
        margin = Z_SCORE * math.sqrt(expected * (1 - expected) / count) + 1 / count
        assert abs(share - expected) <= margin, f"{name}: {share:.3f}, really {expected:.3f} +- {margin:.3f}"


# Known splits


@pytest.mark.parametrize("backend", BACKENDS)
def test_split_by_function(record, backend):
    session = record(VICTIMS / "split_functions", 500, backend=backend)
    assert_split(session, {name: session.share(name) for name in ("burn_seventy", "burn_twenty", "burn_ten")})
    assert session.complete_ratio() > 0.99
    assert session.named_ratio() > 0.90


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_split_by_line(record, backend):
    session = record(VICTIMS / "split_lines", 500, backend=backend)
    source = (Path(__file__).parent / "victims/split_lines.c").read_text().splitlines()
    rows, frames = session.file["stacks"], session.file["frames"]
    marks = {number: line.split("/* ")[-1].split(" */")[0] for number, line in enumerate(source, 1)
             if "/* LINE_" in line}
    weights = Counter()
    for stack, weight in session.samples:
        weights[marks.get(frames["line"][rows["frame"][stack]])] += weight
    total = sum(weights.values())
    assert_split(session, {mark: weights[mark] / total for mark in marks.values()})


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_split_by_thread(record, backend):
    session = record(VICTIMS / "split_threads", 500, backend=backend)
    names = [session.file["strings"][name] for name in session.file["threads"]["name"]]
    weights = Counter()
    for thread, weight in zip(session.file["samples"]["thread"], session.file["samples"]["weight_ns"]):
        weights[names[thread]] += weight
    total = sum(weights.values())
    assert_split(session, {name: weights[name] / total for name in ("seventy", "twenty", "ten")})
    # Stacks hold the program's frames only: one of ours made all threads differ between the backends.
    strings = session.file["strings"]
    assert not [path for path in session.file["libraries"]["path"] if "libclinic" in strings[path]]


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_split_by_stage(record, backend):
    session = record(VICTIMS / "split_stages", 500, backend=backend, options=["--stages"])
    names = [session.file["strings"][name] for name in session.file["stages"]["name"]]
    weights = Counter()
    for stage, weight in zip(session.file["samples"]["stage"], session.file["samples"]["weight_ns"]):
        weights[names[stage]] += weight
    total = sum(weights.values())
    assert_split(session, {name: weights[name] / total for name in ("seventy", "twenty", "ten")})


# Stacks


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_recursion_deeper_than_the_kernel_walks(record, backend):
    session = record(VICTIMS / "deep_recursion", backend=backend)
    depths = [session.stacks[stack].count("descend") for stack, _ in session.samples]
    assert depths.count(300) > 0.95 * len(depths)
    assert session.complete_ratio() > 0.99


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_through_a_signal_handler(record, backend):
    session = record(VICTIMS / "signal_burner", backend=backend)

    def is_whole(names):
        wanted = [names.index(name) for name in ("handle", "interrupted", "main") if name in names]
        return len(wanted) == 3 and wanted == sorted(wanted)

    assert session.weight_where(is_whole) > 0.95 * session.weight_where(lambda names: True)
    assert session.complete_ratio() > 0.99


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_a_handlers_own_stack_is_the_reason(record, anybodys_folder, backend):
    """What it interrupted lies on another stack, of which there is no copy: said, and counted."""
    session = record(VICTIMS / "signal_burner", 150, 1, backend=backend)
    handled = [(stack, flags) for (stack, _), flags in zip(session.samples, session.flags())
               if "handle" in session.stacks[stack]]
    cut = [flags for _, flags in handled if flags & ALTERNATE_STACK]
    assert len(cut) > 0.95 * len(handled) > 0
    assert all(flags & (TRUNCATED | GUESSED) for flags in cut)
    quality = json.loads(run("report", anybodys_folder / f"session-{backend}.json", "--json").stdout)["quality"]
    assert quality["alternate_stack_count"] == sum(bool(flags & ALTERNATE_STACK) for flags in session.flags())
    assert "alternate stack of a signal handler" in run("report", anybodys_folder / f"session-{backend}.json").stdout


# What cautious programs do: a handler for everything (sort), or everything blocked (the threads of xz).
WARY = """
import signal
for number in range(1, signal.NSIG):
    try:
        {0}
    except (OSError, ValueError):
        pass
while sum(range(1000)) and time.process_time() < 0.2:
    pass
"""
GUARDS = {"handle": "signal.signal(number, lambda *_: sys.exit(f'signal {number}'))",
          "ignore": "signal.signal(number, signal.SIG_IGN)",
          "block": "signal.pthread_sigmask(signal.SIG_BLOCK, {number})"}


@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_program_with_a_hand_on_every_signal(record, backend, guard):
    """GNU sort died of the first tick, and xz -T2 lost 99.7 % of its samples."""
    script = "import sys, time\n" + WARY.format(GUARDS[guard])
    session = record("/usr/bin/python3", "-S", "-c", script, backend=backend)
    assert session.returncode == 0, session.stderr
    assert 0.95 < session.reconciliation() < 1.05


def test_signals_the_program_sends_itself_arrive(record):
    """All numbers are the program's, also that of the timers."""
    script = """if True:
        import os, signal
        real_time, got = set(range(signal.SIGRTMIN, signal.SIGRTMAX + 1)), set()
        for number in real_time:
            signal.signal(number, lambda number, _: got.add(number))
            os.kill(os.getpid(), number)
        print(got == real_time, signal.getsignal(signal.SIGRTMAX - 1) is not signal.SIG_DFL)
        signal.signal(signal.SIGRTMAX - 1, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGRTMAX - 1)"""
    session = record("/usr/bin/python3", "-S", "-c", script, backend="timer")
    assert session.stdout == "True True\n"
    assert session.returncode == 128 + signal.SIGRTMAX - 1


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_calls_through_stubs(record, backend):
    session = record(VICTIMS / "plt_caller", backend=backend)
    assert session.share("call_stubs") > 0.95
    assert any("@plt" in names[0] for names in session.stacks if names), "no sample in the stub"
    assert session.complete_ratio() > 0.99
    assert session.named_ratio() > 0.90


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_without_frame_pointers(record, backend):
    session = record(VICTIMS / "hidden_frames", backend=backend)
    chain = ("innermost", "with_alloca", "with_array", "outermost", "main")
    whole = session.weight_where(lambda names: [name for name in names if name in chain] == list(chain))
    assert whole > 0.95 * session.weight_where(lambda names: True)
    assert session.complete_ratio() > 0.99


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_stripped_without_frame_pointers(record, backend):
    """Nothing has a name, but every walk still arrives where libc calls main."""
    session = record(VICTIMS / "hidden_frames_stripped", backend=backend)
    assert session.complete_ratio() > 0.99
    assert session.share("__libc_start_call_main") > 0.95


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_plugin_that_is_gone(record, backend):
    session = record(VICTIMS / "plugin_host", VICTIMS / "plugin_host.so", 150, backend=backend)
    count = len(session.samples)
    assert abs(session.share("plugin_burn") - 0.5) < Z_SCORE * math.sqrt(0.25 / count) + 0.05
    assert session.complete_ratio() > 0.99


# Processes and threads


@pytest.mark.parametrize("way, count", [("vfork", 15), pytest.param("fork", 50, marks=pytest.mark.slow),
                                        pytest.param("vfork", 50, marks=pytest.mark.slow)])
def test_short_processes_have_names(record, way, count):
    session = record(VICTIMS / "child_spawner", way, count, VICTIMS / "short_process", backend="perf")
    assert session.share("live_shortly") > 0.85
    assert session.named_ratio() > 0.90
    processes = {session.file["threads"]["pid"][thread] for thread in session.file["samples"]["thread"]}
    assert len(processes) >= count


@pytest.mark.slow
def test_short_processes_under_timers(record):
    """A process of 20 ms has five ticks at 250 Hz; pooled, their names are right."""
    session = record(VICTIMS / "child_spawner", "fork", 50, VICTIMS / "short_process", backend="timer")
    assert session.share("live_shortly") > 0.85


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_thousand_threads(record, backend):
    """Timers see a thread only at a tick of the kernel: of 3 ms each, that is some of them."""
    session = record(VICTIMS / "thousand_threads", 3, backend=backend)
    assert session.returncode == 0
    threads = {session.file["threads"]["tid"][thread] for thread in session.file["samples"]["thread"]}
    unseen = session.file["quality"]["lost_count"]
    assert len(threads) + unseen > (900 if backend == "perf" else 100)
    assert session.complete_ratio() > 0.95
    notes = " ".join(session.file["strings"][text] for text in session.file["notes"]["text"])
    assert "the end of each is in no sample" in notes or "records were lost" in notes


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_deleted_binary(record, tmp_path, backend):
    binary = tmp_path / "soon_gone"
    shutil.copy(VICTIMS / "short_process", binary)
    session = record("sh", "-c", f"{binary} 300 & sleep 0.05; rm {binary}; wait", backend=backend)
    assert session.share("live_shortly") > 0.8


# Calls code that stands in a file of its own, as some compilers at run time do.
CALLS_RAW_CODE = """
import ctypes, mmap, sys
with open(sys.argv[1], "r+b") as file:
    code = mmap.mmap(file.fileno(), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
address = ctypes.addressof(ctypes.c_char.from_buffer(code))
ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint64)(address)(300_000_000)
"""


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the code is of an x86-64")
def test_what_has_no_name_has_a_reason(record, tmp_path):
    raw = tmp_path / "raw_code"
    raw.write_bytes(b"\x48\x89\xf8\x48\xff\xc8\x75\xfb\xc3".ljust(4096, b"\0"))  # counts rdi down to 0
    session = record("/usr/bin/python3", "-c", CALLS_RAW_CODE, raw)
    notes = [session.file["strings"][text] for text in session.file["notes"]["text"]]
    assert any(note.startswith(f"{raw} gave no names") and "no ELF file" in note for note in notes), notes


def line_of(text: str, path: Path) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_a_function_is_where_it_is_defined(record, anybodys_folder):
    record(VICTIMS / "split_functions", 100)
    report = json.loads(run("report", anybodys_folder / "session-auto.json", "--json").stdout)
    functions = {row["name"]: row for row in report["functions"]}
    sources = Path(__file__).parent / "victims"
    for name, text, source in [("main", "int main(", "split_functions.c"), ("burn", "uint64_t burn(", "known_work.h")]:
        assert Path(functions[name]["file"]).name == source
        assert functions[name]["line"] == line_of(text, sources / source)
    # Where its time went is another line, and maybe of another file.
    assert functions["burn"]["hottest_line"] > functions["burn"]["line"]


def make_root(folder: Path, binary: Path) -> None:
    """A root folder with that program as /program, and the libraries that it needs."""
    libraries = subprocess.run(["ldd", binary], check=True, capture_output=True, text=True).stdout
    paths = [word for word in libraries.split() if word.startswith("/")]
    for source, target in [(binary, "/program"), *((path, path) for path in paths)]:
        (folder / target[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / target[1:])


def test_in_another_root(record, tmp_path):
    """As in a container: the paths that the kernel tells are not ours."""
    needs_root()
    make_root(tmp_path, VICTIMS / "short_process")
    session = record("chroot", tmp_path, "/program", 150, backend="perf")
    assert session.share("live_shortly") > 0.8
    assert session.complete_ratio() > 0.99


@pytest.mark.parametrize("way", ["chroot", "mount namespace"])
def test_debug_files_of_another_root(record, tmp_path, way):
    """Those that only the target sees, as in a container: found there, also when it has ended."""
    needs_root()
    binary, debug = tmp_path / "program", tmp_path / "usr/lib/debug"
    make_root(tmp_path, VICTIMS / "short_process")
    notes = subprocess.run(["readelf", "-n", binary], check=True, capture_output=True, text=True).stdout
    build_id = notes.split("Build ID: ")[1].split()[0]
    path = debug / ".build-id" / build_id[:2] / f"{build_id[2:]}.debug"
    path.parent.mkdir(parents=True)
    subprocess.run(["objcopy", "--only-keep-debug", binary, path], check=True)
    subprocess.run(["strip", "--strip-all", binary], check=True)
    inside = f"mount --bind {debug} /usr/lib/debug && exec {binary} 150"
    command = (["chroot", tmp_path, "/program", 150] if way == "chroot" else
               ["unshare", "--mount", "sh", "-c", inside])
    session = record(*command, backend="perf")
    assert session.share("live_shortly") > 0.8
    assert not Path("/usr/lib/debug/.build-id", build_id[:2], path.name).exists()


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_metrics_are_on_the_samples_clock(record, backend):
    session = record(VICTIMS / "split_threads", 400, backend=backend)
    times = session.file["metrics"]["time_ns"]
    first, last = times[0], sum(times)  # the column holds differences
    about = session.file["about"]
    assert about["started_ns"] <= first <= last <= about["ended_ns"]
    assert max(session.file["metrics"]["threads_count"]) == 4
    assert max(session.file["metrics"]["rss_bytes"]) > 0


# Error bars


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_reconciliation(record, backend):
    """The samples stand for the CPU time that the kernel accounted: checked on 3 s of it."""
    session = record(VICTIMS / "split_functions", 3000, backend=backend)
    assert_split(session, {name: session.share(name) for name in ("burn_seventy", "burn_twenty", "burn_ten")})
    if not session.file["quality"]["lost_count"]:
        assert 0.8 < session.reconciliation() < 1.2


def test_kernel_time_when_it_may_be_seen(record):
    session = record(VICTIMS / "syscall_heavy", backend="perf")
    kernel = sum(bool(flag & KERNEL) for flag in session.flags()) / len(session.flags())
    assert session.file["quality"]["kernel_visible"] == 1
    assert kernel > 0.5
    assert session.share("read_noise") > 0.95, "a system call's time belongs to its caller"


def test_kernel_time_under_timers_is_the_callers(record):
    session = record(VICTIMS / "syscall_heavy", backend="timer")
    assert session.share("read_noise") > 0.95


def needs_root():
    if os.geteuid():
        pytest.skip("drops privileges, so it must have some")


def test_kernel_time_without_permission(record):
    """Ticks in the kernel give no samples then: their time is shown, and called what it is."""
    needs_root()
    session = record(VICTIMS / "syscall_heavy", backend="perf", prefix=NOBODY)
    quality = session.file["quality"]
    assert quality["kernel_visible"] == 0
    assert "user mode only" in session.stderr
    unsampled = session.weight_where(lambda names: "[kernel, unsampled]" in names)
    assert unsampled == quality["accounted_kernel_ns"] > 0.5 * quality["accounted_cpu_ns"]
    assert not any(flag & KERNEL for stack, flag in zip(session.file["samples"]["stack"], session.flags())
                   if "[kernel, unsampled]" not in session.stacks[stack])


def test_unprivileged_split(record):
    needs_root()
    session = record(VICTIMS / "split_functions", 500, prefix=NOBODY)
    assert session.file["about"]["backend"] == "perf"
    assert_split(session, {name: session.share(name) for name in ("burn_seventy", "burn_twenty", "burn_ten")})


# Forbidden


def test_timers_take_over_where_perf_is_forbidden(record):
    session = record(VICTIMS / "split_functions", 500, prefix=[VICTIMS / "forbid_perf"])
    assert session.file["about"]["backend"] == "timer"
    refused = [session.file["strings"][text] for text in session.file["refusals"]["backend"]]
    assert any(name.startswith("perf") for name in refused)
    assert set(session.file["refusals"]["errno_number"]) == {1}, "EPERM of the filter"
    assert_split(session, {name: session.share(name) for name in ("burn_seventy", "burn_twenty", "burn_ten")})


def test_forbidden_and_forced(tmp_path):
    done = run("record", "--backend", "perf", "-o", tmp_path / "s.json", "true", prefix=[VICTIMS / "forbid_perf"])
    assert done.returncode == 2
    assert "clinic doctor" in done.stderr
    assert "Operation not permitted" in done.stderr
    assert not (tmp_path / "s.json").exists()


def doctor(*prefix) -> dict:
    done = run("doctor", "--json", prefix=prefix)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_doctor_agrees_with_record(record):
    health = doctor()
    session = record("true")
    assert health["backend"] == session.file["about"]["backend"]
    assert health["perf_event"] == session.file["about"]["event"]
    assert health["timer"] is True
    assert run("doctor").stdout.startswith(f"clinic record would use: {health['backend']}\n")


def test_doctor_tells_what_would_allow_it():
    health = doctor(VICTIMS / "forbid_perf")
    assert health["backend"] == "timer"
    assert health["seccomp_filter"] is True
    assert all(refusal["errno_number"] == 1 for refusal in health["refusals"])
    assert all("docker run --security-opt seccomp=unconfined" in refusal["advice"] for refusal in health["refusals"])


def test_doctor_without_privilege():
    needs_root()
    health = doctor(*NOBODY)
    if health["settings"]["kernel.perf_event_paranoid"] != 2:
        pytest.skip("kernel.perf_event_paranoid is not 2 here")
    assert health["kernel_visible"] is False
    assert any("kernel.perf_event_paranoid=1" in refusal["advice"] for refusal in health["refusals"])


# Exit codes, and what bad input gets


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("script, code", [("exit 7", 7), ("kill -9 $$", 137), ("kill -SEGV $$", 139), ("true", 0)])
def test_the_childs_exit_code(record, backend, script, code):
    session = record("sh", "-c", script, backend=backend)
    assert session.returncode == code
    assert session.file["about"]["exit_code"] == code


@pytest.mark.parametrize("arguments, sentence", [
    (["/no/such/command"], "cannot run /no/such/command: No such file or directory"),
    (["/etc/passwd"], "cannot run /etc/passwd: Permission denied"),
    (["-p", "4194303", "-d", "1"], "cannot watch process 4194303: No such process"),
    (["-p", "1", "true"], "either a command or --pid"),
    ([], "what to run"),
    (["-F", "20000", "true"], "--frequency takes at most 10000"),
    (["-d", "soon", "true"], "--duration takes seconds, not 'soon'"),
    (["--backend", "magic", "true"], "there is no backend 'magic'"),
    (["-e", "cache-misses", "true"], "'cache-misses'"),
])
def test_bad_input_gets_one_sentence(tmp_path, arguments, sentence):
    done = run("record", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_process_of_somebody_else(tmp_path):
    needs_root()
    done = run("record", "-p", os.getpid(), "-d", "0.1", prefix=NOBODY, cwd="/")
    assert done.returncode == 2
    assert "cannot watch process" in done.stderr and "as that user, or as root" in done.stderr


def rescued(done: subprocess.CompletedProcess) -> Path:
    """Where the session went when it could not go where it should."""
    assert "cannot write" in done.stderr
    line = next(line for line in done.stderr.splitlines() if " instead" in line)
    return Path(line.split("wrote ")[1].split(" instead")[0])


def test_unwritable_output_goes_elsewhere(tmp_path):
    done = run("record", "-o", tmp_path / "no/such/folder/s.json", "sh", "-c", "exit 3",
               env=os.environ | {"TMPDIR": str(tmp_path)})
    assert done.returncode == 3, "the command's own code goes first"
    assert rescued(done).parent == tmp_path
    assert read_session(rescued(done))["about"]["exit_code"] == 3


def test_full_disk(tmp_path):
    needs_root()
    full = tmp_path / "full"
    full.mkdir()
    script = f'mount -t tmpfs -o size=4k none {full} && head -c 4096 /dev/zero > {full}/filler && exec "$@"'
    if subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", "true"], capture_output=True).returncode:
        pytest.skip("may not mount a small disk here")
    done = run("record", "-o", full / "s.json", "true", env=os.environ | {"TMPDIR": str(tmp_path)},
               prefix=["unshare", "-m", "sh", "-c", script, "sh"])
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert read_session(rescued(done))["format"] == "clinic-session"


# Attaching, stopping


def start(*command) -> subprocess.Popen:
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_attach(tmp_path):
    victim = start(VICTIMS / "split_functions", 20000)
    try:
        done = run("record", "-p", victim.pid, "-d", "0.7", "-o", tmp_path / "s.json")
        assert victim.poll() is None, "the watched process goes on"
    finally:
        victim.kill()
        victim.communicate()
    assert done.returncode == 0, done.stderr
    session = Session(read_session(tmp_path / "s.json"), "", done.stderr, 0)
    expected = {"burn_seventy": 0.7, "burn_twenty": 0.2, "burn_ten": 0.1}
    for name, share in expected.items():
        margin = Z_SCORE * math.sqrt(share * (1 - share) / len(session.samples)) + 0.03
        assert abs(session.share(name) - share) < margin
    assert session.complete_ratio() > 0.99
    assert "split_functions" in session.file["about"]["command"]


def test_attach_to_a_process_that_ends(tmp_path):
    victim = start(VICTIMS / "split_functions", 300)
    done = run("record", "-p", victim.pid, "-d", "60", "-o", tmp_path / "s.json")
    victim.communicate()
    assert done.returncode == 0, done.stderr
    assert read_session(tmp_path / "s.json")["samples"]["stack"]


def wait_for(condition, timeout_s=30) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "gave up waiting"
        time.sleep(0.02)


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def is_running(pid: int, name: str) -> bool:
    return any(Path(f"/proc/{child}/comm").read_text().strip() == name for child in children_of(pid))


@pytest.mark.parametrize("backend", BACKENDS)
def test_interrupt_stops_and_writes(tmp_path, backend):
    recorder = start(CLINIC, "record", "--backend", backend, "-o", tmp_path / "s.json",
                     VICTIMS / "split_functions", 60000)
    wait_for(lambda: is_running(recorder.pid, "split_functions"))
    time.sleep(0.3)  # something to measure
    recorder.send_signal(signal.SIGINT)
    _, stderr = recorder.communicate(timeout=RUN_TIMEOUT_S)
    assert recorder.returncode == 128 + signal.SIGINT, stderr
    assert read_session(tmp_path / "s.json")["samples"]["stack"]


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_killed_target_leaves_its_samples(record, backend):
    session = record("sh", "-c", f"{VICTIMS}/split_functions 60000 & sleep 0.4; kill -9 $!", backend=backend)
    assert session.share("main") > 0.5


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_duration_stops_measuring_not_the_command(tmp_path, backend):
    done = run("record", "--backend", backend, "-d", "0.2", "-o", tmp_path / "s.json", "--", "sh", "-c",
               f"{VICTIMS}/split_functions 500; exit 5")
    assert done.returncode == 5
    assert "burn_ten" in done.stdout, "it was left to finish"


# Deadlocks


def soak(record, backend, duration_ms):
    session = record(VICTIMS / "churn_soak", duration_ms, VICTIMS / "plugin_host.so", backend=backend)
    assert session.returncode == 42, session.stderr
    assert len(session.samples) > 0


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_short_soak(record, backend):
    soak(record, backend, 800)


@pytest.mark.slow
def test_long_soak(record):
    """Both backends in the same minute, which is also the worse neighbourhood."""
    with ThreadPoolExecutor() as pool:
        for _ in pool.map(lambda backend: soak(record, backend, 60000), BACKENDS):
            pass


# A program nobody here wrote


LUA_TOP = 10


def perf_shares(folder: Path, command: list[str], *, of_callers: bool) -> tuple[dict[str, float], int]:
    """Self shares by function, and the number of samples, as perf sees them.

    of_callers: time in the kernel counts for the function that called it, as timers see it.
    """
    data = folder / "perf.data"
    subprocess.run(["perf", "record", "-q", "-e", "task-clock", "-g", "-F", "999", "-o", data, "--", *command],
                   check=True, capture_output=True)
    text = subprocess.run(["perf", "script", "-i", data, "-F", "ip,sym,dso"], check=True, capture_output=True,
                          text=True).stdout
    names = Counter()
    for block in text.split("\n\n"):
        frames = [line.split() for line in block.splitlines() if not of_callers or "[kernel" not in line]
        named = [words[1] for words in frames if len(words) > 1]  # address, name, file
        names[named[0] if named else "unknown"] += 1
    total = sum(names.values())
    return {name: count / total for name, count in names.items()}, total


def physical_shares(session: Session) -> dict[str, float]:
    """Self shares by function that has code of its own: perf names no inlined calls."""
    rows, frames, strings = session.file["stacks"], session.file["frames"], session.file["strings"]
    inlined = frames.get("inlined", [0] * len(frames["function"]))
    weights = Counter()
    for stack, weight in session.samples:
        while inlined[rows["frame"][stack]]:
            stack = rows["parent"][stack]
        weights[strings[frames["function"][rows["frame"][stack]]]] += weight
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


@pytest.mark.slow
@pytest.mark.parametrize("flag", ["-fomit-frame-pointer", "-fno-omit-frame-pointer"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_lua_as_perf_sees_it(record, build_lua, tmp_path, backend, flag):
    if not shutil.which("perf"):
        pytest.skip("perf is not installed")
    script = Path(__file__).parent / "bench_cpu.lua"
    command = [build_lua(flag), script, "60", tmp_path / "answer"]
    theirs, their_count = perf_shares(tmp_path, [str(word) for word in command], of_callers=backend == "timer")
    session = record(*command, backend=backend)
    ours, our_count = physical_shares(session), len(session.samples)
    assert session.complete_ratio() > 0.99
    assert session.named_ratio() > 0.90
    for name in sorted(theirs, key=theirs.get, reverse=True)[:LUA_TOP]:
        share = theirs[name]
        # Two samples of one truth: both have their interval.
        margin = Z_SCORE * math.sqrt(share * (1 - share) * (1 / their_count + 1 / our_count)) + 0.01
        mine = ours.get(name, 0)
        assert abs(mine - share) <= margin, f"{name}: {mine:.3f}, perf says {share:.3f} +- {margin:.3f}"
