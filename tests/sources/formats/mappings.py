"""Realistic mappings and a document for each, as its reader would make it."""

from kb.model import Document
from kb.sources.formats.declaration import Format
from kb.sources.formats.mapping_file import format_of
from kb.sources.readers import markdown_page


def form(text: str, name: str = "own") -> Format:
    return format_of(name, f"formats/{name}.toml", text)


SPREADSHEET = """
title = "A sheet of errors"
read = "csv"
claims = "error && tool"

[map]
id = "join('/', [slug(tool), slug(error)])"
signature = "error"
regex = "template(error, '<*>')"
domain = "slug(tool)"
category = "kind"
root_cause = "why"
confidence = "number(sure)"
tags = "split(tags, ';')"
last_confirmed = "date(checked)"

[default]
verification_tier = "community_reported"
resolvable = "true"
category = "usage_error"
confidence = 0.5

[values.category]
build = "build_error"

[lists.dead_ends]
items = "split(tried, '|')"
action = "@"

[lists.workarounds]
items = "[@][?fix]"
action = "fix"
sources = "links(source)"
"""

ROW: Document = {
    "tool": "Docker",
    "error": "Port <n> is already allocated",
    "kind": "Build",
    "why": "Another container holds the port.",
    "sure": "85 %",
    "tags": "ports; network;",
    "checked": "2026-11-04",
    "tried": "Restart Docker | Reboot the machine",
    "fix": "Stop the container that holds the port",
    "source": "https://docs.docker.com/engine/network/.",
    "owner": "ada",
}

RUFF = """
title = "Rules of ruff"
records = "rules"

[map]
id = "join('/', ['ruff', slug(code)])"
signature = "message_formats[0]"
regex = "template(message_formats[0], '{*}')"
category = "linter"
root_cause = "summary"
error_code = "code"
resolvable = "fix"

[default]
domain = "ruff"
verification_tier = "human_reviewed"
confidence = 0.9
dead_ends = []

[default.workarounds]
success_rate = 0.9

[values.resolvable]
"Fix is always available." = "true"
"Fix is sometimes available." = "partial"
"Fix is not available." = "false"

[lists.workarounds]
items = "[@][?fix]"
action = "fix"
"""

RULE: Document = {
    "code": "F401",
    "name": "unused-import",
    "linter": "Pyflakes",
    "summary": "Checks for unused imports.",
    "message_formats": ["`{name}` imported but unused", "`{name}` imported but unused; consider a redundant alias"],
    "fix": "Fix is sometimes available.",
    "preview": False,
}

PAGE_MAPPING = """
title = "Pages on errors"
files = ["docs/*.md"]
read = "markdown"

[map]
id = "join('/', ['msvc', slug(front(@, 'code'))])"
signature = "quote || title"
domain = "'msvc'"
category = "'compiler_error'"
regex = "template(quote, '%s')"
root_cause = "strip_md(section(@, 'Remarks', 'Cause').paragraphs[0])"
official_doc_url = "link(section(@, 'See also').items[0])"
last_confirmed = "date(front(@, 'ms.date'), '%m/%d/%Y')"

[default]
verification_tier = "human_reviewed"
confidence = 0.9
resolvable = "true"

[lists.dead_ends]
items = "items(section(@, 'Do not'))"
action = "strip_md(text)"

[lists.workarounds]
items = "items(section(@, 'To fix'))"
action = "strip_md(text)"
how = "code[0].text"
"""


PAGE_TEXT = b"""---
code: C2065
ms.date: 11/04/2016
author: someone
---
# Compiler Error C2065

> '%s' : undeclared identifier

## Remarks

The compiler can't find the declaration of an **identifier**.

## To fix

- Include the `header`

  ```
  #include <x>
  ```

- Declare it

## Do not

- Turn warnings *off*

## See also

- [Errors](https://learn.microsoft.com/cpp/errors)
"""
PAGE: Document = markdown_page.read(PAGE_TEXT)
