"""test_record_stacks.py - stacks are complete where unwinding is difficult, and names are found where this is difficult."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from recorded_session import ALTERNATE_STACK, BOTH_IN_FULL, GUESSED, TRUNCATED, VICTIMS, needs_root, run, share_margin

# Real programs, for seconds each: for `make test`.
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_recursion_deeper_than_the_kernel_walks(record, backend):
    session = record(VICTIMS / "deep_recursion", backend=backend)
    depths = [session.stacks[stack].count("descend") for stack, _ in session.samples]
    assert depths.count(300) > 0.95 * len(depths)
    assert session.complete_ratio() > 0.99


def test_a_stack_that_grows_later_is_followed_soon(record):
    """How much of each stack is copied adapts within the samples of one drain, and not only after 256 samples."""
    needs_root()
    session = record(VICTIMS / "deepens", 560, 400, backend="perf")
    cut = sum(bool(flags & TRUNCATED) for flags in session.flags())
    below = sum("burn_below" in session.stacks[stack] for stack, _ in session.samples)
    assert below > 250 and cut < 150, (below, cut)


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_through_a_signal_handler(record, backend):
    session = record(VICTIMS / "signal_burner", backend=backend)

    def is_whole(names):
        wanted = [names.index(name) for name in ("handle", "interrupted", "main") if name in names]
        return len(wanted) == 3 and wanted == sorted(wanted)

    assert session.share_of_code(VICTIMS / "signal_burner", is_whole) > 0.95
    assert session.complete_ratio() > 0.99


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_a_handlers_own_stack_is_the_reason(record, anybodys_folder, backend):
    """The interrupted code is on another stack, of which there is no copy; such stacks are reported and counted."""
    session = record(VICTIMS / "signal_burner", 150, 1, backend=backend)
    handled = [(stack, flags) for (stack, _), flags in zip(session.samples, session.flags())
               if "handle" in session.stacks[stack]]
    cut = [flags for _, flags in handled if flags & ALTERNATE_STACK]
    assert len(cut) > 0.95 * len(handled) > 0
    assert all(flags & (TRUNCATED | GUESSED) for flags in cut)
    quality = json.loads(run("report", anybodys_folder / f"session-{backend}.json", "--json").stdout)["quality"]
    assert quality["alternate_stack_count"] == sum(bool(flags & ALTERNATE_STACK) for flags in session.flags())
    assert "alternate stack of a signal handler" in run("report", anybodys_folder / f"session-{backend}.json").stdout


def stub_offsets(program: Path) -> dict[str, int]:
    """The offset in the file of each stub, by the name that objdump gives it."""
    listed = subprocess.run(["objdump", "-d", "--file-offsets", program], check=True, capture_output=True, text=True)
    found = re.findall(r"^[0-9a-f]+ <(\w+@plt)> \(File Offset: 0x([0-9a-f]+)\):$", listed.stdout, re.M)
    return {name: int(offset, 16) for name, offset in found}


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_calls_through_stubs(record, backend):
    """Some processors never interrupt a program on a stub's own instruction, so its stubs are named by address;
    unwind_oracle_test.c walks from each of their instructions."""
    program = VICTIMS / "plt_caller"
    session = record(program, backend=backend)
    looped = session.weight_where(lambda names: names and ("call_stubs" in names or "strlen" in names[0]))
    assert session.weight_where(lambda names: {"call_stubs", "main"} <= set(names)) > 0.95 * looped > 0
    stubs = stub_offsets(program)
    assert "strlen@plt" in stubs
    for name, offset in stubs.items():
        assert run("where", f"{program}+{offset:#x}").stdout.split() == [name]
    assert session.complete_ratio() > 0.99
    assert session.named_ratio() > 0.90


LABELS = ("label_alone", "label_with_type", "label_that_saves")


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the labels are of an x86-64")
@pytest.mark.few(1)
@pytest.mark.parametrize("packing", [[], ["strip", "-g"], ["strip"]], ids=["debug", "symbols", "exported"])
def test_labels_of_assembly_are_functions(record, tmp_path, packing):
    """Bug: the code of a symbol without type and size was counted for the C function before it."""
    program = tmp_path / "assembly_labels"
    shutil.copy(VICTIMS / "assembly_labels", program)
    listed = subprocess.run(["objdump", "-d", "--file-offsets", program], check=True, capture_output=True, text=True)
    offsets = dict(re.findall(r"^[0-9a-f]+ <(label_\w+)> \(File Offset: 0x([0-9a-f]+)\):$", listed.stdout, re.M))
    if packing:
        subprocess.run([*packing, program], check=True)
    for label in LABELS:  # its loop, some bytes on
        assert run("where", f"{program}+{int(offsets[label], 16) + 8:#x}").stdout.split()[:1] == [label]
    session = record(program)
    # The loops are equally long; at which instruction of a loop an interrupt comes depends on the processor.
    for label in LABELS:
        assert 0.12 < session.weight_where(lambda names: names[:1] == (label,)) / session.weight_where(
            lambda names: names and names[0] in LABELS) < 0.65


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_without_frame_pointers(record, backend):
    session = record(VICTIMS / "hidden_frames", backend=backend)
    chain = ("innermost", "with_alloca", "with_array", "outermost", "main")
    assert session.share_of_code(VICTIMS / "hidden_frames", lambda names:
                                 [name for name in names if name in chain] == list(chain)) > 0.95
    assert session.complete_ratio() > 0.99


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_stripped_without_frame_pointers(record, backend):
    """No function has a name, but every walk reaches the call of main in libc."""
    program = VICTIMS / "hidden_frames_stripped"
    session = record(program, backend=backend)
    assert session.complete_ratio() > 0.99
    assert session.share_of_code(program, lambda names: "__libc_start_call_main" in names) > 0.95


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_plugin_that_is_gone(record, backend):
    session = record(VICTIMS / "plugin_host", VICTIMS / "plugin_host.so", 150, backend=backend)
    assert abs(session.share("plugin_burn") - 0.5) < share_margin(0.5, len(session.samples)) + 0.05
    assert session.complete_ratio() > 0.99


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_deleted_binary(record, tmp_path, backend):
    binary = tmp_path / "soon_gone"
    shutil.copy(VICTIMS / "short_process", binary)
    session = record("sh", "-c", f"{binary} 300 & sleep 0.05; rm {binary}; wait", backend=backend)
    assert session.share("live_shortly") > 0.8


# The program calls code that is in a file of its own, as some just-in-time compilers write it.
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
    # The line where its time went is another one, and may be in another file.
    assert functions["burn"]["hottest_line"] > functions["burn"]["line"]


def make_root(folder: Path, binary: Path) -> None:
    """Makes a root folder that contains the program as /program, and the libraries that it needs."""
    libraries = subprocess.run(["ldd", binary], check=True, capture_output=True, text=True).stdout
    paths = [word for word in libraries.split() if word.startswith("/")]
    for source, target in [(binary, "/program"), *((path, path) for path in paths)]:
        (folder / target[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / target[1:])


def test_in_another_root(record, tmp_path):
    """As in a container, the paths that the kernel reports are those of another root folder."""
    needs_root()
    make_root(tmp_path, VICTIMS / "short_process")
    session = record("chroot", tmp_path, "/program", 150, backend="perf")
    assert session.share("live_shortly") > 0.8
    assert session.complete_ratio() > 0.99


@pytest.mark.parametrize("way", ["chroot", "mount namespace"])
def test_debug_files_of_another_root(record, tmp_path, way):
    """Debug files that exist only in the target's root folder, as in a container, are found there, also after the target has ended."""
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


