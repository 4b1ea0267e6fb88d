"""The index of `kb match` as a file beside the store: made from it, bound to it by a digest, deleted with it."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path

from kb.analysis.error_lines import MOST_CUES, cues_of
from kb.analysis.error_terms import digest, words
from kb.match.match_index import Indexed, MatchIndex
from kb.settings import OwnLines
from kb.store import Store
from kb.workspace import MATCH_INDEX

_NO_EVIDENCE = ("RGX001", "RGX002", "RGX004", "RGX007")
"""A pattern with one of these findings is no evidence: it cannot be searched, or it is found where all is well."""

_ASKED = {"codes": list(_NO_EVIDENCE)}

_USABLE = """
    FROM records r JOIN match_keys k ON k.record_id = r.id
    LEFT JOIN (SELECT DISTINCT record_id FROM findings WHERE list_contains($codes, code)) f ON f.record_id = r.id
    ORDER BY r.id
"""

_ENTRIES = f"SELECT r.id, terms, codes, CASE WHEN f.record_id IS NULL THEN regex END, required_literals {_USABLE}"

_PRINTED = (
    f"SELECT [signature] || signatures || CASE WHEN f.record_id IS NULL THEN required_literals ELSE [] END {_USABLE}"
)


def write(store: Store, folder: Path, own: OwnLines) -> None:
    """Write the index of a store into a folder, and note in the store which it is."""
    digest = write_beside(store, folder, own)
    store.query("DELETE FROM match_index")
    store.query("INSERT INTO match_index VALUES ($digest)", {"digest": digest})


def write_beside(store: Store, folder: Path, own: OwnLines) -> str:
    """Write the index of a store into a folder; its digest, by which the store has to know it."""
    data = _built(store, own)
    (folder / MATCH_INDEX).write_bytes(data)
    return str(MatchIndex(data).digest)


def opened(store: Store, folder: Path, own: OwnLines) -> tuple[MatchIndex, bool]:
    """The index of a store, from its file in a folder, or made anew where none lies there that belongs to it; and which."""
    digest = store.value("SELECT digest FROM match_index")
    try:
        index = MatchIndex.open(folder / MATCH_INDEX)
    except (OSError, ValueError):
        index = None
    if index is not None and index.digest == digest:
        return index, True
    return MatchIndex(_built(store, own)), False


def cues(store: Store, own: OwnLines) -> list[str] | None:
    """What lines of a log hold that a record of this store may know, besides the words of any error; None: it has too many."""
    from kb.rules import ordinary  # noqa: PLC0415 - only where a log is read

    if store.value("SELECT count(*) FROM records") > MOST_CUES:
        return None
    texts = chain.from_iterable(texts for (texts,) in store.query(_PRINTED, _ASKED).rows)
    return cues_of(texts, ordinary.holder(own))


def _built(store: Store, own: OwnLines) -> bytes:
    from kb.match.build_index import build  # noqa: PLC0415 - numpy: only where an index is made

    return build(_entries(store), _ordinary(own))


@lru_cache(maxsize=4)
def _ordinary(own: OwnLines) -> list[set[int]]:
    """The words of the lines that tools print when all is well."""
    from kb.rules import ordinary  # noqa: PLC0415 - what only reads an index does without the rules

    return [{digest(word) for word in words(line)} for line in ordinary.lines(own)]


def _entries(store: Store) -> Iterator[Indexed]:
    yield from (Indexed(*row) for row in store.stream(_ENTRIES, _ASKED))
