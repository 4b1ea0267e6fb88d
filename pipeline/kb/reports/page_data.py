"""What the page of a base shows, asked of the store: its quality, a row for each record, and the riskiest of them whole."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import orjson

from kb.model import Json, Table
from kb.reports import Common, Options, Part, common, named, run
from kb.store import Store
from kb.store.layout import script

WHOLE = 5000
"""So many records, the riskiest, are in the page with all that is known of them, unless asked for otherwise."""

_SHOWN = 4000
"""So many bytes of a rejected record are shown."""


class Page(NamedTuple):
    """A base on a day. The first rows of `records` and all of `whole` are about the same records, in one order.

    `words` are those of each record that is not whole, in the same order, so that a search covers every record.
    `quality` holds the sections of that report, `ladder` the tiers, the weakest first. Of what is `common` to most records
    no record is said to have a finding more.
    """

    options: Options
    ladder: tuple[str, ...]
    quality: Mapping[str, Part]
    records: Table
    whole: Table
    words: tuple[str, ...]
    quarantine: Table
    common: tuple[Common, ...]


def ask(store: Store, options: Options, ladder: Sequence[str]) -> Page:
    """Ask a store for all that its page shows; the limit of the options is that of the records that are shown whole."""
    scope = {"as_of": options.as_of, "domain": options.domain, "tier": options.tier}
    limit = WHOLE if options.limit is None else options.limit
    quality = run(store, named("quality"), options._replace(limit=None))
    folded = common(store, options)
    records = store.query(_sql("records"), {**scope, "common": [rule.code for rule in folded]})
    codes = {code for row in records.records() for code in row["codes"]}
    return Page(
        options,
        tuple(ladder),
        {part.section.name: part for part in quality.parts},
        records,
        store.query(_sql("documents"), {**scope, "limit": limit}),
        tuple(_others(store, {**scope, "limit": limit})) if len(records.rows) > limit else (),
        store.query(_sql("quarantine"), {"limit": limit, "shown": _SHOWN}),
        tuple(rule for rule in folded if rule.code in codes),
    )


_NOT_SEARCHED = frozenset({"sources", "curation", "schema_version"})
"""What a search leaves out of a record that is not whole: addresses and digests, which are half of it and do not compress."""


def _others(store: Store, parameters: Mapping[str, object]) -> Iterator[str]:
    """The words of each record beyond the limit; never more than a batch of documents is in memory."""
    for (doc,) in store.stream(_sql("others"), parameters):
        yield _words(doc)


def _words(doc: str) -> str:
    """Every word of a document once: a search asks of each word that it looks for whether it is in one of these."""
    return "\n".join(sorted({word for text in _texts(orjson.loads(doc)) for word in text.lower().split()}))


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, child in value.items():
            if key not in _NOT_SEARCHED:
                yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)


def _sql(name: str) -> str:
    return script(f"page/{name}.sql")
