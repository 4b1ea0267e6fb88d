"""The SQL of the store and of the rules in Spark's words: parsed by sqlglot, changed where the two engines part, and written.

Nothing is said anew here. What cannot be translated raises `UntranslatedError`, and is named.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import count
from typing import NamedTuple

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kb.store.layout import script, tables, working_tables

BY_DUCKDB = frozenset({"shown", "shortened", "some_of", "sentences", "spelled_out", "alike"})
"""Macros that a DuckDB of the worker answers, as functions named `kb_…`: they are about the letters of a text, not about rows."""


class UntranslatedError(Exception):
    """A statement that has no words in Spark's SQL."""


class Steps(NamedTuple):
    """A query in Spark's SQL, and those parts of its WITH that it reads more than once, by the names that it reads there.

    Spark works out such a part anew wherever it is read. A name is made of what the part says, so the same part of another
    query has the same.
    """

    shared: Mapping[str, str]
    query: str


def translated(sql: str, variables: Mapping[str, object] | None = None) -> str:
    """A query of the store's in Spark's SQL, with its parameters as `:name`; `variables` are what `getvariable` gives.

    Raises:
        UntranslatedError: it says what Spark's SQL has no words for.
    """
    return _written(_tree(sql, variables))


def in_steps(sql: str, variables: Mapping[str, object] | None = None) -> Steps:
    """The same, with what it reads more than once apart.

    Raises:
        UntranslatedError: it says what Spark's SQL has no words for.
    """
    tree = _tree(sql, variables)
    shared: dict[str, str] = {}
    kept: list[exp.CTE] = []
    for part in list(tree.ctes):
        if _times(tree, part.alias) > 1:
            words = _written(_over(kept, part.this))
            name = f"shared_{_digest(words)}"
            shared[name] = words
            _read_instead(tree, part.alias, name)
            part.pop()
        else:
            kept.append(part)
    if not tree.ctes:
        tree.set("with_", None)
    return Steps(shared, _written(tree))


def _times(tree: exp.Expression, name: str) -> int:
    return sum(table.name == name for table in tree.find_all(exp.Table))


def _over(parts: Sequence[exp.CTE], query: exp.Expression) -> exp.Expression:
    """A query with those of the parts before it that it reads, and those that they read."""
    whole, needed = query.copy(), list[exp.Expression]()
    for part in reversed(parts):
        if any(_times(reader, part.alias) for reader in (whole, *needed)):
            needed.insert(0, part.copy())
    if needed:
        whole.set("with_", exp.With(expressions=needed))
    return whole


def _digest(words: str) -> str:
    """What a name is made of: the words, whatever numbers `_unnest` gave in them."""
    places: dict[str, int] = {}
    alike = re.sub(
        r"\b_[upv]\d+\b", lambda found: f"{found[0][:2]}{places.setdefault(found[0][2:], len(places))}", words
    )
    return hashlib.sha256(alike.encode()).hexdigest()[:16]


def _read_instead(tree: exp.Expression, name: str, other: str) -> None:
    for table in tree.find_all(exp.Table):
        if table.name == name:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.alias or name)))
            table.set("this", exp.to_identifier(other))


def _tree(sql: str, variables: Mapping[str, object] | None) -> exp.Expression:
    try:
        tree = sqlglot.parse_one(_prepared(sql), read="duckdb")
        tree = _with_macros(tree, 0)
        if variables:
            tree = _each(lambda node: _variable(node, variables))(tree)
        for change in _CHANGES:
            tree = change(tree)
    except _UNKNOWN as error:
        raise UntranslatedError(str(error).partition("\n")[0]) from None
    return tree


def _written(tree: exp.Expression) -> str:
    try:
        return str(tree.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE))
    except _UNKNOWN as error:
        raise UntranslatedError(str(error).partition("\n")[0]) from None


_UNKNOWN = (SqlglotError, LookupError, AttributeError, TypeError, ValueError)


def _prepared(sql: str) -> str:
    """`len` is about lists and `length` about texts, which sqlglot takes for one; WITH … AS MATERIALIZED is only a hint."""
    sql = re.sub(r"\blen\(", "array_length(", sql)
    sql = re.sub(r"\bstrlen\(", "octet_length(", sql)
    return re.sub(r"\bAS (?:NOT )?MATERIALIZED\b", "AS", sql)


