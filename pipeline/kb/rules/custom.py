"""Custom rules: SQL files whose header says what a rule of kb says in Python. Nothing is read or run here."""

import datetime as dt
import hashlib
import re
from collections.abc import Mapping

from kb.errors import KbError
from kb.model import Document, Kind, Severity
from kb.rules import PREFIXES, catalogue
from kb.rules.base import Rule, Stage
from kb.words import did_you_mean

_KEYS = ("code", "name", "severity", "text")

_LINE = re.compile(r"([a-z]+)\s*:\s*(.*)")

_CODE = re.compile(r"([A-Z]{2,6})[0-9]{1,4}")

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def parse(files: Mapping[str, str]) -> tuple[Rule, ...]:
    """The rules of some files, by code; `files` maps names such as `rules/owner.sql` to what is in them.

    Raises:
        KbError: a header lacks something, or says what cannot be, or two rules share a code or a name.
    """
    taken = {word: "a rule of kb" for rule in catalogue().values() for word in (rule.code, rule.name)}
    rules = []
    for file, text in sorted(files.items()):
        rule = _rule(file, text)
        for word in (rule.code, rule.name):
            if word in taken:
                raise KbError(f"{file}: {word} is taken by {taken[word]}; choose another")
            taken[word] = file
        rules.append(rule)
    return tuple(sorted(rules, key=lambda rule: rule.code))


def _rule(file: str, text: str) -> Rule:
    header, query = _parted(text)
    values = _header_values(file, header)
    missing = [key for key in _KEYS if not values.get(key)]
    if missing:
        raise KbError(f"{file}: its header says no {missing[0]}; begin the file with a line `-- {missing[0]}: …`")
    if not query:
        raise KbError(f"{file}: there is no query below its header; add one that selects id, pointer and message")
    return Rule(
        _code(file, values["code"]),
        _name(file, values["name"]),
        Kind.CORPUS,
        _severity(file, values["severity"]),
        Stage.CORPUS,
        values["text"],
        _nothing,
        (),
        (),
        version=int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]),  # so that a change of the file is one
        sql=query,
        alone=_always,
        file=file,
    )


def _parted(text: str) -> tuple[list[str], str]:
    """The lines of comment that a file begins with, without their marks, and the rest."""
    lines = text.removeprefix("\ufeff").strip().splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    return [line.removeprefix("--").strip() for line in lines[:end]], "\n".join(lines[end:]).strip().rstrip(";")


def _header_values(file: str, header: list[str]) -> dict[str, str]:
    """What a header says by key; all that follows `text:` belongs to it."""
    values: dict[str, str] = {}
    for i, line in enumerate(header):
        match = _LINE.fullmatch(line)
        if match and match[1] not in _KEYS:
            raise KbError(f"{file}: its header says `{match[1]}`; {did_you_mean(match[1], _KEYS)}")
        if match and match[1] in values:
            raise KbError(f"{file}: its header says {match[1]} twice; once is enough")
        if match and match[1] == "text":
            values["text"] = "\n".join([match[2], *header[i + 1 :]]).strip()
            break
        if match:
            values[match[1]] = match[2].strip()
        elif line:
            raise KbError(f"{file}: {line!r} in its header says nothing that a rule has; there are {', '.join(_KEYS)}")
    return values


def _code(file: str, code: str) -> str:
    match = _CODE.fullmatch(code)
    if not match:
        raise KbError(f"{file}: {code!r} is no code; write two to six capitals and a number, as in ORG001")
    near = next((prefix for prefix in PREFIXES if prefix.startswith(match[1]) or match[1].startswith(prefix)), None)
    if near:
        raise KbError(f"{file}: {code} looks like a rule of kb ({near}); choose a prefix of your own, as in ORG001")
    return code


def _name(file: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise KbError(f"{file}: {name!r} is no name; write words in lower case with hyphens, as in owner-missing")
    return name


def _severity(file: str, word: str) -> Severity:
    if word not in set(Severity):
        raise KbError(f"{file}: severity is {word!r}; choose error, warning or info")
    return Severity(word)


def _nothing() -> None:
    """Own rules are SQL alone."""


def _always(_document: Document, _as_of: dt.date) -> bool:
    return True
