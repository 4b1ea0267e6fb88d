"""The steps of an ingest over a store that is in the making; what they do is in sql/, this says in which order."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import starmap
from pathlib import Path
from typing import Any, NamedTuple

from kb.fingerprint import AT_POINTER, fingerprints
from kb.model import Incoming, Kind, Origin
from kb.results import StateComparison
from kb.rules import catalogue
from kb.rules.ruleset import RuleSet
from kb.rules.ver import LONGEST, PRODUCT
from kb.settings import FILE as SETTINGS
from kb.sources import digest, file_of
from kb.store import KnownFile, Store, as_pattern, corpus, custom_queries, events
from kb.store.connection import OFFLINE, connected
from kb.store.layout import comments, document_shape, of_documents, own_columns, script
from kb.words import one_line


class Moved(NamedTuple):
    """One input of a changed file that is as it was, at its new place."""

    path: str
    old_position: int
    position: int
    line: int | None


class Demoted(NamedTuple):
    """A record that lost its id: to a copy of itself (`code` is None), or to another."""

    path: str
    position: int
    line: int | None
    digest: str
    record_id: str
    code: str | None
    pointer: str | None
    message: str | None
    fingerprint: str | None = None


class Draft(Store):
    """A store that an ingest, or a validation, fills."""

    def inputs_of(self, file: str) -> Iterator[Origin]:
        """Where what one file gave stood, but for what depends on other records."""
        rows = self.query(
            """SELECT path, position, line, digest FROM records WHERE file_of(path) = $file
            UNION ALL
            SELECT path, position, line, digest FROM quarantine WHERE file_of(path) = $file AND NOT by_corpus
            UNION ALL
            SELECT path, position, line, digest FROM withdrawn WHERE file_of(path) = $file""",
            {"file": file},
        ).rows
        return starmap(Origin, rows)

    def age_anew(self) -> None:
        """Set the time to live of every record as the settings have it now."""
        self.connection.execute(script("age.sql"))

    def judged_by_others(self) -> list[Incoming]:
        """Every input whose outcome depends on other records, as ingested."""
        forms = {path: file.form for path, file in self.known_files().items()}
        rows = self.query(
            """SELECT path, position, line, raw FROM copies
            UNION ALL SELECT path, position, line, raw FROM quarantine WHERE by_corpus ORDER BY path, position"""
        ).rows
        return [
            Incoming(Origin(path, position, line, digest(raw)), raw, forms.get(file_of(path)))
            for path, position, line, raw in rows
        ]

    def begin(self, rules: RuleSet) -> None:
        """Lay out what the scripts need to know of the rules and the settings.

        Raises:
            KbError: a user's own rule is not one query over the records.
        """
        for rule in rules.corpus:
            if rule.file:
                custom_queries.check(self, rule, rules.settings.sql)
        self.connection.execute("INSERT INTO findings BY NAME FROM withheld; DELETE FROM withheld")
        ttl = rules.settings.trust.time_to_live
        con = self.connection
        self.lay_out(
            "rule_meta",
            {"code": "VARCHAR", "name": "VARCHAR", "severity": "VARCHAR", "fixable": "BOOLEAN"},
            [
                (rule.code, rule.name, str(rules.severities[rule.code]), rule.kind is Kind.FIX)
                for rule in rules.known.values()
            ],
        )
        self._lay_out_suppressions(rules)
        self.lay_out("departed", {"id": "VARCHAR", "doc": "UBIGINT"}, [])
        self.lay_out("touched", {"id": "VARCHAR"}, [])
        for table, days in (("days_by_domain", ttl.domain), ("days_by_tier", ttl.tier)):
            self.lay_out(table, {"name": "VARCHAR", "days": "INTEGER"}, list(days.items()))
        con.execute("DELETE FROM prior_weights")
        self.insert("prior_weights", ["VARCHAR", "DOUBLE"], list(rules.settings.trust.prior_weight.items()))
        con.execute("SET VARIABLE days = $1::INTEGER", [ttl.default])
        con.execute("SET VARIABLE errors = $1::VARCHAR[]", [sorted(rules.errors)])
        con.execute("SET VARIABLE product = $1", [PRODUCT])
        set_variables(self, rules)
        con.execute("SET VARIABLE longest_version = $1::INTEGER", [LONGEST])
        con.execute("SET VARIABLE shape = $1", [document_shape()])
        con.execute("SET VARIABLE own = $1::VARCHAR[]", [own_columns()])

    def _lay_out_suppressions(self, rules: RuleSet) -> None:
        """What kb.toml suppresses, in its order.

        `rank` is the order in which those in force give their reasons; `asked`: the rule is run.
        """
        ranks = {suppression: rank for rank, suppression in enumerate(rules.suppressions)}
        columns = {"number": "BIGINT", "record": "VARCHAR", "code": "VARCHAR", "pattern": "VARCHAR", "reason": "VARCHAR",
                   "until": "DATE", "holds": "BOOLEAN", "rank": "BIGINT", "asked": "BOOLEAN"}  # fmt: skip
        rows = [
            (number, s.record, s.code, s.pattern, s.reason, s.until, s in ranks, ranks.get(s), s.code in rules.rules)
            for number, s in enumerate(rules.settings.suppress)
        ]
        self.lay_out("suppressions", columns, rows)

    def prune(self, dropped: Sequence[tuple[str, int]], kept: Sequence[Moved]) -> None:
        """Take out inputs that are gone or judged again, and move those whose file changed around them."""
        if not (dropped or kept):
            return
        self.lay_out("dropped", {"path": "VARCHAR", "position": "BIGINT"}, dropped)
        columns = {"path": "VARCHAR", "old_position": "BIGINT", "position": "BIGINT", "line": "BIGINT"}
        self.lay_out("kept", columns, kept)
        self._take_out("dropped")
        self.connection.execute(script("prune.sql"))

    def _take_out(self, inputs: str) -> None:
        """Take the records that came from some inputs out of every table; `inputs` names the table of these."""
        self.connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE leaving AS SELECT id, path, position, hash(doc) AS doc FROM records
            WHERE (path, position) IN (SELECT path, position FROM {inputs})"""
        )
        self.connection.execute(
            ";".join(f"DELETE FROM {table} WHERE record_id IN (SELECT id FROM leaving)" for table in of_documents())
        )
        self.connection.execute(script("leave.sql"))

    def inputs_of_files(self, paths: Sequence[str]) -> list[tuple[str, int]]:
        """Path and position of all that the base holds from some files."""
        return self.query(
            """SELECT path, position FROM (
                SELECT path, position FROM records UNION ALL SELECT path, position FROM quarantine
                UNION ALL SELECT path, position FROM copies UNION ALL SELECT path, position FROM withdrawn)
            WHERE file_of(path) IN (SELECT unnest($1::VARCHAR[])) ORDER BY ALL""",
            [list(paths)],
        ).rows

    def contest(self, folder: Path) -> list[Demoted]:
        """Which records lose their id to another with a better right to it (IDN003), or to a copy of themselves.

        `folder` holds what the record stage wrote.
        """
        claims = [as_pattern(path) for path in sorted(folder.glob("*.claims.ndjson"))]
        self.connection.execute("SET VARIABLE claims = $1::VARCHAR[]", [claims])
        self.connection.execute(script("claims.sql"))
        if not self.holds(_CONTESTED):
            return []
        self.connection.execute(script("candidates.sql"))
        rows = self.query(f"{contested()} ORDER BY 1, 2").rows
        return [with_fingerprint(Demoted(*row)) for row in rows]

    def demote(self, demoted: Sequence[tuple[Demoted, bytes]]) -> None:
        """Move records that lost their id, or that a corpus rule rejects, into quarantine or among the copies."""
        self.lay_out("demoted", _DEMOTED, [(*row, raw) for row, raw in demoted])
        if demoted:
            self._take_out("demoted")
            self.connection.execute(script("demote.sql"))
            events.let_go(self, (row.record_id for row, _ in demoted))
            self.connection.execute(script("orphans.sql"))

    def demoted_by_gate(self, messages: Mapping[str, str]) -> list[Demoted]:
        """The records of some ids that this run judged, each with the message of the gate (SCH004).

        What an earlier run judged has passed the gate: where it does not any more, somebody changed the store since.
        """
        rows = self.query(
            """SELECT DISTINCT path, position, line, digest, id FROM records
            WHERE id IN (SELECT unnest($1::VARCHAR[])) AND id IN (FROM touched) ORDER BY ALL""",
            [list(messages)],
        ).rows
        return [
            with_fingerprint(Demoted(path, position, line, digest, name, "SCH004", "", messages[name]))
            for path, position, line, digest, name in rows
        ]

    def load(self, slices: Iterable[tuple[Path, int]]) -> None:
        """Publish what the record stage wrote, but for the demoted; each slice goes to the disk, so memory is bounded.

        A slice is a file, and the length of its longest line.
        """
        for number, (path, longest) in enumerate(slices):
            if number:
                self.connection.execute("CHECKPOINT")
            self.connection.execute("SET VARIABLE slice = $1", [as_pattern(path)])
            self.connection.execute("SET VARIABLE longest = $1::UINTEGER", [max(longest, _SHORT) + 1])
            self.connection.execute(script("stage.sql"))
            rows, *holding = self.query(_HOLDING).rows[0]
            filled = [name for name, holds in zip(_ENTERED_IF_ANY, holding, strict=True) if holds]
            self._lay_out_slice(rows)
            for name in ("enter", *(f"enter/{name}" for name in filled)):
                self.connection.execute(script(f"{name}.sql"))
            self.connection.execute(script("match_keys.sql"))
        self.connection.execute("DROP VIEW IF EXISTS slice; DROP TABLE IF EXISTS staged")

    def _lay_out_slice(self, rows: int) -> None:
        """What stays, in ranges that are worked on side by side: DuckDB gives a table of one row group to one thread.

        A few records are one range: the rows of a small base lie in the order of the ids, and no statement is planned
        for more ranges than there are.
        """
        step = max(rows // 4 + 1, _ROWS_OF_A_RANGE)
        ranges = (f"rowid >= {start} AND rowid < {start + step}" for start in range(0, max(rows, 1), step))
        parts = " UNION ALL ".join(f"FROM staged WHERE stays AND {condition}" for condition in ranges)
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW slice AS {parts}")

    def judge_together(self, rules: RuleSet, as_of: dt.date) -> list[Demoted]:
        """Run the rules over the published records and the events; the records with an error are returned."""
        events.lay_out(self, rules)
        corpus.judge(self, rules, as_of)
        events.judge(self, rules, as_of)
        return self.suppress_and_withhold(rules)

    def suppress_and_withhold(self, rules: RuleSet) -> list[Demoted]:
        """Suppress what the settings say of what corpus rules found; the records with an error left are returned."""
        if self.holds("suppressions") or self.holds("findings WHERE suppressed IS NOT NULL AND is_of_corpus(seq)"):
            self.connection.execute(script("suppress.sql"))
        corpus.withhold(self, rules)
        rows = self.query(
            """SELECT r.path, r.position, r.line, r.digest, r.id, min(f.code), NULL, NULL FROM findings f JOIN records r
            ON r.path = f.path AND r.position = f.position WHERE f.severity = 'error' AND f.suppressed IS NULL
            GROUP BY ALL ORDER BY 1, 2"""
        ).rows
        return [Demoted(*row) for row in rows]

    def judge_settings(self, rules: RuleSet) -> None:
        """Run the rules about kb.toml; they need every finding on the records of the base."""
        self.connection.execute("DELETE FROM findings WHERE path = $1", [SETTINGS])
        if not rules.settings.suppress:
            return
        columns = {
            "number": "BIGINT",
            "code": "VARCHAR",
            "pointer": "VARCHAR",
            "message": "VARCHAR",
            "fingerprint": "VARCHAR",
        }
        findings = []
        for rule in rules.about_settings:
            for number, pointer, message in self.query(rule.sql).rows:
                entry = rules.settings.suppress[number]
                (key,) = fingerprints(SETTINGS, None, [(rule.code, "/suppress", f"{entry.code} {entry.record}")])
                findings.append((number, rule.code, pointer, one_line(message), key))
        self.lay_out("about_settings", columns, findings)
        self.connection.execute(
            f"""INSERT INTO findings BY NAME
            SELECT '{SETTINGS}' AS path, number AS position, code, name, severity, pointer, message, fixable, fingerprint,
                corpus_seq(0) AS seq
            FROM about_settings JOIN rule_meta USING (code)"""
        )

    def remember_files(self, gone: Iterable[str], files: Sequence[KnownFile]) -> None:
        """Replace what is known of some files."""
        con = self.connection
        con.execute(
            "DELETE FROM files WHERE path IN (SELECT unnest($1::VARCHAR[]))", [[*gone, *(f.path for f in files)]]
        )
        if files:
            con.execute(
                """INSERT INTO files SELECT unnest($1), unnest($2), unnest($3), make_timestamp_ns(unnest($4)),
                unnest($5), unnest($6::VARCHAR[]), unnest($7), unnest($8)""",
                [list(column) for column in zip(*files, strict=True)],
            )

    def compare(self, previous: Path) -> StateComparison:
        """Compare the findings with those of the store that this one is to replace, and keep what came and went."""
        name = str(previous).replace("'", "''")
        self.connection.execute(f"ATTACH '{name}' AS before (READ_ONLY)")
        self.connection.execute(script("compare.sql"))
        self.connection.execute("DETACH before")
        states = dict(self.query("SELECT state, count(*) FROM came_and_went GROUP BY state").rows)
        new, fixed = states.get("new", 0), states.get("fixed", 0)
        if new or fixed:
            self.connection.execute(script("changes.sql"))
        return StateComparison(new, fixed, self.value("SELECT count(*) FROM findings") - new)

    def touched(self) -> tuple[list[str], dict[str, str]] | None:
        """The ids of the records that came, went or changed, in order, with the documents that are published now.

        None where they are too many to list.
        """
        ids = [row[0] for row in self.query(f"SELECT DISTINCT id FROM touched ORDER BY id LIMIT {_FEW + 1}").rows]
        if len(ids) > _FEW:
            return None
        return ids, dict(self.query("SELECT id, doc FROM records WHERE id IN (FROM touched)").rows)

    def finish(self) -> None:
        """Write everything into the one file of the store."""
        self.connection.execute("CHECKPOINT")


def with_fingerprint(demoted: Demoted) -> Demoted:
    """Fingerprint what a corpus rule reports on a record that is not in the store: it is about its id."""
    if demoted.code is None or demoted.pointer is None:
        return demoted
    (key,) = fingerprints(demoted.record_id, {"id": demoted.record_id}, [(demoted.code, demoted.pointer, AT_POINTER)])
    return demoted._replace(fingerprint=key, message=one_line(demoted.message or ""))


def set_variables(store: Store, rules: RuleSet) -> None:
    """Set what the queries of rules ask for with `getvariable`."""
    for name, (kind, value) in variables_of_rules(rules).items():
        store.connection.execute(f"SET VARIABLE {name} = $1::{kind}", [value])


def variables_of_rules(rules: RuleSet) -> dict[str, tuple[str, object]]:
    """What the queries of rules ask for with `getvariable`: the type and the value of each."""
    return {
        "votes_per_actor": ("INTEGER", rules.settings.ledger.votes_per_actor),
        "ladder": ("VARCHAR[]", list(rules.settings.trust.ladder)),
    }


def contested() -> str:
    """The query for what the candidates for an id come to that do not have it: copies, and what IDN003 rejects."""
    return f"""SELECT path, position, line, digest, id, NULL AS code, NULL AS pointer, NULL AS message
        FROM candidates WHERE place > 1 AND same_content
        UNION ALL
        SELECT c.path, c.position, c.line, c.digest, c.id, 'IDN003', f.pointer, f.message
        FROM ({catalogue()["IDN003"].sql}) f JOIN candidates c USING (path, position)"""


_BULK = """
    SET memory_limit = '768MB'; -- what is more goes to the disk, however large the base; enough for each statement here
    SET preserve_insertion_order = false; -- nothing relies on it, and keeping it takes memory
    SET force_compression = 'zstd'; -- long texts: smaller, and no time spent on trying every other method
"""


@contextmanager
def create(path: Path | None, spill: Path | None = None) -> Iterator[Draft]:
    """A new, empty store in a file, or in memory; what does not fit into memory goes into the folder `spill`."""
    with connected(str(path) if path else ":memory:", _config(path, spill)) as connection:
        connection.execute(_BULK)
        connection.execute("BEGIN")  # at once: each of two hundred statements would be written to the disk by itself
        connection.execute(script("schema.sql"))
        connection.execute(script("working.sql"))
        connection.execute(script("macros.sql"))
        if path is not None:
            connection.execute(";\n".join(comments()))
        connection.execute("COMMIT")
        yield Draft(connection)


@contextmanager
def change(path: Path) -> Iterator[Draft]:
    """An existing store, to be changed."""
    with connected(str(path), _config(path)) as connection:
        connection.execute(_BULK)
        yield Draft(connection)


@contextmanager
def trial(path: Path) -> Iterator[Draft]:
    """A copy of a store, to be changed and thrown away; of any layout."""
    with change(path) as draft:
        draft.connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        yield draft


def _config(path: Path | None, spill: Path | None = None) -> dict[str, Any]:
    folder = spill or (path.with_name("spill") if path else None)
    return OFFLINE | {"temp_directory": str(folder or "")}


_FEW = 4096

_ENTERED_IF_ANY = {
    "findings": "len(findings) > 0",
    "quarantine": "doc IS NULL AND withdrawn IS NULL",
    "withdrawn": "withdrawn",
    "versions": "stays AND len(versions) > 0",
    "transitions": """stays AND (len(transition_graph.leads_to) > 0 OR len(transition_graph.preceded_by) > 0
        OR len(transition_graph.frequently_confused_with) > 0)""",
    "changes": "stays AND len(changes) > 0",
}
"""What few records bring with them, and the condition on that: without a row of it, nothing is planned."""

_HOLDING = (
    f"SELECT count(*), {', '.join(f'bool_or({condition})' for condition in _ENTERED_IF_ANY.values())} FROM staged"
)

_CONTESTED = """(
    SELECT id FROM (SELECT id FROM staged_claims UNION ALL SELECT id FROM records WHERE id IN (SELECT id FROM staged_claims))
    GROUP BY id HAVING count(*) > 1)"""

_ROWS_OF_A_RANGE = 4096
"""No fewer rows are worked on by a thread of its own."""

_SHORT = 4 << 20
"""DuckDB keeps twice the longest line for each thread; no less than twice this."""

_DEMOTED = {
    "path": "VARCHAR",
    "position": "BIGINT",
    "line": "BIGINT",
    "digest": "VARCHAR",
    "record_id": "VARCHAR",
    "code": "VARCHAR",
    "pointer": "VARCHAR",
    "message": "VARCHAR",
    "fingerprint": "VARCHAR",
    "raw": "BLOB",
}
