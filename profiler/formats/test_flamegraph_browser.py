"""The flame graph's script in a real browser: zoom, search, labels. Skipped where there is no chromium."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("flamegraph_browser")  # one worker starts the browser
CLINIC = Path("build/bin/clinic").resolve()
PERF_TEXT = Path("profiler/cli/recorded/pipeline.perf.txt").resolve()

# Run after the picture's own script; its answer is read back from the document.
PROBE = """
<script><![CDATA[
var api = window.clinicFlamegraph, seen = {};
function by(name) { return api.frames.filter(function (f) { return f.name === name; })[0]; }
function width(name) { return +by(name).rect.getAttribute("width"); }
function shown(name) { return by(name).g.style.display !== "none"; }
seen.full = width("all");
seen.drawn = by("dedup_batch").text.textContent;
api.zoom(by("dedup_batch"));
seen.zoomed = [width("dedup_batch"), width("main"), shown("forward_batch"), shown("hash_frame")];
seen.label = by("hash_frame").text.textContent;
api.zoom(by("all"));
seen.restored = [width("dedup_batch"), shown("forward_batch")];
seen.redrawn = by("dedup_batch").text.textContent;
api.search("^hash_|^dedup");
seen.hits = document.querySelectorAll("rect.hit").length;
seen.found = document.getElementById("found").textContent;
api.search("(");
seen.wrong = document.getElementById("found").textContent;
by("main").g.dispatchEvent(new MouseEvent("mouseenter"));
seen.status = document.getElementById("status").textContent;
document.documentElement.setAttribute("data-seen", JSON.stringify(seen));
]]></script></svg>
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict:
    browser = shutil.which("chromium")
    if not browser:
        pytest.skip("no chromium to run the script in")
    folder = tmp_path_factory.mktemp("browser")
    subprocess.run([CLINIC, "import", PERF_TEXT, "-o", folder / "s.json"], check=True)
    subprocess.run([CLINIC, "export", folder / "s.json", "-o", folder / "s.svg"], check=True)
    svg = (folder / "s.svg").read_text()
    (folder / "probe.svg").write_text(svg.replace("</svg>", PROBE))
    done = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                           "--disable-background-networking", "--dump-dom", f"--user-data-dir={folder / 'profile'}",
                           f"file://{folder / 'probe.svg'}"], capture_output=True, text=True, timeout=120)
    answer = re.search(r'data-seen="([^"]*)"', done.stdout)
    if not answer:
        pytest.fail(f"the script did not run through: {done.stdout[:500]} {done.stderr[-2000:]}")
    return json.loads(answer.group(1).replace("&quot;", '"').replace("&amp;", "&").replace("&lt;", "<")
                      .replace("&gt;", ">"))


@pytest.mark.slow
def test_zoom_widens_one_and_hides_its_siblings(seen):
    dedup, main, forward_shown, hash_shown = seen["zoomed"]
    assert dedup == main == seen["full"]
    assert (forward_shown, hash_shown) == (False, True)
    assert re.fullmatch(r"hash_frame  \d+\.\d %", seen["label"])  # the share of all, not of what is zoomed


@pytest.mark.slow
def test_reset_restores(seen):
    width, forward_shown = seen["restored"]
    assert 0 < width < seen["full"] and forward_shown
    assert seen["redrawn"] == seen["drawn"]


@pytest.mark.slow
def test_search_marks_and_sums_without_counting_twice(seen):
    assert seen["hits"] == 2  # hash_frame lies on dedup_batch: one share
    share = float(re.search(r"matches ([\d.]+) %", seen["found"]).group(1))
    text = PERF_TEXT.read_text()
    assert share == pytest.approx(100 * text.count("dedup_batch") / text.count("cpu-clock:pppH:"), abs=0.02)
    assert "not a regular expression" in seen["wrong"]


@pytest.mark.slow
def test_the_pointer_tells_share_and_samples(seen):
    assert re.match(r"main  ·  \d+\.\d\d % \[.*\], .* ms, \d+ samples  ·  pipeline$", seen["status"])
