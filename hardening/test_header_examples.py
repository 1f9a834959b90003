"""Headers are manuals: the examples in them call functions as they are declared, and the files that comments name exist."""

import re
import subprocess

from test_house import tracked

HEADERS = tracked("profiler/*.h")
COMMENT = re.compile(r"/\*.*?\*/", re.S)
CALL = re.compile(r"\b((?:clinic|stopped_program|scene)_\w+)\(")
FOREIGN_FILES = {"sys/sdt.h", "linux/perf_event.h", "asm/perf_regs.h", "elf.h", "verb_NAME.c", "backends/x86_64_cfi.c",
                 "x.json", "app/index.js", "a/b/c.c", "b/c.c", "c.c"}


def arguments(text: str, at: int) -> list[str] | None:
    """The arguments of the call whose opening bracket is at that index; None if it is not closed."""
    found, depth = [""], 0
    for character in text[at:]:
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return [one.strip() for one in found if one.strip() not in ("", "void")]
        if character == "," and depth == 1:
            found.append("")
        elif character != "(" or depth > 1:
            found[-1] += character
    return None


def declared() -> dict[str, list[str]]:
    """{function or macro: the parameters of its first declaration}, of all headers."""
    parameters = {}
    for header in HEADERS:
        text = COMMENT.sub("", header.read_text())
        for call in CALL.finditer(text):
            parameters.setdefault(call[1], arguments(text, call.end() - 1) or [])
    return parameters


def wrong_examples(header: str, comment: str, parameters: dict[str, list[str]]) -> list[str]:
    """Calls with arguments in a comment that do not fit the declaration."""
    wrong = []
    for call in CALL.finditer(comment):
        given, wanted = arguments(comment, call.end() - 1), parameters.get(call[1])
        is_variadic = bool(wanted) and wanted[-1] == "..."
        fits = given == [] or (given and wanted and (len(given) == len(wanted) or is_variadic and len(given) >= len(wanted) - 1))
        if wanted is None or not fits:
            wrong.append(f"{header}: {call[1]}")
    return wrong


def test_examples_call_functions_as_they_are_declared():
    parameters = declared()
    assert len(parameters) > 300
    assert [wrong for path in HEADERS for comment in COMMENT.findall(path.read_text())
            for wrong in wrong_examples(str(path), comment, parameters)] == []


def test_an_example_with_other_arguments_is_wrong():
    parameters = {"clinic_open": ["const char *path", "int (*on)(int, int)"], "clinic_set": ["struct s *s", "const char *format", "..."]}
    assert wrong_examples("a.h", "clinic_open(path, on) clinic_open() clinic_set(&s, TEXT) clinic_set(&s, f(1, 2), 3)", parameters) == []
    assert wrong_examples("a.h", "clinic_open(path) clinic_gone(1) clinic_set(&s)", parameters) == ["a.h: clinic_open", "a.h: clinic_gone", "a.h: clinic_set"]


def test_files_that_comments_name_exist():
    known = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True).stdout.split()
    ends = {name.split("/", at)[-1] for name in known for at in range(name.count("/") + 1)}
    named = {(str(path), name) for path in tracked("profiler/*.c", "profiler/*.h") for comment in COMMENT.findall(path.read_text())
             for name in re.findall(r"(?<![\w./*-])[\w-][\w/-]*\.(?:c|h|py|md|json|mk|js|toml)\b(?!\()", comment)}
    assert len(named) > 300
    assert sorted((path, name) for path, name in named if name not in ends | FOREIGN_FILES) == []


def test_a_line_of_a_comment_has_a_blank_after_its_star():
    """Bug: clang-format joined a word to the star when it had broken a line."""
    assert [f"{path}: {line}" for path in tracked("profiler/*.c", "profiler/*.h") for comment in COMMENT.findall(path.read_text())
            for line in comment.splitlines()[1:] if re.match(r"\s*\*[^\s*/]", line)] == []