# ---- macros ----------------------------------------------------------------------------------------------------------

_MACRO = re.compile(r"^CREATE MACRO (\w+)\(([^)]*)\) AS (TABLE )?--[^\n]*\n(.*?);\s*$", re.MULTILINE | re.DOTALL)


@cache
def _macros() -> dict[str, tuple[tuple[tuple[str, str | None], ...], bool, str]]:
    """Each macro: its parameters, each with its default in SQL if it has one; whether it is a table; and its text."""
    found = {}
    for name, parameters, table, body in _MACRO.findall(script("macros.sql")):
        named = [part.strip().partition(" := ") for part in parameters.split(",") if part.strip()]
        found[name] = (tuple((n, default or None) for n, _, default in named), bool(table), body)
    return found


_DEEPEST = 16


def _with_macros(tree: exp.Expression, depth: int) -> exp.Expression:
    """The tree with the text of each macro in its place, but for those that DuckDB answers."""
    if depth > _DEEPEST:
        raise UntranslatedError("macros that call each other without end")

    def expand(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Anonymous | exp.Func):
            inner = _call(node.this, is_table=True)
            if inner is not None:
                body = _with_macros(inner, depth + 1)
                return exp.Subquery(this=body, alias=node.args.get("alias"))
        elif isinstance(node, exp.Anonymous):
            inner = _call(node, is_table=False)
            if inner is not None:
                return exp.Paren(this=_with_macros(inner, depth + 1))
        return node

    return tree.transform(expand)


def _call(node: exp.Expression, *, is_table: bool) -> exp.Expression | None:
    """The text of the macro that is called, with what it is given in it; None where none is called."""
    name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
    macro = _macros().get(name)
    if macro is None or name in BY_DUCKDB or macro[1] is not is_table:
        return None
    parameters, _, body = macro
    values: dict[str, exp.Expression] = {}
    positional = [name for name, _ in parameters]
    for given in node.expressions:
        if isinstance(given, exp.PropertyEQ | exp.Kwarg):
            values[given.this.name] = given.expression
        else:
            values[positional[len(values)]] = given
    for parameter, default in parameters:
        if parameter not in values:
            if default is None:
                raise UntranslatedError(f"macro {name} without {parameter}")
            values[parameter] = sqlglot.parse_one(default, read="duckdb")
    inner = _named_apart(sqlglot.parse_one(_prepared(body), read="duckdb"))

    def fill(part: exp.Expression) -> exp.Expression:
        if isinstance(part, exp.Column) and not part.table and part.name in values:
            value = values[part.name].copy()
            return value if isinstance(value, exp.Column | exp.Literal | exp.Null | exp.Func) else exp.Paren(this=value)
        return part

    return inner.transform(fill)


def _named_apart(body: exp.Expression) -> exp.Expression:
    """The text of a macro with other names for its own WITH: two calls of it stand side by side."""
    own = {cte.alias for cte in body.find_all(exp.CTE)}
    number = next(_CALLS)
    for node in body.find_all(exp.CTE, exp.Table) if own else ():
        if isinstance(node, exp.CTE):
            node.args["alias"].set("this", exp.to_identifier(f"{node.alias}_{number}"))
        elif node.name in own:
            alias = node.alias or node.name
            node.set("this", exp.to_identifier(f"{node.name}_{number}"))
            node.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
    return body


_CALLS = count()


def _variable(node: exp.Expression, variables: Mapping[str, object]) -> exp.Expression:
    if isinstance(node, exp.Anonymous) and node.name.lower() == "getvariable":
        return exp.convert(variables[node.expressions[0].name])
    return node


# ---- where the engines part ------------------------------------------------------------------------------------------


def _each(change: Callable[[exp.Expression], exp.Expression]) -> Callable[[exp.Expression], exp.Expression]:
    """A change of single nodes, made from the leaves upwards, so that each sees its parts as they will be."""

    def applied(tree: exp.Expression) -> exp.Expression:
        for node in reversed(list(tree.walk(bfs=True))):
            new = change(node)
            if new is not node:
                if node is tree:
                    tree = new
                else:
                    node.replace(new)
        return tree

    return applied


def _function(name: str, *arguments: exp.Expression | str | int) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[exp.convert(a) if isinstance(a, int | str) else a for a in arguments])


