"""What a file of an unknown author may do to its reader: nothing."""

import gzip
import os

import pytest

from labkit.untrusted_file import UntrustedFileError, parse_json, read_bytes, read_json, read_packed_text, sha256_of_regular_file


@pytest.mark.parametrize("text, reason", [
    ('{"a": 1, "a": 2}', "occurs twice"), ("[NaN]", "NaN"), ("[-Infinity]", "Infinity"), ("[" * 200_000, "too deep"),
    ("[" + "9" * 400 + "]", "64 bits"), ("[18446744073709551616]", "64 bits"), (r'["\ud800"]', "surrogate"), ("[1", "usable")])
def test_json_that_could_be_read_in_two_ways_or_none(text, reason):
    with pytest.raises(UntrustedFileError, match=reason):
        parse_json(text, "x.json")


def test_json_that_is_plain():
    assert parse_json(r'{"a": [18446744073709551615, -1.5, "\ud83d\ude00"]}', "x") == {"a": [2 ** 64 - 1, -1.5, "\U0001f600"]}


def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "fifo")
    for name, reason in (("fifo", "not a regular file"), ("link", "symbolic link"), (".", "not a regular file"), ("no", "No such")):
        with pytest.raises(UntrustedFileError, match=reason):
            read_bytes(tmp_path / name)
    with pytest.raises(UntrustedFileError, match="not a regular file"):
        sha256_of_regular_file(tmp_path.__class__("/dev/zero"))


def test_a_sparse_file_of_gigabytes_is_not_read(tmp_path):
    with open(tmp_path / "hole.json", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UntrustedFileError, match="at most"):
        read_json(tmp_path / "hole.json")


def test_a_gzip_file_that_unpacks_to_gigabytes_is_cut_or_is_none_is_refused(tmp_path):
    packed = gzip.compress(b"a;b 1\n" * 1000)
    for name, content, reason in (("bomb", gzip.compress(bytes(1 << 20)), "more than"), ("cut", packed[:-9], "cut"), ("plain", b"a;b 1", "no gzip")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UntrustedFileError, match=reason):
            read_packed_text(tmp_path / name, 10_000)
    (tmp_path / "good").write_bytes(packed)
    assert read_packed_text(tmp_path / "good") == "a;b 1\n" * 1000
