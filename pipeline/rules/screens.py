"""Which rules may fire on a document, told from its bytes at once: what a screen is says base.py."""

from collections.abc import Iterable, Mapping

import orjson
import re2

from pipeline.rules.base import Rule, Searched


class Screens:
    """The screens of some rules as two automata: one reads the JSON of a document, one the texts in it."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        in_json, in_texts, always = {}, {}, []
        for rule in rules:
            if rule.screen is None:
                always.append(rule.code)
            elif isinstance(rule.screen, Searched):
                in_texts[rule.code] = f"(?m:{rule.screen.pattern})"  # as each text is a line to `texts_of`
            else:
                in_json[rule.code] = rule.screen
        self._always = frozenset(always)
        self._in_json = _Automaton(in_json)
        self._in_texts = _Automaton(in_texts)

    def passed(self, compact: bytes) -> frozenset[str]:
        """The codes of the rules that may fire on a document, given its compact JSON."""
        return self._always.union(self._in_json.found(compact), self._in_texts.found(texts_of(compact)))


class _Automaton:
    """Some patterns as one."""

    def __init__(self, patterns: Mapping[str, str]) -> None:
        options = re2.Options()
        options.never_capture = True
        options.max_mem = 64 << 20
        self._codes = list(patterns)
        self._set = re2.Set.SearchSet(options)
        for pattern in patterns.values():
            self._set.Add(pattern)
        self._set.Compile()

    def found(self, text: bytes) -> list[str]:
        """The codes whose patterns occur in a text."""
        return [self._codes[i] for i in self._set.Match(text) or ()] if self._codes else []


_BACKSLASH, _QUOTE = b"\xff", b"\xfe"
"""What stands for them meanwhile: no UTF-8 holds these bytes."""

_OFTEN = [(orjson.dumps(char)[1:-1], char.encode()) for char in "\n\t\r\b\f"]
_SELDOM = [(orjson.dumps(chr(code))[1:-1], bytes([code])) for code in range(32)]
"""How JSON spells control characters."""


def texts_of(compact: bytes) -> bytes:
    """Compact JSON with a line feed for each quote around a text, and within the texts every character as it is."""
    if b"\\" not in compact:
        return compact.replace(b'"', b"\n")
    told = compact.replace(b"\\\\", _BACKSLASH).replace(b'\\"', _QUOTE).replace(b'"', b"\n")
    for spelt, char in [*_OFTEN, *(_SELDOM if b"\\u" in told else ())]:
        told = told.replace(spelt, char)
    return told.replace(_QUOTE, b'"').replace(_BACKSLASH, b"\\")
