"""A pattern as engines know it that have no switch for the case and no `(?i)`: JavaScript's, and .NET's in its ECMAScript mode."""

import re
from collections.abc import Iterable
from typing import Any

from kb.analysis import regexes
from kb.analysis.regexes import ops

CASE = re.IGNORECASE


class UntranslatableError(Exception):
    """What a pattern asks cannot be asked there; the text says what."""


def translated(regex: str) -> str:
    """A pattern that finds, in one line, what RE2 finds with the case of ASCII letters ignored; it captures nothing.

    A letter becomes a class of both its cases, for these engines are given a pattern without flags.

    Raises:
        UntranslatableError: it does not compile, or has what one of the engines lacks.
    """
    read = regexes.read(regex)
    if read.matcher is None or read.tree is None:
        raise UntranslatableError("RE2 does not take it" if read.refusal else "it is too long, or does not compile")
    return _sequence(read.tree, folded=True)


def _sequence(tree: Iterable[Any], *, folded: bool) -> str:
    return "".join(_part(kind, value, folded=folded) for kind, value in tree)


def _part(kind: Any, value: Any, *, folded: bool) -> str:  # noqa: ANN401, PLR0911 - a parsed pattern has no public type
    if kind is ops.LITERAL:
        return _literal(value, folded=folded)
    if kind is ops.NOT_LITERAL:
        return f"[^{_range(value, value, folded=folded)}]"
    if kind is ops.ANY:
        return "."
    if kind is ops.IN:
        return _class(value, folded=folded)
    if kind is ops.BRANCH:
        return f"(?:{'|'.join(_sequence(branch, folded=folded) for branch in value[1])})"
    if kind is ops.SUBPATTERN:
        _, added, taken, inner = value
        return f"(?:{_sequence(inner, folded=(folded or bool(added & CASE)) and not taken & CASE)})"
    if kind in {ops.MAX_REPEAT, ops.MIN_REPEAT}:
        return _repeat(*value, lazy=kind is ops.MIN_REPEAT, folded=folded)
    if kind is ops.AT and value in _PLACES:
        return _PLACES[value]
    if kind is ops.ASSERT and not value[1]:  # the mark that keeps the parser from merging branches
        return ""
    raise UntranslatableError(f"it asks for {str(kind).lower().replace('_', ' ')}")


_PLACES = {
    ops.AT_BEGINNING: "^",
    ops.AT_BEGINNING_STRING: "^",
    ops.AT_END: "$",
    ops.AT_BOUNDARY: r"\b",
    ops.AT_NON_BOUNDARY: r"\B",
}

_CATEGORIES = {
    ops.CATEGORY_DIGIT: r"\d",
    ops.CATEGORY_NOT_DIGIT: r"\D",
    ops.CATEGORY_WORD: r"\w",
    ops.CATEGORY_NOT_WORD: r"\W",
    ops.CATEGORY_SPACE: r"\s",
    ops.CATEGORY_NOT_SPACE: r"\S",
}


def _repeat(least: int, most: Any, tree: Any, *, lazy: bool, folded: bool) -> str:  # noqa: ANN401 - likewise
    inner = _sequence(tree, folded=folded)
    is_one = len(tree) == 1 and tree[0][0] not in {ops.MAX_REPEAT, ops.MIN_REPEAT, ops.AT, ops.ASSERT}
    endless = most is ops.MAXREPEAT
    short = {(0, True): "*", (1, True): "+"}.get((least, endless)) or ("?" if (least, most) == (0, 1) else None)
    times = short or f"{{{least}{'' if most == least else ',' if endless else f',{most}'}}}"
    return f"{inner if is_one else f'(?:{inner})'}{times}{'?' if lazy else ''}"


def _literal(code: int, *, folded: bool) -> str:
    if code == ord("\n"):
        raise UntranslatableError("it asks for a line break, and these read line by line")
    char = chr(code)
    if folded and char.isascii() and char.isalpha():
        return f"[{char.upper()}{char.lower()}]"
    return _char(code)


def _class(members: list[tuple[Any, Any]], *, folded: bool) -> str:
    parts = []
    for kind, value in members:
        if kind is ops.NEGATE:
            parts.append("^")
        elif kind is ops.CATEGORY:
            parts.append(_CATEGORIES[value])
        else:
            first, last = value if kind is ops.RANGE else (value, value)
            parts.append(_range(first, last, folded=folded))
    return f"[{''.join(parts)}]"


def _range(first: int, last: int, *, folded: bool) -> str:
    """A range within a class; with `folded`, the letters in it in their other case too."""
    if last > _BASIC:
        raise UntranslatableError("a class of it has a character beyond U+FFFF")
    spans = [(first, last)]
    for lower, shift in ((ord("a"), -32), (ord("A"), 32)) if folded else ():
        begin, end = max(first, lower), min(last, lower + 25)
        spans += [(begin + shift, end + shift)] if begin <= end else []
    return "".join(_char(begin) if begin == end else f"{_char(begin)}-{_char(end)}" for begin, end in spans)


_BASIC = 0xFFFF
_OPERATORS = frozenset(map(ord, "\\^$.*+?()[]{}|/-"))


def _char(code: int) -> str:
    if code in _OPERATORS:
        return f"\\{chr(code)}"
    if code > _BASIC or (chr(code).isprintable() and code != 0xFEFF):
        return chr(code)
    return f"\\u{code:04x}"