def _comprehension(node: exp.Expression) -> exp.Expression:
    """[x + 1 FOR x, n IN list IF x > n]: n counts from 1, in Spark from 0."""
    if not (isinstance(node, exp.Array) and len(node.expressions) == 1):
        return node
    inner = node.expressions[0]
    if not isinstance(inner, exp.Comprehension):
        return node
    place = inner.args.get("position")
    names = [exp.to_identifier(inner.expression.name)]
    body, condition = inner.this, inner.args.get("condition")
    if place is not None:
        counted = exp.to_identifier(place.name)
        names.append(counted)

        def shifted(part: exp.Expression) -> exp.Expression:
            if isinstance(part, exp.Column) and part.name == place.name:
                return exp.Paren(this=exp.Add(this=exp.column(place.name), expression=exp.Literal.number(1)))
            return part

        body = body.transform(shifted)
        condition = condition.transform(shifted) if condition is not None else None
    result: exp.Expression = inner.args["iterator"]
    if condition is not None:
        result = _function("filter", result, exp.Lambda(this=condition, expressions=[n.copy() for n in names]))
        if place is not None and not isinstance(body, exp.Literal):
            raise UntranslatedError("a comprehension that counts what it leaves out")
    return _function("transform", result, exp.Lambda(this=body, expressions=[names[0].copy()]))


def _bracket(node: exp.Expression) -> exp.Expression:
    """Places in lists count from 1 in DuckDB, where one that is not there is null."""
    if not isinstance(node, exp.Bracket) or len(node.expressions) != 1:
        return node
    (at,) = node.expressions
    if isinstance(at, exp.Slice):
        begin = at.this or exp.Literal.number(1)
        end = at.expression
        if end is None:
            raise UntranslatedError("a slice without an end")
        length = (
            end
            if at.this is None
            else exp.Paren(this=exp.Add(this=exp.Sub(this=end, expression=begin), expression=exp.Literal.number(1)))
        )
        return _function("slice", node.this, begin.copy(), length.copy())
    offset = node.args.get("offset")
    if offset == 1 or not at.is_number:  # sqlglot counts a number from 0 already
        at = exp.Sub(this=exp.Paren(this=at.copy()), expression=exp.Literal.number(1)) if not at.is_number else at
    return _function("get", node.this, at)


def _aggregate(node: exp.Expression) -> exp.Expression:
    """min(x, n) is a list; arg_min and arg_max compare by several values."""
    if isinstance(node, exp.Min) and node.args.get("count"):
        return _function("slice", _function("array_sort", _function("collect_list", node.this)), 1, node.args["count"])
    if isinstance(node, exp.ArgMin | exp.ArgMax):
        key = node.expression
        if isinstance(key, exp.Tuple):
            key = _function("struct", *key.expressions)
        return _function("min_by" if isinstance(node, exp.ArgMin) else "max_by", node.this, key)
    return node


def _ordered_list(node: exp.Expression) -> exp.Expression:
    """list(x ORDER BY y) FILTER (…): Spark gathers in any order, and of nothing makes a list that is empty, not null."""
    held = node.this if isinstance(node, exp.Filter) else node
    if not isinstance(held, exp.ArrayAgg) or (held is node and isinstance(node.parent, exp.Filter)):
        return node
    what, keys = held.this, []
    if isinstance(what, exp.Order):
        for number, key in enumerate(what.expressions):
            by = exp.Neg(this=exp.Paren(this=key.this.copy())) if key.args.get("desc") else key.this.copy()
            keys += [exp.Literal.string(f"k{number}"), by]
        what = what.this
    row = _function("named_struct", *keys, exp.Literal.string("v"), what.copy())
    gathered: exp.Expression = _function("collect_list", row)
    if isinstance(node, exp.Filter):
        gathered = exp.Filter(this=gathered, expression=node.expression.copy())
    one = exp.Lambda(this=exp.column("v", "x"), expressions=[exp.to_identifier("x")])
    values = _function("transform", _function("array_sort", gathered) if keys else gathered, one)
    size = exp.GT(this=_function("array_size", values), expression=exp.Literal.number(0))
    return exp.Case(ifs=[exp.If(this=size, true=values.copy())])


