"""test_symbols_oracle.py - names and lines, compared with other trusted tools.

The names of every byte of every function of our own small programs are compared, in each form in which compilers and packagers store debug
information. The oracle is addr2line for gcc, and llvm-symbolizer for clang, because addr2line (binutils 2.40) loses inlined calls of
clang's DWARF 5.
"""

import os
import re
import shutil
import socket
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOM = Path(__file__).resolve().parent
RESOLVE = ROOM.parents[1] / "build/tools/resolve_addresses"
C_SOURCE = ROOM / "victims/inlined_calls.c"
CXX_SOURCE = ROOM / "victims/inlined_methods.cc"


@dataclass(frozen=True)
class Frame:
    function: str
    file: str
    line: int


@dataclass(frozen=True)
class Answer:
    tier: str
    frames: tuple[Frame, ...]


def run(*command: object, **kwargs) -> str:
    return subprocess.run([str(c) for c in command], check=True, text=True, capture_output=True, **kwargs).stdout


def resolve(binary: Path, addresses: list[int], *debug_folders: Path, **environment: str) -> list[Answer]:
    """The answers of our library: one per address, files without their folders."""
    text = run(RESOLVE, binary, *debug_folders, input="".join(f"{a:#x}\n" for a in addresses),
               env={**os.environ, **environment})
    answers = []
    for block in re.split(r"^(?=0x)", text, flags=re.M)[1:]:
        head, *rows = block.splitlines()
        cells = [row.split("\t") for row in rows]
        frames = tuple(Frame(c[1], os.path.basename(c[2]), int(c[3])) for c in cells)
        answers.append(Answer(head.split()[1], frames))
    assert len(answers) == len(addresses)
    return answers


def ask_oracle(command: list[str], binary: Path, addresses: list[int]) -> list[tuple[Frame, ...]]:
    """The answers of addr2line -a -f -i, or of llvm-symbolizer in that style."""
    text = run(*command, "-e", binary, input="".join(f"{a:#x}\n" for a in addresses))
    answers = []
    for block in re.split(r"^0x[0-9a-f]+$", text, flags=re.M)[1:]:
        rows = block.split("\n")[1:]
        frames = []
        for function, place in zip(rows[0::2], rows[1::2]):
            file, line = re.match(r"(.*?):(\d+|\?)", place).groups()
            function = function.removesuffix(".cold")  # the linker's symbol, not the function
            frames.append(Frame(function, os.path.basename(file), int(line.replace("?", "0"))))
        answers.append(tuple(frames))
    return answers


def addr2line(binary: Path, addresses: list[int]) -> list[tuple[Frame, ...]]:
    return ask_oracle(["addr2line", "-afiC"], binary, addresses)


def llvm_symbolizer(binary: Path, addresses: list[int]) -> list[tuple[Frame, ...]]:
    return ask_oracle(["llvm-symbolizer", "-afiC", "--output-style=GNU"], binary, addresses)


def functions(binary: Path) -> dict[str, range]:
    """The linker's functions that have a size, by name."""
    found = {}
    for row in run("nm", "-S", binary).splitlines():
        cells = row.split()
        if len(cells) == 4 and cells[2] in "tTwW":
            found[cells[3]] = range(int(cells[0], 16), int(cells[0], 16) + int(cells[1], 16))
    return found


def every_byte(binary: Path) -> list[int]:
    return sorted({a for body in functions(binary).values() for a in body})


