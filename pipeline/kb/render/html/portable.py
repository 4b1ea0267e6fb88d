"""The pattern of a record as a tree of the few things that the page's own matcher, pattern.js, knows.

The page hands no pattern of a record to the browser's engine: that one may read it otherwise, and may never come back.

- a text stands for itself, case ignored
- `["&", …]` is one after the other, `["|", …]` one of them
- `["*", least, most, node]` is a repetition; `most` is null where it has no bound
- `["[", is_negated, [[first, last], …]]` is a character of these, by code point
- `["@", kind]` is a place: `^`, `$`, `A`, `Z`, `b`, `B`
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from kb.analysis.regexes import literal, ops, read

MOST_STATES = 500
"""A pattern that stands for more characters than this, its repetitions written out, is not matched."""

MOST_DEPTH = 40

Node = str | list[Any]


@lru_cache(maxsize=4096)
def portable(regex: str | None) -> Node | None:
    """A pattern for the page, or None: there is none, RE2 refuses it, Python reads it otherwise, or it is too large."""
    if not regex or any(text in regex for text in _READ_OTHERWISE):
        return None
    node = literal(regex) or _tree(regex)
    return node if node is not None and _states(node) <= MOST_STATES else None


def _tree(regex: str) -> Node | None:
    tree = read(regex).tree
    try:
        return None if tree is None else _sequence(tree, tree.state.flags, 0)
    except _UnknownError:
        return None


_READ_OTHERWISE = ("[:", "{,")
"""RE2 has classes such as `[[:alpha:]]`, and `{,3}` is a text for it; Python takes neither so."""


class _UnknownError(Exception):
    """The pattern holds what the matcher does not know, or is nested too deeply."""


def _sequence(items: Any, flags: int, depth: int) -> Node:  # noqa: ANN401 - the parser has no types
    if depth > MOST_DEPTH:
        raise _UnknownError
    return _joined(node for operator, argument in items for node in _nodes(operator, argument, flags, depth + 1))


def _joined(nodes: Iterable[Node]) -> Node:
    """Nodes one after the other, with neighbouring texts made one."""
    parts: list[Node] = []
    for node in nodes:
        if isinstance(node, str) and parts and isinstance(parts[-1], str):
            parts[-1] += node
        else:
            parts.append(node)
    return parts[0] if len(parts) == 1 else ["&", *parts]


def _nodes(operator: Any, argument: Any, flags: int, depth: int) -> Iterator[Node]:  # noqa: ANN401
    if operator is ops.LITERAL:
        yield chr(argument)
    elif operator is ops.SUBPATTERN:
        _, added, removed, inner = argument
        yield _sequence(inner, (flags | added) & ~removed, depth)
    elif operator is ops.BRANCH:
        yield ["|", *(_sequence(branch, flags, depth) for branch in argument[1])]
    elif operator in {ops.MAX_REPEAT, ops.MIN_REPEAT}:
        least, most, inner = argument
        yield ["*", least, None if most is ops.MAXREPEAT else most, _sequence(inner, flags, depth)]
    elif operator is ops.AT:
        yield ["@", _PLACES[argument]]
    elif not (operator is ops.ASSERT and not argument[1]):  # one that asks for nothing was put there by patterns.read
        yield _characters(operator, argument, flags)


_PLACES = {
    ops.AT_BEGINNING: "^",
    ops.AT_BEGINNING_STRING: "A",
    ops.AT_END: "$",
    ops.AT_END_STRING: "Z",
    ops.AT_BOUNDARY: "b",
    ops.AT_NON_BOUNDARY: "B",
}


def _characters(operator: Any, argument: Any, flags: int) -> Node:  # noqa: ANN401
    if operator is ops.ANY:
        return ["[", 1, [] if flags & ops.SRE_FLAG_DOTALL else [[10, 10]]]
    if operator is ops.NOT_LITERAL:
        return ["[", 1, [[argument, argument]]]
    if operator is not ops.IN:
        raise _UnknownError
    is_negated = argument[0][0] is ops.NEGATE
    return ["[", int(is_negated), [span for item in argument[is_negated:] for span in _spans(*item)]]


def _spans(kind: Any, value: Any) -> list[list[int]]:  # noqa: ANN401
    if kind is ops.LITERAL:
        return [[value, value]]
    return [list(value)] if kind is ops.RANGE else _CATEGORIES[value]


def _outside(spans: list[list[int]]) -> list[list[int]]:
    """Every code point that is in none of the spans, which stand in order."""
    bounds = [-1, *(bound for span in spans for bound in span), 0x110000]
    return [[before + 1, after - 1] for before, after in zip(bounds[::2], bounds[1::2], strict=True)]


_DIGIT = [[48, 57]]
_SPACE = [[9, 10], [12, 13], [32, 32]]
_WORD = [[48, 57], [65, 90], [95, 95], [97, 122]]

_CATEGORIES = {
    ops.CATEGORY_DIGIT: _DIGIT,
    ops.CATEGORY_NOT_DIGIT: _outside(_DIGIT),
    ops.CATEGORY_SPACE: _SPACE,
    ops.CATEGORY_NOT_SPACE: _outside(_SPACE),
    ops.CATEGORY_WORD: _WORD,
    ops.CATEGORY_NOT_WORD: _outside(_WORD),
}


def _states(node: Node) -> int:
    """How many characters a pattern stands for, its repetitions written out."""
    if isinstance(node, str):
        return len(node)
    kind, *parts = node
    if kind == "*":
        least, most, inner = parts
        copies: int = least + 1 if most is None else most
        return max(_states(inner), 1) * max(copies, 1)
    if kind in "&|":
        return sum(map(_states, parts))
    return 1
