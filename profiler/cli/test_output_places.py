"""What `clinic` writes and reads at the paths that people and files name: devices, pipes, links, limits."""

import fcntl
import gzip
import json
import os
import resource
import shutil
import socket
import stat
import subprocess
import threading
from pathlib import Path

import pytest

CLINIC = Path("build/bin/clinic").resolve()
PERF_TEXT = Path("profiler/cli/recorded/pipeline.perf.txt").resolve()
EXAMPLE = Path("hardening/fuzz/corpus/session/example.json").resolve()
NOBODY = 65534


def clinic(*argv: object, **options) -> subprocess.CompletedProcess:
    return subprocess.run([CLINIC, *map(str, argv)], capture_output=True, text=True, timeout=60, **options)


# Every verb that writes a file: a function that returns its command line for a given place.
WRITERS = {
    "record": lambda path: ["record", "-o", path, "true"],
    "import": lambda path: ["import", PERF_TEXT, "-o", path],
    "merge": lambda path: ["merge", EXAMPLE, EXAMPLE, "-o", path],
    "export": lambda path: ["export", EXAMPLE, "--format", "session", "-o", path],
}
each_writer = pytest.mark.parametrize("writer", WRITERS)


def is_session(path: Path) -> bool:
    return json.loads(path.read_text())["format"] == "clinic-session"


def complaint(done: subprocess.CompletedProcess) -> str:
    """The message of a verb that could not write: it must exit with 2 and print one line with the reason."""
    assert done.returncode == 2, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "cannot write" in line]
    return line


@pytest.fixture
def drafts(tmp_path):
    """No test leaves a half-written file."""
    yield
    assert not [path for path in tmp_path.rglob("*.part")]


@pytest.fixture
def link_of_another(tmp_path) -> Path:
    """A link that another user made, in a folder where everybody may write, to a file of ours called precious."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a link that is another user's")
    folder = tmp_path / "everybodys"
    folder.mkdir()
    folder.chmod(0o1777)
    (tmp_path / "precious").write_text("precious")
    link = folder / "s.json"
    link.symlink_to(tmp_path / "precious")
    os.chown(link, NOBODY, NOBODY, follow_symlinks=False)
    return link


@each_writer
def test_a_link_of_another_user_is_not_followed(tmp_path, link_of_another, drafts, writer):
    done = clinic(*WRITERS[writer](link_of_another), env=os.environ | {"TMPDIR": str(tmp_path)})
    assert "symbolic link of another user" in complaint(done)
    assert (tmp_path / "precious").read_text() == "precious" and link_of_another.is_symlink()


def test_nor_is_one_to_a_folder(tmp_path, link_of_another, drafts):
    """The kernel's own protection, if it is enabled, covers only sticky folders; ours covers all."""
    (tmp_path / "ours").mkdir()
    way = link_of_another.parent / "way"
    way.symlink_to(tmp_path / "ours")
    os.chown(way, NOBODY, NOBODY, follow_symlinks=False)
    link_of_another.parent.chmod(0o777)
    assert "symbolic link of another user" in complaint(clinic(*WRITERS["import"](way / "s.json")))
    assert list((tmp_path / "ours").iterdir()) == []


def test_a_dangling_link_of_another_user_makes_no_file(tmp_path, link_of_another, drafts):
    (tmp_path / "precious").unlink()
    complaint(clinic(*WRITERS["import"](link_of_another)))
    assert not (tmp_path / "precious").exists()


@each_writer
def test_drafts_of_killed_writers_are_removed_and_no_others(tmp_path, writer):
    """Bug: what SIGKILL left beside a session stayed for ever, although the runbook promised otherwise."""
    old, young, locked, other = (tmp_path / name for name in (
        ".clinic-0123456789abcdef.part", ".clinic-1123456789abcdef.part", ".clinic-2123456789abcdef.part", ".clinic-old.part"))
    for path in (old, young, locked, other):
        path.touch()
    for path in (old, locked, other):
        os.utime(path, (1, 1))
    with open(locked) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert clinic(*WRITERS[writer](tmp_path / "s.json")).returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {young.name, locked.name, other.name, "s.json"}


@each_writer
def test_our_own_links_are_written_through(tmp_path, drafts, writer):
    (tmp_path / "folder").mkdir()
    (tmp_path / "way").symlink_to("folder")
    (tmp_path / "folder" / "link.json").symlink_to("../there.json")
    assert clinic(*WRITERS[writer](tmp_path / "way" / "link.json")).returncode == 0
    assert is_session(tmp_path / "there.json") and (tmp_path / "folder" / "link.json").is_symlink()


def test_a_circle_of_links_is_a_sentence(tmp_path, drafts):
    (tmp_path / "a.json").symlink_to("b.json")
    (tmp_path / "b.json").symlink_to("a.json")
    complaint(clinic(*WRITERS["import"](tmp_path / "a.json")))


@each_writer
def test_the_mode_of_the_file_is_kept(tmp_path, drafts, writer):
    path = tmp_path / "s.json"
    path.write_text("old")
    path.chmod(0o600)
    assert clinic(*WRITERS[writer](path)).returncode == 0
    assert is_session(path) and stat.S_IMODE(path.stat().st_mode) == 0o600


@each_writer
@pytest.mark.parametrize("place", ["folder.json", "file/x.json", "missing/x.json", "x" * 300 + ".json"])
def test_what_cannot_be_a_file_is_one_sentence(tmp_path, drafts, writer, place):
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "file").touch()
    complaint(clinic(*WRITERS[writer](tmp_path / place), env=os.environ | {"TMPDIR": str(tmp_path)}))


