"""The record stage over many records, as a pure function from records to JSON lines.

It needs nothing but its arguments, so that any engine which can call a Python function over a batch can run it as it is.
"""

import hashlib
from binascii import b2a_base64
from collections.abc import Iterable
from typing import NamedTuple

import orjson

from kb.analysis.credentials import masked
from kb.curate.record import curate_each
from kb.model import GONE, Curated, Incoming, Json
from kb.rules.match_keys import match_keys
from kb.rules.ruleset import RuleSet
from kb.sources import records


class Batch(NamedTuple):
    """What became of a batch of records, as JSON lines: one outcome for each, one claim for each that is fit to publish.

    An outcome holds `record_id`, `path`, `position`, `line` and `digest` of the origin, `findings` as [code, pointer,
    message, fingerprint, reason why it is suppressed or null], and either `doc` (the curated document as canonical JSON
    text), `content` (the SHA-256 of what it says, whoever said it), `changes` as [code, pointer, before, after] with
    values as JSON text, and `match_keys` (what corpus rules compare it by), or `raw` (Base64, with credentials
    masked), or `withdrawn`, by the ledger. A claim is the part of it that decides between records with one `id`.
    """

    outcomes: bytes
    claims: bytes


def curate_batch(batch: Iterable[Incoming], rules: RuleSet) -> Batch:
    """Judge and repair a batch of records. Pure: the same batch and rules give the same bytes, in any process."""
    outcomes: list[bytes] = []
    claims: list[bytes] = []
    for incoming, outcome in curate_each(batch, rules):
        path, position, line, digest = incoming.origin
        origin = {"path": path, "position": position, "line": line, "digest": digest}
        entry: dict[str, Json] = {"record_id": outcome.id, **origin, "findings": [*map(tuple, outcome.findings)]}
        if isinstance(outcome, Curated) and outcome.withdrawn:
            entry |= {"findings": [], "withdrawn": True}
        elif isinstance(outcome, Curated):
            keys = {"form": outcome.form, "text": outcome.text, **match_keys(outcome.document)}
            entry |= {"match_keys": keys, **_as_published(outcome)}
            updated = outcome.document["last_updated"]
            claims.append(
                orjson.dumps({**origin, "id": outcome.id, "content": entry["content"], "last_updated": updated})
            )
        else:
            entry["raw"] = b2a_base64(masked(incoming.raw), newline=False).decode()
        outcomes.append(orjson.dumps(entry))
    return Batch(b"\n".join([*outcomes, b""]), b"\n".join([*claims, b""]))


def _as_published(outcome: Curated) -> dict[str, Json]:
    body = orjson.dumps({key: value for key, value in outcome.document.items() if key != "curation"})
    curation = orjson.dumps(outcome.document["curation"])
    return {
        "content": hashlib.sha256(body).hexdigest(),
        "doc": (body[:-1] + b',"curation":' + curation + b"}").decode(),
        "changes": [
            (code, pointer, _text(before), None if after is GONE else _text(after))
            for code, pointer, before, after in outcome.changes
        ],
    }


def curate_lines(name: str, lines: bytes, rules: RuleSet) -> Batch:
    """The record stage over JSON lines, for engines that hand out bytes: `name` is what origins will say, a .ndjson path.

    Positions and lines count from the start of `lines`. With Arrow, hand in the joined lines of a binary column, and
    read `outcomes` back with Arrow's own JSON reader.
    """
    return curate_batch(records(name, lines), rules)


def _text(value: Json) -> str:
    return orjson.dumps(value).decode()
