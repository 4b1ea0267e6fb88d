"""JMESPath, bounded: whatever an expression says, it ends soon with an answer or with one clear error; and it is traced.

The texts of a source document know their place (`Placed`), and JMESPath hands on the very objects that it finds. So it is
known of a text in an answer where it stood, and of an object or a list by its identity.
"""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Any, NamedTuple

from jmespath.exceptions import ArityError, JMESPathError, JMESPathTypeError, ParseError
from jmespath.parser import Parser
from jmespath.visitor import Options, TreeInterpreter

from kb.contract import MAX_DEPTH
from kb.model import LONGEST_RECORD, Json
from kb.pointer import escape, value_at
from kb.sources.formats.functions import Functions, Placed, TooMuchError, known
from kb.words import brief, did_you_mean, show

LONGEST = 1_000
"""The longest expression, in characters."""

_DEEPEST = 100
"""So deep may the parts of an expression lie in each other: less than Python's own limit, wherever it is evaluated."""

STEPS = 1_000_000
"""So many steps may be taken for one record; a step looks at one value, at one element of a list, or at 64 characters."""

MOST = 100_000
"""The most elements of a list, and the most values of an answer."""

Place = str | None
"""An RFC 6901 pointer into the source document, where that is known."""


_Node = Any
"""A part of a parsed expression, as JMESPath's parser makes it."""


class ExpressionError(Exception):
    """An expression that says nothing, or has no answer; the text says why."""


class Expression(NamedTuple):
    """An expression, parsed; `plain` are its steps where it is a place and computes nothing, `reads` the places it names."""

    text: str
    tree: _Node
    plain: tuple[str | int, ...] | None
    reads: tuple[tuple[str | int, ...], ...]


# ---- what an expression says -----------------------------------------------------------------------------------------