def compile_c(folder: Path, *options: str, compiler: str = "gcc", name: str = "program") -> Path:
    program = folder / name
    run(compiler, "-O2", "-g", *options, C_SOURCE.resolve(), "-o", program, cwd=folder)  # clang leaves its .dwo here
    return program


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    return compile_c(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def truth(plain) -> list[Answer]:
    """The answers for the unstripped program; every stripped form must give the same answers."""
    return resolve(plain, every_byte(plain))


@pytest.mark.few(4)
@pytest.mark.parametrize("compiler, options, oracle", [
    ("gcc", ["-gdwarf-5"], addr2line),
    ("clang", ["-gdwarf-5"], llvm_symbolizer),
    ("gcc", ["-gdwarf-5", "-gsplit-dwarf"], llvm_symbolizer),  # addr2line 2.40 reads no .dwo
    ("gcc", ["-gdwarf-4"], addr2line),
    ("gcc", ["-gdwarf-3", "-gstrict-dwarf"], addr2line),
    ("gcc", ["-gdwarf-5", "-gz"], addr2line),
    ("gcc", ["-gdwarf-4", "-gz=zlib-gnu"], addr2line),
    ("gcc", ["-gdwarf-5", "-O0"], addr2line),
    ("gcc", ["-gdwarf-5", "-flto"], llvm_symbolizer),  # addr2line 2.40 takes file 1 for file 0
    ("gcc", ["-gdwarf-5", "-static"], addr2line),
    ("gcc", ["-gdwarf-5", "-no-pie"], addr2line),
    ("gcc", ["-gdwarf-4", "-gsplit-dwarf"], llvm_symbolizer),
    ("clang", ["-gdwarf-4"], llvm_symbolizer),
    ("clang", ["-gdwarf-5", "-gsplit-dwarf"], llvm_symbolizer),
], ids=lambda value: "_".join(value) if isinstance(value, list) else getattr(value, "__name__", value))
@pytest.mark.few(2)
def test_c_frames_equal_the_oracle(tmp_path, compiler, options, oracle):
    program = compile_c(tmp_path, *options, compiler=compiler)
    ours = {"table_add", "table_sum", "fill_and_sum", "give_up", "call_library", "main"}
    addresses = [a for name, body in functions(program).items() if name.split(".")[0] in ours for a in body]
    answers = resolve(program, addresses)
    assert {a.tier for a in answers} == {"dwarf"}
    assert [a.frames for a in answers] == oracle(program, addresses)
    if "-O0" not in options:
        assert max(len(a.frames) for a in answers) >= 4  # rotate in mix in table_add in fill_and_sum


@pytest.mark.slow
@pytest.mark.parametrize("compiler, oracle", [("g++", addr2line), ("clang++", llvm_symbolizer)])
def test_cxx_frames_equal_the_oracle(tmp_path, compiler, oracle):
    """Lines of all frames; names only of those with a mangled name, because other tools guess the rest."""
    program = tmp_path / "program"
    run(compiler, "-O2", "-g", CXX_SOURCE, "-o", program)
    addresses = [a for name, body in functions(program).items() if name.startswith(("_Z", "main")) for a in body]
    compared = 0
    for answer, expected in zip(resolve(program, addresses), oracle(program, addresses)):
        if answer.tier != "dwarf":
            assert answer.frames[0].function == expected[0].function  # clang's own terminate helper
            continue
        assert [(f.file, f.line) for f in answer.frames] == [(f.file, f.line) for f in expected]
        for mine, other in zip(answer.frames, expected):
            if oracle is addr2line and "(" in mine.function and "[clone" not in other.function:
                assert mine.function == other.function
                compared += 1
    assert compared > 1000 or oracle is not addr2line


@pytest.mark.slow
def test_lambda_and_local_class_are_found(tmp_path):
    """Their entries are inside the entry of another function, which must be searched a second time."""
    program = tmp_path / "program"
    run("g++", "-O0", "-g", CXX_SOURCE, "-o", program)
    nested = [name for name in functions(program) if "twice" in name or "EUl" in name]
    assert nested
    for name in nested:
        answer = resolve(program, [functions(program)[name][4]])[0]
        assert answer.tier == "dwarf"
        assert answer.frames[-1].function in ("twice", "operator()") or "::" in answer.frames[-1].function


def build_id_path(binary: Path) -> str:
    found = re.search(r"Build ID: ([0-9a-f]+)", run("readelf", "-n", binary)).group(1)
    return f".build-id/{found[:2]}/{found[2:]}.debug"


def strip_into(plain: Path, folder: Path, debug: Path) -> Path:
    """A stripped copy in folder, its names in debug."""
    debug.parent.mkdir(parents=True, exist_ok=True)
    stripped = folder / "stripped"
    run("objcopy", "--only-keep-debug", plain, debug)
    run("objcopy", "--strip-all", plain, stripped)
    return stripped


def test_build_id_folder(plain, truth, tmp_path):
    stripped = strip_into(plain, tmp_path, tmp_path / "debug" / build_id_path(plain))
    assert resolve(stripped, every_byte(plain), tmp_path / "debug") == truth


def test_build_id_folder_with_another_build(plain, tmp_path):
    """A debug file of another program would give wrong names, so it is refused."""
    other = compile_c(tmp_path, "-DOTHER", "-O1", name="other")
    stripped = strip_into(plain, tmp_path, tmp_path / "unused")
    wrong = tmp_path / "debug" / build_id_path(plain)
    wrong.parent.mkdir(parents=True)
    run("objcopy", "--only-keep-debug", other, wrong)
    tiers = {a.tier for a in resolve(stripped, list(functions(plain)["fill_and_sum"]), tmp_path / "debug")}
    assert tiers == {"fde"}


@pytest.mark.parametrize("place", ["{folder}/program.debug", "{folder}/.debug/program.debug",
                                   "{folder}/debug{folder}/program.debug"])
@pytest.mark.few(1)
def test_debuglink(plain, truth, tmp_path, place):
    debug = Path(place.format(folder=tmp_path))
    stripped = strip_into(plain, tmp_path, debug)
    run("objcopy", "--remove-section=.note.gnu.build-id", f"--add-gnu-debuglink={debug}", stripped)
    assert resolve(stripped, every_byte(plain), tmp_path / "debug") == truth


def test_debuglink_with_a_wrong_checksum(plain, tmp_path):
    debug = tmp_path / "program.debug"
    stripped = strip_into(plain, tmp_path, debug)
    run("objcopy", f"--add-gnu-debuglink={debug}", stripped)
    with debug.open("ab") as file:
        file.write(b"!")
    assert resolve(stripped, [functions(plain)["main"][0]])[0].tier == "fde"


@pytest.mark.slow
def test_dwz_shared_file(tmp_path):
    """In Debian's -dbgsym packages, the data that several debug files share is in a file of its own."""
    addresses, expected = {}, {}
    for name, option in (("one", "-O2"), ("two", "-O1")):
        program = tmp_path / name
        run("g++", "-g", option, CXX_SOURCE, "-o", program)
        addresses[name] = every_byte(program)
        expected[name] = resolve(program, addresses[name])
    run("dwz", "-m", tmp_path / "shared.debug", "-M", "shared.debug", tmp_path / "one", tmp_path / "two")
    for name in addresses:
        assert ".gnu_debugaltlink" in run("readelf", "-SW", tmp_path / name)
        assert resolve(tmp_path / name, addresses[name]) == expected[name]


def test_symtab_without_debug_information(plain, truth, tmp_path):
    program = tmp_path / "program"
    run("objcopy", "--strip-debug", plain, program)
    for answer, expected in zip(resolve(program, every_byte(plain)), truth):
        assert answer.tier == "symtab"
        if expected.tier == "dwarf":
            assert answer.frames[0].function.split(".")[0] == expected.frames[-1].function


def test_dynsym_names_only_what_is_exported(plain, tmp_path):
    """A static function after an exported one must not get its name."""
    library = tmp_path / "library.so"
    run("gcc", "-O2", "-shared", "-fPIC", C_SOURCE, "-o", library)
    bodies = functions(library)
    run("strip", library)
    assert resolve(library, [bodies["fill_and_sum"][3]])[0] == Answer("dynsym", (Frame("fill_and_sum", "??", 0),))
    hidden = resolve(library, [bodies["give_up"][0]])[0]
    assert hidden.tier == "fde"
    assert hidden.frames[0].function == f"library.so!fde_{bodies['give_up'][0]:#x}"


def test_minidebug(plain, tmp_path):
    """As in Fedora, a section contains a file with nothing but symbols, compressed by xz."""
    stripped = strip_into(plain, tmp_path, tmp_path / "mini")
    run("objcopy", "-S", "--remove-section=.comment", "--keep-symbol=fill_and_sum", "--keep-symbol=give_up",
        tmp_path / "mini", tmp_path / "inner")
    run("xz", tmp_path / "inner")
    run("objcopy", f"--add-section=.gnu_debugdata={tmp_path / 'inner.xz'}", stripped)
    bodies = functions(plain)
    assert resolve(stripped, [bodies["give_up"][2]])[0] == Answer("minidebug", (Frame("give_up", "??", 0),))
    assert resolve(stripped, [bodies["call_library"][2]])[0].tier == "fde"


@pytest.mark.few(2)
@pytest.mark.parametrize("options", [["-Wl,-z,lazy"], ["-Wl,-z,now"], ["-fcf-protection"], ["-no-pie", "-Wl,-z,lazy"],
                                     ["-fno-plt"], ["-fuse-ld=gold"]], ids="".join)
@pytest.mark.few(1)
def test_plt_stubs(tmp_path, options):
    """The names of the stubs are compared with those of objdump, which finds them in another way."""
    if options == ["-fuse-ld=gold"] and not shutil.which("ld.gold"):
        pytest.skip("there is no ld.gold here; newer binutils leave it out")
    program = compile_c(tmp_path, *options)
    listed = re.findall(r"^([0-9a-f]+) <(\w+@plt)>:$", run("objdump", "-d", program), re.M)
    run("strip", program)
    names = {int(address, 16): name for address, name in listed}
    assert names or options == ["-fno-plt"]
    for address, name in names.items():
        answer = resolve(program, [address + 4])[0]
        assert answer == Answer("plt", (Frame(name, "??", 0),))


@pytest.mark.few(1)
@pytest.mark.parametrize("packing", ["zstd", "zlib", "zlib-gnu"])
def test_packed_sections(plain, truth, tmp_path, packing):
    """zlib-gnu makes .zdebug_* sections; distributions have compressed with zstd since 2023."""
    program = tmp_path / "program"
    run("objcopy", f"--compress-debug-sections={packing}", plain, program)
    assert (".zdebug_info" if packing == "zlib-gnu" else " C ") in run("readelf", "-SW", program)
    assert resolve(program, every_byte(plain)) == truth


def test_zstd_section_that_is_damaged(plain, tmp_path):
    """Only sections that cannot be unpacked have no names."""
    program = tmp_path / "program"
    run("objcopy", "--compress-debug-sections=zstd", plain, program)
    row = re.search(r"\.debug_info +PROGBITS +\w+ (\w+) (\w+)", run("readelf", "-SW", program))
    at, size = int(row.group(1), 16), int(row.group(2), 16)
    content = bytearray(program.read_bytes())
    content[at + 24 + 12:at + size] = bytes(size - 24 - 12)
    program.write_bytes(content)
    assert resolve(program, [functions(plain)["main"][0]])[0].tier == "symtab"


def test_file_without_build_id(tmp_path):
    program = compile_c(tmp_path, "-Wl,--build-id=none")
    assert resolve(program, [functions(program)["main"][0]])[0].tier == "dwarf"


def listen_for_nobody() -> tuple[socket.socket, list]:
    """A server that only records which clients connected."""
    server = socket.create_server(("127.0.0.1", 0))
    seen: list = []

    def accept():
        try:
            while True:
                seen.append(server.accept()[1])
        except OSError:
            return

    threading.Thread(target=accept, daemon=True).start()
    return server, seen


def test_no_network_unless_asked(plain, tmp_path):
    stripped = strip_into(plain, tmp_path, tmp_path / "unused")
    server, seen = listen_for_nobody()
    url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    answer = resolve(stripped, [functions(plain)["main"][0]], DEBUGINFOD_URLS=url,
                     DEBUGINFOD_CACHE_PATH=str(tmp_path / "cache"))[0]
    server.close()
    assert answer.tier == "fde"
    assert not seen


@pytest.fixture
def debuginfod_url(tmp_path):
    """Debian's own server, serving tmp_path/served."""
    (tmp_path / "served").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    log = (tmp_path / "server.log").open("w")
    server = subprocess.Popen(["debuginfod", "-F", "-d", ":memory:", "-p", str(port), "-t", "1",
                               str(tmp_path / "served")], stdout=log, stderr=log)
    yield f"http://127.0.0.1:{port}/"
    server.terminate()
    server.wait()


@pytest.mark.slow
def test_debuginfod(plain, truth, tmp_path, debuginfod_url):
    stripped = strip_into(plain, tmp_path, tmp_path / "served" / "program.debug")
    addresses = every_byte(plain)
    answers = []
    for attempt in range(30):  # the server scans once a second
        answers = resolve(stripped, addresses, USE_DEBUGINFOD="1", DEBUGINFOD_URLS=debuginfod_url,
                          DEBUGINFOD_CACHE_PATH=str(tmp_path / f"cache{attempt}"), DEBUGINFOD_TIMEOUT="5")
        if answers[0].tier != "fde":
            break
        threading.Event().wait(1)
    assert answers == truth
