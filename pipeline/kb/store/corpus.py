"""The corpus rules: findings on the records of a store, held against each other.

Every finding is worked out anew on every run; what makes that cheap is kept beside the records (sql/working.sql).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any

import orjson

from kb.fingerprint import AT_POINTER, fingerprints
from kb.rules.base import Rule
from kb.rules.ruleset import RuleSet
from kb.sources.formats import Format, Formats
from kb.store import Store, custom_queries
from kb.store.layout import script
from kb.words import MESSAGE, one_line

FOUND = {"code": "VARCHAR", "id": "VARCHAR", "pointer": "VARCHAR", "message": "VARCHAR"}


def judge(base: Store, rules: RuleSet, as_of: dt.date) -> None:
    """Let the findings of the corpus rules be those of the records as they stand now."""
    _compare(base, [rule for rule in rules.known.values() if rule.compares])
    columns = ", ".join(f"{name} {kind}" for name, kind in FOUND.items())
    base.query(f"CREATE OR REPLACE TEMP TABLE found ({columns})")
    for rule in rules.corpus:
        if rule.code != "IDN003":  # that one runs before anything is published
            _find(base, rule, as_of, rules)
    enter(base, rules)


def enter(base: Store, rules: RuleSet) -> None:
    """Let what was found be findings, where those are not so already: `found` and the tables that it is about are laid out.

    Nothing here looks from one record to another.
    """
    _shorten_messages(base)
    _lay_out_places(base, rules.formats)
    for rule in rules.corpus:
        if rule.yields_to and base.holds(f"found WHERE code = '{rule.code}'"):
            base.query(_YIELDED, {"code": rule.code, "causes": list(rule.yields_to)})
    _write_what_differs(base)


def withhold(base: Store, rules: RuleSet) -> None:
    """Put aside until the next run what a corpus rule that found the cause `replaces`."""
    for rule in rules.corpus:
        if rule.replaces and base.holds(f"findings WHERE code = '{rule.code}'"):
            asked = {"code": rule.code, "replaced": list(rule.replaces)}
            base.query(f"INSERT INTO withheld BY NAME FROM findings WHERE {_REPLACED}", asked)
            base.query(f"DELETE FROM findings WHERE {_REPLACED}", asked)


_REPLACED = """
    code IN (SELECT unnest($replaced::VARCHAR[]))
    AND (record_id, pointer) IN (SELECT record_id, pointer FROM findings WHERE code = $code)
"""


_YIELDED = """
    DELETE FROM found WHERE code = $code AND (id, pointer) IN (
        SELECT f.id, f.pointer
        FROM found f JOIN match_keys t ON t.record_id = f.id
        LEFT JOIN places p ON p.form = t.form AND p.native = f.pointer AND (p.only_of IS NULL OR p.only_of = f.id)
        JOIN findings cause ON cause.record_id = f.id AND cause.pointer = coalesce(p.place, f.pointer)
        WHERE f.code = $code AND cause.code IN (SELECT unnest($causes::VARCHAR[])))