def _filtered_window(node: exp.Expression) -> exp.Expression:
    """sum(x) FILTER (WHERE y) OVER (…): Spark filters no window."""
    if isinstance(node, exp.Window) and isinstance(node.this, exp.Filter) and isinstance(node.this.this, exp.Sum):
        condition = node.this.expression.this.copy()
        chosen = exp.Case(ifs=[exp.If(this=condition, true=node.this.this.this.copy())])
        node.set("this", exp.Sum(this=chosen))
    return node


def _order_of_groups(node: exp.Expression) -> exp.Expression:
    """ORDER BY what is reckoned over groups: reckoned first, then put in order by it."""
    order = node.args.get("order") if isinstance(node, exp.Select) and node.args.get("group") else None
    if order is None or order.find(exp.Window, exp.Grouping) is None:
        return node
    names = [item.alias_or_name for item in node.expressions]
    inner = node.copy()
    inner.set("order", None)
    keys = []
    for number, key in enumerate(order.expressions):
        if key.find(exp.AggFunc, exp.Window, exp.Grouping):
            inner = inner.select(exp.alias_(key.this.copy(), f"_o{number}"))
            key.set("this", exp.column(f"_o{number}"))
        keys.append(key.copy())
    outer = exp.select(*map(exp.column, names)).from_(inner.subquery("_g"))
    outer.set("order", exp.Order(expressions=keys))
    return outer


def _numbers(node: exp.Expression) -> exp.Expression:
    """Division, rounding and means as DuckDB reckons: with doubles, where Spark keeps decimals or looks at what is written."""
    if isinstance(node, exp.Div):
        return exp.Div(this=_double(node.this), expression=_double(node.expression))
    if isinstance(node, exp.Round) and node.args.get("decimals") is not None:
        power = exp.Literal.number(10 ** int(node.args["decimals"].name))
        whole = exp.Round(this=exp.Mul(this=_double(node.this), expression=_double(power)))
        return exp.Paren(this=exp.Div(this=whole, expression=_double(power.copy())))
    if isinstance(node, exp.Avg) and isinstance(node.this, exp.Cast) and not isinstance(node.parent, exp.Window):
        exact = exp.Sum(this=node.this.copy())
        return exp.Paren(this=exp.Div(this=_double(exact), expression=_double(exp.Count(this=node.this.copy()))))
    return node


def _double(value: exp.Expression) -> exp.Expression:
    return exp.Cast(this=exp.Paren(this=value.copy()), to=exp.DataType.build("double"))


_PARAMETERS = {"as_of": "date", "domain": "text", "tier": "text", "due": "int", "spread": "int", "released": "text"}


def _parameter(node: exp.Expression) -> exp.Expression:
    """A parameter has a type, even where it is null."""
    if isinstance(node, exp.Placeholder) and node.name in _PARAMETERS and not isinstance(node.parent, exp.Cast):
        return exp.Cast(this=node.copy(), to=exp.DataType.build(_PARAMETERS[node.name]))
    return node


def _range(node: exp.Expression) -> exp.Expression:
    """FROM range(10) AS numbers(number)."""
    if isinstance(node, exp.Table) and isinstance(node.this, exp.GenerateSeries) and node.args.get("alias"):
        column = node.args["alias"].columns[0].name
        text = f"(SELECT id AS {column} FROM range({node.this.args['end'].sql('spark')})) AS {node.alias}"
        return sqlglot.parse_one(f"SELECT 1 FROM {text}", read="spark").find(exp.Subquery).copy()
    return node


def _words(node: exp.Expression) -> exp.Expression:
    """Functions that have another name, or another meaning, in Spark."""
    if isinstance(node, exp.ArraySize):
        return _function("array_size", node.this)
    if isinstance(node, exp.Add) and isinstance(node.expression, exp.Anonymous) and node.expression.name == "to_months":
        return _function("add_months", node.this.copy(), node.expression.expressions[0].copy())
    if isinstance(node, exp.Lower):  # of letters that both know, the one that they take differently
        return exp.Lower(this=_function("replace", node.this.copy(), "İ", "i"))
    if isinstance(node, exp.RegexpFullMatch):
        return exp.RegexpLike(this=node.this, expression=exp.Literal.string(f"^(?:{node.expression.name})\\z"))
    if isinstance(node, exp.EQ) and isinstance(node.expression, exp.Array) and not node.expression.expressions:
        return exp.EQ(this=_function("array_size", node.this), expression=exp.Literal.number(0))
    return _call_of(node) if isinstance(node, exp.Anonymous) else node


