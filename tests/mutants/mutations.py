"""Small changes of a source text, Python or SQL, each of which some test should notice."""

import ast
import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple


class Mutation(NamedTuple):
    """Other text for a part of a source, by offsets."""

    start: int
    end: int
    text: str

    def of(self, source: str) -> str:
        """The mutant."""
        return source[: self.start] + self.text + source[self.end :]

    def line(self, source: str) -> int:
        """The line on which it begins, from 1."""
        return source.count("\n", 0, self.start) + 1


_COMPARED = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}

_COUNTED = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.BitOr: ("|", "&"),
    ast.BitAnd: ("&", "|"),
}

_CALLED = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "startswith": "endswith",
    "endswith": "startswith",
    "removeprefix": "removesuffix",
    "removesuffix": "removeprefix",
    "fullmatch": "match",
    "partition": "rpartition",
    "rpartition": "partition",
    "ERROR": "WARNING",
    "WARNING": "INFO",
    "INFO": "WARNING",
}

_DROPPED = frozenset({"strip", "casefold", "lower", "upper"})
"""Methods without arguments that give a text like the one they were given."""

_NOT_JUDGEMENT = frozenset({"good", "bad", "screen", "version", "says", "strict"})
"""Keywords that are examples, words or guards, or may not matter by design: tests/property/test_screens.py has screens."""

_SHORT = 12
"""A display of more elements is a table of words: each of them without a test is no surprise."""

_SQL = re.compile(r"\b(?:SELECT|WITH)\b")


def of_python(source: str, only: str | None = None) -> list[Mutation]:
    """Every mutation of a module, or of what one top-level name in it stands for; none that does not compile."""
    tree = ast.parse(source)
    walker = _Walker(source)
    for node in tree.body:
        if only is None or getattr(node, "name", None) == only:
            walker.visit(node)
    found = sorted(set(walker.found))
    return [mutation for mutation in found if mutation.of(source) != source and _compiles(mutation.of(source))]


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


class _Walker(ast.NodeVisitor):
    def __init__(self, source: str) -> None:
        self.source = source
        self.found: list[Mutation] = []
        lines = source.splitlines(keepends=True)
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line))
        self._lines = [line.encode() for line in lines]

    def _offset(self, line: int, column: int) -> int:
        """Where a place of the syntax tree, which counts bytes, is in the text."""
        return self._starts[line - 1] + len(self._lines[line - 1][:column].decode(errors="ignore"))

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _put(self, node: ast.expr | ast.stmt, text: str) -> None:
        self.found.append(Mutation(*self._span(node), text))

    def _between(self, left: ast.expr, right: ast.expr, old: str, new: str) -> None:
        """An operator between two operands."""
        start, end = self._span(left)[1], self._span(right)[0]
        words = r"\s+".join(map(re.escape, old.split()))
        match = re.search(words, self.source[start:end])
        if match:
            self.found.append(Mutation(start + match.start(), start + match.end(), new))

    def _text(self, node: ast.expr | ast.stmt) -> str:
        start, end = self._span(node)
        return self.source[start:end]

    # ---- what is not looked into --------------------------------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in (*node.decorator_list, *node.args.defaults, *_without_docstring(node.body)):
            self.visit(part)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in _without_docstring(node.body):
            self.visit(part)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.visit(node.value)

    def visit_Import(self, node: ast.Import) -> None:
        pass

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        pass

    def visit_Assert(self, node: ast.Assert) -> None:
        pass

    def visit_Yield(self, node: ast.Yield) -> None:
        """Of what a check yields, the message is for people: a test that pinned each word would be a copy of it."""
        if isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
            self.visit(node.value.elts[0])
        elif node.value:
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._put(node, "pass")

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._visit_sql(node)

    # ---- statements ---------------------------------------------------------------------------------------------------

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return
        self._put(node, "pass")
        self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._put(node, "pass")
        self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not all(isinstance(target, ast.Name | ast.Tuple) for target in node.targets):
            self._put(node, "pass")
        self.visit(node.value)

    def visit_Continue(self, node: ast.Continue) -> None:
        self._put(node, "pass")

    def visit_Break(self, node: ast.Break) -> None:
        self._put(node, "pass")

    def visit_Return(self, node: ast.Return) -> None:
        if not (isinstance(node.value, ast.Constant) and not node.value.value):  # nothing else is as false as that
            self._put(node, "pass" if node.value is None else "return None")
        if node.value:
            self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._negate(test)
        self.generic_visit(node)

    def _negate(self, test: ast.expr) -> None:
        """A condition that no operator stands in; the others are changed there."""
        if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.NamedExpr):
            self._put(test, f"(not ({self._text(test)}))")

    # ---- expressions --------------------------------------------------------------------------------------------------

    def visit_Compare(self, node: ast.Compare) -> None:
        operands = [node.left, *node.comparators]
        for left, right, operator in zip(operands, operands[1:], node.ops, strict=False):
            self._between(left, right, *_COMPARED[type(operator)])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(left, right, rf"{old}", new)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in _COUNTED:
            self._between(node.left, node.right, *_COUNTED[type(node.op)])
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._put(node, self._text(node.operand))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr in _DROPPED and not node.args:
            self._put(node, self._text(called.value))
        self.visit(called)
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg not in _NOT_JUDGEMENT:
                self.visit(keyword.value)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and node.id in _CALLED:
            self._put(node, _CALLED[node.id])

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in _CALLED:
            end = self._span(node)[1]
            self.found.append(Mutation(end - len(node.attr), end, _CALLED[node.attr]))
        self.visit(node.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self._put(node, str(not value))
        elif isinstance(value, int | float):
            self._put(node, repr(value + 1))
            self._put(node, repr(value - 1))
        elif isinstance(value, str | bytes) and not self._visit_sql(node):
            quoted = re.match(r"""[a-zA-Z]*(?:'''|\"""|'|")""", self._text(node))
            if quoted:
                start = self._span(node)[0] + quoted.end()
                self.found.append(Mutation(start, start, "XX"))

    def _visit_sql(self, node: ast.expr) -> bool:
        """Mutate a text as SQL, if it is that; what Python puts into it is left alone."""
        start, text = self._span(node)[0], self._text(node)
        if not _SQL.search(text):
            return False
        quoted = re.match(r"""[a-zA-Z]*(?:\"""|'''|"|')""", text)
        inner = quoted.end() if quoted else 0
        is_formatted = isinstance(node, ast.JoinedStr)
        body = re.sub(r"\{[^{}]*\}", lambda m: " " * len(m[0]), text) if is_formatted else text
        for one in of_sql(" " * inner + body[inner:]):
            self.found.append(Mutation(start + one.start, start + one.end, one.text))
        return True

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """A key that no document has fails at once, which says little of the tests."""
        self.visit(node.value)
        if not (isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)):
            self.visit(node.slice)

    def visit_Set(self, node: ast.Set) -> None:
        self._visit_elements(node.elts)

    def visit_List(self, node: ast.List) -> None:
        self._visit_elements(node.elts)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        self._visit_elements(node.elts)

    def _visit_elements(self, elements: list[ast.expr]) -> None:
        """Of a list of texts each is left out once; in any other, each element is looked into."""
        if all(isinstance(element, ast.Constant) and isinstance(element.value, str) for element in elements):
            self._without_each(elements)
        else:
            for element in elements:
                self.visit(element)

    def _without_each(self, elements: list[ast.expr]) -> None:
        if not 2 <= len(elements) <= _SHORT:
            return
        for element, following in itertools.pairwise(elements):
            self.found.append(Mutation(self._span(element)[0], self._span(following)[0], ""))
        self.found.append(Mutation(self._span(elements[-2])[1], self._span(elements[-1])[1], ""))

    def visit_Dict(self, node: ast.Dict) -> None:
        """Two neighbours change places."""
        values = [value for key, value in zip(node.keys, node.values, strict=True) if key is not None]
        if len(values) <= _SHORT:
            for value, other in itertools.pairwise(values):
                (start, end), (start_2, end_2) = self._span(value), self._span(other)
                between = self.source[end:start_2]
                self.found.append(Mutation(start, end_2, self.source[start_2:end_2] + between + self.source[start:end]))
        self.generic_visit(node)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    is_documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    return body[1:] if is_documented else body