@each_writer
def test_the_standard_output_is_not_opened_again(tmp_path, drafts, writer):
    """Bug: opening /dev/stdout overwrote the beginning of a log; a socket cannot be opened at all."""
    log = tmp_path / "log"
    log.write_text("before\n")
    with open(log, "a") as end:
        subprocess.run([CLINIC, *map(str, WRITERS[writer]("/dev/stdout"))], stdout=end, stderr=subprocess.PIPE, check=True)
    assert log.read_text().startswith('before\n{')
    ours, theirs = socket.socketpair()
    with ours, theirs:
        done = subprocess.run([CLINIC, *map(str, WRITERS[writer]("/dev/stdout"))], stdout=theirs, stderr=subprocess.PIPE)
        assert done.returncode == 0 and ours.recv(1) == b"{"


def test_a_named_pipe_is_written_to_and_stays(tmp_path, drafts):
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    assert clinic(*WRITERS["import"](pipe)).returncode == 0
    reader.join(timeout=30)
    assert json.loads(got[0])["format"] == "clinic-session" and stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_folder_of_dev_is_a_folder_like_others():
    """Bug: any path that began with /dev/ was taken for a device."""
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("there is no /dev/shm to write to")
    path = Path(f"/dev/shm/clinic-test-{os.getpid()}.json")
    try:
        assert clinic(*WRITERS["import"](path)).returncode == 0
        assert is_session(path)
    finally:
        path.unlink(missing_ok=True)


@each_writer
def test_a_limit_of_file_sizes_is_a_sentence_and_no_signal(tmp_path, drafts, writer):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    done = clinic(*WRITERS[writer](tmp_path / "s.json"), preexec_fn=limit, env=os.environ | {"TMPDIR": str(tmp_path)})
    assert "File too large" in complaint(done)


def test_where_a_session_is_rescued_cannot_be_guessed(tmp_path, drafts):
    asked = tmp_path / "no" / "such" / "s.json"
    for _ in range(2):
        clinic(*WRITERS["record"](asked), env=os.environ | {"TMPDIR": str(tmp_path)})
    found = [path.name for path in tmp_path.iterdir()]
    assert len(found) == 2 and all(len(name) == len("clinic-0123456789abcdef.json.gz") for name in found)


def test_counts_that_go_to_a_device_leave_it_a_device(tmp_path):
    """Bug: as root, CLINIC_ALLOC_OUT=/dev/null replaced the device by a plain file; this test uses a pipe in its place."""
    pipe = tmp_path / "counts"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    subprocess.run(["true"], check=True,
                   env={"LD_PRELOAD": str(CLINIC.parents[1] / "lib/libclinic-preload.so"), "CLINIC_ALLOC_OUT": str(pipe)})
    assert os.read(end, 1) == b"{" and stat.S_ISFIFO(pipe.stat().st_mode)
    os.close(end)
    assert [path.name for path in tmp_path.iterdir()] == ["counts"]


@pytest.mark.parametrize("kind", ["device", "pipe", "folder", "huge"])
def test_annotate_reads_regular_sources_only(tmp_path, kind):
    """Bug: a session may name any path; reading /dev/zero took all memory, and reading a pipe never ended."""
    source = Path("/dev/zero") if kind == "device" else tmp_path / "source.c"
    if kind == "pipe":
        os.mkfifo(source)
    if kind == "folder":
        source.mkdir()
    if kind == "huge":
        with open(source, "wb") as file:
            file.truncate(1 << 40)
    text = EXAMPLE.read_text().replace('"dedup.c"', json.dumps(str(source))).replace('"pipeline.c"', json.dumps(str(source)))
    session = tmp_path / "s.json"
    session.write_text(text)
    done = clinic("annotate", session, "dedup_batch",
                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30)))
    assert done.returncode == 0 and "not found here" in done.stdout


@pytest.mark.parametrize("option", [[], ["--data"]], ids=["code", "data"])
def test_places_are_named_from_regular_files_only(tmp_path, option):
    """Bug: the path comes from the observed program; if it put a pipe in place of its file, reading never ended."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for place in (pipe, Path("/dev/zero"), tmp_path):
        done = clinic("where", *option, f"{place}+0x10")
        assert done.returncode == 0 and done.stdout.strip() == f"{place}+0x10", (done.stdout, done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("head, filler", [(b'{"format":"clinic-session",', b" "), (PERF_TEXT.read_bytes(), b"\n")],
                         ids=["session", "perf script"])
def test_a_gzip_of_blanks_counts_against_the_limit(tmp_path, head, filler):
    path = tmp_path / "blanks.gz"
    with gzip.open(path, "wb", compresslevel=6) as file:
        file.write(head)
        for _ in range(200):
            file.write(filler * 1_000_000)
    done = clinic("report", path)
    assert done.returncode == 2 and "too large" in done.stderr and done.stderr.count("\n") == 1


def test_objdump_takes_no_path_for_an_option(tmp_path):
    """Bug: a session names the library, and for a file called --help objdump printed its help."""
    source = tmp_path / "burn.c"
    source.write_text("int main(void) { volatile unsigned long x = 1; for (long i = 0; i < 60000000; i++) x += i; return 0; }\n")
    program = tmp_path / "--help"
    subprocess.run(["gcc", "-O1", "-g", "-Wl,--build-id", source, "-o", f"./{program.name}"], check=True, cwd=tmp_path)
    assert clinic("record", "-o", "s.json", "--", f"./{program.name}", cwd=tmp_path).returncode == 0
    text = (tmp_path / "s.json").read_text().replace(json.dumps(str(program)), '"--help"')
    (tmp_path / "s.json").write_text(text)
    said = clinic("annotate", "s.json", "main", cwd=tmp_path).stdout
    assert "Usage: " not in said and shutil.which("objdump")