def _call_of(node: exp.Anonymous) -> exp.Expression:
    """A function that sqlglot knows by its name alone."""
    name = node.name.lower()
    if name == "printf":
        pattern, *values = node.expressions
        return _function("printf", pattern.copy(), *(_double(value) for value in values))
    if name == "md5_number_upper":
        return _md5_number_upper(node.expressions[0])
    if name == "list_position":
        return _function("nullif", _function("array_position", *node.expressions), 0)
    return exp.Anonymous(this=f"kb_{name}", expressions=node.expressions) if name in BY_DUCKDB else node


def _md5_number_upper(text: exp.Expression) -> exp.Expression:
    """The first eight bytes of a digest as a number, the last byte first; here with a sign, for Spark knows no other."""
    half = _function("substr", _function("md5", text.copy()), 1, 16)
    bytes_of = _function("regexp_extract_all", half, "..", 0)
    turned = _function("array_join", _function("reverse", bytes_of), "")
    return exp.Cast(this=_function("conv", turned, 16, -10), to=exp.DataType.build("bigint"))


def _windows(node: exp.Expression) -> exp.Expression:
    """Spark numbers rows in no frame but its own."""
    if isinstance(node, exp.Select) and node.args.get("windows"):
        frames = {w.name: w for w in node.args["windows"]}
        for window in list(node.find_all(exp.Window)):
            name = window.args.get("alias")
            named = frames.get(name.name) if name is not None else None
            if named is None or window is named:
                continue
            window.set("alias", None)
            window.set("partition_by", [p.copy() for p in named.args.get("partition_by") or ()])
            window.set("order", named.args["order"].copy() if named.args.get("order") else None)
            if not isinstance(window.this, exp.RowNumber) and named.args.get("spec"):
                window.set("spec", named.args["spec"].copy())
        node.set("windows", None)
    return node


def _unnest(node: exp.Expression) -> exp.Expression:
    """Lists taken apart in a SELECT, and the places of what was in them: one LATERAL VIEW posexplode for all."""
    if not isinstance(node, exp.Select):
        return node
    calls = [part for item in node.expressions for part in item.find_all(exp.Explode, exp.Unnest, exp.Anonymous)]
    own = [
        part
        for part in calls
        if part.find_ancestor(exp.Select) is node
        and (not isinstance(part, exp.Anonymous) or part.name.lower() == "generate_subscripts")
    ]
    lists = [part for part in own if not isinstance(part, exp.Anonymous)]
    numbers = [part for part in own if isinstance(part, exp.Anonymous)]
    if not lists:
        return node
    if _is_grouped(node):
        if len(own) > 1:
            raise UntranslatedError("more than one list of a group that is taken apart")
        return _unnest_of_group(node, lists[0])
    number = len(list(node.root().find_all(exp.Lateral)))
    view, place, value = f"_u{number}", f"_p{number}", f"_v{number}"
    first = _list_of(lists[0]).copy()
    for part in numbers:
        part.replace(exp.Paren(this=exp.Add(this=exp.column(place, view), expression=exp.Literal.number(1))))
    for part in lists:
        inner = _list_of(part)
        new = exp.column(value, view) if inner == first else _function("get", inner.copy(), exp.column(place, view))
        if part in node.expressions:
            new = exp.alias_(new, "unnest")
        part.replace(new)
    lateral = exp.Lateral(
        this=exp.Posexplode(this=first), view=True,
        alias=exp.TableAlias(this=exp.to_identifier(view), columns=[exp.to_identifier(place), exp.to_identifier(value)]),
    )  # fmt: skip
    if node.args.get("from_") is None and node.args.get("from") is None:
        node = node.from_(
            exp.Subquery(this=exp.select("1 AS one"), alias=exp.TableAlias(this=exp.to_identifier(f"_o{number}")))
        )
    node.append("laterals", lateral)
    return node


def _is_grouped(node: exp.Select) -> bool:
    """Whether a query is about groups: then it is they that lists are taken apart of, and not the rows."""
    found = (part for item in node.expressions for part in item.find_all(exp.AggFunc))
    own = (part for part in found if part.find_ancestor(exp.Select) is node and not isinstance(part.parent, exp.Window))
    return bool(node.args.get("group")) or any(own)


