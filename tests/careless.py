"""Records as nobody would write them on purpose, by the number: made of what every rule finds fault with, and then altered.

Hypothesis knows nothing of what a rule looks for, so what it makes hardly ever comes near; these records do nothing else.
Record i is the same whenever it is asked for.
"""

import copy
import random
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from kb.contract import complete
from kb.model import Document, Json, Kind
from kb.rules import catalogue
from kb.rules.base import ABSENT, Example, Rule
from kb.rules.example import CLEAN, with_changes
from tests.errorcanon import ERRORCANON
from tests.strategies import ODD_TEXTS

_RULES = [rule for rule in catalogue().values() if rule.kind is not Kind.CORPUS]
_EXAMPLES = [example for rule in _RULES for example in (*rule.bad, *rule.bad, *rule.good) if isinstance(example, dict)]

_WORKAROUNDS = ("/workarounds/0/action", "/workarounds/0/how", "/workarounds/1/action", "/workarounds/1/how")

_WHITE = (
    "\t",
    "\n",
    "\r\n",
    "\v",
    "\f",
    "\x1c",
    "\x85",
    "\u00a0",
    "\u1680",
    "\u2003",
    "\u2028",
    "\u3000",
    "  ",
    " \\\n",
)

_SPELT = (
    "0", "-0", "0.0", "-0.0", "1", "1.0", "1.000", "1e0", "10", "10.0", "100", "100.0", "1000", "1e2", "1E2", "1e+2", "10e-1",
    "1.5e0", "15e-1", "0.1e1", "0.11e1", "1.0000001", "1.00000000000000000001", "-1e-9", "-1", "1e-300", "1e308", "1e16",
    "101", "1.1", "1.01", "19", "20", "0.99", "99e-2", "18446744073709551615", "9007199254740993", "100e-3", "12345.678e-4",
)  # fmt: skip
"""Numbers as JSON may spell them."""

_ODD_VALUES: tuple[Json, ...] = (
    None, True, False, "", " ", [], {}, [""], [None], {"": ""}, "0.9", "90%", " 95 % ", "100", "1e2", "1000%", "+1", "\u0660.9",
    "2024/6/1", "2024-6-1", "2024-06-1", "2024-06-01T09:30:00Z", "2024-06-01 25:00:00Z", "2024-02-30", "0000-01-01", "0001-01-01",
    "9999-12-31", "\uff12024-06-01", "auto_generated", "Auto_Generated", "ai_generated ", "verified", "git/not-a-repository",
    {"error_id": "git/not-a-repository"}, {"error_id": "git/x", "probability": 10}, {"error_id": "git/x", "probability": "100"},
    "http://example.org", "HTTP://EXAMPLE.ORG/", "https:\\\\example.org", 'https://exa"mple.org', "https://example.org/?#",
    "https://example.org:443", "https://example.org./", "//example.org", "https://127.1", "https://example.org/a b",
)  # fmt: skip

_REGEX_PARTS = (
    *(
        "a",
        "b",
        "ab",
        "git",
        "(",
        ")",
        "(?:",
        "|",
        "*",
        "+",
        "?",
        "*?",
        "{2}",
        "{1,3}",
        "{2,}",
        ".",
        ".*",
        ".*?",
        "\\",
        "\\.",
    ),
    *(
        "\\d+",
        "[",
        "]",
        "[ab]",
        "[^x]*",
        "^",
        "$",
        "\\b",
        "(?=a)",
        "(?<!b)",
        "\\1",
        "(?i)",
        "é",
        "\\n",
        "#",
        "-",
        " ",
        "\n",
        '"',
    ),
    *("(?:a|a)*", "(?:a|b|ab)*c", "x*x*"),
)


def records(count: int, first: int = 0, seeds: Sequence[Document] = ()) -> Iterator[bytes]:
    """So many records as bytes; `seeds` are further documents to begin with."""
    for i in range(first, first + count):
        yield _record(random.Random(i), seeds)  # noqa: S311 - nothing secret


