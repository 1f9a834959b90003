"""foreign_text.py - escape names, commands and messages from outside before a page or a terminal shows them.  text -> text

A symbol, a command or a file name may contain anything: line breaks that start a new line (on which GitLab runs
`/approve`), bars and angle brackets that break out of a table cell, escape sequences that control a terminal.
Every text that the lab did not write itself passes through here before it is printed.

for_markdown         running text or a table cell
for_markdown_code    the same as inline code
for_terminal         one line of a terminal
as_unicode           an argument or a file name, whose bytes need not be UTF-8, as text that any file can hold
"""

import os
import unicodedata
from typing import Any

# Control characters, and characters that reverse or hide text: Unicode categories Cc and Cf, surrogates, line and paragraph separators.
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def for_markdown(value: Any) -> str:
    """Text that cannot leave its line or table cell and is not read as HTML."""
    text = for_terminal(value)
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;") or " "


def for_markdown_code(value: Any) -> str:
    """Inline code; its bars are escaped, because it may stand in a table cell."""
    return f"`{for_terminal(value).replace('|', chr(92) + '|').replace('`', chr(39))}`"


def for_terminal(value: Any) -> str:
    """One line: white space becomes single spaces, characters that cannot be seen are written as escapes."""
    text = " ".join(str(value).split())
    return "".join(one if unicodedata.category(one) not in HIDDEN else one.encode("unicode_escape", "surrogatepass").decode()
                   for one in text)


def as_unicode(argument: str) -> str:
    """Write bytes that are not UTF-8 (Python holds them as single surrogates) as escapes: caf\\xe9.txt."""
    return os.fsencode(argument).decode("utf-8", "backslashreplace")
