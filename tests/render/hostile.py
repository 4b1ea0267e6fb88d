"""A base whose every text, key and file name means harm to whatever shows it."""

from collections.abc import Iterator

from kb.model import Json
from kb.rules.example import CLEAN
from tests.bases import Base, encoded, record

HARM = (
    "<i class=harmed></i>",
    "<img src=x class=harmed onerror=window.harmed=1>",
    "</script><script>window.harmed=1</script>",
    "</style><svg class=harmed onload=window.harmed=1>",
    "<iframe class=harmed srcdoc=x>",
    '" onmouseover="window.harmed=1" class="harmed',
    "javascript:window.harmed=1",
    "[x](javascript:window.harmed=1)",
    "{{ 7 * 7 }}{% raw %}${7*7}#{7*7}",
    "\x1b]0;title\x07\x1b[2J\x1b[31m",
    "\u202egnp.exe\u2066",
    "=HYPERLINK(1)",
    "@SUM(1)",
    "+1|cmd",
    "one\r\n::error file=x::two\n##[error]three",
    "| a | b |\n|---|---|",
    "a\x00b\x08",
    "\u2028window.harmed=1\u2029",
    "]]><!--&#x3c;i class=harmed&#x3e;&lt;i&gt;",
    "%0A::error::x",
    "' OR 1=1; DROP TABLE records; --",
    "`id` $(id) && rm x",
)

NAMES = ("<i class=harmed>", "a\n::error::b", "\x1b[31mred", "=1+1", "a,b:c%0Ad", "' OR 1=1 --", "\u202egnp", "{{7*7}}")
"""What can be the name of a file."""

FREE = {"/signature", "/signature_zh", "/root_cause", "/root_cause_zh", "/category", "/subcategory", "/regex"}
"""Texts at the top that no format binds; those below are free but for what is bound by its key."""

BOUND = {"error_id", "version", "introduced", "removed", "sources"}


def _free(value: Json, pointer: str = "") -> Iterator[str]:
    if isinstance(value, str):
        top = pointer.count("/") == 1
        if pointer in FREE if top else not BOUND.intersection(pointer.split("/")):
            yield pointer
    elif isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _free(child, f"{pointer}/{key}")


PLACES = tuple(_free(CLEAN))


def fill(base: Base) -> Base:
    """A record for each kind of harm, with it in every text; some under names that mean harm, and some that are rejected."""
    base.configure('as_of = 2026-11-22\n[rules]\nignore = ["TXT"]\n')  # so that all of it is published as it came
    for number, harm in enumerate(HARM):
        word = f"h{number:02}"
        texts = {place[1:]: f"{word} {harm} {place}" for place in PLACES if place != "/regex"}
        extra = {f"{harm} key": harm, "tags": [harm], "official_doc_url": f"https://example.org/{harm}"}
        name = NAMES[number % len(NAMES)]
        base.put(f"raw/git/{number:02}{name}.json", record(word, **texts) | extra)
        base.put(
            f"raw/git/rejected-{number:02}{name}.json", encoded(record(f"r{number:02}", **texts, confidence=85) | extra)
        )
    base.put("raw/torn.json", f'{{"id": "{HARM[0]}{HARM[2]}'.encode())
    base.ingest()
    return base
