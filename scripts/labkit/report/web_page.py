"""web_page.py - a report as one HTML page that needs no other file.  report folder -> web_page.py -> HTML

The page works from file://: it contains style, script and pictures, and its content security policy forbids to load anything else that a
report might name. Text of a report becomes HTML in only two places: in markdown-it, with HTML off (web_markdown.py), and in Jinja's
escape. The same report with the same state of its seal gives the same bytes.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from labkit.foreign_text import for_terminal
from labkit.outcome import Exit
from labkit.report.render import PAGES
from labkit.report.verification import Verification
from labkit.report.web_figures import WEB, WebFigure, part, sha256_source
from labkit.report.web_markdown import Heading, WebText
from labkit.untrusted_file import read_text

FORBIDDEN = ("default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; frame-src data:; "
             "style-src 'unsafe-inline'; script-src ")
LINES_SHOWN = 10
MOODS = {Exit.PASSED: "good", Exit.INCONCLUSIVE: "doubtful"}
SAYS = {Exit.PASSED: "This report was verified when the page was written.",
        Exit.INCONCLUSIVE: "It could not be checked whether this report follows from its evidence, so do not rely on it."}
FAILED = "This report does NOT verify: its numbers do not follow from its evidence, or its files are not those that were sealed."


@dataclass(frozen=True)
class SealNote:
    """The box at the top of a page. mood: good, doubtful or bad. says: its first sentence. lines: the result of the verification."""

    mood: str
    says: str
    lines: tuple[str, ...]


def seal_note(found: Verification) -> SealNote:
    shown = found.lines[:-1] if found.code is Exit.FAILED else (found.conclusion,)
    lines = [*shown[:LINES_SHOWN], *([f"{len(shown) - LINES_SHOWN} more lines are left out here"] if len(shown) > LINES_SHOWN else []),
             found.signature]
    return SealNote(MOODS.get(found.code, "bad"), SAYS.get(found.code, FAILED), tuple(map(for_terminal, lines)))


def report_page(report: Path, seal: SealNote, files: str | None) -> str:
    """The HTML of a report. files: the relative address of the report's folder, with a / at its end; None: links to evidence are replaced
    by their text."""
    texts = {name: read_text(report / name) for name in PAGES}
    pictures = {f"figures/{path.name}": path for path in sorted((report / "figures").glob("*.svg"))}
    figures = {name: WebFigure(f"figure-{number}", read_text(path)) for number, (name, path) in enumerate(pictures.items(), start=1)}
    return _page(texts, figures, {page: f"#{_prefix(page)}-1" for page in texts}, seal, files)


def list_page(markdown: str, places: dict[str, str], seal: SealNote) -> str:
    """The HTML of a page without figures. places: {target of a link: the page that shows it}."""
    return _page({"index": markdown}, {}, places, seal, None)


def _prefix(page: str) -> str:
    return page.removesuffix(".md")


def _page(texts: dict[str, str], figures: dict[str, WebFigure], places: dict[str, str], seal: SealNote, files: str | None) -> str:
    bodies, headings = [], []
    shown: set[str] = set()
    for name, markdown in texts.items():
        text = WebText(_prefix(name), figures, places, files, shown=shown)
        bodies.append(text.html(markdown))
        headings += text.headings
    hidden = [name for name in figures if name not in shown]
    scripts = [sha256_source(part("page.js")), *(one for figure in figures.values() for one in figure.script_hashes())]
    return _environment().get_template("page.html.j2").render(
        title=headings[0].text if headings else "A report", seal=seal, body=Markup("\n".join(bodies)),
        headings=[*(one for one in headings if one.level <= 2), *([Heading("further-figures", 2, "Further figures")] if hidden else [])],
        further=[figures[name].html(Path(name).stem) for name in hidden],
        policy=FORBIDDEN + " ".join(dict.fromkeys(scripts)), style=Markup(part("page.css")), script=Markup(part("page.js")))


@lru_cache(maxsize=None)
def _environment() -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.FileSystemLoader(WEB), undefined=jinja2.StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True, keep_trailing_newline=True, autoescape=True)