def near(rule: Rule) -> Iterator[bytes]:
    """Records that come near what a rule finds fault with: its bad examples, each in every way that there is."""
    chance = random.Random(rule.code)  # noqa: S311 - nothing secret
    for example in rule.bad:
        if not isinstance(example, dict):
            continue
        for alter in (*_WHITES, *_ALTERATIONS, *_ALTERATIONS):
            altered = [(pointer, alter(text, chance)) for pointer, text in _places_of(example) if isinstance(text, str)]
            yield _with(example, altered)
        numbers = [pointer for pointer, value in _places_of(example) if type(value) in {int, float}]
        yield from (_with(example, [(pointer, f"@{spelt}@")]) for pointer in numbers for spelt in _SPELT)
        if "/regex" in example:
            yield from (_with(example, [("/regex", _pattern(chance))]) for _ in range(50))


def _with(example: Example, changes: Sequence[tuple[str, Json]]) -> bytes:
    document = with_changes(example)
    for pointer, value in changes:
        _put(document, pointer, value)
    return _NUMBER.sub(rb"\1", orjson.dumps(document))


def _places_of(example: Example) -> Iterator[tuple[str, Json]]:
    for pointer, value in example.items():
        yield pointer, value
        yield from _places(value, pointer)


def _record(chance: random.Random, seeds: Sequence[Document]) -> bytes:
    document = _begun(chance, seeds)
    for _ in range(chance.choice((1, 1, 2, 3, 5))):
        chance.choice(_WAYS)(document, chance)
    if chance.random() < 0.15 and isinstance(document.get("dead_ends"), list):
        document = _foreign(document)
    return _NUMBER.sub(rb"\1", orjson.dumps(document))


_NUMBER = re.compile(rb'"@(-?[0-9.eE+-]+)@"')
"""A number that is to stand in the bytes as it is spelt here."""


def _begun(chance: random.Random, seeds: Sequence[Document]) -> Document:
    if seeds and chance.random() < 0.3:
        return _own(chance.choice(seeds))
    document = with_changes(chance.choice(_EXAMPLES))
    if chance.random() < 0.5:  # two defects in one record
        for pointer, value in chance.choice(_EXAMPLES).items():
            if value is not ABSENT:
                _put(document, pointer, value)
    return document


def _own(document: Document) -> Document:
    own: Document = orjson.loads(orjson.dumps(document))
    return own


def _foreign(document: Document) -> Document:
    """The same record as another base would have it."""
    try:
        return ERRORCANON.to_source(complete(document))
    except (AttributeError, KeyError, TypeError, ValueError, IndexError):
        return document  # not of a record's shape


