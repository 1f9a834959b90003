"""web_figures.py - a picture of a report inside a page, isolated from it.  SVG text -> web_figures.py -> WebFigure

A plot becomes an image: no script in it runs, and its ids cannot collide with those of other figures. A flame graph, which has a
script, becomes a frame without an origin. Its script runs but has no access to the page and loads nothing, because the page's
content security policy applies to the frame, too, and names each script by its hash. Such a frame may not open a prompt, so the page
has the search field, and frame and page exchange messages (templates/web/flame_bridge.js).
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

WEB = Path(__file__).resolve().parents[3] / "templates" / "web"
SCRIPT = re.compile(r"<script[^>]*>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?</script>", re.DOTALL)
ROOT_TAG = re.compile(r"<svg\b[^>]*>")
VIEW_BOX = re.compile(r'viewBox="0 0 ([\d.]{1,9}) ([\d.]{1,9})"')
SIZE = re.compile(r'\s(?:width|height)="[^"]*"')
IMAGE = Markup('<figure id="{id}"><img src="{src}" alt="{title}"{size}><figcaption>{title}</figcaption></figure>\n')
FRAME = Markup('<figure id="{id}" class="flame"><label>Search <input type="search" placeholder="regular expression" disabled></label>'
               '<div class="scroll"><iframe sandbox="allow-scripts" src="{src}" title="{title}" style="{shape}"></iframe></div>'
               '<figcaption>{title}</figcaption></figure>\n')


@dataclass(frozen=True)
class WebFigure:
    """id: unique in the page. svg: the whole text of the file."""

    id: str
    svg: str

    @property
    def is_live(self) -> bool:
        return "<script" in self.svg

    def html(self, title: str) -> Markup:
        """The figure element with its caption."""
        if self.is_live:
            return FRAME.format(id=self.id, title=title, src=_data_url(_bridged(self.svg)), shape=_shape(self.svg))
        return IMAGE.format(id=self.id, title=title, src=_data_url(self.svg), size=_size(self.svg))

    def script_hashes(self) -> list[str]:
        """The sources that the page's policy must allow so that the scripts of the frame run; [] for an image."""
        return [sha256_source(script) for script in SCRIPT.findall(_bridged(self.svg))] if self.is_live else []


def sha256_source(script: str) -> str:
    """The source expression of an inline script for a content security policy (CSP level 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


@lru_cache(maxsize=None)
def part(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")


def _bridged(svg: str) -> str:
    """The SVG without its size, so that it fills the frame, and with the script that receives messages from the page."""
    svg = ROOT_TAG.sub(lambda tag: SIZE.sub("", tag[0]), svg, count=1)
    body, end, rest = svg.rpartition("</svg>")
    return f"{body}<script><![CDATA[{part('flame_bridge.js')}]]></script>\n{end}{rest}"


def _data_url(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _view_box(svg: str) -> tuple[float, float]:
    found = VIEW_BOX.search(svg)
    try:
        width, height = (float(number) for number in found.groups()) if found else (0, 0)
    except ValueError:
        width = height = 0
    return (width, height) if width > 0 and height > 0 else (1200, 600)


def _shape(svg: str) -> str:
    width, height = _view_box(svg)
    return f"aspect-ratio:{width:g}/{height:g}"


def _size(svg: str) -> Markup:
    """The size attributes of an image, which keep the text from moving while images load."""
    width, height = _view_box(svg)
    return Markup(' width="{:.0f}" height="{:.0f}"').format(width * 4 / 3, height * 4 / 3)
