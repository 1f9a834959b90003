"""mutants.py - finds the places of a C file that can be changed a little: its mutants.  a room's sources -> mutants.py -> mutated_sources.py

A mutant changes one operator, constant, condition or returned value, or removes one statement, of a function's body. Each is an
expression in place of another of the same type, so that one build can contain many of them, each behind a switch.
Left out  what a macro expands to, and constants that must be known when the program is compiled: both cannot be switched.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clang.cindex import Cursor, CursorKind, Index, StorageClass, TranslationUnit, TypeKind

# An operator and what takes its place: for a comparison, its other edge and its opposite.
REPLACEMENTS = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
    "&&": ("||",), "||": ("&&",), "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("/",),
    "&": ("|",), "|": ("&",), "^": ("&",), "<<": (">>",), ">>": ("<<",),
    "+=": ("-=",), "-=": ("+=",), "*=": ("/=",), "/=": ("*=",), "&=": ("|=",), "|=": ("&=",), "<<=": (">>=",), ">>=": ("<<=",),
}
NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)[uUlL]*")
STATEMENTS = {CursorKind.CALL_EXPR, CursorKind.BINARY_OPERATOR, CursorKind.COMPOUND_ASSIGNMENT_OPERATOR, CursorKind.UNARY_OPERATOR}
BODIES = {CursorKind.IF_STMT, CursorKind.FOR_STMT, CursorKind.WHILE_STMT}
# What is below these must be constant, or is not executed.
CONSTANT = {CursorKind.CXX_UNARY_EXPR, CursorKind.STATIC_ASSERT, CursorKind.ENUM_DECL, CursorKind.STRUCT_DECL, CursorKind.UNION_DECL}
POINTERS = {TypeKind.POINTER, TypeKind.CONSTANTARRAY, TypeKind.INCOMPLETEARRAY, TypeKind.VARIABLEARRAY}


@dataclass(frozen=True, order=True)
class Mutant:
    """The bytes start to end of the file are replaced by `text`; `statement` means that nothing uses their value."""

    path: str
    start: int
    end: int
    text: str
    line: int
    what: str  # the change in words, for a person
    statement: bool = False


class Source:
    """One C file and what libclang makes of it."""

    def __init__(self, path: Path, flags: list[str]) -> None:
        self.path, self.bytes = str(path), path.read_bytes()
        self.unit: TranslationUnit = Index.create().parse(self.path, args=flags)
        if wrong := [str(one) for one in self.unit.diagnostics if one.severity >= 3]:
            raise ValueError(f"libclang does not understand {path}: {wrong[0]}")

    def text(self, start: int, end: int) -> str:
        return self.bytes[start:end].decode()

    def of(self, cursor: Cursor) -> str:
        """The text of an expression; empty if a macro stands in it whose ends are not where the expression's are."""
        text = self.text(cursor.extent.start.offset, cursor.extent.end.offset)
        return text if balanced(text) else ""

    def mutant(self, cursor: Cursor, text: str, what: str, statement: bool = False) -> Mutant:
        return Mutant(self.path, cursor.extent.start.offset, cursor.extent.end.offset, text, cursor.extent.start.line, what, statement)


def balanced(text: str) -> bool:
    depth = 0
    for letter in re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'', "", text):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0


def shortened(text: str) -> str:
    """An expression on one line, for a person."""
    text = " ".join(text.split())
    return text if len(text) <= 90 else text[:87] + "..."


def mutants_of(path: Path, flags: list[str]) -> list[Mutant]:
    """All mutants of a file, in their order. ValueError: libclang cannot read it with these flags."""
    source = Source(path, flags)
    found: set[Mutant] = set()
    for cursor in source.unit.cursor.get_children():
        if cursor.kind == CursorKind.FUNCTION_DECL and cursor.is_definition() and str(cursor.location.file) == source.path:
            body = list(cursor.get_children())[-1]
            found.update(below(source, body))
    return sorted(found)