def parsed(text: str) -> Expression:
    """An expression made ready.

    Raises:
        ExpressionError: it is too long, no JMESPath, or calls what there is not.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"is longer than {LONGEST:,} characters; make it shorter")
    if _bracketed(text) > _DEEPEST:
        raise ExpressionError(_TOO_DEEP)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a literal without quotes inside of backticks is on its way out
            tree = Parser().parse(text).parsed
    except RecursionError:
        raise ExpressionError(_TOO_DEEP) from None
    except Warning:
        raise ExpressionError("has a text between backticks; write it between single quotes, as in 'x'") from None
    except ParseError as error:
        raise ExpressionError(f"is no JMESPath: {_unparsed(error)}") from None
    except (JMESPathError, ValueError) as error:
        raise ExpressionError(f"is no JMESPath: {brief(str(error).splitlines()[0])}") from None
    for depth, node in _nodes(tree):
        if depth > _DEEPEST:
            raise ExpressionError(_TOO_DEEP)
        if node["type"] == "function_expression":
            _check_call(node["value"], len(node["children"]))
    return Expression(text, tree, _plain(tree), tuple(_read(tree)))


def _bracketed(text: str) -> int:
    """How deep brackets lie in each other at most: of round ones nothing is left in the tree, and yet they cost the parser."""
    depths = accumulate((char in "([{") - (char in ")]}") for char in text)
    return max(depths, default=0)


_TOO_DEEP = "is nested too deeply; make it simpler"


def _unparsed(error: ParseError) -> str:
    at = getattr(error, "lex_position", getattr(error, "lexer_position", None))
    token = error.args[1] if len(error.args) > 1 else None
    if token is None or token == "":
        return "it ends too early; complete it"
    return f"it cannot be followed from {show(str(token))}{'' if at is None else f' on, at character {at + 1}'}"


def _nodes(tree: _Node) -> Iterator[tuple[int, _Node]]:
    """Every part of an expression, with how deep it lies."""
    left = [(1, tree)]
    while left:
        depth, node = left.pop()
        yield depth, node
        left += [(depth + 1, child) for child in reversed(node.get("children", ())) if isinstance(child, dict)]


def _check_call(name: str, given: int) -> None:
    functions = known()
    if name not in functions:
        raise ExpressionError(f"calls `{name}`, which is no function; {did_you_mean(name, functions, _FUNCTIONS)}")
    least, most = functions[name]
    if given < least or (most is not None and given > most):
        wanted = f"{least}" if most == least else f"at least {least}" if most is None else f"{least} or {most}"
        raise ExpressionError(f"gives {name}() {given} arguments; it takes {wanted}")


_FUNCTIONS = "docs/expressions.md lists them"


def _plain(node: _Node) -> tuple[str | int, ...] | None:
    """The steps of a place, such as a.b[0]; None of anything else."""
    steps: list[str | int] = []
    left = [node]
    while left:
        part = left.pop()
        if part["type"] in {"field", "index"}:
            if isinstance(part["value"], int) and part["value"] < 0:
                return None
            steps.append(part["value"])
        elif part["type"] in {"subexpression", "index_expression"}:
            left += reversed(part["children"])
        elif part["type"] not in {"identity", "current"}:
            return None
    return tuple(steps)


def _read(tree: _Node) -> Iterator[tuple[str | int, ...]]:
    """The places that an expression reads of the document itself, in its order: not those inside of other values."""
    left = [tree]
    while left:
        node = left.pop()
        steps = _plain(node)
        if steps is not None:
            if steps:
                yield steps
        elif node["type"] in {"expref", "literal"}:
            continue
        elif node["type"] in _STARTING:
            left.append(node["children"][0])
        else:
            left += reversed([child for child in node.get("children", ()) if isinstance(child, dict)])


_STARTING = frozenset(
    {"projection", "filter_projection", "value_projection", "flatten", "pipe", "subexpression", "index_expression"}
)
"""Parts of which only the first looks at the document: the others look at what that found."""


def required_keys(expression: Expression) -> frozenset[str]:
    """Keys without which the answer cannot be true, as far as a look at the expression shows: to tell sooner what it is not."""
    keys, left = set(), [expression.tree]
    while left:
        node = left.pop()
        if node["type"] == "and_expression":
            left += node["children"]
        elif node["type"] == "comparator" and node["value"] == "eq":
            subject, wanted = node["children"]
            if (
                subject["type"] == "function_expression"
                and subject["value"] == "type"
                and wanted.get("value") != "null"
            ):
                subject = subject["children"][0]
            elif wanted.get("value") is None:
                continue
            if wanted["type"] == "literal":
                keys |= {str(step) for step in (_plain(subject) or ())[:1] if isinstance(step, str)}
        else:
            keys |= {str(step) for step in (_plain(node) or ())[:1] if isinstance(step, str)}
    return frozenset(keys)


# ---- evaluation ------------------------------------------------------------------------------------------------------


class Source:
    """A source document to be evaluated over: its texts know their places, and the steps are counted.

    `used` are the places that answers were made from.
    """

    def __init__(self, document: Json, *, traced: bool = True) -> None:
        self._steps = 0
        self._containers: dict[int, str] = {}
        self.root = self._wrapped(document, "") if traced else document
        self.used: set[str] = set()
        self._interpreter = _Interpreter(self)

    def _wrapped(self, value: Json, pointer: str) -> Json:
        if isinstance(value, str):
            return Placed.at(value, pointer)
        if isinstance(value, dict):
            wrapped: Any = {key: self._wrapped(child, f"{pointer}/{escape(key)}") for key, child in value.items()}
        elif isinstance(value, list):
            wrapped = [self._wrapped(child, f"{pointer}/{i}") for i, child in enumerate(value)]
        else:
            return value
        self._containers[id(wrapped)] = pointer
        return wrapped

    def charge(self, steps: int) -> None:
        self._steps += steps
        if self._steps > STEPS:
            raise TooMuchError(f"takes more than {STEPS:,} steps; make it simpler")

    def charge_for(self, value: Json) -> None:
        """Count a value as what it costs to look at all of it once, as a tree: what is shared counts wherever it stands."""
        left = [value]
        while left:
            one = left.pop()
            if isinstance(one, str):
                self.charge(1 + (len(one) >> 6))
            elif isinstance(one, list | dict):
                self.charge(1 + len(one))
                left += one if isinstance(one, list) else one.values()

    def answer(self, expression: Expression, value: Json) -> Json:
        """What an expression says of a part of this document, which is still of it: it has to be `taken`.

        Raises:
            ExpressionError: it has no answer, or takes too much.
        """
        try:
            return self._interpreter.visit(expression.tree, value)
        except TooMuchError as error:
            raise ExpressionError(str(error)) from None
        except JMESPathTypeError as error:
            wanted = " or ".join(_TYPE_NAMES.get(str(kind), str(kind)) for kind in error.expected_types)
            actual = _TYPE_NAMES.get(str(error.actual_type), str(error.actual_type))
            raise ExpressionError(f"{error.function_name}() takes {wanted}, and was given {actual}") from None
        except (ArityError, JMESPathError) as error:
            raise ExpressionError(f"has no answer: {brief(str(error).splitlines()[0])}") from None
        except RecursionError:
            raise ExpressionError(_TOO_DEEP) from None
        except (TypeError, ValueError, ArithmeticError) as error:
            raise ExpressionError(f"has no answer: {brief(str(error))}") from None

    def is_so(self, expression: Expression) -> bool:
        """Whether an expression is true of the document: JMESPath takes all for true but false, null and what is empty.

        Raises:
            ExpressionError: it has no answer, or takes too much.
        """
        answer = self.answer(expression, self.root)
        return answer is not None and answer is not False and answer not in ("", [], {})

    def taken(self, value: Json, at: str, places: dict[str, str], otherwise: Callable[[], Place]) -> Json:
        """An answer as plain JSON, for the place `at` in a native document; where its parts stood is put into `places`.

        Raises:
            ExpressionError: it is no JSON, or there is too much of it.
        """
        copy = _Copy(self, places)
        plain = copy.of(value, at, None, 1)
        if at not in places:
            place = otherwise()
            if place is not None:
                places[at] = place
        return plain

    def place_of(self, value: Json) -> Place:
        """Where a text, an object or a list of this document stands."""
        return value.pointer if isinstance(value, Placed) else self._containers.get(id(value))

    def first_of(self, expression: Expression, around: str) -> Place:
        """The first place that an expression reads and that exists, from a place of this document on."""
        start = value_at(self.root, around)
        for steps in expression.reads:
            value, pointer = start, around
            for step in steps:
                value = _child(value, step)
                pointer += f"/{escape(str(step))}"
            if value is not None:
                return pointer
        return None


def _child(value: Json, step: str | int) -> Json:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


class _Copy:
    """A copy of an answer without anything of the source document in it, and of bounded size."""

    def __init__(self, source: Source, places: dict[str, str]) -> None:
        self._source = source
        self._places = places
        self._values = self._characters = 0

    def of(self, value: Json, at: str, inherited: Place, depth: int) -> Json:
        place = self._source.place_of(value)
        place = inherited if place is None else place
        if place is not None:
            self._places[at] = place
            self._source.used.add(place)
        self._count(value, depth)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return str(value)
        if isinstance(value, int | float):
            return _number(value)
        if isinstance(value, list):
            return [
                self.of(child, f"{at}/{i}", None if place is None else f"{place}/{i}", depth + 1)
                for i, child in enumerate(value)
            ]
        if isinstance(value, dict):
            return {
                str(key): self.of(
                    child, f"{at}/{escape(key)}", None if place is None else f"{place}/{escape(key)}", depth + 1
                )
                for key, child in value.items()
            }
        raise ExpressionError("gives an expression (&), which is no value; give it to a function")

    def _count(self, value: Json, depth: int) -> None:
        self._values += 1
        self._characters += len(value) if isinstance(value, str) else 0
        if self._values > MOST or self._characters > LONGEST_RECORD:
            raise ExpressionError(f"gives more than {MOST:,} values or {LONGEST_RECORD:,} characters; make it less")
        if depth > MAX_DEPTH:
            raise ExpressionError(f"gives what is nested deeper than {MAX_DEPTH} levels; flatten it")


def _number(value: float) -> float:
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError("gives a number that is too large, or none")
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise ExpressionError("gives a whole number that does not fit 64 bits")
    return value


_TYPE_NAMES = {
    "string": "text",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
    "expref": "an expression (&)",
    "array-string": "a list of texts",
    "array-number": "a list of numbers",
    "NoneType": "null",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "list": "a list",
    "dict": "an object",
}


class _Interpreter(TreeInterpreter):
    """JMESPath's own, which counts what it does before it does it."""

    def __init__(self, source: Source) -> None:
        super().__init__(Options(custom_functions=_Traced(source)))
        self._source = source

    def visit(self, node: _Node, value: Json = None) -> Json:
        self._source.charge(1)
        return getattr(self, f"visit_{node['type']}")(node, value)

    def visit_flatten(self, node: _Node, value: Json) -> Json:
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        flat: list[Json] = []
        for element in base:
            more = element if isinstance(element, list) else [element]
            self._source.charge(len(more))
            flat += more
            _check_length(flat)
        return flat

    def visit_slice(self, node: _Node, value: Json) -> Json:
        self._source.charge(len(value) if isinstance(value, list) else 0)
        return super().visit_slice(node, value)

    def visit_comparator(self, node: _Node, value: Json) -> Json:
        compared = [self.visit(child, value) for child in node["children"]]
        for one in compared:
            self._source.charge_for(one)
        literals = [{"type": "literal", "value": one, "children": []} for one in compared]
        known: _Node = {**node, "children": literals}
        return super().visit_comparator(known, value)


