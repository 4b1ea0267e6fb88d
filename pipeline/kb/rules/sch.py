"""SCH: the document and its shape."""

from kb import columns, contract, words
from kb.model import Document, Severity
from kb.pointer import escape
from kb.rules.base import ABSENT, At, Found, Record, Stage, check
from kb.words import misspelt


@check(
    "SCH001",
    "unreadable",
    Severity.ERROR,
    stage=Stage.PARSE,
    locked=True,
    version=2,
    good=[b'{"id": "git/x"}', b'\xef\xbb\xbf{"id": "git/x"}'],
    bad=[
        b"",
        b'{"id": "git/x"',
        b'{"id": "a", "id": "b"}',
        b'{"confidence": NaN}',
        b'{"confidence": 1e999}',
        b'{"id": "\xff"}',
        b'{"id": "\\ud800"}',
        b'["git/x"]',
        b"[" * 500 + b"]" * 500,
        b'{"n": 123456789012345678901234567890}',
    ],
)
def unreadable(raw: bytes) -> Found:
    """Is one strict JSON object.

    Readers disagree on duplicate keys, NaN, lone surrogates and bad UTF-8: what one keeps another drops, so no reader
    can be sure of such a record. It goes to quarantine with its bytes. A UTF-8 byte order mark is tolerated; a record
    may be as long as `limits.record_bytes` in kb.toml says (one mebibyte) and 64 levels deep, and its integers fit 64 bits.
    """
    try:
        contract.read(raw)
    except contract.UnreadableError as error:
        yield "", str(error)


@check(
    "SCH002",
    "schema-violation",
    Severity.ERROR,
    stage=Stage.CONTRACT,
    locked=True,
    good=[{}],
    bad=[{"/confidence": ABSENT}, {"/signature": "  "}, {"/dead_ends": "none"}, {"/workarounds/0/action": 7}],
)
def schema_violation(document: Document) -> Found:
    """Has the shape that the schema of incoming records asks: the types, the required keys, required text not blank.

    Every violation is reported, one finding each, the first 200 of a record. While the shape is wrong no other check looks
    at the record, for none could rely on what it sees. Ranges, dates, URLs and tiers are not shape: each has a rule of its
    own.
    """
    yield from contract.violations(document)


@check(
    "SCH003",
    "unknown-key",
    Severity.WARNING,
    version=2,
    good=[
        {},
        {"/extensions": {"anything": {"goes": 1}}},
        {"/os_specific": {"linux": "notes"}},
        {"/$schema": "record.incoming.v1.json", "/dead_ends/0/$comment": "Seen in three threads."},
        {"/schema_version": "1"},
        {"/curation": None},
    ],
    bad=[
        {"/severity_level": "high"},
        {"/dead_ends/0/why_fail": "typo"},
        {"/versions/0/note": None},
        {"/workarounds/1/howto": "typo"},
        {"/transition_graph/follows": []},
        At(
            {"/transition_graph/leads_to/0": {"error_id": "git/dubious-ownership", "chance": 0.5}},
            "/transition_graph/leads_to/0/chance",
        ),
        {"/curation": {"reviewer": "ann"}},
        {"/schema_version": "7"},
    ],
)
def unknown_key(r: Record) -> Found:
    """Has only keys that the schema names.

    A misspelt key hides its value from every reader. Where a known key is near it is suggested; the value is kept as it
    is. What belongs to another format goes under `extensions`; `curation` and `schema_version` are written by kb alone, and
    what an author has there is not published. `$schema` and `$comment` are for editors and authors: they
    may stand in any object, and are not published.
    """
    shapes = contract.shapes()
    if not contract.KEPT_FOR_KB.isdisjoint(r.incoming):
        yield from _not_published(r.incoming)
    yield from _unknown(r.document, shapes["record"], "")
    for key, kind in contract.LISTS_OF_OBJECTS:
        yield from _unknown_in(r.document[key], shapes[kind], f"/{key}")
    graph = r.document["transition_graph"]
    yield from _unknown(graph, shapes["transition_graph"], "/transition_graph")
    for key in shapes["transition_graph"].keys:
        yield from _unknown_in(graph[key], shapes["transition"], f"/transition_graph/{key}")


def _not_published(incoming: Document) -> Found:
    """The author's own values under keys of kb; what kb itself published may come in again."""
    if contract.accepts(_as_now(incoming), contract.CURATED):
        return
    for key in sorted(contract.KEPT_FOR_KB & incoming.keys()):
        if incoming[key] not in (None, contract.SCHEMA_VERSION if key == "schema_version" else None):
            yield (
                f"/{key}",
                f"{words.show(incoming[key])} is not published, for kb itself writes `{key}`; move it under `extensions`",
            )


def _as_now(published: Document) -> Document:
    """A record with the keys that the format did not have yet when kb published it."""
    items = {
        key: [{**contract.LATER_OF_ITEMS, **item} for item in published[key]] for key in ("dead_ends", "workarounds")
    }
    return {**contract.LATER, **published, **items}


def bug(value: str, asked: str, column: str) -> str:
    """What to say where a published table does not take what every rule let pass; `value` as it is shown."""
    return (
        f"{value} is not {asked}, which {column} asks; that no rule said so before is a bug of kb: report it,"
        " and correct the value meanwhile"
    )


@check(
    "SCH004",
    "breaks-table-contract",
    Severity.ERROR,
    stage=Stage.TABLES,
    locked=True,
    reads=("trust.ladder",),
    good=[{}, {"/confidence": 1, "/first_seen": None}],
    bad=[
        {"/id": "no id"},
        {"/confidence": 10},
        {"/dead_ends/0/fail_rate": -0.1},
        At(
            {"/transition_graph/leads_to/0": {"error_id": "git/dubious-ownership", "probability": 100}},
            "/transition_graph/leads_to/0/probability",
        ),
        {"/last_confirmed": "2024-02-30"},
        {"/verification_tier": "sure"},
    ],
)
def breaks_table_contract(r: Record) -> Found:
    """Holds the contracts of the published tables.

    What breaks one cannot be published, and the rules above it say so, each of its own kind. Where none of them does, this is
    the net below: such a record goes to quarantine by itself, and all others are published. It is a bug of kb, to be
    reported with the record; until it is fixed, the message says which value to correct.
    """
    for pointer, value, table, column, asked in columns.breaches(r.document, r.settings.trust.ladder):
        yield pointer, bug(words.show(value), asked, f"{table}.{column}")


def _unknown_in(items: list[Document], shape: contract.Shape, pointer: str) -> Found:
    known = len(shape.keys)
    for i, item in enumerate(items):
        if len(item) > known:  # for each has all of them
            yield from _unknown(item, shape, f"{pointer}/{i}")


def _unknown(item: Document, shape: contract.Shape, pointer: str) -> Found:
    if not item.keys() <= shape.known:
        for key in item:
            if key not in shape.known:
                near = misspelt(key, shape.keys)
                hint = f"did you mean `{near}`?" if near else "move it under `extensions`, or remove it"
                yield f"{pointer}/{escape(key)}", f"unknown key {words.show(key)}; {hint}"