"""


def _find(base: Store, rule: Rule, as_of: dt.date, rules: RuleSet) -> None:
    asked = {"as_of": as_of} if "$as_of" in rule.sql else {}
    if rule.file:
        rows = [(rule.code, *row) for row in custom_queries.found(base, rule, as_of, rules.settings.sql)]
        base.insert("found", ("VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR"), rows)
        return
    if rule.only_with and not base.holds(rule.only_with):
        return
    sql = rule.sql.replace("$as_of", "$as_of::DATE")
    base.query(f"INSERT INTO found SELECT $code, id, pointer, message FROM ({sql})", {"code": rule.code, **asked})


def _shorten_messages(base: Store) -> None:
    """Let every message be one line of bounded length, the few that are not by themselves."""
    odd = base.query(
        r"""SELECT DISTINCT message FROM found
        WHERE length(message) > $most OR regexp_matches(message, '[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]')""",
        {"most": MESSAGE},
    ).rows
    if not odd:
        return
    base.query("CREATE OR REPLACE TEMP TABLE shortened (long VARCHAR, short VARCHAR)")
    base.insert("shortened", ("VARCHAR", "VARCHAR"), [(message, one_line(message)) for (message,) in odd])
    base.query("UPDATE found SET message = short FROM shortened WHERE message = long")


# ---- comparisons that are too costly to make again -------------------------------------------------------------------


def _compare(base: Store, rules: Sequence[Rule]) -> None:
    """Bring `pairs` up to date: what is known of pairs with a record that went or changed is worked out anew."""
    for rule in rules:
        if rule.bounds:
            _bound(base, rule.code, set(rule.bounds(_RuleAsks(base))))
    if base.holds("pairs"):
        for rule in rules:
            base.query(_REOPENED, {"code": rule.code, "most": rule.most})
    for table, columns in (("pairs", ("record_id", "other_id")), ("buckets", ("record_id",))):
        for column in columns if base.holds(table) else ():
            base.query(f"DELETE FROM {table} WHERE {column} NOT IN (SELECT record_id FROM match_keys WHERE compared)")
    base.query(BUCKETS)
    for rule in rules:
        asked = _RuleAsks(base)
        for batch in _batches(rule.run(asked)):
            base.insert("pairs", ("VARCHAR", "VARCHAR", "VARCHAR", "DOUBLE"), [(rule.code, *pair) for pair in batch])
        asked.forget()
        if base.holds(f"(FROM pairs WHERE code = '{rule.code}' OFFSET {rule.most + 1})"):
            base.query(_SURPLUS, {"code": rule.code, "most": rule.most})
    base.query("UPDATE match_keys SET compared = true WHERE NOT compared")


def _bound(base: Store, code: str, bounds: set[tuple[str, int]]) -> None:
    """Bring `bounds` up to date, and let all records be compared anew to whom those that changed apply."""
    changed = bounds.symmetric_difference(
        base.query("SELECT literal, one_in FROM bounds WHERE code = $code", {"code": code}).rows
    )
    if changed:
        base.query("DELETE FROM bounds WHERE code = $code", {"code": code})
        base.insert("bounds", ("VARCHAR", "VARCHAR", "BIGINT"), [(code, *bound) for bound in sorted(bounds)])
        base.query(_BOUNDED_OTHERWISE, {"literals": sorted({literal for literal, _ in changed})})


_BOUNDED_OTHERWISE = """
    UPDATE match_keys SET compared = false WHERE compared AND CASE
        WHEN required_literals = [] THEN list_contains($literals::VARCHAR[], '')
        ELSE list_has_any(required_literals, $literals::VARCHAR[]) END
"""

_REOPENED = """
    -- where not all pairs of a record were kept and one of those goes, the next in line is not known
    UPDATE match_keys SET compared = false WHERE record_id IN (
        SELECT record_id FROM pairs WHERE code = $code GROUP BY record_id
        HAVING count(*) > $most AND bool_or(other_id NOT IN (SELECT record_id FROM match_keys WHERE compared)))
"""

BUCKETS = """
    WITH having_new AS (
        SELECT band, record_id FROM (SELECT unnest(bands) AS band, record_id FROM match_keys)
        SEMI JOIN (SELECT unnest(bands) AS band FROM match_keys WHERE NOT compared) USING (band)
    )
    INSERT INTO buckets
    SELECT band, record_id FROM having_new
    WHERE band IN (SELECT band FROM having_new GROUP BY band HAVING count(*) > 1)
        AND (band, record_id) NOT IN (SELECT band, record_id FROM buckets)
"""

_SURPLUS = """
    DELETE FROM pairs WHERE code = $code AND record_id IN (
        SELECT record_id FROM pairs WHERE code = $code GROUP BY record_id HAVING count(*) > $most + 1)
    AND rowid NOT IN (
        SELECT rowid FROM pairs WHERE code = $code
        QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY other_id) <= $most + 1)
