"""Guesses about trees and tables: which key is which field of a record, and the expression that says so."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import orjson
from rapidfuzz import fuzz

from kb.guessing import value_kinds as kinds
from kb.guessing.field_words import FIELD_WORDS, ITEM_WORDS, RESOLVABLE, SEVERITIES
from kb.guessing.value_kinds import share
from kb.model import Document, Json
from kb.sources.formats.functions import slug


class Guess(NamedTuple):
    """An expression for a field, how sure it is in percent, and why."""

    field: str
    expression: str
    sure: int
    why: str


class Sketch(NamedTuple):
    """All that a guessed mapping says; `unused` are the keys that nothing was made of, `claims` says how to know a record.

    `defaults` are literals of TOML, each with what to say about it.
    """

    fields: list[Guess]
    lists: list[tuple[Guess, list[Guess]]]
    values: dict[str, dict[str, str]]
    defaults: dict[str, tuple[str, str]]
    unused: list[str]
    claims: str | None
    records: Guess | None = None


class KeyColumn(NamedTuple):
    """A place in the samples: the keys that lead there, and the values, but for those that say nothing."""

    path: tuple[str, ...]
    values: list[Json]

    @property
    def place(self) -> str:
        return ".".join(map(identifier, self.path))

    @property
    def shown(self) -> str:
        return ".".join(self.path)


LISTS = {
    "dead_ends": ("action", "why_fails", "fail_rate", "condition", "sources", "quote"),
    "workarounds": ("action", "how", "success_rate", "condition", "sources", "quote"),
    "versions": ("version", "introduced", "deprecated", "removed", "behavior_change", "status"),
}
_TEXTS = frozenset({"tags", "aliases", "signatures", "diagnosis", "verify"})
_DAYS = frozenset({"first_seen", "last_confirmed", "last_updated"})
_RATES = frozenset({"confidence", "fix_success_rate", "fail_rate", "success_rate"})
_WORDS = frozenset({"domain", "category", "subcategory", "verification_tier", "locale", "severity"})
_NAMED = 55
"""From so many percent on, a name is taken for that of a field."""

_DEEPEST, MOST_COLUMNS, _LONGEST_KEY = 3, 300, 100


def draft(documents: Sequence[Document], domain: str) -> Sketch:
    """A mapping of documents about a domain, which is taken where none of them names one."""
    records = _records(documents)
    if records is not None:
        key = records.why
        beside = [identifier(other) for document in documents[:1] for other in document if other != key]
        documents = [one for document in documents for one in document.get(key) or () if isinstance(one, dict)]
        records = records._replace(
            why="a list of objects that look like records"
            + (f"; what stands beside it is lost: {', '.join(beside)}" if beside else "")
        )
    places = columns(documents)
    chosen = assigned(places)
    fields = [*_identity(chosen, domain), *plain_fields(chosen)]
    defaults = {} if "domain" in chosen or _is_whole_id(chosen) else {"domain": default_domain(domain)}
    lists = [_list(field, *chosen[field]) for field in LISTS if field in chosen]
    if not fields and not lists:
        place = places[0].place if places else "signature"
        fields = [
            Guess("signature", place, 1, "for a mapping says something at least; name the key that holds the message")
        ]
    for field in ("dead_ends", "workarounds"):
        if field not in chosen:
            defaults[field] = ("[]", "the samples name none")
    unused = unused_of(places, chosen)
    return Sketch(fields, lists, values(chosen), defaults, unused, _claims(places, chosen, documents), records)


def default_domain(domain: str) -> tuple[str, str]:
    return orjson.dumps(domain).decode(), "30 %: by the name of the file or its folder"


# ---- samples ---------------------------------------------------------------------------------------------------------


def _records(documents: Sequence[Document]) -> Guess | None:
    """The list that holds the records, where a file says more than they do; `why` is its key."""
    found = []
    for key in documents[0]:
        lists = [document.get(key) for document in documents]
        inner = [one for value in lists if isinstance(value, list) for one in value[:100]]
        if len(key) <= _LONGEST_KEY and kinds.is_list_of_objects(inner) and len(inner) > len(documents):
            own, outer = _weight(inner), _weight(documents)
            if own > outer and max(_likeness(field, key) for field in LISTS) < _NAMED:
                found.append((own, key))
    return Guess("records", f"{identifier(max(found)[1])}[]", 80, max(found)[1]) if found else None


def _weight(documents: Sequence[Document]) -> int:
    return sum(sure for _, sure in assigned(columns(documents)).values())


def columns(documents: Sequence[Document]) -> list[KeyColumn]:
    """The places of some documents, down to what is no object any more; of very many the first."""
    found: dict[tuple[str, ...], list[Json]] = {}
    for document in documents:
        for path, value in _leaves(document, ()):
            found.setdefault(path, []).append(value)
    return list(islice((KeyColumn(path, said) for path, said in found.items()), MOST_COLUMNS))


def _leaves(value: Json, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Json]]:
    if isinstance(value, dict) and len(path) < _DEEPEST:
        for key, child in value.items():
            if len(key) <= _LONGEST_KEY:
                yield from _leaves(child, (*path, key))
    elif value not in (None, "", [], {}):
        yield path, value


_IDENTIFIER = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def identifier(key: str) -> str:
    """A key as JMESPath writes it."""
    return key if _IDENTIFIER.fullmatch(key) else orjson.dumps(key).decode()


# ---- which key is which field ----------------------------------------------------------------------------------------


def assigned(places: Sequence[KeyColumn]) -> dict[str, tuple[KeyColumn, int]]:
    """The column of each field, with how sure that is: the surest first, none for two."""
    scored = sorted(
        ((_score(field, column), -i, field) for i, column in enumerate(places) for field in FIELD_WORDS), reverse=True
    )
    chosen: dict[str, tuple[KeyColumn, int]] = {}
    taken: set[int] = set()
    for sure, i, field in scored:
        if sure >= _NAMED and field not in chosen and i not in taken:
            chosen[field] = (places[-i], sure)
            taken.add(i)
    left = [column for i, column in enumerate(places) if -i not in taken]
    for field, (fits, sure) in _BY_VALUES.items():
        best = max(left, key=lambda column: (share(column.values, fits), len(column.values)), default=None)
        if field not in chosen and best is not None and share(best.values, fits) >= 0.7 and _may_be(field, best):
            chosen[field] = (best, sure)
            left.remove(best)
    return {field: chosen[field] for field in FIELD_WORDS if field in chosen}


def _score(field: str, column: KeyColumn) -> int:
    """How sure it is that a column is a field, in percent; 0 where its values say that it is not."""
    likeness = max(
        _likeness(field, column.path[-1]) - 2 * (len(column.path) - 1), _likeness(field, " ".join(column.path))
    )
    if likeness < _NAMED or not _may_be(field, column):
        return 0
    return max(0, min(99, likeness + _bonus(field, column.values)))


def _likeness(field: str, key: str, words: Mapping[str, Sequence[str]] = FIELD_WORDS) -> int:
    """How like a key is to the names that a field has elsewhere, from 0 to 97."""
    return _alike(in_words(key), tuple(words[field]))


@lru_cache(maxsize=1 << 14)
def _alike(name: str, known: tuple[str, ...]) -> int:
    if name in known and not name.isascii():
        return 90
    if name in known:
        return max(97 - 2 * known.index(name), 79)
    best = max(fuzz.ratio(name, word) for word in known)
    if best >= 82:
        return int(best * 0.8)
    tokens = set(name.split())
    if tokens & _OF_THE_FORM:
        return 0
    return 60 if any(len(word) > 2 and set(word.split()) <= tokens for word in known) else 0


_OF_THE_FORM = frozenset({"schema", "format"})
"""What has such a word in its name is about the file, and not about the error."""


def in_words(key: str) -> str:
    """A key as words in small letters: of CamelCase, snake_case and the like."""
    parted = re.sub("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", key)
    words = re.sub(r"[\W_]+", " ", parted).strip().casefold()
    return re.sub(" [0-9]+$", "", words)


def _may_be(field: str, column: KeyColumn) -> bool:
    """Whether the values of a column can be those of a field."""
    values = column.values
    if field in _DAYS:
        return kinds.day_form(values) is not None
    if field in _RATES:
        return share(values, kinds.is_rate) >= 0.8 or share(values, kinds.is_percent) >= 0.8
    if field in _WORDS:
        return share(values, kinds.is_word) >= 0.8
    if field in LISTS:
        return all(kinds.is_list_of_objects(v) or kinds.is_list_of_texts(v) or kinds.is_text(v) for v in values)
    if field in _TEXTS:
        is_other = kinds.day_form(values) is not None or all(map(kinds.is_url, values))
        return not is_other and all(kinds.is_list_of_texts(value) or kinds.is_text(value) for value in values)
    return share(values, _KINDS.get(field, kinds.is_text)) >= 0.8 and (field != "id" or _are_different(values))


_KINDS: Mapping[str, Callable[[Json], object]] = {
    "id": kinds.is_id,
    "error_code": kinds.is_id,
    "official_doc_url": lambda value: isinstance(value, str) and "://" in value,
    "evidence_count": kinds.is_count,
    "resolvable": lambda value: str(value).strip().casefold() in RESOLVABLE,
    "signature": lambda value: kinds.is_text(value) and not kinds.is_url(value),
    "root_cause": lambda value: kinds.is_text(value) or kinds.is_list_of_texts(value),
}


def _are_different(values: Sequence[Json]) -> bool:
    return len(set(map(str, values))) >= 0.95 * len(values)


def _bonus(field: str, values: Sequence[Json]) -> int:
    """What the values add to a name, or take from it."""
    if field == "signature":
        return 12 if share(values, kinds.is_message) >= 0.5 else 0 if _are_different(values) else -25
    if field == "root_cause":
        return 4 if share(values, kinds.is_prose) >= 0.5 else -20
    if field == "severity":
        return 3 if share(values, lambda value: str(value).strip().casefold() in SEVERITIES) >= 0.5 else -30
    if field in _WORDS and len(values) > 5 and _are_different(values):
        return -30
    return 0


_BY_VALUES: Mapping[str, tuple[Callable[[Json], object], int]] = {
    "dead_ends": (lambda value: kinds.is_list_of_objects(value) and _has(value, ("why_fails", "fail_rate")), 60),
    "workarounds": (lambda value: kinds.is_list_of_objects(value) and _has(value, ("how", "success_rate")), 50),
    "signature": (kinds.is_message, 50),
    "official_doc_url": (kinds.is_url, 50),
    "last_updated": (lambda value: kinds.day_form([value]) is not None, 40),
    "root_cause": (kinds.is_prose, 35),
}
"""Fields that may be known by values alone, and how sure that is."""


def _has(items: Json, fields: Sequence[str]) -> bool:
    """Whether objects have a key of the name of one of some fields."""
    keys = {key for item in items for key in item}
    return any(_likeness(field, key, ITEM_WORDS) >= 80 for field in fields for key in keys)


# ---- expressions -----------------------------------------------------------------------------------------------------


def _why(column: KeyColumn, sure: int) -> str:
    return (
        "by what stands there" if sure in {value for _, value in _BY_VALUES.values()} else f"by the name {column.shown}"
    )


def _identity(chosen: Mapping[str, tuple[KeyColumn, int]], domain: str) -> Iterator[Guess]:
    """The id, the message, its pattern and the domain, which depend on each other."""
    named = next(
        (field for field in ("id", "error_code", "signature") if field in chosen and _has_slugs(chosen[field][0])), None
    )
    if named is not None:
        column, sure = chosen[named]
        place = column.place
        if _is_whole_id(chosen):
            yield Guess("id", place, sure, _why(column, sure))
        else:
            about = chosen["domain"][0].place if "domain" in chosen else None
            start = f"slug(to_string({about}))" if about else f"'{domain}'"
            guard = f"{about} && {place}" if about else place
            yield Guess(
                "id", f"{guard} && join('/', [{start}, slug(to_string({place}))])", sure * 9 // 10, f"of {column.shown}"
            )
    if "domain" in chosen:
        column, sure = chosen["domain"]
        yield Guess("domain", f"{column.place} && slug(to_string({column.place}))", sure, _why(column, sure))
    elif _is_whole_id(chosen):
        place = chosen["id"][0].place
        yield Guess("domain", f"{place} && split(to_string({place}), '/')[0]", 90, "the first part of the id")
    if "signature" in chosen:
        column, sure = chosen["signature"]
        yield Guess("signature", column.place, sure, _why(column, sure))
        if "regex" not in chosen:
            made = f"{column.place} && template(to_string({column.place}){holes(column.values)})"
            yield Guess("regex", made, sure * 8 // 10, f"the text of {column.shown}, with its holes")


def _has_slugs(column: KeyColumn) -> bool:
    return share(column.values, lambda value: slug(str(value))) >= 0.9


_WHOLE_ID = re.compile("[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*){1,2}")


def _is_whole_id(chosen: Mapping[str, tuple[KeyColumn, int]]) -> bool:
    return "id" in chosen and all(_WHOLE_ID.fullmatch(str(value)) for value in chosen["id"][0].values)


_HOLES = (("%s", "%s"), ("%d", "%d"), (r"\{\w*\}", "{*}"), (r"<\w+>", "<*>"))


def holes(messages: Sequence[Json]) -> str:
    """The holes of templates of messages, as further arguments of template()."""
    seen = [hole for pattern, hole in _HOLES if any(re.search(pattern, str(message)) for message in messages)]
    return "".join(f", '{hole}'" for hole in seen)


def plain_fields(chosen: Mapping[str, tuple[KeyColumn, int]]) -> Iterator[Guess]:
    for field, (column, sure) in chosen.items():
        if field not in {"id", "domain", "signature", *LISTS}:
            yield Guess(field, expression(field, column), sure, _why(column, sure))


def expression(field: str, column: KeyColumn) -> str:
    """What makes a field of a column; it has an answer whatever stands there.

    What is no day or number stays as it is written, so that a rule finds it: else it would be gone without a word.
    """
    place, said = column.place, column.values
    if field in _DAYS:
        form = kinds.day_form(said)
        day = f"date(to_string({place}){f', {literal(form)}' if form else ''})"
        return f"{place} && ({day} || to_string({place}))"
    if field in _RATES:
        return _rate(place, said)
    if field in _TEXTS:
        return texts(place, said)
    if field == "official_doc_url" and share(said, kinds.is_url) < 1:
        return f"{place} && link(to_string({place}))"
    return _as_text(field, place, said)


def _as_text(field: str, place: str, said: Sequence[Json]) -> str:
    if field == "root_cause" and any(map(kinds.is_list_of_texts, said)):
        return f"type({place}) == 'array' && join(' ', {place}[].to_string(@)) || {place}"
    is_other = field == "error_code" and not all(map(kinds.is_text, said))
    return f"{place} && to_string({place})" if is_other else place


def _rate(place: str, values: Sequence[Json]) -> str:
    if share(values, kinds.is_rate) < 0.8:
        return f"number(join('', [to_string({place}), '%'])) || {place}"
    return f"number(to_string({place})) || {place}" if any(map(kinds.is_text, values)) else place


def texts(place: str, values: Sequence[Json]) -> str:
    """A list of texts: the parts of a text, where something separates them."""
    mark = kinds.separator(values)
    return f"[{place}][]" if mark is None else f"({place} && split(to_string({place}), {literal(mark)}))[]"


def literal(text: str) -> str:
    r"""A text as JMESPath writes it, for one without a `\` at its end; a line feed stands as itself."""
    return "'{}'".format(text.replace("'", "\\'"))


# ---- lists -----------------------------------------------------------------------------------------------------------


def _list(field: str, column: KeyColumn, sure: int) -> tuple[Guess, list[Guess]]:
    keys = LISTS[field]
    items = [one for value in column.values if kinds.is_list_of_objects(value) for one in value]
    if not items:
        made = texts(column.place, column.values)
        return Guess(field, made, sure, _why(column, sure)), [Guess(keys[0], "@", sure, "each text")]
    places = [one for one in columns(items) if len(one.path) == 1]
    fields = list(_item_fields(keys, places))
    if keys[0] not in {guess.field for guess in fields}:
        longest = max(places, key=lambda one: sum(len(v) for v in one.values if kinds.is_text(v)), default=None)
        if longest is not None:
            fields.insert(0, Guess(keys[0], longest.place, 30, "the longest text"))
    return Guess(field, f"{column.place}[]", sure, _why(column, sure)), fields


def _item_fields(keys: Sequence[str], places: Sequence[KeyColumn]) -> Iterator[Guess]:
    scored = sorted(
        ((_likeness(key, column.path[0], ITEM_WORDS), -i, key) for i, column in enumerate(places) for key in keys),
        reverse=True,
    )
    found: dict[str, Guess] = {}
    taken: set[int] = set()
    for sure, i, key in scored:
        column = places[-i]
        if sure >= _NAMED and key not in found and i not in taken and _fits_item(key, column):
            made = f"[{column.place}][]" if key == "sources" else expression(key, column)
            found[key] = Guess(key, made, sure, f"by the name {column.shown}")
            taken.add(i)
    yield from (found[key] for key in keys if key in found)


def _fits_item(key: str, column: KeyColumn) -> bool:
    if key in _RATES:
        return _may_be(key, column)
    if key == "sources":
        return all(
            kinds.is_url(one) for value in column.values for one in (value if isinstance(value, list) else [value])
        )
    return share(column.values, kinds.is_text) >= 0.8


# ---- words, and how a record is known --------------------------------------------------------------------------------


def values(chosen: Mapping[str, tuple[KeyColumn, int]]) -> dict[str, dict[str, str]]:
    """The words of the samples that stand for ours."""
    found = {}
    for field, known in (("severity", SEVERITIES), ("resolvable", RESOLVABLE)):
        if field in chosen:
            said = chosen[field][0].values
            words = {_word(value) for value in said} | (
                {"true", "false"} if any(value is True or value is False for value in said) else set()
            )
            table = {word: known[word] for word in sorted(words) if word in known}
            if any(not isinstance(value, str) or table.get(value) not in {None, value} for value in said):
                found[field] = table
    return found


def _word(value: Json) -> str:
    return str(value).strip().casefold()


def unused_of(places: Sequence[KeyColumn], chosen: Mapping[str, tuple[KeyColumn, int]]) -> list[str]:
    """The keys that are no field's."""
    used = {column.path for column, _ in chosen.values()}
    return [column.shown for column in places if column.path not in used]


def _claims(
    places: Sequence[KeyColumn], chosen: Mapping[str, tuple[KeyColumn, int]], documents: Sequence[Document]
) -> str | None:
    """What is so of every sample: the keys that all have, those of the surest fields first."""
    tops = dict.fromkeys(column.path[0] for column, _ in sorted(chosen.values(), key=lambda one: -one[1]))
    tops |= dict.fromkeys(column.path[0] for column in places)
    common = [key for key in tops if all(key in document for document in documents) and not {"'", "\\"} & set(key)]
    return " && ".join(f"contains(keys(@), {literal(key)})" for key in common[:3]) or None