def _check_length(values: list[Json]) -> None:
    if len(values) > MOST:
        raise TooMuchError(f"makes a list of more than {MOST:,} elements; take fewer")


class _Traced(Functions):
    """The functions, as called over one source document: what they look at is counted, and noted as used."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source

    def call_function(self, function_name: str, resolved_args: Iterable[Json]) -> Json:
        given = list(resolved_args)
        for argument in given:
            if function_name in _WHOLE:
                self._source.charge_for(argument)
            elif isinstance(argument, str | list | dict):
                self._source.charge(len(argument) >> 6 if isinstance(argument, str) else len(argument))
            if function_name not in _LOOKING:
                self._note(argument)
        return super().call_function(function_name, given)

    def charge(self, steps: int) -> None:
        self._source.charge(steps)

    def _note(self, argument: Json) -> None:
        for one in argument if isinstance(argument, list) else [argument]:
            if isinstance(one, Placed):
                self._source.used.add(one.pointer)


_WHOLE = frozenset({"to_string", "contains", "join", "sort", "max", "min", "link", "links", "items", "section"})
"""Functions that may look at all that lies in their arguments."""

_LOOKING = frozenset(
    {"length", "type", "not_null", "contains", "starts_with", "ends_with", "to_array", "section", "items"}
)
"""Functions that only look, or hand on a part of what they are given: that is noted where it comes out."""
