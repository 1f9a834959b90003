"""web_markdown.py - a page of a report as HTML.  Markdown, figures -> web_markdown.py -> HTML, headings

Only the Markdown that the lab's own pages use is supported, and HTML in it is treated as text (markdown-it, `html` off). A link may lead to
a part of the page or to a file below the report. A link that names a scheme, a host or a folder above is replaced by its text.
"""

import re
from dataclasses import dataclass, field
from typing import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import escape

from labkit.report.web_figures import WebFigure

BELOW = re.compile(r"(?!/)(?!.*(?:^|/)\.\.(?:/|$))[A-Za-z0-9_.~+/-]+")  # no %, which could hide a ..
FOLD = re.compile(r"<details><summary>([^<>]*)</summary>")
PROSE_CHARACTERS = 60  # a table with a cell as long as this contains sentences, not numbers to compare


@dataclass(frozen=True)
class Heading:
    id: str
    level: int
    text: str


@dataclass
class WebText:
    """Converts one or several texts of a page. prefix: the beginning of all ids. figures: {path in the report: figure}. places: {target
    of a link: its address in this or another page}. files: the prefix of links to files; None: such links are replaced by their text.
    headings, shown: the headings and the figures of all texts so far."""

    prefix: str
    figures: dict[str, WebFigure]
    places: dict[str, str]
    files: str | None
    headings: list[Heading] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)

    def html(self, markdown: str) -> str:
        """The HTML of a Markdown text; appends its headings and figures to headings and shown."""
        parser = MarkdownIt("commonmark", {"html": False}).enable("table")
        parser.add_render_rule("image", lambda _renderer, tokens, index, *_more: self._image(tokens[index]))
        tokens = parser.parse(markdown)
        _fold(tokens)
        for token in tokens:
            if token.type == "inline":
                token.children = list(self._inline(token.children or []))
        self._number_headings(tokens)
        _unwrap_pictures(tokens)
        for table in _tables(tokens):
            _name_cells(table)
        html = parser.renderer.render(tokens, parser.options, {})
        return html.replace("<table", '<div class="scroll" tabindex="0"><table').replace("</table>", "</table></div>")

    def _inline(self, children: list[Token]) -> Iterator[Token]:
        """The tokens with addresses that are right for the page. A link around a picture is dropped, as is one that leads nowhere."""
        depth_dropped = []
        for index, token in enumerate(children):
            if token.type == "link_open":
                place = self._place(str(token.attrGet("href") or ""))
                drop = place is None or children[index + 1].type == "image"
                depth_dropped.append(drop)
                token.attrSet("href", place or "")
            elif token.type == "link_close":
                drop = depth_dropped.pop()
            else:
                drop = False
            if not drop:
                yield token

    def _place(self, href: str) -> str | None:
        if href in self.figures:
            return f"#{self.figures[href].id}"
        if href in self.places:
            return self.places[href]
        return None if self.files is None or not BELOW.fullmatch(href) else self.files + href

    def _image(self, token: Token) -> str:
        source = str(token.attrGet("src") or "")
        title = "".join(child.content for child in token.children or [])
        figure = self.figures.get(source)
        if figure is None or source in self.shown:
            return str(escape(f"[{title}]"))
        self.shown.add(source)
        return str(figure.html(title))

    def _number_headings(self, tokens: list[Token]) -> None:
        for token, inline in zip(tokens, tokens[1:]):
            if token.type == "heading_open":
                text = "".join(child.content for child in inline.children or [])
                self.headings.append(Heading(f"{self.prefix}-{len(self.headings) + 1}", int(token.tag[1:]), text))
                token.attrSet("id", self.headings[-1].id)


def _fold(tokens: list[Token]) -> None:
    """Paragraphs that are exactly the two lines of templates/audit_parts/fold.md.j2 open and close a part that can be folded. Those without a
    partner stay text."""
    opened = []
    for index, token in enumerate(tokens):
        if token.type == "inline" and (summary := FOLD.fullmatch(token.content)):
            opened.append((index, summary[1]))
        elif token.type == "inline" and token.content == "</details>" and opened:
            begin, title = opened.pop()
            _replace(tokens, begin, f"<details><summary>{escape(title)}</summary>")
            _replace(tokens, index, "</details>")


def _replace(tokens: list[Token], index: int, html: str) -> None:
    """The paragraph around this inline token by HTML."""
    tokens[index - 1].hidden = tokens[index + 1].hidden = True
    tokens[index] = Token("html_block", "", 0, content=html + "\n")


def _unwrap_pictures(tokens: list[Token]) -> None:
    """Removes the paragraph around a picture that is alone in it, because HTML does not allow a figure in a paragraph."""
    for before, inline, after in zip(tokens, tokens[1:], tokens[2:]):
        if inline.type == "inline" and before.type == "paragraph_open" and [one.type for one in inline.children or []] == ["image"]:
            before.hidden = after.hidden = True


def _tables(tokens: list[Token]) -> Iterator[list[Token]]:
    start = 0
    for index, token in enumerate(tokens):
        if token.type == "table_open":
            start = index
        elif token.type == "table_close":
            yield tokens[start:index + 1]


def _name_cells(table: list[Token]) -> None:
    """Notes the name of its column in each cell. On a narrow screen each row of a table of sentences is shown as a card with these names."""
    names = [inline.content for cell, inline in zip(table, table[1:]) if cell.type == "th_open"]
    column, longest = 0, 0
    for cell, inline in zip(table, table[1:]):
        if cell.type == "tr_open":
            column = 0
        elif cell.type == "td_open":
            longest = max(longest, len(inline.content))
            cell.attrSet("data-column", _plain(names[column]) if column < len(names) else "")
            column += 1
    table[0].attrSet("class", "prose" if longest >= PROSE_CHARACTERS else "numbers")


def _plain(markdown: str) -> str:
    return markdown.replace("`", "").replace("*", "").replace("\\", "")
