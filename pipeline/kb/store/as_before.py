"""Which tables say what they said in the store before, so that what is made of them is as it was."""

from functools import cache
from itertools import takewhile
from pathlib import Path

from kb.store import Store
from kb.store.layout import of_documents, tables

_OF_RUNS = frozenset({"files", "runs", "figures", "finding_changes"})
"""Tables about the ingests themselves: `curated/` says nothing of them."""

_WORKING = {
    "pairs": "FROM {base}pairs",
    "prior_weights": "FROM {base}prior_weights",
    "withheld": "FROM {base}withheld",
    # by its text a record is told from what an event was about, and from nothing else
    "match_keys": "SELECT record_id, text FROM {base}match_keys WHERE record_id IN (SELECT record_id FROM {base}events)",
}

_FIRST = ("findings", "withheld", "changes", "quarantine")
"""What files of lines are made of."""

_WORDS = {
    "records": (
        "signature", "signature_zh", "signatures", "root_cause", "root_cause_zh", "diagnosis", "verify", "official_doc_url",
        "official_doc_section", "tags", "locale", "os_specific", "extensions", "line", "digest", "content", "doc",
    ),
    "dead_ends": ("action", "why_fails", "condition", "quote"),
    "workarounds": ("action", "action_zh", "how", "condition", "quote"),
    "versions": ("behavior_change",),
    "transitions": ("condition", "distinction"),
}  # fmt: skip
"""Columns that stand in documents alone: no report and no list of findings has anything of them, but for `_MEASURED`."""

_MEASURED = {"records": "strlen(coalesce(root_cause, '')) < 50", "workarounds": "bare(action, how)"}
"""What the review queue makes of words, as macro `review_queue` has it."""


def as_before(draft: Store, previous: Path) -> frozenset[str]:
    """The tables that say the same as in the store that this one is to replace, up to the first that does not.

    Words that stand in documents alone do not count. Of the rows that come from documents, those of the records that the draft
    knows as touched are held against each other; who asks has to know that the others neither moved nor aged.
    """
    name = str(previous).replace("'", "''")
    draft.query(f"ATTACH '{name}' AS before (READ_ONLY)")
    try:
        same = takewhile(lambda table: not _differ(draft, compared()[table]), compared())
        return frozenset(same)
    finally:
        draft.query("DETACH before")


def _differ(draft: Store, rows: str) -> bool:
    now, then = rows.format(base=""), rows.format(base="before.")
    more, less = (draft.value(f"SELECT count(*) FROM ({one})") for one in (now, then))
    return more != less or (more > 0 and draft.holds(f"({now} EXCEPT ALL {then})"))


@cache
def compared() -> dict[str, str]:
    """For each table the query of what is compared, the most likely to differ first; `{base}` stands before a table's name."""
    queries = {}
    for table, (_, columns) in tables().items():
        if table in _OF_RUNS:
            continue
        told = [column.name for column in columns if column.name not in _WORDS.get(table, ())]
        told += [_MEASURED[table]] if table in _MEASURED else []
        queries[table] = f"SELECT {', '.join(told)} FROM {{base}}{table}"
        if table == "records" or table in of_documents():
            owner = "id" if table == "records" else "record_id"
            queries[table] += f" WHERE {owner} IN (SELECT id FROM touched)"
    queries |= _WORKING
    return {table: queries[table] for table in (*_FIRST, *sorted(queries.keys() - set(_FIRST)))}
