"""known_answers.py - the index of the victims: which known answer each has, and which tests check it.  victims, tests -> README.md

The answer is the first paragraph of the comment with which the victim's source opens; its checks are the tests (Python or C) and benchmarks that
name the victim. `make bless-known-answers` writes the page; a test compares the two.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path(__file__).with_name("README.md")
VICTIMS = ("profiler/*/victims/*.c", "profiler/*/victims/*.cc", "hardening/faults/faulted.c")
TESTS = ("profiler/**/test_*.py", "profiler/**/bench_*.py", "profiler/**/*_test.c", "scripts/**/test_*.py", "hardening/**/test_*.py",
         "hardening/**/*_cells.py", "workloads/**/test_*.py")
RULES = ("profiler/*/room.mk",)
HEAD = """# Known answers

Instruments are suspects: each victim below does something whose answer is known beforehand, and tests check that the instruments say so. Victims stand beside the
instrument that they test; `make c-tests` compiles them into build/victims. This page is written by `make bless-known-answers` from the victims' first comments.

| victim | known answer | checked by |
|---|---|---|
"""


@dataclass(frozen=True)
class Victim:
    source: Path
    answer: str
    tests: tuple[Path, ...]


def first_paragraph(source: Path) -> str:
    text = source.read_text(encoding="utf-8")
    if text.startswith("//"):
        return text.splitlines()[0].removeprefix("//").strip()
    comment = re.match(r"\s*/\*(.*?)\*/", text, re.S)
    lines = [line.strip().removeprefix("*").strip() for line in comment[1].splitlines()] if comment else []
    return " ".join("\n".join(lines).strip().split("\n\n")[0].removeprefix(f"{source.name} - ").split())


def found(patterns: tuple[str, ...]) -> list[Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def words_of(patterns: tuple[str, ...]) -> dict[Path, set[str]]:
    return {path: set(re.findall(r"\w+", path.read_text(encoding="utf-8"))) for path in found(patterns)}


def naming(source: Path, words: dict[Path, set[str]]) -> tuple[Path, ...]:
    names = {source.stem, f"{source.stem}_stripped"}
    return tuple(path for path, found_there in words.items() if names & found_there)


def victims() -> list[Victim]:
    """A victim that no test names is one of a benchmark, or is compiled into a test, by the rules of its room."""
    tests, rules = words_of(TESTS), words_of(RULES)
    return [Victim(source, first_paragraph(source), naming(source, tests) or naming(source, rules)) for source in found(VICTIMS)]


def link(path: Path) -> str:
    return f"[{path.name}](../../{path.relative_to(ROOT)})"


def page() -> str:
    rows = [f"| {link(one.source)} | {one.answer.replace('|', chr(92) + '|').replace('<', '&lt;')} | {', '.join(map(link, one.tests))} |" for one in victims()]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
