"""JSON Pointers (RFC 6901): the place of a value in a document."""

from typing import Any


def escape(key: str) -> str:
    """One reference token of a pointer (RFC 6901, section 3)."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def unescape(token: str) -> str:
    """The key that a reference token of a pointer stands for."""
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token


def tokens(pointer: str) -> list[str]:
    """The keys and indexes that a pointer names, from the outermost on."""
    return [unescape(token) for token in pointer.split("/")[1:]]


def value_at(document: Any, pointer: str) -> Any:  # noqa: ANN401 - any JSON value
    """What stands at a place of a document; None where there is no such place."""
    for step in tokens(pointer):
        if isinstance(document, list):
            document = document[int(step)] if step.isdecimal() and int(step) < len(document) else None
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document
