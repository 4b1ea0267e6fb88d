"""JSON Pointers (RFC 6901): the place of a value in a document."""


def escape(key: str) -> str:
    """One reference token of a pointer (RFC 6901, section 3)."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def unescape(token: str) -> str:
    """The key that a reference token of a pointer stands for."""
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token


def tokens(pointer: str) -> list[str]:
    """The keys and indexes that a pointer names, from the outermost on."""
    return [unescape(token) for token in pointer.split("/")[1:]]
