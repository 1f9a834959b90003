"""reports/chain.txt names the newest version, and every version is checked by the chain from there."""

import pytest

from labkit.report import chain
from labkit.report.chain import head_breaks, read_heads, record_head
from labkit.report.seal import SealError, link_to, seal


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """reports/mill/v0001 to v0003, sealed one after the other and recorded."""
    reports = tmp_path / "reports"
    monkeypatch.setattr(chain, "CHAIN", reports / "chain.txt")
    previous = None
    for number in (1, 2, 3):
        report = reports / "mill" / f"v000{number}"
        report.mkdir(parents=True)
        (report / "audit.md").write_text(f"version {number}\n")
        seal(report, link_to(previous))
        record_head(report)
        previous = report
    return reports / "mill"


def test_every_version_leads_up_to_the_newest(tree):
    assert read_heads()["mill"].version == "v0003"
    assert [list(head_breaks(tree / name)) for name in ("v0001", "v0002", "v0003")] == [[], [], []]


def test_the_newest_version_rewritten_is_named(tree):
    (tree / "v0003" / "audit.md").write_text("forty times as fast\n")
    seal(tree / "v0003", link_to(tree / "v0002"))
    assert [place for _, place, _, _ in head_breaks(tree / "v0003")] == ["manifest of v0003"]
    assert [place for _, place, _, _ in head_breaks(tree / "v0001")] == ["manifest of v0003"]


def test_a_newest_version_that_nobody_recorded_is_named(tree):
    (tree / "v0004").mkdir()
    seal(tree / "v0004", link_to(tree / "v0003"))
    assert [place for _, place, _, _ in head_breaks(tree / "v0004")] == ["newest version of mill"]


def test_the_newest_version_taken_away_is_named(tree):
    for path in (tree / "v0003").iterdir():
        path.unlink()
    (name, place, stored, found), = head_breaks(tree / "v0002")
    assert (place, stored, found) == ("a version after v0002", "v0003", "missing")


def test_a_version_that_the_chain_goes_round_is_named(tree):
    seal(tree / "v0003", link_to(tree / "v0001"))
    record_head(tree / "v0003")
    assert [place for _, place, _, _ in head_breaks(tree / "v0002")] == ["the version before v0003"]


def test_a_copy_elsewhere_stands_for_itself(tree, tmp_path):
    copy = tmp_path / "elsewhere" / "mill" / "v0009"
    copy.mkdir(parents=True)
    seal(copy, None)
    assert list(head_breaks(copy)) == []


@pytest.mark.parametrize("line", ["mill v0003", "mill v3 " + "0" * 64, "mill v0001 " + "0" * 64 + "\nmill v0002 " + "0" * 64])
def test_a_line_that_says_nothing_is_refused(tree, line):
    chain.CHAIN.write_text(line + "\n")
    with pytest.raises(SealError, match="line [12]"):
        read_heads()
