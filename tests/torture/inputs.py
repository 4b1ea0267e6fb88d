"""Inputs by number: the same number gives the same bytes, on any machine.

Records as careless and as hostile people write them, records that programs cut and glued, and bytes of no sense.
"""

import json
import random
from collections.abc import Callable
from functools import cache
from typing import Any

import orjson

from kb.model import Curated, Json
from kb.rules import catalogue
from kb.rules.example import CLEAN, with_changes
from kb.rules.places import WHOLE
from tests.conftest import ROOT, judge
from tests.errorcanon import ERRORCANON
from tests.strategies import ODD_TEXTS

TEXTS = (
    *ODD_TEXTS,
    "=1+1", "@SUM(A1)", "-2+3|cmd", "::error::x", "line one\nline two\r\nline three", "\u202egnp.exe", "a\x00b\x07",
    "{{ 7 * 7 }}", "${HOME}", "$(id)", "../../etc/passwd", "</script><script>", "](javascript:x)", "null", "NaN", "-0",
    "0x10", "1_000", "2024-W01", "24:00", "2024-12-31T24:00:00Z", "１２％", "٣", "𝒇atal", "ﬁle", "İ", "ß" * 40, "\ud7ff\ue000",
    "x" * 3_000, "a " * 500, "(" * 300, "[a-z]+" * 40, "\\" * 99, "/" * 200, "git/" + "a" * 300, "aux", "con", ".", "..",
    "https://" + "a" * 300 + ".example", "http://[::", "https://例え.テスト/x?y#z", "https://a:b@c.example/", "mailto:x",
)  # fmt: skip

NUMBERS: tuple[Json, ...] = (
    0,
    -1,
    1,
    0.0,
    -0.0,
    0.5,
    1.0000000000000002,
    2,
    50,
    95,
    1e-400,
    1e300,
    2**53 + 1,
    2**64,
    -(2**63),
)

KEYS = ("", " ", "curation", "schema_version", "extensions", "$comment", "__proto__", "a/b~c", "a\nb", "x" * 500, "id ", "ID",
        "é", "e\u0301", "dead_ends ", "\x00")  # fmt: skip

SPELLINGS = ("1e-400", "9007199254740993.0", "1.00000000000000000001", "-0", "1E2", "0.10", "123456789012345678901234567890",
             '"\\u0041\\ud83d\\ude00"', '"\\ud800"', "NaN", "Infinity",
             "01", "1.", "tru", "''", "{}", "[]", "[[[[[]]]]]", "null")  # fmt: skip


@cache
def seeds() -> tuple[list[Json], ...]:
    """What inputs are made from: sound records, the examples of every rule, and both in foreign formats."""
    own = [
        orjson.loads(path.read_bytes()) for path in sorted((ROOT / "raw").rglob("*.json")) if "inbox" not in path.parts
    ]
    sound = [document for document in own if isinstance(judge(document), Curated)] + [CLEAN] * 20
    examples = [
        with_changes(example)
        for _, rule in sorted(catalogue().items())
        for example in (*rule.good, *rule.bad)
        if isinstance(example, dict) and WHOLE not in example
    ]
    foreign = [_foreign(document) for document in (*sound, *examples[::3])]
    return sound, sound, examples, [document for document in foreign if document]


def _foreign(document: Any) -> Json:  # noqa: ANN401 - any JSON value
    outcome: Json = None
    if "verification_tier" in document and isinstance(document.get("dead_ends"), list):
        try:
            outcome = ERRORCANON.to_source(document)
        except (KeyError, TypeError, AttributeError, ValueError):
            outcome = None  # an example of a rule need not be complete
    return outcome


def made(number: int) -> bytes:
    """The input of a number."""
    chance = random.Random(number)
    document = json.loads(json.dumps(chance.choice(chance.choice(seeds()))))
    gentle = chance.random() < 0.6
    for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3, 6))):
        document = _changed(document, chance, gentle)
    raw = chance.choice(LAYOUTS)(document).encode("utf-8", "surrogatepass")
    for _ in range(chance.choice((0, 0, 0, 0, 0, 0, 0, 1, 2, 6))):
        raw = chance.choice(CUTS)(raw, chance)
    return raw