def below(source: Source, cursor: Cursor) -> Iterator[Mutant]:
    """The mutants of the statements and expressions in a statement or expression."""
    children = list(cursor.get_children())
    if cursor.kind == CursorKind.CASE_STMT:
        children = children[1:]
    if cursor.kind in CONSTANT or (cursor.kind == CursorKind.VAR_DECL and is_constant(cursor)):
        return
    for child in children:
        if cursor.kind == CursorKind.COMPOUND_STMT or (cursor.kind in BODIES and child in children[-1:]):
            yield from removed(source, child)
        yield from changed(source, child, cursor)
        yield from below(source, child)
    if cursor.kind in (CursorKind.IF_STMT, CursorKind.CONDITIONAL_OPERATOR):
        yield from negated(source, children[0])
    if cursor.kind == CursorKind.RETURN_STMT and children:
        yield from returned(source, children[0])


def is_constant(variable: Cursor) -> bool:
    return variable.storage_class == StorageClass.STATIC or variable.type.kind in POINTERS - {TypeKind.POINTER}


def removed(source: Source, statement: Cursor) -> Iterator[Mutant]:
    text = source.of(statement)
    if statement.kind in STATEMENTS and text and (statement.kind != CursorKind.CALL_EXPR or text.endswith(")")):
        yield source.mutant(statement, "(void)0", f"without `{shortened(text)}`", statement=True)


def changed(source: Source, cursor: Cursor, parent: Cursor) -> Iterator[Mutant]:
    if cursor.kind in (CursorKind.BINARY_OPERATOR, CursorKind.COMPOUND_ASSIGNMENT_OPERATOR):
        yield from other_operator(source, cursor)
    elif cursor.kind == CursorKind.UNARY_OPERATOR:
        yield from counted_back(source, cursor)
    elif cursor.kind in (CursorKind.INTEGER_LITERAL, CursorKind.CHARACTER_LITERAL):
        yield from other_constant(source, cursor, parent)


def other_operator(source: Source, cursor: Cursor) -> Iterator[Mutant]:
    left, right = cursor.get_children()
    before, after = source.of(left), source.of(right)
    between = source.text(left.extent.end.offset, right.extent.start.offset)
    operator = between.strip()
    ends = cursor.extent.start.offset <= left.extent.start.offset and right.extent.end.offset <= cursor.extent.end.offset
    if not (before and after and ends and source.of(cursor)) or operator not in REPLACEMENTS:
        return
    if right.type.get_canonical().kind in POINTERS and operator in "+-":
        return  # the difference of two addresses has no other operator
    start, end = cursor.extent.start.offset, cursor.extent.end.offset
    for other in REPLACEMENTS[operator]:
        text = source.text(start, left.extent.end.offset) + between.replace(operator, other) + source.text(right.extent.start.offset, end)
        yield source.mutant(cursor, text, f"{operator} -> {other} in `{shortened(source.of(cursor))}`")


def counted_back(source: Source, cursor: Cursor) -> Iterator[Mutant]:
    text = source.of(cursor)
    for step, other in (("++", "--"), ("--", "++")):
        if text.startswith(step):
            yield source.mutant(cursor, other + text[2:], f"{step} -> {other} in `{text}`")
        elif text.endswith(step):
            yield source.mutant(cursor, text[:-2] + other, f"{step} -> {other} in `{text}`")


def other_constant(source: Source, cursor: Cursor, parent: Cursor) -> Iterator[Mutant]:
    text = source.of(cursor)
    is_index = source.text(cursor.extent.start.offset - 1, cursor.extent.start.offset) == "["
    if not (NUMBER.fullmatch(text) or text.startswith("'")) or (is_index and parent.kind != CursorKind.ARRAY_SUBSCRIPT_EXPR):
        return
    other = "0" if text == "1" else f"({text} + 1)"
    yield source.mutant(cursor, other, f"{text} -> {other} in `{shortened(source.of(parent) or text)}`")


def negated(source: Source, condition: Cursor) -> Iterator[Mutant]:
    text = source.of(condition)
    if text and condition.kind != CursorKind.BINARY_OPERATOR and re.search(r"[\w)\]]$", text):
        yield source.mutant(condition, f"!({text})", f"not `{shortened(text)}`")


def returned(source: Source, value: Cursor) -> Iterator[Mutant]:
    text, kind = source.of(value), value.type.get_canonical().kind
    if not text or NUMBER.fullmatch(text) or text in ("NULL", "true", "false") or kind == TypeKind.RECORD:
        return
    other = f"!({text})" if kind == TypeKind.BOOL else "0"
    yield source.mutant(value, other, f"returns {other} instead of `{shortened(text)}`")
