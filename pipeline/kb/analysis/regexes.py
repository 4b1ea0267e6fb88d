"""What rules have to know of a regex. Pure, and no pattern can make it slow: nothing is searched but by RE2."""

import re
import warnings
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

import re2

parser: Any = import_module("re._parser")
"""Python's own parser: to compile a hostile pattern can take hours, to parse it cannot."""

ops: Any = import_module("re._constants")

_PLAIN = re.compile(r"(?>(?:[^\\.^$*+?{}()\[\]|]++|\\[ -/:-@\[-^`{-~])*)", re.ASCII)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

_CLASS = re.compile(r"\\[wWdDsSbB]")
_ANCHOR = re.compile(r"[$^]|\\[AzZ]")

_BAR = re.compile(r"(\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|\|", re.DOTALL)


LONGEST = 10_000
"""A longer pattern is not parsed, which would take up to half a second: RE2 alone says whether it is one."""

MOST = 50_000
"""A longer pattern is given to no engine: RE2 takes time in the square of the length for some, 20 s for 1 MB."""

_BEYOND_PYTHON = re.compile(r"\\[pPzCQE]|\[:|\(\?[a-zA-Z]*U|\\x\{|\(\?<[a-zA-Z_]|(?!\A)\(\?[a-zA-Z-]+\)")
"""What RE2 knows and Python does not, at least not everywhere in a pattern."""


class ReadPattern(NamedTuple):
    """A pattern as rules see it.

    `fault` says why Python does not compile it (RGX001), `refusal` why RE2 does not (RGX002); only where neither has
    anything to say, `matcher` searches it with RE2, case ignored, and `tree` is what the parser made of it.
    """

    fault: str | None
    refusal: str | None
    matcher: Any = None
    tree: Any = None


@lru_cache(maxsize=64)
def read(regex: str) -> ReadPattern:
    """Read a pattern as far as rules have to know it."""
    if len(regex) > LONGEST and not _PLAIN.fullmatch(regex):
        return _read_by_re2(regex)
    try:
        tree = _parse(_branches_kept(regex))
        if "(?<" in regex:
            _check_look_behind(tree)
    except RecursionError:
        return ReadPattern("nested too deeply", None)
    except (ops.error, ValueError, OverflowError):
        return ReadPattern(_fault(regex), None)
    try:
        return ReadPattern(None, None, re2.compile(regex, options()), tree)
    except re2.error as error:
        if _PLAIN.fullmatch(regex):  # too long for one automaton, but nothing in it that an engine may lack
            return ReadPattern(None, None)
        return ReadPattern(None, error.args[0].decode("utf-8", errors="replace"))


def _read_by_re2(regex: str) -> ReadPattern:
    """Read a pattern that is too long to be parsed; in doubt there is a fault in it."""
    if len(regex) > MOST:
        return ReadPattern(f"with more than {MOST:,} characters it is held against no engine", None)
    try:
        matcher = re2.compile(regex, options())
    except re2.error:
        matcher = None
    if matcher is None or _BEYOND_PYTHON.search(regex):
        return ReadPattern(
            f"with more than {LONGEST:,} characters it is held against RE2 alone, which refuses it", None
        )
    return ReadPattern(None, None, matcher)


@lru_cache(maxsize=64)
def literal(regex: str) -> str | None:
    """The text that a pattern stands for, if it is ASCII and has no operator in it."""
    if not regex.isascii() or not _PLAIN.fullmatch(regex):
        return None
    return _ESCAPE.sub(r"\1", regex) if "\\" in regex else regex


def has_classes(regex: str) -> bool:
    """Whether a pattern names characters by a class that readers define differently."""
    return bool(_CLASS.search(regex))


def has_anchors(regex: str) -> bool:
    """Whether a pattern may ask for the beginning or the end of a text."""
    return bool(_ANCHOR.search(regex))


def _fault(regex: str) -> str:
    """What Python has to say against a pattern."""
    try:
        _check_look_behind(_parse(regex))
    except (ops.error, ValueError, OverflowError) as error:
        return str(error)
    return "not understood"


def _parse(regex: str) -> Any:  # noqa: ANN401 - the parser has no types
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parser.parse(regex)


def _check_look_behind(node: Any) -> None:  # noqa: ANN401
    """The one thing that the parser leaves to the compiler."""
    if isinstance(node, parser.SubPattern):
        for operator, argument in node:
            if operator in {ops.ASSERT, ops.ASSERT_NOT} and argument[0] < 0:
                least, most = argument[1].getwidth()
                if least != most:
                    raise ValueError("look-behind requires fixed-width pattern")
            _check_look_behind(argument)
    elif isinstance(node, list | tuple):
        for child in node:
            _check_look_behind(child)


def _branches_kept(regex: str) -> str:
    """The pattern with an empty look-ahead in each branch, so that the parser does not turn `(a|a)` into a class."""
    return _BAR.sub(lambda match: match[1] or "|(?=)", regex)


def options() -> Any:  # noqa: ANN401 - re2 has no types
    """How RE2 searches here: case ignored, and silent."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.never_capture = True
    return options
