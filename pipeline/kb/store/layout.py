"""What the store is made of, read from its scripts: tables and columns, macros, comments, the shape of a document."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

_SCRIPTS = Path(__file__).with_name("sql")


@cache
def script(name: str) -> str:
    """The text of a script in sql/."""
    return (_SCRIPTS / name).read_text(encoding="utf-8")


class TableColumn(NamedTuple):
    """A column as the schema declares it."""

    name: str
    type: str
    nullable: bool
    comment: str


TEMPORARY = {
    "about_events": "findings of the rules about events, before they join the others",
    "about_settings": "findings of the rules about kb.toml, before they join the others",
    "arriving": "records of a slice that are published, with what kb counts of them",
    "batches": "pairs of records that a corpus rule compares at a time",
    "came_and_went": "findings that are new, or fixed, against the store before",
    "candidates": "records that want one id, the one with the best right to it first",
    "days_by_domain": "time to live of a domain, from kb.toml",
    "days_by_tier": "time to live of a tier, from kb.toml",
    "demoted": "records that lose their id, with what is said of them",
    "departed": "records that left the store in this run, with a hash of what they said",
    "differing": "findings of corpus rules that are not what they were",
    "dropped": "inputs that are gone, or judged again",
    "found": "what the corpus rules report",
    "judged": "findings of corpus rules as they are now",
    "judged_before": "and as they were before this run",
    "kept": "inputs of a changed file that are as they were, with their new place",
    "leaving": "records that are about to leave their table",
    "moved": "records at their new place",
    "numbered": "what an error is found by of each record, in the order of ids",
    "orphans": "records whose other one, which they were compared with, is gone",
    "places": "where each record stands, for the findings on it",
    "rule_meta": "code, name, severity and kind of every rule",
    "scope": "the files that a run is about",
    "shortened": "messages that were too long",
    "slice": "outcomes of the record stage, as one file holds them",
    "staged": "outcomes of a slice, read once",
    "staged_claims": "what decides between records with one id",
    "stamps": "fingerprints of findings of corpus rules",
    "suppressions": "what kb.toml suppresses, in its order",
    "touched": "ids of the records that came, went or changed",
    "was": "what was published of the scope before this run",
}
"""The temporary tables and views by which Python and the scripts, and one script and the next, speak to each other."""

VARIABLES = {
    "claims": "files with the claims of the record stage",
    "days": "the time to live of a record that kb.toml has no other for",
    "errors": "codes of the rules that are errors",
    "ladder": "the verification tiers, the weakest first",
    "longest": "bytes of the longest line of a slice",
    "longest_version": "characters of a version that is read as one",
    "own": "columns of `records` that hold what the document says under the same name",
    "product": "a pattern of the product that a version carries",
    "shape": "the curated document, as `from_json` wants it",
    "slice": "the file with the outcomes that are loaded",
    "votes_per_actor": "how many outcomes of one actor count for one action",
}
"""The session variables that scripts read with `getvariable`."""

_TABLE = re.compile(r"CREATE TABLE (\w+) \( -- (.+)")
_COLUMN = re.compile(r" {4}(\w+) (\S+?)(?P<required> NOT NULL)?,? -- (.+)")
_KEY = re.compile(r" {4}-- key: (.+)")
_MACRO = re.compile(r"CREATE MACRO (\w+)\(([^)]*)\) AS (TABLE )?-- (.+)")


def tables() -> dict[str, tuple[str, tuple[TableColumn, ...]]]:
    """Every published table: its comment and its columns, as sql/schema.sql declares them."""
    return _declared("schema.sql")


def working_tables() -> dict[str, tuple[str, tuple[TableColumn, ...]]]:
    """The tables for kb itself, as sql/working.sql declares them."""
    return _declared("working.sql")


@cache
def keys() -> dict[str, tuple[str, ...]]:
    """The columns by which the rows of each published table differ.

    Raises:
        LookupError: a table declares none.
    """
    blocks = re.split(r"^CREATE TABLE (\w+)", script("schema.sql"), flags=re.MULTILINE)[1:]
    found = {table: _KEY.search(block) for table, block in zip(blocks[::2], blocks[1::2], strict=True)}
    without = [table for table, key in found.items() if key is None]
    if without:
        raise LookupError(
            f"list the key of {', '.join(without)} in pipeline/kb/store/sql/schema.sql: `-- key: ` and columns, above its `);`"
        )
    return {table: tuple(key[1].split(", ")) for table, key in found.items() if key}


_OF_ANY_RECORD = frozenset({"events", "tombstones", "withdrawn"})
"""Tables that name records which need not be published."""


@cache
def of_records() -> tuple[str, ...]:
    """The published tables whose rows each belong to one published record, their `record_id`."""
    return tuple(
        table
        for table, (_, columns) in tables().items()
        if table not in _OF_ANY_RECORD and any(column.name == "record_id" and not column.nullable for column in columns)
    )


@cache
def of_documents() -> tuple[str, ...]:
    """Those of them that come from the document of the record, and go with it."""
    return tuple(table for table in of_records() if keys()[table][0] == "record_id")


@cache
def _declared(name: str) -> dict[str, tuple[str, tuple[TableColumn, ...]]]:
    declared: dict[str, tuple[str, list[TableColumn]]] = {}
    for line in script(name).splitlines():
        if table := _TABLE.fullmatch(line):
            declared[table[1]] = (table[2], columns := [])
        elif column := _COLUMN.fullmatch(line):
            columns.append(TableColumn(column[1], column[2], column["required"] is None, column[4]))
    return {name: (comment, tuple(columns)) for name, (comment, columns) in declared.items()}


@cache
def macros() -> dict[str, tuple[str, bool, str]]:
    """Every macro: its parameters, whether it is a table, and its comment, as sql/macros.sql declares them."""
    return {m[1]: (m[2], m[3] is not None, m[4]) for m in _MACRO.finditer(script("macros.sql"))}


def comments() -> Iterator[str]:
    """The statements that put the comments of the scripts into the store."""

    def quoted(text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    for table, (comment, columns) in (tables() | working_tables()).items():
        yield f"COMMENT ON TABLE {table} IS {quoted(comment)}"
        for column in columns:
            yield f'COMMENT ON COLUMN {table}."{column.name}" IS {quoted(column.comment)}'
    for name, (_, is_table, comment) in macros().items():
        yield f"COMMENT ON MACRO {'TABLE ' if is_table else ''}{name} IS {quoted(comment)}"


_TABLES_OF = {
    "record": "records",
    "version": "versions",
    "dead_end": "dead_ends",
    "workaround": "workarounds",
    "transition": "transitions",
}
"""Where each kind of object of a document has its columns."""

_LISTS = ("workarounds_zh", "sources")
"""Lists of texts that have no column of their own."""


def own_columns() -> list[str]:
    """The columns of `records` that hold what stands in the document under the same name."""
    from kb.contract import shapes  # noqa: PLC0415 - what only asks a store does without the contract

    return [c.name for c in tables()["records"][1] if c.name in shapes()["record"].known]


@cache
def document_shape() -> str:
    """The curated document as DuckDB's `from_json` wants it: a JSON structure of type names, those of the columns."""
    from kb.contract import shapes  # noqa: PLC0415 - likewise

    shape = shapes()

    def fields(kind: str) -> dict[str, Any]:
        types = {column.name: column.type for column in tables()[_TABLES_OF[kind]][1]} | dict.fromkeys(
            _LISTS, "VARCHAR[]"
        )
        return {key: _as_structure(types.get(key, "VARCHAR")) for key in shape[kind].keys}

    graph = {key: [fields("transition")] for key in shape["transition_graph"].keys}
    record = fields("record") | {
        "versions": [fields("version")],
        "dead_ends": [fields("dead_end")],
        "workarounds": [fields("workaround")],
        "transition_graph": graph,
        "extensions": "JSON",
        "curation": {"distinct_sources": "INTEGER", "evidence_ceiling": "DOUBLE"},
    }
    return json.dumps(record)


def _as_structure(kind: str) -> str | list[str]:
    return [kind.removesuffix("[]")] if kind.endswith("[]") else kind
