"""`lab show` makes one page that needs no other file, and nothing in a report can act in the page."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from headless_browser import HeadlessBrowser, chromium
from labkit.outcome import Exit
from labkit.report.verification import Verification
from labkit.report.web_figures import WebFigure
from labkit.report.web_markdown import WebText
from labkit.report.web_page import report_page, seal_note

TELEMETRY = Path("reports/telemetry/v0001")
WIDTHS = (1280, 390)  # a laptop and a phone
PASSED = Verification(Exit.PASSED, ("r: follows from the evidence", "r: unsigned"))
HOSTILE = '"><script>document.title="taken"</script><img src=x onerror=alert(1)>'


class Found(HTMLParser):
    def __init__(self, html: str):
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.addresses += [attrs[name] for name in ("src", "href") if name in attrs]


def hostile_report(folder: Path) -> Path:
    """A folder without a seal whose texts and figures try to act in the page."""
    (folder / "figures").mkdir(parents=True)
    (folder / "audit.md").write_text(f"# {HOSTILE}\n\n{HOSTILE}\n\n| {HOSTILE} | b |\n|---|---|\n| {HOSTILE} | `{HOSTILE}` |\n\n"
                                     f"![{HOSTILE}](figures/a.svg)\n\n[x](javascript:alert(1)) [y](https://example.org/) [z](../../secret) "
                                     "[e](evidence/plan.json)\n")
    (folder / "checklist.md").write_text("# Checklist\n")
    (folder / "figures" / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="parent.document.title=1">'
                                              '<script>try { top.document.title = "taken"; } catch (e) { }'
                                              ' fetch("https://example.org/").catch(function () {});</script></svg>')
    (folder / "figures" / f"{HOSTILE.replace('/', '')}.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    return folder


def lab(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-B", "scripts/lab", "show", *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture(scope="module")
def page() -> str:
    return report_page(TELEMETRY, seal_note(PASSED), "files/")


def test_the_page_needs_no_other_file(page):
    found = Found(page)
    loaded = [attrs["src"] for tag, attrs in found.tags if "src" in attrs]
    assert loaded and all(source.startswith("data:image/svg+xml;base64,") for source in loaded)
    assert not [tag for tag, _ in found.tags if tag in ("link", "base", "object", "embed")]
    policy = next(attrs["content"] for _, attrs in found.tags if "http-equiv" in attrs)
    assert policy.startswith("default-src 'none'")


def test_every_figure_stands_in_the_page_once(page):
    pictures = len(list((TELEMETRY / "figures").glob("*.svg")))
    assert page.count("<figure ") == pictures and page.count("<iframe ") == len(list((TELEMETRY / "figures").glob("[fh][le]a*.svg")))


def test_ids_are_unique_and_links_lead_somewhere(page):
    found = Found(page)
    assert len(found.ids) == len(set(found.ids))
    inside = [address[1:] for address in found.addresses if address.startswith("#")]
    assert inside and set(inside) <= set(found.ids)
    files = [address for address in found.addresses if not address.startswith(("#", "data:"))]
    assert files and all((TELEMETRY / address.removeprefix("files/")).exists() for address in files)


def test_the_same_report_gives_the_same_bytes(page):
    assert report_page(TELEMETRY, seal_note(PASSED), "files/") == page


def test_foreign_text_stays_text(tmp_path):
    html = report_page(hostile_report(tmp_path / "r"), seal_note(Verification(Exit.FAILED, (HOSTILE, HOSTILE, HOSTILE))), "files/")
    found = Found(html)
    assert [tag for tag, _ in found.tags].count("script") == 1 and "onerror" not in [name for _, attrs in found.tags for name in attrs]
    assert [address for address in found.addresses if not address.startswith(("#", "data:"))] == ["files/evidence/plan.json"]


def test_a_folded_part_is_one_in_the_page_too():
    html = WebText("p", {}, {}, None).html("a\n\n<details><summary>More & more</summary>\n\n| x |\n|---|\n| 1 |\n\n</details>\n\nb\n")
    assert "<details><summary>More &amp; more</summary>\n" in html and html.index("<table") < html.index("</details>") < html.index("<p>b</p>")


@pytest.mark.parametrize("text", ["<details><summary>x</summary>", "</details>", "<details open onclick=x><summary>x</summary>\n\n</details>",
                                  "<details><summary><b>x</b></summary>\n\n</details>", "a <details><summary>x</summary>\n\nb </details>"])
def test_what_only_looks_like_a_fold_stays_text(text):
    html = WebText("p", {}, {}, None).html(f"{text}\n\nmore\n")
    assert "<details" not in html and "</details>" not in html and "&lt;" in html and "<p>more</p>" in html


@pytest.mark.slow
def test_a_link_into_a_folded_part_unfolds_it(browser, tmp_path):
    report = hostile_report(tmp_path / "r")
    (report / "audit.md").write_text("# T\n\n<details><summary>s</summary>\n\n### Inside\n\ntext\n\n</details>\n")
    (tmp_path / "p.html").write_text(report_page(report, seal_note(PASSED), None))
    browser.open(tmp_path / "p.html", 1280)
    state = "document.querySelector('main details').open"
    assert browser.value(state) is False
    browser.value("location.hash = document.querySelector('main h3').id")
    browser.wait_until(state)


@pytest.mark.parametrize("href", ["/etc/passwd", "..", "a/../../b", "//host/a", "file:///etc", "data:text/html,x", "a:b", "%2e%2e/x", "a b"])
def test_a_link_out_of_the_report_is_only_its_text(href):
    assert "<a" not in WebText("p", {}, {}, "files/").html(f"[text](<{href}>)")


def test_a_flame_graph_is_a_frame_without_an_origin():
    figure = WebFigure("f", '<svg viewBox="0 0 12 5" width="12" height="5"><script><![CDATA[\nrun()]]></script></svg>')
    tag, attrs = next(one for one in Found(str(figure.html("t"))).tags if one[0] == "iframe")
    assert (attrs["sandbox"], attrs["style"]) == ("allow-scripts", "aspect-ratio:12/5") and len(figure.script_hashes()) == 2


@pytest.mark.slow
def test_no_folder_is_wrong_usage(tmp_path):
    done = lab(tmp_path / "absent")
    assert (done.returncode, done.stdout) == (2, "") and re.fullmatch(r"lab: .* is not a folder; [^\n]*\n", done.stderr)


def test_a_folder_that_is_no_report_fails_in_one_sentence(tmp_path):
    hostile = tmp_path / "a\n\x1b[31m"
    hostile.mkdir()
    done = lab(hostile, "--output", tmp_path / "p.html")
    assert "\x1b" not in done.stderr and done.returncode == 1 and re.fullmatch(r"lab: .*MANIFEST.sha256 cannot be read: [^\n]*\n", done.stderr)
    assert not (tmp_path / "p.html").exists()


@pytest.mark.slow
def test_a_place_where_nothing_can_be_written_is_said_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    done = lab(TELEMETRY, "--output", tmp_path / "file" / "p.html")
    assert done.returncode == 2 and re.fullmatch(r"lab: --output [^\n]*\n", done.stderr)


@pytest.mark.slow
def test_output_without_a_report_is_wrong_usage(tmp_path):
    done = lab("--output", tmp_path / "p.html")
    assert done.returncode == 2 and done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_broken_seal_is_refused_unless_asked_for(tmp_path):
    report, written = tmp_path / "<script>\n\x1b[31m" / "v0001", tmp_path / "p.html"
    shutil.copytree(TELEMETRY, report)
    with (report / "checklist.md").open("a") as file:
        file.write("\nAll is well.\n")
    refused = lab(report, "--output", written)
    assert refused.returncode == 1 and "--unverified" in refused.stderr and not written.exists()
    assert refused.stderr.count("\n") == 1 and "\x1b" not in refused.stderr
    shown = lab(report, "--output", written, "--unverified")
    assert shown.returncode == 0 and "does not verify" in shown.stdout
    html = written.read_text()
    assert "does NOT verify" in html and "checklist.md: SHA-256" in html and "<script>\\n" not in html


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if not chromium():
        pytest.skip("no chromium to open the page in")
    with HeadlessBrowser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_in_a_browser_nothing_fails_overflows_or_is_loaded(browser, page, tmp_path, width):
    (tmp_path / "p.html").write_text(page)
    browser.open(tmp_path / "p.html", width)
    browser.wait_until("[].every.call(document.querySelectorAll('figure.flame input'), function (one) { return !one.disabled; })")
    assert browser.value("document.documentElement.scrollWidth") == width
    assert browser.complaints == []
    assert [one for one in browser.requests if not one.startswith(("data:", "file:"))] == []
    assert browser.value("[].filter.call(document.images, function (one) { return !one.naturalWidth; }).length") == 0
    narrow = "[].filter.call(document.querySelectorAll('figure img'), function (one) { return one.offsetWidth && one.offsetWidth < 600; }).length"
    assert browser.value(narrow) == 0, "the text of a narrower picture cannot be read"


@pytest.mark.slow
def test_tables_sort_by_amount(browser, tmp_path):
    rows = "".join(f"| {name} | {value} |\n" for name, value in [("a", "1.5 ms"), ("b", "900 ns"), ("c", ""), ("d", "1 200 µs")])
    report = hostile_report(tmp_path / "r")
    (report / "audit.md").write_text(f"# T\n\n| name | time |\n|---|--:|\n{rows}")
    (tmp_path / "p.html").write_text(report_page(report, seal_note(PASSED), None))
    browser.open(tmp_path / "p.html", 1280)
    order = "[].map.call(document.querySelectorAll('tbody tr'), function (row) { return row.cells[0].textContent; }).join('')"
    browser.value("document.querySelectorAll('th button')[1].click()")
    assert browser.value(order) == "bdac"
    browser.value("document.querySelectorAll('th button')[1].click()")
    assert browser.value(order) == "adbc"


@pytest.mark.slow
def test_a_hostile_report_gets_nowhere(browser, tmp_path):
    (tmp_path / "p.html").write_text(report_page(hostile_report(tmp_path / "r"), seal_note(PASSED), None))
    browser.open(tmp_path / "p.html", 1280)
    assert browser.value("document.title") == HOSTILE
    assert browser.value("document.querySelectorAll('main img').length") == 1
    assert [one for one in browser.requests if not one.startswith(("data:", "file:"))] == []
