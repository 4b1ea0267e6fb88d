"""The index of `kb match` as a file beside the store: made from it, bound to it by a digest, deleted with it."""

import hashlib
import shutil
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from kb.analysis.error_lines import MOST_CUES, cues_of
from kb.analysis.error_terms import digest, words
from kb.match.match_index import BEGINNINGS, VERSION, MatchIndex
from kb.publish import swap
from kb.settings import OwnLines
from kb.workspace import MATCH_INDEX, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kb.match.build_index import Buffer
    from kb.store import Store

_NO_EVIDENCE = ("RGX001", "RGX002", "RGX004", "RGX007")
"""A pattern with one of these findings is no evidence: it cannot be searched, or it is found where all is well."""

_ASKED = {"codes": list(_NO_EVIDENCE)}

_USABLE = """
    FROM records r JOIN match_keys k ON k.record_id = r.id
    LEFT JOIN (SELECT DISTINCT record_id FROM findings WHERE list_contains($codes, code)) f ON f.record_id = r.id
"""

_NUMBERED = f"""
    CREATE OR REPLACE TEMP TABLE numbered AS
    SELECT row_number() OVER (ORDER BY r.id) - 1 AS number, r.id AS id, terms, codes,
        CASE WHEN f.record_id IS NULL THEN regex END AS pattern,
        CASE WHEN f.record_id IS NULL THEN required_literals ELSE [] END AS literals {_USABLE}
"""

_TEXTS_OF = "(SELECT number, generate_subscripts(terms, 1) AS place, unnest(terms) AS text FROM numbered)"

_RECORDS = "SELECT id, pattern FROM numbered ORDER BY number"

_TEXTS = f"SELECT number, len(text) AS length FROM {_TEXTS_OF} ORDER BY number, place"

_TERMS = f"""
    SELECT term FROM (SELECT number, place, generate_subscripts(text, 1) AS spot, unnest(text) AS term FROM {_TEXTS_OF})
    ORDER BY number, place, spot
"""

_CODES = "SELECT DISTINCT unnest(codes) AS code, number FROM numbered ORDER BY ALL"

_LITERALS = f"""SELECT DISTINCT unnest(literals) AS literal, number FROM numbered
    ORDER BY {" + ".join(f"(strlen(literal) >= {length})::INTEGER" for length in BEGINNINGS[1:])}, literal, number"""

_PRINTED = f"""
    SELECT [signature] || signatures || CASE WHEN f.record_id IS NULL THEN required_literals ELSE [] END {_USABLE} ORDER BY r.id
"""


_SUM = "SELECT count(*) || ' ' || coalesce(sum(hash(id, pattern, terms, codes, literals)), 0) FROM numbered"


def write(store: "Store", folder: Path, workspace: Workspace) -> None:
    """Write the index of a store into a folder, and note in the store which it is; the one before is taken if it is the same.

    Most edits change nothing that an error is found by.
    """
    own, before = workspace.settings.own_lines, workspace.scratch / MATCH_INDEX
    store.query(_NUMBERED, _ASKED)
    made_of = _made_of(store, own)
    known = store.query("SELECT digest FROM match_index WHERE made_of = $made_of", {"made_of": made_of}).rows
    if known and swap.is_index_as_left(workspace):
        shutil.copyfile(before, folder / MATCH_INDEX)
        if MatchIndex.open(folder / MATCH_INDEX).digest == known[0][0]:
            return
    noted = {"digest": _written(store, folder, own), "made_of": made_of}
    store.query("DELETE FROM match_index")
    store.query("INSERT INTO match_index VALUES ($digest, $made_of)", noted)


def write_beside(store: "Store", folder: Path, own: OwnLines) -> dict[str, str]:
    """Write the index of a store into a folder; what the store has to note of it, as table `match_index` has it."""
    store.query(_NUMBERED, _ASKED)
    return {"digest": _written(store, folder, own), "made_of": _made_of(store, own)}


def _made_of(store: "Store", own: OwnLines) -> str:
    """The same where the index of a store is the same; the records are numbered."""
    return f"{VERSION} {_digest_of_ordinary(own)} {store.value(_SUM)}"


def _written(store: "Store", folder: Path, own: OwnLines) -> str:
    path = folder / MATCH_INDEX
    with path.open("wb") as file:
        file.writelines(_pieces(store, own))
    return str(MatchIndex.open(path).digest)


def opened(store: "Store", folder: Path, own: OwnLines) -> tuple[MatchIndex, bool]:
    """The index of a store, from its file in a folder, or made anew where none lies there that belongs to it; and which."""
    digest = store.value("SELECT digest FROM match_index")
    try:
        index = MatchIndex.open(folder / MATCH_INDEX)
    except (OSError, ValueError):
        index = None
    if index is not None and index.digest == digest:
        return index, True
    store.query(_NUMBERED, _ASKED)
    return MatchIndex(b"".join(_pieces(store, own))), False


def as_left(workspace: Workspace) -> MatchIndex | None:
    """The index, where kb noted that it and the store are as it left them; to know that needs no store."""
    before = swap.turn(workspace)
    if not (swap.is_as_left(workspace) and swap.is_index_as_left(workspace)):
        return None
    try:
        index = MatchIndex.open(workspace.scratch / MATCH_INDEX)
    except (OSError, ValueError):
        return None
    return index if swap.is_index_as_left(workspace) and swap.turn(workspace) == before else None


def cues(store: "Store", own: OwnLines) -> list[str] | None:
    """What lines of a log hold that a record of this store may know, besides the words of any error; None: it has too many."""
    from kb.rules import ordinary  # noqa: PLC0415 - only where a log is read

    if store.value("SELECT count(*) FROM records") > MOST_CUES:
        return None
    texts = chain.from_iterable(texts for (texts,) in store.query(_PRINTED, _ASKED).rows)
    return cues_of(texts, ordinary.holder(own))


def _pieces(store: "Store", own: OwnLines) -> "Iterator[Buffer]":
    from kb.match.build_index import Columns, build  # noqa: PLC0415 - numpy: only where an index is made

    texts, terms, codes = (store.arrays(sql) for sql in (_TEXTS, _TERMS, _CODES))
    columns = Columns(
        store.some_at_a_time(_RECORDS),
        texts["number"],
        texts["length"],
        terms["term"],
        codes["code"],
        codes["number"],
        store.some_at_a_time(_LITERALS),
    )
    return build(columns, _ordinary(own))


def _digest_of_ordinary(own: OwnLines) -> str:
    """The same for the same lines that tools print when all is well, those that come with kb and a user's own."""
    from kb.rules import ordinary  # noqa: PLC0415 - likewise

    return hashlib.sha256("\n".join(ordinary.lines(own)).encode(errors="replace")).hexdigest()


@lru_cache(maxsize=4)
def _ordinary(own: OwnLines) -> list[set[int]]:
    """The words of the lines that tools print when all is well."""
    from kb.rules import ordinary  # noqa: PLC0415 - what only reads an index does without the rules

    return [{digest(word) for word in words(line)} for line in ordinary.lines(own)]
