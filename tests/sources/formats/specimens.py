"""A file of every format that ships, written for these tests, with what stands where in it."""

import io

from kb.model import Document
from kb.sources import readers

RUNBOOK = """\
# QueueStuck [Deprecated]

## Meaning

The queue `mail` has not moved for ten minutes.

## Impact

No mail is sent.

## Diagnosis

1. Look at the consumers:

   ```bash
   queuectl consumers mail
   ```

2. Look for a poisoned message.

## Mitigation

What helps depends on what was found.

### Restart the consumers

They take up where they stopped.

```bash
queuectl restart mail
```

### 2. If a message is poisoned

Move it aside.

- `queuectl park mail`

### 3. Verify Resolution

`queuectl depth mail` falls.

### Additional Resources

See the manual.
"""

MSVC = """\
---
title: "Compiler Error C9123"
description: "Learn more about: Compiler Error C9123"
ms.date: 11/04/2016
f1_keywords: ["C9123"]
helpviewer_keywords: ["C9123"]
---
# Compiler Error C9123

> '*name*' : a widget takes no \\[\\]\\
> '*name*' : a gadget takes none either

## Remarks

A **widget** was given an index. To resolve the error, call it.

You can also do the following:

## Example

The following example generates C9123:

```cpp
// C9123.cpp
w[1];   // C9123
```

Possible resolution:

```cpp
// C9123b.cpp
w(1);
```

### To correct this error

- Call the widget.

- Index its parts:

  ```cpp
  w.parts()[1];
  ```
"""

RULE: Document = {
    "name": "double-widget",
    "code": "WID001",
    "linter": "flake8-widgets",
    "summary": "Widget `{name}` made twice",
    "message_formats": ["Widget `{name}` made twice", "Widget `{name}` made {count} times", "{message}"],
    "fix": "Fix is always available.",
    "fix_availability": "Always",
    "explanation": "## What it does\nChecks for widgets that are made twice.\n\n## Why is this bad?\nOne is lost.\n\n"
    "## Example\n```python\nw()\nw()\n```\n\nUse instead:\n```python\nif True:\n    w()\n```\n\n## References\n- none\n",
    "preview": False,
    "status": {"Removed": {"since": "0.9.0"}},
    "category": "style",
    "source_location": {"file": "widgets.rs", "line": 3},
}

UNIT: Document = {
    "id": "ku_0123456789abcdef0123456789abcdef",
    "version": 1,
    "domains": ["Deploy", "ci"],
    "insight": {
        "summary": "The deploy job hangs at (lease)",
        "detail": "An older job holds the lease.",
        "action": "Cancel the older job, then start the new one.",
    },
    "context": {"languages": [], "frameworks": ["widgets"], "pattern": "ci-pipeline"},
    "evidence": {"confidence": 0.7, "confirmations": 3, "first_observed": "2026-01-15T10:30:00Z"},
    "tier": "private",
    "flags": [],
}

SHEET = """\
Error,Tool,Root cause,Do not,Why not,Fix,How,Source,Success rate,Tags,Updated,Owner
"Cannot reach <host>: timed out",Our VPN,The certificate is too old.,Reinstall the client,The certificate stays.,\
Renew the certificate,vpn renew,https://wiki.example.org/vpn,85 %,"net; vpn, office",04.10.2026,ada
"""


def page(text: str) -> Document:
    return readers.of("page.md").read(text.encode())


def rows(text: str) -> list[Document]:
    reader = readers.of("sheet.csv")
    return [reader.read(piece.raw) for piece in reader.pieces("sheet.csv", io.BytesIO(text.encode()))]


SPECIMENS: dict[str, tuple[str, Document]] = {
    "runbook": ("markdown", page(RUNBOOK)),
    "msvc": ("markdown", page(MSVC)),
    "ruff": ("json", RULE),
    "cq": ("json", UNIT),
    "spreadsheet": ("csv", rows(SHEET)[0]),
}
"""Each format's reader, and a document of it."""