"""

_BATCH = 50_000


class _RuleAsks:
    """A store as a rule asks it. What is kept lies beside it, as tables that go to the disk where memory is short."""

    def __init__(self, base: Store) -> None:
        self._base = base
        self._kept: str | None = None

    def __call__(self, sql: str, **values: object) -> Iterator[tuple[Any, ...]]:
        return self._base.stream(sql, values, beside=self._kept)

    def keep(self, name: str, sql: str) -> None:
        if not self._kept:
            self._kept = "kept_for_a_rule"
            self._base.query(f"ATTACH ':memory:' AS {self._kept}")
        with self._base.cursor(self._kept) as cursor:
            cursor.execute(f"CREATE OR REPLACE TABLE {self._kept}.{name} AS {sql}")

    def forget(self) -> None:
        """Let go of what was kept."""
        if self._kept:
            self._base.query(f"DETACH {self._kept}")


def _batches(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    rest = iter(rows)
    while batch := list(islice(rest, _BATCH)):
        yield batch


# ---- what is written -------------------------------------------------------------------------------------------------


def _lay_out_places(base: Store, formats: Formats) -> None:
    """Where the pointers of findings on foreign records point to in those as ingested.

    By a mapping that computes, that depends on the record: then the place is `only_of` that.
    """
    base.query("CREATE OR REPLACE TEMP TABLE places (form VARCHAR, native VARCHAR, place VARCHAR, only_of VARCHAR)")
    forms = base.query("SELECT DISTINCT form FROM match_keys WHERE form IS NOT NULL ORDER BY form").rows
    for (name,) in forms:
        form = formats.get(name)
        if form is not None:
            places = _places_of_any(base, form) if form.two_way else _places_of_each(base, form)
            base.insert("places", ("VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR"), list(places))


_Places = Iterator[tuple[str, str, str, str | None]]


def _places_of_any(base: Store, form: Format) -> _Places:
    place = form.placed({})
    for (pointer,) in base.query(_POINTERS.format(columns="pointer"), {"form": form.name}).rows:
        yield form.name, pointer, place(pointer), None


def _places_of_each(base: Store, form: Format) -> _Places:
    """Places made from the stored documents, one after another."""
    rows = base.query(_POINTERS.format(columns="id, pointer"), {"form": form.name}).rows
    for name, group in groupby(rows, key=lambda row: row[0]):
        place = form.placed(orjson.loads(base.value("SELECT doc FROM records WHERE id = $id", {"id": name})))
        for _, pointer in group:
            yield form.name, pointer, place(pointer), name


_POINTERS = """
    SELECT DISTINCT {columns} FROM found JOIN match_keys ON record_id = id WHERE form = $form ORDER BY ALL
"""


def _write_what_differs(base: Store) -> None:
    if not base.holds("found") and not base.holds(
        "findings WHERE is_of_corpus(seq) AND code <> 'IDN003' AND record_id IS NOT NULL"
    ):
        return
    base.connection.execute(script("together.sql"))
    base.query("CREATE OR REPLACE TEMP TABLE stamps (record_id VARCHAR, code VARCHAR, seq BIGINT, fingerprint VARCHAR)")
    for (batch,) in base.query("SELECT DISTINCT batch FROM batches ORDER BY batch").rows:
        documents = base.query(
            "SELECT id, doc FROM records WHERE id IN (SELECT record_id FROM batches WHERE batch = $batch)",
            {"batch": batch},
        ).rows
        rows = base.query(
            """SELECT record_id, code, seq, native FROM arriving
            SEMI JOIN (FROM batches WHERE batch = $batch) USING (record_id) ORDER BY ALL""",
            {"batch": batch},
        ).rows
        base.insert("stamps", ("VARCHAR", "VARCHAR", "BIGINT", "VARCHAR"), list(_stamped(rows, dict(documents))))
    base.query(
        """INSERT INTO findings BY NAME
        SELECT * EXCLUDE (native) FROM arriving JOIN stamps USING (record_id, code, seq)"""
    )


def _stamped(rows: list[tuple[str, str, int, str]], documents: dict[str, str]) -> Iterator[tuple[str, str, int, str]]:
    """The fingerprint of each finding; the findings of one record stand together."""
    for name, group in groupby(rows, key=lambda row: row[0]):
        findings = list(group)
        document = orjson.loads(documents[name])
        keys = fingerprints(name, document, ((code, native, AT_POINTER) for _, code, _, native in findings))
        yield from ((name, code, seq, key) for (_, code, seq, _), key in zip(findings, keys, strict=True))
