"""foreign_text.py - names, commands and messages of others, as they may stand on a page or a terminal.  text -> text

A symbol, a command or a file name is whatever its author wrote: line breaks that would begin a line of their own (where
GitLab runs `/approve`), bars and angle brackets that would leave a cell, escape sequences that would drive a terminal.
Whatever prints a text that the lab did not word itself passes it through here.

for_markdown         running text or a table cell
for_markdown_code    the same as inline code
for_terminal         one line of a terminal
as_unicode           an argument or a file name, whose bytes need not be UTF-8, as text that any file can hold
"""

import os
import unicodedata
from typing import Any

# Controls, and what reverses or hides text: Unicode categories Cc and Cf, surrogates, line and paragraph separators.
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def for_markdown(value: Any) -> str:
    """Text that stays in its line and its cell, and is not taken for HTML."""
    text = for_terminal(value)
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;") or " "


def for_markdown_code(value: Any) -> str:
    """Inline code; in a table cell its bars are escaped all the same."""
    return f"`{for_terminal(value).replace('|', chr(92) + '|').replace('`', chr(39))}`"


def for_terminal(value: Any) -> str:
    """One line: white space becomes single spaces, characters that cannot be seen are written as escapes."""
    text = " ".join(str(value).split())
    return "".join(one if unicodedata.category(one) not in HIDDEN else one.encode("unicode_escape", "surrogatepass").decode()
                   for one in text)


def as_unicode(argument: str) -> str:
    """Bytes that are no UTF-8, which Python carries along as halves of surrogate pairs, as escapes: caf\\xe9.txt."""
    return os.fsencode(argument).decode("utf-8", "backslashreplace")
