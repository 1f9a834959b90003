"""Files that people name: refused before the work, and never replaced by something of another kind."""

import os
import socket
import stat
import threading
from pathlib import Path

import pytest

from labkit.named_output import probe, write_named
from labkit.outcome import Exit, LabError, UsageError

NOBODY = 65534


def write(path: Path, text: str = "new") -> None:
    probe("--json", path)
    write_named(path, text)


def test_a_file_appears_whole_and_keeps_its_mode(tmp_path):
    path = tmp_path / "made" / "x.json"
    write(path)
    assert path.read_text() == "new"
    path.chmod(0o600)
    write(path, "newer")
    assert path.read_text() == "newer" and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["x.json"]


def test_what_probing_finds_out_leaves_no_file(tmp_path):
    probe("--json", tmp_path / "x.json")
    assert list(tmp_path.iterdir()) == []


def test_our_own_links_are_followed_and_stay(tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "way").symlink_to(".")
    (tmp_path / "link.json").symlink_to(tmp_path / "way" / "real.json")
    write(tmp_path / "link.json")
    assert (tmp_path / "real.json").read_text() == "new" and (tmp_path / "link.json").is_symlink()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_link_of_another_user_is_refused(tmp_path, kind):
    if os.geteuid() != 0:
        pytest.skip("only root can make a link that is another user's")
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "x.json").write_text("precious")
    link = tmp_path / "link"
    link.symlink_to("precious/x.json" if kind == "file" else "precious")
    os.chown(link, NOBODY, NOBODY, follow_symlinks=False)
    with pytest.raises(UsageError, match="symbolic link of another user"):
        probe("--json", link if kind == "file" else link / "x.json")
    assert (tmp_path / "precious" / "x.json").read_text() == "precious"


@pytest.mark.parametrize("place", [".", "..", "file/x.json", "a", "x" * 300, "/proc/x.json", "/proc/self/x.json"])
def test_what_cannot_be_a_file_is_wrong_usage(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(UsageError, match="--json .*nothing can be written there"):
        probe("--json", Path(place))


def test_a_folder_without_permission_is_wrong_usage(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="Permission denied"):
        probe("--json", tmp_path / "x.json")


def test_a_named_pipe_stays_one(tmp_path):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write(pipe)
    reader.join(timeout=30)
    assert got == ["new"] and stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_descriptor_is_written_to_where_it_stands(tmp_path):
    """Opening /dev/fd/N again would overwrite the beginning of a log, and a socket cannot be opened."""
    log = tmp_path / "log"
    with open(log, "w") as file:
        file.write("before\n")
        file.flush()
        write(Path(f"/dev/fd/{file.fileno()}"), "after\n")
        write(Path(f"/proc/self/fd/{file.fileno()}"), "at last\n")
    assert log.read_text() == "before\nafter\nat last\n"
    ours, theirs = socket.socketpair()
    with ours, theirs:
        write(Path(f"/dev/fd/{theirs.fileno()}"))
        assert ours.recv(9) == b"new"


def test_a_device_that_is_full_is_a_sentence():
    with pytest.raises(LabError, match="cannot write /dev/full: No space left") as caught:
        write(Path("/dev/full"))
    assert caught.value.code is Exit.ENVIRONMENT and stat.S_ISCHR(os.stat("/dev/full").st_mode)