def _places(value: Json) -> list[tuple[Any, Any]]:
    """Every place in a document: what holds it, and its key or index there."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        entries = (
            list(holder.items())
            if isinstance(holder, dict)
            else list(enumerate(holder))
            if isinstance(holder, list)
            else []
        )
        for key, child in entries:
            found.append((holder, key))
            waiting.append(child)
    return found


def _changed(document: Json, chance: random.Random, gentle: bool) -> Json:  # noqa: C901, FBT001 - a case for each change; drawn by chance
    """Change one place; gently is within the shape of a record."""
    places = _places(document)
    if gentle:
        places = [(holder, key) for holder, key in places if isinstance(holder[key], str | list)]
    if not places:
        return _value(chance, 2)
    holder, key = chance.choice(places)
    value = holder[key]
    match chance.choice((2, 2, 3, 3, 4, 8, 9) if gentle else (0, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9)):
        case 0:
            del holder[key]
        case 1:
            holder[key] = _value(chance, 3)
        case 2 if isinstance(value, str):
            holder[key] = _spliced(value, chance)
        case 3 if isinstance(value, str):
            holder[key] = chance.choice(TEXTS) + value if chance.random() < 0.5 else value + chance.choice(TEXTS)
        case 4 if isinstance(holder, list):
            holder.insert(chance.randrange(len(holder) + 1), json.loads(json.dumps(value)))
        case 5:
            other, its = chance.choice(places)
            holder[key] = json.loads(json.dumps(other[its])) if len(json.dumps(other[its])) < 20_000 else None
        case 6 if isinstance(holder, dict):
            holder[chance.choice(KEYS)] = _value(chance, 2)
        case 7:
            holder[key] = [value] if chance.random() < 0.5 else {"value": value}
        case 8 if isinstance(value, list) and value:
            holder[key] = value * chance.choice((2, 3, 30))
        case _ if isinstance(value, str):
            holder[key] = chance.choice(TEXTS)
    return document


def _spliced(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    character = chr(chance.choice((chance.randrange(32, 0xD7FF), 0x200B, 0x202E)))
    return text[:at] + chance.choice((chance.choice(TEXTS), character)) + text[at:]


def _value(chance: random.Random, depth: int) -> Json:
    kind = chance.randrange(8 if depth else 5)
    if kind == 0:
        return chance.choice(NUMBERS)
    if kind == 1:
        return chance.choice((None, True, False))
    if kind < 5:
        return chance.choice(TEXTS)
    if kind == 5:
        return {chance.choice(KEYS): _value(chance, depth - 1) for _ in range(chance.randrange(3))}
    return [_value(chance, depth - 1) for _ in range(chance.randrange(4))]


LAYOUTS: tuple[Callable[[Json], str], ...] = (
    lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
    json.dumps,
    lambda value: json.dumps(value, indent=2, ensure_ascii=False) + "\n",
    lambda value: "\ufeff" + json.dumps(value, indent="\t").replace("\n", "\r\n"),
)


def _flip(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw) + 1)
    return raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]


def _drop(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw) + 1)
    return raw[:at] + raw[at + chance.choice((1, 2, 9, 200)) :]


def _end(raw: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randrange(len(raw) + 1)]


def _twice(raw: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(raw) + 1)
    part = raw[start : start + chance.choice((1, 3, 30, 300))]
    return raw[:start] + part + raw[start:]


def _token(raw: bytes, chance: random.Random) -> bytes:
    """Another spelling of a value, after a colon or a comma."""
    ends = [i for i, byte in enumerate(raw[:5_000]) if byte in b":,["]
    at = chance.choice(ends) + 1 if ends else 0
    rest = raw[at:].lstrip()
    stop = min((i for i in (rest.find(b","), rest.find(b"}"), rest.find(b"]")) if i >= 0), default=len(rest))
    return raw[:at] + chance.choice(SPELLINGS).encode() + rest[stop:]


def _control(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw) + 1)
    return (
        raw[:at]
        + chance.choice((b"\x00", b"\x1b[2J", b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\n", b"\\u202e"))
        + raw[at:]
    )


CUTS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip,
    _drop,
    _end,
    _twice,
    _token,
    _token,
    _token,
    _control,
)
