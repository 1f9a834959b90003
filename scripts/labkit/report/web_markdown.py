"""web_markdown.py - a page of a report as HTML.  Markdown, figures -> web_markdown.py -> HTML, headings

Of Markdown only what the lab's own pages use is understood, and HTML in it is text (markdown-it, `html` off). A link leads to a part
of the page, to a file below the report, or nowhere: what names a scheme, a host or a folder above is shown as its text.
"""

import re
from dataclasses import dataclass, field
from typing import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import escape

from labkit.report.web_figures import WebFigure

BELOW = re.compile(r"(?!/)(?!.*(?:^|/)\.\.(?:/|$))[A-Za-z0-9_.~+/-]+")  # no %, which could hide a ..
PROSE_CHARACTERS = 60  # a cell as long as this is read, not compared


@dataclass(frozen=True)
class Heading:
    id: str
    level: int
    text: str


@dataclass
class WebText:
    """prefix: of all ids here. places: what a link names, to its place in the page or in another one.
    files: what stands before a link to a file; None: such a link is only its text."""

    prefix: str
    figures: dict[str, WebFigure]
    places: dict[str, str]
    files: str | None
    headings: list[Heading] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)

    def html(self, markdown: str) -> str:
        """Appends to headings and shown what stood in the text."""
        parser = MarkdownIt("commonmark", {"html": False}).enable("table")
        parser.add_render_rule("image", lambda _renderer, tokens, index, *_more: self._image(tokens[index]))
        tokens = parser.parse(markdown)
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
        """Links turned to where they lead from a page; the link around a picture is dropped."""
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


def _unwrap_pictures(tokens: list[Token]) -> None:
    """A picture alone in its paragraph becomes a figure, which may not stand in one."""
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
    """On a phone a row of sentences becomes a card, where each cell says the name of its column."""
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
