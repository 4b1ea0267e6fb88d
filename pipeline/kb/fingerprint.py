"""A key for each finding that outlives edits elsewhere in its record: what baselines and code hosts know it by."""

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import orjson

from kb.model import Json
from kb.pointer import unescape

AT_POINTER = object()
"""Stands for the value that the document has at the pointer."""

_IDENTIFYING = ("action", "version", "error_id", "url")


def fingerprints(owner: str, document: Json, findings: Iterable[tuple[str, str, Json]]) -> Iterator[str]:
    """A key of 16 hexadecimal digits for each (code, pointer, value) of one record, all different.

    `owner` is the id of the record, or its path where it has none; `value` is AT_POINTER, or what stood there before a
    repair. Into the key go the owner, the code, the pointer with what its list items say in place of their numbers, and
    the value if it is no container: so moved lines, lists in another order and edits elsewhere in the record change
    nothing. Of findings that are equal even so, the second, third … are numbered.
    """
    seen: Counter[bytes] = Counter()
    for code, pointer, value in findings:
        way, current = _followed(document, pointer)
        key = orjson.dumps([owner, code, way, _plain(current if value is AT_POINTER else value)])
        number = seen[key]
        seen[key] += 1
        yield blake2b(key + b"%d" % number if number else key, digest_size=8).hexdigest()


def _followed(document: Json, pointer: str) -> tuple[list[Json], Json]:
    """The pointer with what its list items say in place of their numbers, and the value there; null, where is none."""
    way: list[Json] = []
    here = document
    for token in pointer.split("/")[1:]:
        if type(here) is list:
            here = here[int(token)] if token.isdecimal() and int(token) < len(here) else None
            way.append(["*", _identity(here)])
        else:
            name = unescape(token)
            here = here.get(name) if type(here) is dict else None
            way.append(token)
    return way, here


def _identity(item: Json) -> Json:
    """What a list item is known by, wherever in its list it stands."""
    if type(item) is dict:
        return next((item[key] for key in _IDENTIFYING if type(item.get(key)) is str), None)
    return _plain(item)


def _plain(value: Json) -> Json:
    """A value as it enters the key: of a container only its kind, and nothing of an empty one, which may be absent too."""
    if type(value) is dict or type(value) is list:
        return [type(value).__name__] if value else None
    return value
