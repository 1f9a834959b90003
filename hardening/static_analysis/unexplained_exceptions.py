"""unexplained_exceptions.py - every exception from a compiler's or an analyser's rule has its reason beside it.

An exception in a source is a mark such as NOLINT: words follow it on its line, or a comment stands on the line above.
An exception for all files is a line of a list in this folder: words follow a '#', in .ini files in the comment above.
Prints each without a reason, then how many there are; exit 1 if one has none.
"""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path("hardening/static_analysis")
# What makes a tool silent, and all of the mark that is not yet a reason.
MARK = re.compile(r"NO" r"LINT(?:NEXTLINE|BEGIN)?(?:\([\w.,*-]+\))?|cppcheck-" r"suppress(?:-\w+)?\s+(?:\[[^]]*\]|\w+)|"
                  r"diagnostic " r"ignored \"[^\"]*\"|no" r"qa(?:\s*:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|"
                  r"type:\s*" r"ignore(?:\[[\w, -]*\])?|shellcheck " r"disable=[\w,]+|pylint:\s*" r"disable=[\w,-]+")
SOURCES = ("*.c", "*.h", "*.cpp", "*.py", "*.sh", "hardening/gates", "scripts", ".ci")
WORDS = re.compile(r"[A-Za-z]+\W+[A-Za-z]+\W+[A-Za-z]+")  # three words are the least that can be a reason
COMMENT = re.compile(r"^\s*(?:/\*|\*|//|#(?!\s*(?:include|define|if|el|endif|pragma)))")


def listed(path: Path) -> list[tuple[str, bool]]:
    """Every exception for all files in one list, and whether its reason stands there."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if path.suffix == ".ini":
        return [(f"{path}: {line}", bool(WORDS.search(above))) for above, line in zip(["", *lines], lines) if is_exception(line)]
    only = [line for line in lines if line.strip() and not line.startswith("#")]
    return [(f"{path}: {line}", bool(WORDS.search(line.partition("#")[2]))) for line in only
            if path.name != "clang-tidy.txt" or (line.startswith("-") and line != "-*")]


def is_exception(line: str) -> bool:
    return bool(re.match(r"\s*(ignore\w*|disable\w*|allow_\w+|per-file-ignores|[EWFC]\d+,?|\S+:\s*[EWFC]\d+)\b", line))


def marked(path: str) -> list[tuple[str, bool]]:
    lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    return [(f"{path}:{number + 1}: {line.strip()}", has_reason(line[mark.end():], comment_above(lines[:number])))
            for number, line in enumerate(lines) for mark in [MARK.search(line)] if mark]


def comment_above(lines: list[str]) -> str:
    """The last line of a comment with words in it, or another line of code."""
    return next((line for line in reversed(lines) if line.strip() != "*/"), "")


def has_reason(behind: str, above: str) -> bool:
    return bool(WORDS.search(behind) or (COMMENT.match(above) and WORDS.search(above)))


def main() -> int:
    files = subprocess.run(["git", "ls-files", *SOURCES], capture_output=True, text=True, check=True).stdout.split()
    found = [one for path in files if Path(path).is_file() for one in marked(path)]
    found += [one for path in sorted(HERE.iterdir()) if path.suffix in (".txt", ".ini") for one in listed(path)]
    unexplained = [where for where, is_explained in found if not is_explained]
    for where in unexplained:
        print(f"{where}\n    is an exception from a rule without its reason")
    print(f"exceptions: {len(found)} exceptions, {len(unexplained)} without a reason")
    return int(bool(unexplained))


if __name__ == "__main__":
    sys.exit(main())