def _unnest_of_group(node: exp.Select, part: exp.Expression) -> exp.Expression:
    """What a group has gathered, taken apart: first gathered, then taken apart."""
    names = [item.alias_or_name for item in node.expressions]
    outer = [exp.column(name) for name in names]
    place = next(i for i, item in enumerate(node.expressions) if item.find(type(part)) is not None)
    outer[place] = exp.alias_(exp.column("_v", "_u"), names[place])
    part.replace(_list_of(part).copy())
    lateral = exp.Lateral(
        this=exp.Explode(this=exp.column(names[place], "_g")), view=True,
        alias=exp.TableAlias(this=exp.to_identifier("_u"), columns=[exp.to_identifier("_v")]),
    )  # fmt: skip
    new = exp.select(*outer).from_(exp.Subquery(this=node.copy(), alias=exp.TableAlias(this=exp.to_identifier("_g"))))
    new.append("laterals", lateral)
    return new


def _list_of(part: exp.Expression) -> exp.Expression:
    return part.this if isinstance(part, exp.Explode) else part.expressions[0]


def _aliases_in_where(node: exp.Expression) -> exp.Expression:
    """DuckDB lets WHERE use what SELECT names; here the expression takes the place of a name that no table has."""
    where = node.args.get("where") if isinstance(node, exp.Select) else None
    if where is None:
        return node
    named = {item.alias: item.this for item in node.expressions if isinstance(item, exp.Alias)}
    inner = {name for name in named if not _is_column_of_any(name)}

    def replaced(part: exp.Expression) -> exp.Expression:
        if isinstance(part, exp.Column) and not part.table and part.name in inner:
            return exp.Paren(this=named[part.name].copy())
        return part

    if inner and not where.find(exp.Subquery):
        node.set("where", where.transform(replaced))
    return node


@cache
def _columns_of_all() -> frozenset[str]:
    return frozenset(c.name for _, columns in (tables() | working_tables()).values() for c in columns)


def _is_column_of_any(name: str) -> bool:
    return name in _columns_of_all()


def _not_in(node: exp.Expression) -> exp.Expression:
    """`x NOT IN (SELECT y …)` as a condition of its own: no null is among what the queries of the store name so.

    Spark would send all that is asked for to every worker, in case there were a null.
    """
    if not (isinstance(node, exp.Not) and isinstance(node.this, exp.In) and node.this.args.get("query")):
        return node
    if isinstance(node.this.this, exp.Tuple) or not _is_conjunct(node):
        return node
    query = node.this.args["query"]
    query = query.this if isinstance(query, exp.Subquery) else query
    number = id(node) % 10_000
    inner = exp.Subquery(
        this=query.copy(),
        alias=exp.TableAlias(this=exp.to_identifier(f"_q{number}"), columns=[exp.to_identifier(f"_k{number}")]),
    )
    same = exp.EQ(this=exp.column(f"_k{number}", f"_q{number}"), expression=node.this.this.copy())
    return exp.Not(this=exp.Exists(this=exp.select("1").from_(inner).where(same)))


def _is_conjunct(node: exp.Expression) -> bool:
    parent = node.parent
    while isinstance(parent, exp.And | exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.Where)


def _unpivot(node: exp.Expression) -> exp.Expression:
    """UNPIVOT … ON a, b INTO NAME key VALUE value, as a clause of what it is about."""
    if not (isinstance(node, exp.Pivot) and node.args.get("unpivot") and node.args.get("into")):
        return node
    into = node.args["into"]
    source = node.this
    columns = ", ".join(one.sql("spark") for one in node.expressions)
    value = into.expressions[0].name if into.expressions else into.args["value"].name
    text = f"SELECT * FROM {source.sql('duckdb')} UNPIVOT ({value} FOR {into.this.name} IN ({columns}))"
    return sqlglot.parse_one(text, read="spark")


_CHANGES: Sequence[Callable[[exp.Expression], exp.Expression]] = (
    _each(_parameter),
    _each(_range),
    _each(_unpivot),
    _each(_aliases_in_where),
    _each(_windows),
    _each(_unnest),
    _each(_comprehension),
    _each(_bracket),
    _each(_filtered_window),
    _each(_order_of_groups),
    _each(_ordered_list),
    _each(_aggregate),
    _each(_numbers),
    _each(_words),
    _each(_not_in),
)