def _put(document: Document, pointer: str, value: Json) -> None:
    *steps, last = (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
    place: Any = document
    for step in steps:
        place = _child(place, step)
    if isinstance(place, dict):
        place[last] = copy.deepcopy(value)  # an example's value stays the example's own
    elif isinstance(place, list) and last.isdecimal():
        place[int(last) : int(last) + 1] = [copy.deepcopy(value)]


def _child(place: Any, step: str) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(place, dict):
        return place.get(step)
    return place[int(step)] if isinstance(place, list) and step.isdecimal() and int(step) < len(place) else None


def _places(value: Any, pointer: str = "") -> Iterator[tuple[str, Json]]:  # noqa: ANN401
    """Every value of a document but the document itself, with its pointer."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        here = f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
        yield here, child
        yield from _places(child, here)


def _texts(value: Json) -> Iterator[str]:
    return (text for _, text in _places({"": value}) if isinstance(text, str))


_BY_RULE = {
    rule: texts
    for rule in _RULES
    if (texts := [text[:500] for example in rule.bad if isinstance(example, dict) for text in _texts(dict(example))])
}
_SCREENED = [rule for rule in _BY_RULE if rule.screen is not None]
_HARD = [*ODD_TEXTS, *(text for text in _ODD_VALUES if isinstance(text, str)), ".\u00a0.", "f\u0131xme: x", "-\u000b-"]


def _fragment(chance: random.Random) -> str:
    """What some rule finds fault with, mostly one that has a screen."""
    if chance.random() < 0.1:
        return chance.choice(_HARD)[:500]
    rule = chance.choice(_SCREENED if chance.random() < 0.6 else list(_BY_RULE))
    return chance.choice(_BY_RULE[rule])


# ---- ways to alter a record ------------------------------------------------------------------------------------------


def _plant(document: Document, chance: random.Random) -> None:
    """What some rule finds fault with, at any text."""
    fragment = _fragment(chance)
    if chance.random() < 0.7:
        fragment = _altered(fragment, chance)
    pointer, text = _some_text(document, chance)
    start = chance.randint(0, len(text))
    glue = chance.choice(("", " ", "\n", "\t", "\n\n", ". ", '"', "\\", "`", "\u00a0"))
    inside = text[:start] + glue + fragment + glue + text[start:]
    _put(document, pointer, chance.choice((fragment, fragment, fragment + glue + text, text + glue + fragment, inside)))


def _splice(document: Document, chance: random.Random) -> None:
    """Half of one fragment, half of another."""
    one, other = _fragment(chance), _fragment(chance)
    pointer, _ = _some_text(document, chance)
    _put(document, pointer, one[: chance.randint(0, len(one))] + other[chance.randint(0, len(other)) :])


def _alter(document: Document, chance: random.Random) -> None:
    """A text that is there, in other characters."""
    pointer, text = _some_text(document, chance)
    _put(document, pointer, _altered(text, chance))


def _set(document: Document, chance: random.Random) -> None:
    """An odd value anywhere."""
    pointer, _ = chance.choice(list(_places(document)) or [("/odd", None)])
    _put(document, pointer, _own({"": chance.choice(_ODD_VALUES)})[""])


def _rate(document: Document, chance: random.Random) -> None:
    """A number as JSON may spell it, as a number or as text, where there is a number or a rate."""
    keys = ("rate", "probability", "confidence", "evidence_count")
    places = [p for p, v in _places(document) if p.endswith(keys) or type(v) in {int, float}]
    places += ["/confidence", "/fix_success_rate"]
    spelt = chance.choice(_SPELT)
    _put(document, chance.choice(places), spelt if chance.random() < 0.2 else f"@{spelt}@")


def _refer(document: Document, chance: random.Random) -> None:
    """Transitions as ids, as objects, as both."""
    entry = chance.choice(("git/x", {"error_id": "git/x"}, {"error_id": "git/not-a-repository", "probability": 0.5}))
    if isinstance(entry, dict) and chance.random() < 0.7:
        entry = {**entry, "probability": f"@{chance.choice(_SPELT)}@"}
    key = chance.choice(("leads_to", "preceded_by", "frequently_confused_with"))
    _put(document, f"/transition_graph/{key}", [entry] * chance.choice((1, 1, 2)) + ["git/y"] * chance.choice((0, 1)))


def _date(document: Document, chance: random.Random) -> None:
    text = chance.choice(("2024-06-01", "2024/6/1", "2024-6-1", "2024-06-1", "2024-06-01T09:30:00+02:00", "0999-1-1"))
    key = chance.choice(("first_seen", "last_confirmed", "last_updated"))
    _put(document, f"/{key}", _altered(text, chance) if chance.random() < 0.5 else text)


def _match(document: Document, chance: random.Random) -> None:
    """Another pattern."""
    document["regex"] = _pattern(chance)


def _pattern(chance: random.Random) -> str:
    return "".join(chance.choices(_REGEX_PARTS, k=chance.choice((1, 2, 3, 5, 9))))


def _twice(document: Document, chance: random.Random) -> None:
    """An item of a list once more, perhaps with a difference."""
    lists = [(p, v) for p, v in _places(document) if isinstance(v, list) and v]
    if lists:
        _, items = chance.choice(lists)
        items.insert(chance.randint(0, len(items)), _own({"": chance.choice(items)})[""])


def _nest(document: Document, chance: random.Random) -> None:
    """A fragment as a key, or deep in what the native format has no place for."""
    key, fragment = chance.choice((_fragment(chance), *CLEAN, "fail_rate", "error_id")), _fragment(chance)
    value = chance.choice((fragment, {key: fragment}, [{key: [fragment]}], f"@{chance.choice(_SPELT)}@"))
    holders = [p for p, v in _places(document) if isinstance(v, dict)]
    where = chance.choice(("/extensions", "/os_specific", *(f"{holder}/odd" for holder in holders)))
    _put(document, where, {key: value})


def _drop(document: Document, chance: random.Random) -> None:
    """A key less."""
    holders = [v for _, v in _places(document) if isinstance(v, dict) and v] + [document]
    holder = chance.choice(holders)
    if holder:
        del holder[chance.choice(list(holder))]


_WAYS: tuple[Callable[[Document, random.Random], None], ...] = (
    _plant, _plant, _plant, _plant, _splice, _splice, _alter, _alter, _set, _rate, _rate, _refer, _date, _match, _match,
    _twice, _nest, _drop,
)  # fmt: skip


def _some_text(document: Document, chance: random.Random) -> tuple[str, str]:
    places = [(pointer, text) for pointer, text in _places(document) if isinstance(text, str)] or [("/signature", "")]
    likely = [place for place in places if place[0] in _WORKAROUNDS]
    return chance.choice(likely if likely and chance.random() < 0.4 else places)


# ---- ways to alter a text --------------------------------------------------------------------------------------------


def _altered(text: str, chance: random.Random) -> str:
    return chance.choice(_ALTERATIONS)(text, chance)


def _white(white: str) -> Callable[[str, random.Random], str]:
    return lambda text, _: text.replace(" ", white)


def _joined(glue: str) -> Callable[[str, random.Random], str]:
    return lambda text, _: glue.join((text, text))


_WHITES = tuple(_white(white) for white in _WHITE)
_JOINED = tuple(_joined(glue) for glue in ("", " && ", "\n", "\t", "\u00a0", "\u3000", "\v"))


def _other_white(text: str, chance: random.Random) -> str:
    white = chance.choice(_WHITE)
    return re.sub(" ", lambda _: white if chance.random() < 0.8 else " ", text)


def _other_case(text: str, chance: random.Random) -> str:
    return "".join(chance.choice((char.upper(), char.lower())) for char in text)


def _odd_case(text: str, _: random.Random) -> str:
    """What has the same letters in lower case, or in upper case, to some engine."""
    return text.translate({ord("k"): "\u212a", ord("K"): "\u212a", ord("s"): "ſ", ord("S"): "ſ"})


def _turkish(text: str, chance: random.Random) -> str:
    return text.replace("i", chance.choice("İı")).replace("I", chance.choice("İı"))


def _full_width(text: str, chance: random.Random) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and chance.random() < 0.2 else c for c in text)


def _decomposed(text: str, chance: random.Random) -> str:
    return unicodedata.normalize(chance.choice(("NFD", "NFKC", "NFKD")), text) + chance.choice(("", "\u0301"))


def _look_alike(text: str, _: random.Random) -> str:
    return text.translate(dict(zip(map(ord, "aceopxyAB-'\"|"), "асеорхуАВ–’”｜", strict=True)))


def _interspersed(text: str, chance: random.Random) -> str:
    """With a character that hides, that JSON escapes, or that ends a word."""
    start = chance.randint(0, len(text))
    return text[:start] + chance.choice('\x00\x07\x1b\x7f\u200b\u200d\u202e\ufeff"\\/\n\t_é') + text[start:]


def _wrapped(text: str, chance: random.Random) -> str:
    left, right = chance.choice(
        (('"', '"'), ("`", "`"), ("```\n", "\n```"), ("\\", "\\"), ("(", ")"), (" ", "\n"), ("\n\n", ""))
    )
    return left + text + right


def _jumbled(text: str, chance: random.Random) -> str:
    """The words in another order."""
    words = text.split(" ")
    return " ".join(chance.sample(words, len(words)))


_ALTERATIONS: tuple[Callable[[str, random.Random], str], ...] = (
    _other_white, _other_white, _other_case, _other_case, _odd_case, _turkish, _full_width, _decomposed, _look_alike, _interspersed,
    _wrapped, _jumbled, *_JOINED,
)  # fmt: skip