def without_eh_frame(folder: Path) -> Path:
    """Makes a program without .eh_frame, like those of musl and Go: only .debug_frame describes how frames are left."""
    program = folder / "program"
    subprocess.run(["gcc", "-O2", "-g", "-fomit-frame-pointer", "-fno-asynchronous-unwind-tables", "-fno-exceptions",
                    f"-I{VICTIMS.parents[1]}/profiler/collect/victims", VICTIMS.parents[1] / "profiler/collect/victims"
                    / "split_functions.c", "-o", program], check=True)
    return program


@pytest.mark.parametrize("packing", ["none", "zlib", "zstd", "zlib-gnu"])
@pytest.mark.parametrize("is_apart", [False, True], ids=["in_file", "apart"])
def test_frames_that_only_debuggers_read(record, anybodys_folder, is_apart, packing):
    """.debug_frame is compressed like other debug sections, in the program itself or in a separate file."""
    program = without_eh_frame(anybodys_folder)
    subprocess.run(["objcopy", f"--compress-debug-sections={packing}", program], check=True)
    if is_apart:
        debug = anybodys_folder / "program.debug"
        subprocess.run(["objcopy", "--only-keep-debug", program, debug], check=True)
        subprocess.run(["strip", program], check=True)
        subprocess.run(["objcopy", f"--add-gnu-debuglink={debug}", program], check=True)
    session = record(program, backend="perf")
    assert session.complete_ratio() > 0.9
    assert session.share("main") > 0.9 and session.share("burn_seventy") > 0.5


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="32-bit programs are those of an x86-64")
def test_a_32_bit_program(record, anybodys_folder):
    """Its functions have names and lines; a note says that its stacks are not unwound."""
    source = anybodys_folder / "narrow.c"
    source.write_text("__attribute__((noinline)) static void burn(void) { for (volatile int i = 0; i < 1000000000; i++); }\n"
                      "void _start(void) { burn(); __asm__ volatile (\"int $0x80\" : : \"a\"(1), \"b\"(7)); }\n")
    program = anybodys_folder / "narrow"
    subprocess.run(["gcc", "-m32", "-g", "-O2", "-nostdlib", "-ffreestanding", "-static", source, "-o", program], check=True)
    session = record(program, backend="perf")
    assert session.returncode == 7
    assert session.share("burn") > 0.7 and session.named_ratio() > 0.9
    assert "samples are of 32-bit programs" in session.stderr and "no ELF file" not in session.stderr
    lines = session.file["frames"]["line"]
    assert any(lines[frame] == 1 for frame in session.file["stacks"]["frame"])


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
@pytest.mark.parametrize("way", ["context", "bare"])
def test_a_coroutine_is_complete_at_its_start(record, backend, way):
    session = record(VICTIMS / "coroutines", way, backend=backend)
    assert session.share("burn_within") > 0.9 and session.complete_ratio() > 0.9
    outermost = {session.stacks[stack][-1] for stack, _ in session.samples if "burn_within" in session.stacks[stack]}
    assert outermost == ({"__start_context"} if way == "context" else {"start_bare"})