# ---- SQL ---------------------------------------------------------------------------------------------------------------

_IN_SQL = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"<=", "<"), (r">=", ">"), (r"<>", "="), (r"<(?![=>])", "<="),
        (r"(?<![<=-])>(?!=)", ">="), (r"(?<![<>:=!])=(?![=>])", "<>"),
        (r"\bAND\b", "OR"), (r"\bOR\b", "AND"), (r"\bIS NOT NULL\b", "IS NULL"), (r"\bIS NULL\b", "IS NOT NULL"),
        (r"\bNOT (?=EXISTS|IN\b|contains|starts_with|[a-z(])", ""), (r"(?<!NOT )\bEXISTS\b", "NOT EXISTS"), (r"\bDESC\b", "ASC"),
        (r"\bmin(?=\()", "max"), (r"\bmax(?=\()", "min"), (r"\bleast(?=\()", "greatest"), (r"\bgreatest(?=\()", "least"),
        (r"\bleft(?=\()", "right"), (r"\bcount\(DISTINCT ", "count("), (r"\bDISTINCT (?!ON)", ""), (r"(?<= )\+(?= )", "-"),
        (r"(?<= )-(?= )", "+"),
        (r"(?<=\w )\*(?= [\w(])", "/"), (r"(?<= )/(?= )", "*"), (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
        (r"\bLEFT JOIN\b", "JOIN"), (r"\bUNION ALL\b", "UNION"), (r"\bSEMI JOIN\b", "ANTI JOIN"), (r"\bANTI JOIN\b", "SEMI JOIN"),
    )
)  # fmt: skip

_NUMBER_IN_SQL = re.compile(r"(?<![\w.$])(\d+)(\.\d+)?(?![\w.])")

_NOT_SQL = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
"""Comments and texts."""


def of_sql(source: str) -> list[Mutation]:
    """Every mutation of a script; what stands in comments and texts is left alone."""
    return sorted(set(_of_sql(source)))


def _of_sql(source: str) -> Iterator[Mutation]:
    code = _NOT_SQL.sub(lambda match: "\x01" * len(match[0]), source)
    for pattern, new in _IN_SQL:
        for match in pattern.finditer(code):
            yield Mutation(match.start(), match.end(), new)
    for match in _NUMBER_IN_SQL.finditer(code):
        number = float(match[0]) if match[2] else int(match[0])
        yield Mutation(match.start(), match.end(), f"{number + 1:g}")
        if number:
            yield Mutation(match.start(), match.end(), f"{number - 1:g}" if not match[2] else f"{number / 2:g}")
