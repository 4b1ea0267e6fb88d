"""What an ingest came to: how many records stand where, what was lost, how often each code was found."""

from collections.abc import Sequence
from typing import NamedTuple

from kb.settings import FILE as SETTINGS
from kb.store import Store


class Loss(NamedTuple):
    """Of the records that were published from a path: how many there were, are nowhere now, and are in quarantine now.

    Of the latter two, an example each.
    """

    root: str
    was: int
    gone: int
    gone_example: str | None
    rejected: int
    rejected_example: str | None


class Counts:
    """Counts over the files of an ingest, given as (ingested path, file); where they are the `whole` base, without them."""

    def __init__(self, store: Store, scope: Sequence[tuple[str, str]], *, whole: bool) -> None:
        self._store = store
        self._whole = whole
        store.lay_out("scope", {"root": "VARCHAR", "path": "VARCHAR"}, scope)
        store.lay_out("was", {"root": "VARCHAR", "id": "VARCHAR", "path": "VARCHAR", "position": "BIGINT"}, [])

    def remember_published(self) -> None:
        """Note what is published of the scope, to find later what is gone."""
        self._store.connection.execute(
            "INSERT INTO was SELECT root, id, r.path, position FROM records r JOIN scope s ON s.path = file_of(r.path)"
        )

    def _here(self, table: str) -> str:
        """The rows of a table that come from the scope; the whole table, where that is the same."""
        return table if self._whole else f"(SELECT t.* FROM {table} t JOIN scope s ON s.path = file_of(t.path))"

    def losses(self) -> list[Loss]:
        """What became of each ingested path's records that were published."""
        rows = self._store.query(
            """SELECT root, count(*), count(*) FILTER (lost AND NOT rejected), min(id) FILTER (lost AND NOT rejected),
                count(*) FILTER (lost AND rejected), min(id) FILTER (lost AND rejected)
            FROM (SELECT root, id, id NOT IN (SELECT id FROM records UNION ALL SELECT record_id FROM tombstones) AS lost,
                    id IN (SELECT record_id FROM quarantine WHERE record_id IS NOT NULL)
                    OR (path, position) IN (SELECT path, position FROM quarantine) AS rejected
                FROM was) GROUP BY root ORDER BY root"""
        ).rows
        return [Loss(*row) for row in rows]

    def tally(self, *, changed: bool) -> dict[str, int]:
        """How many inputs of the scope stand in the base or in quarantine, and what changed since they were remembered."""
        records = self._here("records")
        counted = {
            "records": records,
            "copies": self._here("copies"),
            "quarantined": self._here("quarantine"),
            "withdrawn": self._here("withdrawn"),
            "removed": "was WHERE id NOT IN (SELECT id FROM records UNION ALL SELECT record_id FROM withdrawn)",
            "changes": self._here("changes"),
        }
        if changed:
            counted |= {
                "touched": f"{records} WHERE id IN (FROM touched)",
                "as_before": f"{records} WHERE id IN (SELECT id FROM departed) AND (id, hash(doc)) IN (FROM departed)",
            }
        # one below the other: side by side, they would be planned as a product of all
        rows = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {of}" for name, of in counted.items())
        tally = dict(self._store.query(rows).rows)
        published = tally["touched"] - tally["as_before"] if changed else 0
        return {**tally, "standing": tally["records"] + tally["copies"], "published": published}

    def repairs_by_code(self) -> dict[str, int]:
        """How often each fix changed a published record of the scope."""
        return dict(
            self._store.query(f"SELECT code, count(*) FROM {self._here('changes')} GROUP BY code ORDER BY code").rows
        )

    def about_settings(self) -> dict[str, int]:
        """How often each code was found in kb.toml."""
        sql = f"SELECT code, count(*) FROM findings WHERE path = '{SETTINGS}' GROUP BY code ORDER BY code"
        return dict(self._store.query(sql).rows)

    def about_events(self) -> dict[str, int]:
        """How often each code was found in events of the ledger, and is not suppressed."""
        sql = """SELECT code, count(*) FROM findings WHERE starts_with(path, 'ledger/') AND suppressed IS NULL
            GROUP BY code ORDER BY code"""
        return dict(self._store.query(sql).rows)

    def findings_by_code(self) -> list[tuple[str, int, int, int, int]]:
        """How often each code was found in the scope, counts against records that are not rejected, and is suppressed.

        Between the two last: how many records it affects.
        """
        return self._store.query(
            f"""SELECT code, count(*), count(*) FILTER (stands), count(DISTINCT (path, position)) FILTER (stands), count(suppressed)
            FROM (SELECT *, NOT fixable AND suppressed IS NULL AND is_of_a_record(path)
                AND (path, position) NOT IN (SELECT path, position FROM quarantine) AS stands FROM {self._here("findings")})
            GROUP BY code ORDER BY code"""
        ).rows
